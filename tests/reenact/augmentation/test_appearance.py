import pytest
import torch

from human_capture.reenact.augmentation import appearance
from human_capture.reenact.augmentation.appearance import (
    CHANGE_APPEARANCE,
    LEVEL,
    blur_median,
    brighten_some,
    outline_blobs,
    tremble,
)

RANGES = {
    "blur_gaussian": ("gaussian_blur", [(0, 1)]),
    "blur_average": ("average_blur", [(1, 3)]),
    "sharpen_some": ("sharpen", [(0, 1), (1, 1.5)]),
    "emboss_some": ("emboss", [(0, 1), (0, 0.5)]),
    "outline_blobs": ("outline", [(0, 0.15)]),
    "disturb": ("add_grey_noise", [(0, 0.05)]),
    "brighten_some": ("brighten", [(-10 * LEVEL, 10 * LEVEL)]),
    "saturate_some": ("saturate", [(-20 * LEVEL, 20 * LEVEL)]),
    "compress_some": ("compress", [(3, 31)]),
    "multiply_some": ("multiply", [(0.5, 1.5)]),
    "contrast_linear": ("linear_contrast", [(0.75, 1.25)]),
    "contrast_sigmoid": ("sigmoid_contrast", [(3, 11)]),
}


@pytest.mark.parametrize("name", RANGES)
def test_parameters_fill_their_ranges(name, monkeypatch, generator):
    changes, ranges = RANGES[name]
    taken = []

    def spy(pictures, *parameters):
        taken.extend(parameters)
        return pictures

    monkeypatch.setattr(appearance, changes, spy)
    getattr(appearance, name)(torch.zeros(1000, 3, 2, 2), generator)
    drawn = [x.float() for x in taken if isinstance(x, torch.Tensor)]
    assert len(drawn) == len(ranges)
    for numbers, (low, high) in zip(drawn, ranges, strict=True):
        wide = high - low
        assert low - 1e-6 <= float(numbers.min()) <= low + 0.02 * wide
        assert high - 0.02 * wide <= float(numbers.max()) <= high + 1e-6
        assert float(numbers.mean()) == pytest.approx((low + high) / 2, abs=0.05 * wide)


def test_displacements_grow_with_the_picture_up_to_their_limit(monkeypatch, generator):
    taken = []
    monkeypatch.setattr(
        appearance, "displace", lambda pictures, x: taken.append(x) or pictures
    )
    for side, most in ((256, 3.5), (64, 0.875)):
        tremble(torch.zeros(60, 3, side, side), generator)
        reach = taken.pop().abs().flatten(1).amax(1)
        assert 0.9 * most < float(reach.max()) <= most
        assert most / 7 * 0.95 < float(reach.min()) < 1.5 * most / 7


def test_half_of_the_offsets_are_the_same_on_all_channels(generator):
    changed = brighten_some(torch.full((1000, 3, 1, 1), 0.5), generator)
    same = (changed == changed[:, :1]).flatten(1).all(1)
    assert float(same.float().mean()) == pytest.approx(0.5, abs=0.06)


def test_a_third_of_the_medians_is_of_one_pixel(pictures, generator):
    changed = blur_median(pictures[:1].repeat(600, 1, 1, 1), generator)
    same = (changed == pictures[:1]).flatten(1).all(1)
    assert float(same.float().mean()) == pytest.approx(1 / 3, abs=0.07)


def test_edges_show_in_some_places_only(pictures, generator):
    changed = outline_blobs(pictures[:1].repeat(50, 1, 1, 1), generator)
    moved = (changed - pictures[:1]).abs().amax(1)
    touched = (moved > 1e-3).float().mean((1, 2))
    assert float(((touched > 0.1) & (touched < 0.9)).float().mean()) > 0.2


def test_as_many_pictures_stay_as_they_are_as_none_to_five_changes_leave(
    pictures, generator
):
    changed = CHANGE_APPEARANCE(
        pictures[:1, :, 8:20, 8:20].repeat(2000, 1, 1, 1), generator
    )
    # 1 in 6 has none; of the single changes, 2 in 9 blurs are of one pixel, and half
    # of the trembling does not happen
    wanted = (1 + (2 / 9 + 1 / 2) / 11) / 6
    same = (changed == pictures[:1, :, 8:20, 8:20]).flatten(1).all(1)
    assert float(same.float().mean()) == pytest.approx(wanted, abs=0.035)


def test_all_changes_are_as_likely_as_their_groups_say(monkeypatch, generator):
    calls = {}

    def counter(name):
        def count(pictures, *parameters):
            calls[name] = calls.get(name, 0) + len(pictures)
            return pictures

        return count

    shares = {changes: 1.0 for changes, _ in RANGES.values()}
    shares |= dict.fromkeys(("gaussian_blur", "average_blur", "median_blur"), 1 / 3)
    shares |= dict.fromkeys(("linear_contrast", "sigmoid_contrast", "displace"), 1 / 2)
    for name in shares:
        monkeypatch.setattr(appearance, name, counter(name))
    CHANGE_APPEARANCE(torch.zeros(10_000, 3, 2, 2), generator)
    assert calls.keys() == shares.keys()
    for name, share in shares.items():
        assert calls[name] == pytest.approx(10_000 * 2.5 / 11 * share, rel=0.12)


def test_pictures_of_one_batch_change_independently(pictures, generator):
    changed = CHANGE_APPEARANCE(pictures[:1].repeat(64, 1, 1, 1), generator)
    different = torch.unique(changed.flatten(1), dim=0)
    assert len(different) > 40
