import pytest
import torch

from human_capture.reenact.augmentation import pose
from human_capture.reenact.augmentation.pose import PoseAugmentation

NOTHING = PoseAugmentation(appearance=False, stretch=False, shift=False)
STRETCH = PoseAugmentation(appearance=False, shift=False)
SHIFT = PoseAugmentation(appearance=False, stretch=False)


@pytest.fixture
def mask(pictures):
    return (pictures[:, :1] > 0.5).float()


@pytest.fixture
def coordinates():
    """Pictures whose first channels are x and y in shares of the side."""
    y, x = torch.meshgrid(
        (torch.arange(60) + 0.5) / 60, (torch.arange(40) + 0.5) / 40, indexing="ij"
    )
    return torch.stack((x, y, 1 - x)).expand(64, 3, 60, 40)


def test_without_anything_all_stays(pictures, mask, generator):
    augmented = NOTHING(pictures, pictures, mask, generator)
    assert torch.equal(augmented.driver, pictures)
    assert torch.equal(augmented.target, pictures)
    assert torch.equal(augmented.mask, mask)
    assert not augmented.shift.any()


def test_driver_target_and_mask_move_together(coordinates, generator):
    augmented = SHIFT(coordinates, coordinates, coordinates[:, 1:2], generator)
    assert torch.equal(augmented.driver, augmented.target)
    assert torch.equal(augmented.mask, augmented.target[:, 1:2])
    # away from the mirrored borders, each place shows what was a shift before it
    inside = (..., slice(3, -3), slice(3, -3))
    moved = (coordinates[:, :2] - augmented.target[:, :2])[inside]
    wanted = augmented.shift[:, :, None, None].expand_as(moved)
    assert torch.allclose(moved, wanted, atol=1e-6)
    assert augmented.shift.abs().amax() > 0.04


def test_landmarks_follow_by_adding_the_shift(generator):
    frame = torch.zeros(32, 3, 60, 40)
    frame[:, :, 30, 10] = 1
    augmented = SHIFT(frame, frame, frame[:, :1], generator)
    landmark = torch.tensor([10.5 / 40, 30.5 / 60]) + augmented.shift
    x, y = (landmark * torch.tensor([40, 60])).floor().long().T
    assert torch.all(augmented.target[torch.arange(32), 0, y, x] == 1)


def test_half_of_the_frames_move_by_up_to_a_twentieth(generator):
    frame = torch.zeros(1000, 3, 40, 40)
    shifts = SHIFT(frame, frame, frame[:, :1], generator).shift * 40
    assert torch.allclose(shifts, shifts.round(), atol=1e-4)
    assert shifts.min() == -2 and shifts.max() == 2
    # below half a pixel, a quarter of the range, a shift is none
    for axis in (0, 1):
        moved = float((shifts[:, axis] != 0).float().mean())
        assert moved == pytest.approx(0.5 * 0.75, abs=0.05)
    moved = float((shifts != 0).any(1).float().mean())
    assert moved == pytest.approx(0.5 * (1 - 0.25**2), abs=0.05)


def test_half_of_the_drivers_are_stretched_and_nothing_else(coordinates, generator):
    frame = coordinates[:1].repeat(600, 1, 1, 1)
    augmented = STRETCH(frame, frame, frame[:, :1], generator)
    assert torch.equal(augmented.target, frame)
    assert not augmented.shift.any()
    changed = (augmented.driver != frame).flatten(1).any(1)
    assert float(changed.float().mean()) == pytest.approx(0.5, abs=0.07)
    # slopes of x along x and of y along y are the sides before over those after
    x, y = augmented.driver[changed][:, :2].unbind(1)
    wider = (1 / 40) / (x[:, 30, 20] - x[:, 30, 19])
    higher = (1 / 60) / (y[:, 30, 20] - y[:, 29, 20])
    for scale in (wider, higher):
        assert 0.799 < float(scale.min()) < 0.82
        assert 1.18 < float(scale.max()) < 1.201
    assert abs(float(torch.corrcoef(torch.stack((wider, higher)))[0, 1])) < 0.2


