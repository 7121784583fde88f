"""Is this calibration what it seems? Impossible rigs raise, odd ones get a warning."""

from __future__ import annotations

from collections import Counter

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.calibration.rig import Calibration
from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError

MAX_EXTENT = 500.0  # metres between cameras; no capture space is larger
ODD_EXTENT = 60.0
MIN_EXTENT = 0.05
ORTHONORMAL = 1e-3  # files with four digits pass
MIN_FOCAL_LENGTH = 10.0  # pixels; smaller ones are in image widths or metres
FIELD = (0.2, 20.0)  # plausible focal length over image width: 136 to 3 degrees


def check_calibration(
    calibration: Calibration, subject: Float[Tensor, "3"] | None = None
) -> list[str]:
    """Warnings about a rig that looks odd, each one sentence.

    Args:
        calibration: The rig.
        subject: Where a person stands, in metres, when known.

    Raises:
        InputError: The rig is impossible: numbers that are no rotation or no lens,
            two cameras of one name, a wrong unit, extrinsics the wrong way round, or
            no camera that faces the subject.
    """
    _require_names(calibration)
    for index, name in enumerate(calibration.names):
        _require_camera(calibration.cameras[index], f"Camera {name!r}")
    warnings = [
        warning
        for index in range(len(calibration))
        for warning in _image_warnings(calibration, index)
    ]
    warnings += _extent_warnings(calibration.cameras)
    warnings += _coincidence_warnings(calibration)
    warnings += _direction_warnings(calibration)
    if subject is not None:
        warnings += _subject_warnings(calibration, subject)
    return warnings


def _require_names(calibration: Calibration) -> None:
    twice = [name for name, n in Counter(calibration.names).items() if n > 1]
    if twice:
        raise InputError(f"Two cameras are named {twice[0]!r}; rename one.")


def _require_camera(camera: Cameras, who: str) -> None:
    k, rotation = camera.intrinsics, camera.rotation
    lens = k.new_zeros(1) if camera.distortion is None else camera.distortion
    numbers = (("intrinsics", k), ("extrinsics", camera.world_to_camera))
    for what, values in (*numbers, ("distortion", lens)):
        if not values.isfinite().all():
            raise InputError(f"{who} has NaN or infinity in its {what}.")
    if k[1, 0].abs() + k[2, :2].abs().sum() + (k[2, 2] - 1).abs() > 1e-9:
        raise InputError(f"{who}: the rows of K must end in 0 fy cy and 0 0 1.")
    if k.diagonal().min() <= 0:
        raise InputError(f"{who} has a focal length that is not positive.")
    shortest = float(k.diagonal()[:2].min())
    if shortest < MIN_FOCAL_LENGTH:
        raise InputError(
            f"{who} has a focal length of {shortest:.3g} pixels; if the file has it in "
            "image widths or millimetres, convert it."
        )
    error = (rotation @ rotation.mT - torch.eye(3).to(rotation)).abs().max()
    if error > ORTHONORMAL:
        raise InputError(
            f"{who}: its rotation matrix is not orthonormal (off by {error:.2g})."
        )
    if torch.linalg.det(rotation) < 0:
        raise InputError(
            f"{who}: its rotation is a reflection (determinant -1); an axis of the "
            "camera or of the world has the wrong sign."
        )


def _image_warnings(calibration: Calibration, index: int) -> list[str]:
    who, size = f"Camera {calibration.names[index]!r}", calibration.sizes[index]
    k = calibration.cameras.intrinsics[index]
    warnings = []
    ratio = float(k[0, 0] / k[1, 1])
    if not 0.5 < ratio < 2:
        warnings.append(f"{who} has focal lengths {k[0, 0]:.0f} and {k[1, 1]:.0f}.")
    if size is None:
        return warnings
    x, y = float(k[0, 2]), float(k[1, 2])
    if not (0 < x < size[0] and 0 < y < size[1]):
        swapped = 0 < x < size[1] and 0 < y < size[0]
        hint = "; are width and height swapped?" if swapped else "."
        warnings.append(
            f"{who}: its principal point ({x:.0f}, {y:.0f}) lies outside its image of "
            f"{size[0]}x{size[1]} pixels{hint}"
        )
    field = float(k[0, 0]) / max(size)
    if not FIELD[0] < field < FIELD[1]:
        warnings.append(
            f"{who} has a focal length of {field:.3g} image widths, which is unusual."
        )
    return warnings


