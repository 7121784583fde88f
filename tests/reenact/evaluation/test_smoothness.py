import numpy as np
import torch

from human_capture.reenact.evaluation.smoothness import smoothness_ratio, unsteadiness


def shaky(seed, frames=30):
    generator = torch.Generator().manual_seed(seed)
    face = torch.rand(68, 2, generator=generator)
    return face + 0.01 * torch.randn(frames, 68, 2, generator=generator)


def test_the_driver_itself_is_as_steady_as_the_driver():
    driver = shaky(0)
    assert smoothness_ratio([(driver, driver)]) == 1


def test_steady_motion_adds_nothing_and_shaking_scales():
    driver = shaky(1)
    drift = torch.linspace(0, 5, len(driver))[:, None, None]
    middle = driver.mean(0)
    assert abs(smoothness_ratio([(driver + drift, driver)]) - 1) < 1e-4
    assert abs(smoothness_ratio([(middle + 3 * (driver - middle), driver)]) - 3) < 1e-4
    assert smoothness_ratio([(middle.expand_as(driver), driver)]) == 0


def test_accelerations_match_a_loop():
    drawn, driver = shaky(2, 6), shaky(3, 6)
    sizes = [
        np.linalg.norm(
            (drawn[t - 1] - 2 * drawn[t] + drawn[t + 1]).double().numpy(), axis=-1
        )
        for t in range(1, 5)
    ]
    assert abs(unsteadiness(drawn, driver)[0] - np.mean(sizes)) < 1e-7


def test_frames_around_lost_faces_do_not_count_for_either():
    drawn, driver = shaky(4), shaky(5)
    drawn[10] = torch.nan
    driver[20:22] = torch.nan
    found, true = unsteadiness(drawn, driver)
    known = [t for t in range(28) if not {t, t + 1, t + 2} & {10, 20, 21}]
    for clip, mean in ((drawn, found), (driver, true)):
        sizes = clip.double().diff(n=2, dim=0).norm(dim=-1).mean(-1)[known]
        assert abs(sizes.mean().item() - mean) < 1e-9


def test_nothing_is_known_without_faces():
    lost = torch.full((5, 68, 2), torch.nan)
    assert np.isnan(smoothness_ratio([(lost, shaky(6, 5))]))


def test_clips_count_alike_and_lost_ones_do_not():
    pairs = [(shaky(7), shaky(8)), (shaky(9, 12), 2 * shaky(10, 12))]
    lost = (torch.full((5, 68, 2), torch.nan), shaky(11, 5))
    sums = np.sum([unsteadiness(*pair) for pair in pairs], axis=0)
    assert abs(smoothness_ratio([*pairs, lost]) - sums[0] / sums[1]) < 1e-12