def test_appearance_and_stretch_come_in_both_orders(monkeypatch, generator):
    monkeypatch.setattr(pose, "CHANGE_APPEARANCE", lambda pictures, _: pictures / 2)
    monkeypatch.setattr(pose, "STRETCH_SOMETIMES", lambda pictures, _: pictures + 0.5)
    black = torch.zeros(1000, 3, 1, 1)
    augmentation = PoseAugmentation(shift=False)
    driver = augmentation(black, black, black[:, :1], generator).driver[:, 0, 0, 0]
    assert torch.all((driver == 0.25) | (driver == 0.5))
    assert float((driver == 0.5).float().mean()) == pytest.approx(0.5, abs=0.06)


def test_the_driver_is_moved_after_all_else(monkeypatch, coordinates, generator):
    monkeypatch.setattr(pose, "CHANGE_APPEARANCE", lambda pictures, _: 1 - pictures)
    augmentation = PoseAugmentation(stretch=False)
    augmented = augmentation(coordinates, coordinates, coordinates[:, :1], generator)
    assert torch.allclose(augmented.driver, 1 - augmented.target)


def test_only_the_driver_changes_its_appearance(pictures, mask, generator):
    pictures, mask = pictures.repeat(8, 1, 1, 1), mask.repeat(8, 1, 1, 1)
    augmented = PoseAugmentation(shift=False)(pictures, pictures, mask, generator)
    assert torch.equal(augmented.target, pictures)
    assert torch.equal(augmented.mask, mask)
    changed = (augmented.driver != pictures).flatten(1).any(1)
    assert float(changed.float().mean()) > 0.6


def test_a_double_is_changed_and_moved_and_somebody_else_drawn(coordinates, generator):
    double = 1 - coordinates
    augmented = PoseAugmentation(appearance=False)(
        double, coordinates, coordinates[:, :1], generator
    )
    stretched = (augmented.driver != 1 - augmented.target).flatten(1).any(1)
    assert float(stretched.float().mean()) == pytest.approx(0.5, abs=0.2)
    moved = SHIFT(double, coordinates, coordinates[:, :1], generator)
    assert torch.allclose(moved.driver, 1 - moved.target)
    assert moved.shift.any()


def test_the_same_seed_gives_the_same_and_another_another(pictures, mask):
    def driver(seed):
        generator = torch.Generator().manual_seed(seed)
        return PoseAugmentation()(pictures, pictures, mask, generator).driver

    first = driver(1)
    torch.rand(7)  # the global generator has no say
    assert torch.equal(first, driver(1))
    assert not torch.equal(first, driver(2))


def test_results_are_pictures_without_gradients_and_inputs_stay(generator):
    random = torch.Generator().manual_seed(3)
    frame = torch.rand(48, 3, 33, 50, generator=random)
    mask = torch.rand(48, 1, 33, 50, generator=random)
    before = frame.clone(), mask.clone()
    for _ in range(3):
        augmented = PoseAugmentation()(frame.requires_grad_(), frame, mask, generator)
        for part in (augmented.driver, augmented.target, augmented.mask):
            assert part.isfinite().all() and not part.requires_grad
            assert part.min() >= 0 and part.max() <= 1
    assert torch.equal(frame, before[0]) and torch.equal(mask, before[1])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gets_the_same_choices(pictures, mask):
    results = []
    for device in ("cpu", "cuda"):
        generator = torch.Generator().manual_seed(0)
        results.append(
            PoseAugmentation()(
                *(p.to(device) for p in (pictures, pictures, mask)), generator
            )
        )
    assert torch.equal(results[0].shift, results[1].shift.cpu())
    apart = (results[0].driver - results[1].driver.cpu()).abs()
    assert float(apart.mean()) < 0.01