def _extent_warnings(cameras: Cameras) -> list[str]:
    centres = cameras.centre
    if len(centres) < 2:
        return []
    extent = float(torch.cdist(centres, centres).max())
    if extent > MAX_EXTENT:
        raise InputError(
            f"The cameras are up to {extent:.0f} m apart, so the file looks like "
            "millimetres; give --unit mm."
        )
    if extent > ODD_EXTENT:
        return [
            f"The cameras are up to {extent:.0f} m apart; if the file is in "
            "centimetres, give --unit cm."
        ]
    if extent < MIN_EXTENT:
        return [
            f"The cameras are at most {100 * extent:.2g} cm apart; if the file's unit "
            "is larger than assumed, give it with --unit."
        ]
    return []


def _coincidence_warnings(calibration: Calibration) -> list[str]:
    names, centres = calibration.names, calibration.cameras.centre
    distances = torch.cdist(
        centres, centres, compute_mode="donot_use_mm_for_euclid_dist"
    )
    near = (distances <= 1e-6 * (distances.max() + 1e-9)).triu(diagonal=1)
    return [
        f"Cameras {names[i]!r} and {names[j]!r} are at one place, so they give no "
        "depth together."
        for i, j in near.nonzero().tolist()
    ]


def meeting_point(cameras: Cameras) -> Float[Tensor, "3"]:
    """World point, in metres, nearest to all viewing axes (least squares)."""
    axes = cameras.forward_axis
    across = torch.eye(3).to(axes) - axes[:, :, None] * axes[:, None, :]
    target = (across @ cameras.centre[..., None]).sum(0)
    point: Tensor = torch.linalg.pinv(across.sum(0)) @ target
    return point[..., 0]


def _away(cameras: Cameras, point: Float[Tensor, "3"]) -> Float[Tensor, " camera"]:
    """Angle between each viewing axis and the way to a point, in radians."""
    offset = cameras.to_camera(point[None])[:, 0]
    return torch.atan2(offset[:, :2].norm(dim=-1), offset[:, 2])


def _converges(cameras: Cameras) -> bool:
    """Whether nearly all cameras have one point within 45 degrees of their axis."""
    point, centres = meeting_point(cameras), cameras.centre
    distance = (centres - point).norm(dim=-1).mean()
    if torch.cdist(centres, centres).max() < 0.01 * distance.clamp_min(1):
        return False  # cameras at one place meet anywhere
    near = _away(cameras, point) < torch.pi / 4
    return float(near.double().mean()) > 0.8


def _upright(cameras: Cameras) -> bool:
    """Whether z points up in most images, or the cameras look down from above."""
    up, forward = -cameras.rotation[:, 1, 2], cameras.rotation[:, 2, 2]
    return bool(up.mean() > 0.5 or forward.mean() < -0.8)


def _direction_warnings(calibration: Calibration) -> list[str]:
    if len(calibration) < 3:
        return []  # two axes always nearly meet, on one side or the other
    cameras, inverse = calibration.cameras, calibration.inverted().cameras
    converges, upright = _converges(cameras), _upright(cameras)
    better = not converges or (not upright and _upright(inverse))
    if better and _converges(inverse):
        raise InputError(
            "The cameras do not look at one place with z upwards, but would if each "
            "transform were inverted: the file seems to map cameras to the world, "
            "where the format maps the world to cameras."
        )
    if not converges:
        return ["The cameras do not look at a common place; is each rotation right?"]
    if not upright:
        return ["The world's z axis does not point up in the images."]
    return []


def _subject_warnings(
    calibration: Calibration, subject: Float[Tensor, "3"]
) -> list[str]:
    subject = subject.to(calibration.cameras.intrinsics)
    behind = (_away(calibration.cameras, subject) >= torch.pi / 2).tolist()
    place = ", ".join(f"{value:.2f}" for value in subject.tolist())
    if all(behind):
        inverted = _away(calibration.inverted().cameras, subject) < torch.pi / 2
        hint = "camera-to-world transforms, or " if bool(inverted.all()) else ""
        raise InputError(
            f"All cameras look away from the subject at ({place}) m; the file may hold "
            f"{hint}another unit or other axes than its format says."
        )
    pixels, _ = calibration.cameras.project(subject[None])
    sees = [
        not away and _inside(pixel, size)
        for away, pixel, size in zip(
            behind, pixels[:, 0].tolist(), calibration.sizes, strict=True
        )
    ]
    return [
        f"Camera {name!r} does not see the subject at ({place}) m."
        for name, seen in zip(calibration.names, sees, strict=True)
        if not seen
    ]


def _inside(pixel: list[float], size: tuple[int, int] | None) -> bool:
    return size is None or (0 <= pixel[0] <= size[0] and 0 <= pixel[1] <= size[1])
