"""From grouped 2D key points to filtered 3D motion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.keypoints import KeypointFormat
from human_capture.common.progress import progress
from human_capture.pose3d.capture import Capture, Evidence
from human_capture.pose3d.recordings.detections import Detections
from human_capture.pose3d.recordings.filtering import fill_gaps, smooth
from human_capture.pose3d.recordings.grouping import Cast
from human_capture.pose3d.recordings.limbs import steady_bones, true_to_length
from human_capture.pose3d.recordings.options import RecordingOptions
from human_capture.pose3d.triangulation.robust import triangulate_robustly

_CHUNK = 256
"""Frames triangulated at once."""

_LARGEST_SPREAD = 10.0
"""Ratio of a joint's standard deviation to that of the rays; rays of two cameras that
differ by less than about 8 degrees exceed it."""


def reconstruct(
    views: Sequence[Detections],
    cast: Cast,
    names: Sequence[str],
    cameras: Cameras,
    fps: float,
    options: RecordingOptions,
) -> Capture:
    """3D motion of the people that ``cast`` names.

    Args:
        views: Detections of every camera.
        cast: Which detection each person is in each frame and view.
        names: Of the cameras.
        cameras: One a view.
        fps: Frames a second.
        options: Thresholds, and how to filter.
    """
    keypoints, confidence = gather(views, cast.members)
    centres = torch.from_numpy(cast.centres)
    format = views[0].format
    points, used = _triangulate(
        keypoints, confidence, cameras, centres, format, options
    )
    seen = (confidence > 0).sum(2).clamp_min(1)
    support = torch.where(used, confidence, 0).sum(2) / seen
    support = torch.where(points.isfinite().all(-1), support, torch.nan)
    moved, support, filled = filtered(points, support, fps, format, options)
    evidence = Evidence(
        tuple(names),
        keypoints,
        confidence,
        reprojection_error(moved, keypoints, cameras),
        used,
    )
    return Capture(format, fps, moved, support, filled, evidence)


def gather(
    views: Sequence[Detections], members: Int[np.ndarray, "person frame view"]
) -> tuple[
    Float[Tensor, "person frame view joint 2"], Float[Tensor, "person frame view joint"]
]:
    """Key points and confidences of the people that ``members`` names.

    Args:
        views: Detections of every camera.
        members: Which detection each person is in each frame and view, or -1.
    """
    people, frames, _ = members.shape
    joints = len(views[0].format)
    keypoints = torch.full((people, frames, len(views), joints, 2), torch.nan)
    confidence = torch.zeros(people, frames, len(views), joints)
    for v, view in enumerate(views):
        person, frame = np.nonzero(members[:, :, v] >= 0)
        number = members[person, frame, v]
        keypoints[person, frame, v] = torch.from_numpy(view.keypoints[frame, number])
        confidence[person, frame, v] = torch.from_numpy(view.confidence[frame, number])
    return keypoints, confidence


def _triangulate(
    keypoints: Float[Tensor, "person frame view joint 2"],
    confidence: Float[Tensor, "person frame view joint"],
    cameras: Cameras,
    centres: Float[Tensor, "person frame 3"],
    format: KeypointFormat,
    options: RecordingOptions,
) -> tuple[
    Float[Tensor, "person frame joint 3"], Bool[Tensor, "person frame view joint"]
]:
    """Points, and the key points they rest on.

    A detector's errors grow with the size of the person in the image, so all distances
    are taken in metres at the person: every image is scaled until a pixel is a metre
    there. Otherwise a camera close by would drown the others.
    """
    first, second = [], []
    for start in progress(range(0, keypoints.shape[1], _CHUNK), "Triangulating"):
        window = slice(start, start + _CHUNK)
        scale = _metres_per_pixel(centres[:, window], cameras)
        pixels = keypoints[:, window].double() * scale[..., None, None]
        repeated = _repeated(cameras, scale.shape).resize(
            scale[..., None].expand(*scale.shape, 2)
        )
        weights = confidence[:, window].double()
        first.append(_agreed(pixels, repeated, weights, options))
        others = torch.where(first[-1][1], 0.0, weights)
        second.append(_agreed(pixels, repeated, others, options))
    points, used = (torch.cat(parts, 1) for parts in zip(*first, strict=True))
    spare = [torch.cat(parts, 1) for parts in zip(*second, strict=True)]
    return _repaired(points, used, spare[0], spare[1], format, options.bone_tolerance)


def _agreed(
    keypoints: Float[Tensor, "person frame view joint 2"],
    cameras: Cameras,
    weights: Float[Tensor, "person frame view joint"],
    options: RecordingOptions,
) -> tuple[
    Float[Tensor, "person frame joint 3"], Bool[Tensor, "person frame view joint"]
]:
    """Points on which enough views agree, NaN elsewhere, and the key points used."""
    robust = triangulate_robustly(
        keypoints, cameras, weights, weights > 0, options.threshold
    )
    result = robust.result
    variance = result.covariance.diagonal(dim1=-2, dim2=-1).sum(-1)
    agreeing = robust.inliers & (robust.residuals < options.threshold)
    sure = result.valid & (variance < _LARGEST_SPREAD**2)
    sure &= agreeing.sum(2) >= max(options.min_cameras, 2)
    points = torch.where(sure[..., None], result.points, torch.nan)
    return points.float(), agreeing & sure[:, :, None]


def _repaired(
    points: Float[Tensor, "person frame joint 3"],
    used: Bool[Tensor, "person frame view joint"],
    spare: Float[Tensor, "person frame joint 3"],
    spare_used: Bool[Tensor, "person frame view joint"],
    format: KeypointFormat,
    tolerance: float,
) -> tuple[
    Float[Tensor, "person frame joint 3"], Bool[Tensor, "person frame view joint"]
]:
    """Joints at the end of limb bones of impossible length replaced or removed.

    When two cameras see one hand and two another, the length of the forearm decides.
    """
    if tolerance <= 0:
        return points, used
    mended, origin = zip(
        *(
            true_to_length(person, other, format, tolerance)
            for person, other in zip(points.numpy(), spare.numpy(), strict=True)
        ),
        strict=True,
    )
    source = torch.from_numpy(np.stack(origin))[:, :, None]
    rests_on = torch.where(source == 1, spare_used, used & (source == 0))
    return torch.from_numpy(np.stack(mended)), rests_on


def _metres_per_pixel(
    centres: Float[Tensor, "person frame 3"], cameras: Cameras
) -> Float[Tensor, "person frame view"]:
    """What one pixel of each image measures where the person is."""
    flat = torch.nan_to_num(centres).reshape(-1, 3)
    depth = cameras.to_camera(flat.expand(*cameras.shape, *flat.shape))[..., 2]
    focal = cameras.intrinsics.diagonal(dim1=-2, dim2=-1)[..., :2].mean(-1)
    scale = depth.clamp_min(0.1) / focal[:, None]
    return scale.mT.reshape(*centres.shape[:-1], -1)


def _repeated(cameras: Cameras, shape: torch.Size) -> Cameras:
    """The cameras once for every person and frame, without copies."""
    return cameras.map(lambda t: t.expand(*shape[:-1], *t.shape))


def filtered(
    points: Float[Tensor, "person frame joint 3"],
    support: Float[Tensor, "person frame joint"],
    fps: float,
    format: KeypointFormat,
    options: RecordingOptions,
) -> tuple[
    Float[Tensor, "person frame joint 3"],
    Float[Tensor, "person frame joint"],
    Bool[Tensor, "person frame joint"],
]:
    """Points, their confidence, and which were interpolated.

    Args:
        points: In metres; NaN where unknown.
        support: Confidence of every joint.
        fps: Frames a second.
        format: Tells the bones.
        options: Which filters, and how strong.
    """
    longest = round(options.fill_gaps * fps)
    moved, sure, filled = [], [], []
    for person, weight in zip(points.numpy(), support.numpy(), strict=True):
        whole, interpolated = fill_gaps(person, longest)
        whole = smooth(whole, fps, options.smooth, options.cutoff)
        if options.steady_bones:
            whole = steady_bones(whole, format)
        moved.append(torch.from_numpy(whole))
        sure.append(torch.from_numpy(np.nan_to_num(fill_gaps(weight, longest)[0])))
        filled.append(torch.from_numpy(interpolated.all(-1)))
    return (
        torch.stack(moved).to(points),
        torch.stack(sure).to(support),
        torch.stack(filled),
    )


def reprojection_error(
    points: Float[Tensor, "person frame joint 3"],
    keypoints: Float[Tensor, "person frame view joint 2"],
    cameras: Cameras,
) -> Float[Tensor, "person frame view joint"]:
    """Distances between key points and reprojected joints in pixels; NaN if unknown.

    Args:
        points: In metres; NaN where unknown.
        keypoints: In pixels; NaN where not seen.
        cameras: One a view.
    """
    flat = points.double().reshape(-1, 3)
    known = torch.nan_to_num(flat)
    errors = []
    for v in range(keypoints.shape[2]):
        pixels, _ = cameras[v].project(known)
        pixels = torch.where(flat.isfinite(), 0.0, torch.nan)[:, :2] + pixels
        offset = pixels.reshape(*points.shape[:-1], 2) - keypoints[:, :, v]
        errors.append(offset.norm(dim=-1))
    return torch.stack(errors, 2).to(keypoints)
