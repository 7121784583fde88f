from dataclasses import replace

import pytest
import torch

from human_capture.common.calibration import Calibration, check_calibration
from human_capture.common.errors import InputError
from human_capture.common.rigs import (
    dome,
    from_field_of_view,
    human36m_ring,
    look_at,
    ring,
)


def calibration(cameras, size=(1000, 1000)):
    count = len(cameras.intrinsics)
    names = tuple(f"c{i}" for i in range(count))
    return Calibration(names, cameras.to(torch.float64), (size,) * count)


def changed(rig, field, index, value):
    tensor = getattr(rig.cameras, field).clone()
    tensor[index] = value
    return replace(rig, cameras=replace(rig.cameras, **{field: tensor}))


def scaled(rig, factor):
    transform = rig.cameras.world_to_camera.clone()
    transform[:, :3, 3] *= factor
    return replace(rig, cameras=replace(rig.cameras, world_to_camera=transform))


@pytest.mark.parametrize(
    "cameras", [ring(4), ring(2), ring(8), dome(), human36m_ring()]
)
def test_good_rigs_pass_without_a_word(cameras):
    rig = calibration(cameras)
    assert check_calibration(rig) == []
    assert check_calibration(rig, torch.tensor([0.0, 0.0, 1.0])) == []


def test_single_camera_passes():
    assert check_calibration(calibration(ring(1))) == []


@pytest.mark.parametrize("cameras", [ring(4), ring(3), dome(), human36m_ring()])
def test_inverted_extrinsics_are_recognised(cameras):
    with pytest.raises(InputError, match="map cameras to the world"):
        check_calibration(calibration(cameras).inverted())


def test_random_rigs_with_noise_pass_and_their_inverses_do_not():
    generator = torch.Generator().manual_seed(3)
    inverses = 0
    for _ in range(50):
        direction = torch.randn(5, 3, generator=generator) * torch.tensor([1, 1, 0.3])
        direction = torch.nn.functional.normalize(direction, dim=-1)
        distance = 2 + 4 * torch.rand(5, 1, generator=generator)
        centre = direction * distance + torch.tensor([0.3, -0.2, 1.0])
        target = 0.3 * torch.randn(5, 3, generator=generator) + torch.tensor([0, 0, 1])
        transform = look_at(centre, target)
        rig = calibration(from_field_of_view(transform, 1000, 1000, 1.0))
        check_calibration(rig)
        try:
            inverses += bool(check_calibration(rig.inverted()))
        except InputError:
            inverses += 1
    assert inverses >= 48


def test_outward_rig_is_only_warned_about():
    cameras = ring(6, radius=-1.0, target=(0.0, 0.0, 1.6))
    rig = calibration(cameras)
    turn = torch.diag(torch.tensor([-1.0, 1.0, -1.0, 1.0], dtype=torch.float64))
    rig = replace(
        rig,
        cameras=replace(
            rig.cameras, world_to_camera=turn @ rig.cameras.world_to_camera
        ),
    )
    assert any("common place" in warning for warning in check_calibration(rig))


def test_world_with_another_axis_up_is_warned_about():
    lying = torch.tensor([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]])
    rig = calibration(ring(4))
    transform = rig.cameras.world_to_camera @ lying.double()
    rig = replace(rig, cameras=replace(rig.cameras, world_to_camera=transform))
    assert check_calibration(rig) == [
        "The world's z axis does not point up in the images."
    ]
    overhead = dome(6, lowest=3.4)
    assert check_calibration(calibration(overhead)) == []


@pytest.mark.parametrize("factor, message", [(1000, "--unit mm"), (-1000, "--unit mm")])
def test_rig_of_kilometres_is_refused(factor, message):
    with pytest.raises(InputError, match=message):
        check_calibration(scaled(calibration(ring(4)), factor))


@pytest.mark.parametrize("factor, message", [(20, "--unit cm"), (0.004, "--unit")])
def test_odd_extent_is_warned_about(factor, message):
    warnings = check_calibration(scaled(calibration(ring(4)), factor))
    assert len(warnings) == 1
    assert message in warnings[0]


@pytest.mark.parametrize(
    "field, value, message",
    [
        ("intrinsics", float("nan"), "'c1' has NaN or infinity in its intrinsics"),
        ("world_to_camera", float("inf"), "'c1' has NaN or infinity in its extr"),
        ("intrinsics", -torch.eye(3).double(), "rows of K"),
        ("intrinsics", torch.ones(3, 3).double(), "rows of K"),
        ("intrinsics", torch.eye(3).double(), "1 pixels"),
        ("world_to_camera", 2 * torch.eye(4).double(), "not orthonormal"),
        (
            "world_to_camera",
            torch.diag(torch.tensor([1, 1, -1, 1.0])).double(),
            "reflection",
        ),
    ],
)
def test_impossible_cameras_are_refused(field, value, message):
    with pytest.raises(InputError, match=message):
        check_calibration(changed(calibration(ring(3)), field, 1, value))


def test_nan_distortion_is_refused():
    cameras = replace(ring(2), distortion=torch.tensor([[0.1], [float("nan")]]))
    with pytest.raises(InputError, match=r"'c1'.*distortion"):
        check_calibration(calibration(cameras))


def test_names_must_differ():
    rig = replace(calibration(ring(2)), names=("a", "a"))
    with pytest.raises(InputError, match="Two cameras are named 'a'"):
        check_calibration(rig)


def test_principal_point_outside_the_image_is_warned_about():
    rig = calibration(ring(3), (400, 400))
    assert len([w for w in check_calibration(rig) if "principal point" in w]) == 3
    rig = changed(calibration(ring(3), (400, 2000)), "intrinsics", (0, 1, 2), 300)
    assert "width and height swapped" in check_calibration(rig)[0]


def test_absurd_focal_length_is_warned_about():
    rig = changed(calibration(ring(3)), "intrinsics", (0, 0, 0), 60000.0)
    assert any("image widths" in w for w in check_calibration(rig))


def test_coincident_cameras_are_warned_about():
    cameras = ring(4).map(lambda tensor: tensor[torch.tensor([0, 1, 2, 0])])
    warnings = check_calibration(calibration(cameras))
    assert warnings == [
        "Cameras 'c0' and 'c3' are at one place, so they give no depth together."
    ]


def test_subject_out_of_view_is_warned_about_or_refused():
    rig = calibration(ring(4))
    warnings = check_calibration(rig, torch.tensor([3.0, 3.0, 1.0]))
    assert warnings
    assert all("does not see the subject" in warning for warning in warnings)
    two = rig.select(["c0", "c1"])
    with pytest.raises(InputError, match="look away from the subject"):
        check_calibration(two, torch.tensor([40.0, 40.0, 1.0]))


def test_selecting_keeps_order_and_names_what_is_missing():
    rig = calibration(ring(4))
    part = rig.select(["c2", "c0"])
    assert part.names == ("c2", "c0")
    assert torch.equal(part.cameras.centre, rig.cameras.centre[[2, 0]])
    with pytest.raises(InputError, match="no camera 'x'; it has 'c0', 'c1'"):
        rig.select(["c0", "x"])
    with pytest.raises(ValueError, match="differ in number"):
        replace(rig, names=("a",))
