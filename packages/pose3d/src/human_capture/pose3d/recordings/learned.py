"""Learned triangulation of a recording: crops around known people, a network on them.

The key points of a detector tell where everybody is; a learned method then looks at
the images of all cameras together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.crops import crop_cameras, crop_image, square_boxes
from human_capture.common.images import to_tensor
from human_capture.common.keypoints import HUMAN36M, KeypointFormat
from human_capture.common.progress import progress
from human_capture.common.video import VideoInfo, decode
from human_capture.pose3d.capture import Capture, Evidence
from human_capture.pose3d.estimate import PoseEstimate
from human_capture.pose3d.triangulation import Method


@torch.no_grad()
def capture_with_methods(
    methods: Sequence[Method],
    capture: Capture,
    cameras: Cameras,
    videos: Sequence[VideoInfo],
    frames: Int[np.ndarray, "frame view"],
    margin: float = 1.4,
    format: KeypointFormat = HUMAN36M,
) -> list[Capture]:
    """The motion as learned methods see it, for the people of an earlier capture.

    Args:
        methods: Trained triangulation methods; the videos are read once for all.
        capture: Where people are, from a detector's key points.
        cameras: One a view.
        videos: One a view.
        frames: Which frame of each video a captured frame is.
        margin: Side of the crops over the extent of the earlier joints.
        format: Joints that the methods give.
    """
    sizes = {method.eval().backbone.image_size for method in methods}
    boxes, known = _boxes(capture, cameras, margin)
    people, length, views, _ = boxes.shape
    records = [_Record.empty(people, length, views, len(format)) for _ in methods]
    moments = progress(_in_step(videos, frames), "Learned triangulation", length)
    for moment, images in moments:
        for person in known[:, moment].nonzero()[:, 0].tolist():
            here = boxes[person, moment]
            seen = {size: _crop_views(images, cameras, here, size) for size in sizes}
            for method, record in zip(methods, records, strict=True):
                size = method.backbone.image_size
                estimate = method(*seen[size])
                whole = _whole_image(estimate.keypoints[0], here, size)
                record.add((person, moment), estimate, whole, cameras)
    names = capture.evidence.views if capture.evidence is not None else ()
    return [record.capture(format, capture.fps, names) for record in records]


@dataclass(frozen=True)
class _Record:
    """What one method has found so far."""

    points: Float[Tensor, "person frame joint 3"]
    confidence: Float[Tensor, "person frame joint"]
    pixels: Float[Tensor, "person frame view joint 2"]
    counted: Float[Tensor, "person frame view joint"]
    error: Float[Tensor, "person frame view joint"]

    @classmethod
    def empty(cls, people: int, length: int, views: int, joints: int) -> _Record:
        in_views = people, length, views, joints
        return cls(
            torch.full((people, length, joints, 3), torch.nan),
            torch.zeros(people, length, joints),
            torch.full((*in_views, 2), torch.nan),
            torch.zeros(in_views),
            torch.full(in_views, torch.nan),
        )

    def add(
        self,
        place: tuple[int, int],
        estimate: PoseEstimate,
        pixels: Float[Tensor, "view joint 2"],
        cameras: Cameras,
    ) -> None:
        self.points[place] = estimate.points[0]
        self.confidence[place] = estimate.confidence[0]
        self.pixels[place] = pixels
        self.counted[place] = estimate.view_confidence[0].float()
        again, _ = cameras.project(estimate.points.to(cameras.intrinsics)[0][None])
        self.error[place] = (again.float() - pixels).norm(dim=-1)

    def capture(
        self, format: KeypointFormat, fps: float, views: tuple[str, ...]
    ) -> Capture:
        nothing = torch.zeros_like(self.confidence, dtype=torch.bool)
        evidence = Evidence(
            views, self.pixels, self.counted, self.error, self.counted > 0
        )
        return Capture(format, fps, self.points, self.confidence, nothing, evidence)


def _boxes(
    capture: Capture, cameras: Cameras, margin: float
) -> tuple[Int[Tensor, "person frame view 4"], Bool[Tensor, "person frame"]]:
    """Crops around the reprojected joints, the same people in every view."""
    finite = capture.points.isfinite().all(-1)
    points = torch.where(finite[..., None], capture.points, 0.0)
    pixels, depth = cameras.project(points[:, :, None].to(cameras.intrinsics))
    seen = finite[:, :, None] & (depth > 0)
    return square_boxes(pixels, seen, margin), finite.sum(-1) >= 4


def _in_step(
    videos: Sequence[VideoInfo], frames: Int[np.ndarray, "frame view"]
) -> Iterator[tuple[int, list[UInt8[np.ndarray, "height width 3"] | None]]]:
    """Images of all videos, moment by moment; None where one cannot be decoded."""
    streams = [_wanted(video, frames[:, view]) for view, video in enumerate(videos)]
    for moment, images in enumerate(zip(*streams, strict=True)):
        yield moment, list(images)


def _wanted(
    video: VideoInfo, numbers: Int[np.ndarray, " frame"]
) -> Iterator[UInt8[np.ndarray, "height width 3"] | None]:
    """One image for every number in ascending order; a number may repeat."""
    decoded = decode(video.path, int(numbers.min()), int(numbers.max()) + 1)
    current = next(decoded, None)
    for number in numbers.tolist():
        while current is not None and current.index < number:
            current = next(decoded, None)
        fits = current is not None and current.index == number
        yield current.image if fits and current is not None else None


def _crop_views(
    images: Sequence[np.ndarray | None],
    cameras: Cameras,
    boxes: Int[Tensor, "view 4"],
    size: int,
) -> tuple[Float[Tensor, "1 view 3 size size"], Cameras]:
    """What a method takes: a batch of one."""
    views = crop_cameras(cameras, boxes, size).map(lambda x: x[None].float())
    return _crops(images, boxes, size)[None], views


def _crops(
    images: Sequence[np.ndarray | None], boxes: Int[Tensor, "view 4"], size: int
) -> Float[Tensor, "view 3 size size"]:
    black = np.zeros((size, size, 3), np.uint8)
    crops = [
        black if image is None else crop_image(image, _corners(box), size)
        for image, box in zip(images, boxes, strict=True)
    ]
    return to_tensor(np.stack(crops))


def _corners(box: Int[Tensor, "4"]) -> tuple[int, int, int, int]:
    left, top, right, bottom = box.tolist()
    return left, top, right, bottom


def _whole_image(
    keypoints: Float[Tensor, "view joint 2"], boxes: Int[Tensor, "view 4"], size: int
) -> Float[Tensor, "view joint 2"]:
    """Key points of crops in pixels of the whole images."""
    side = (boxes[:, None, 2:] - boxes[:, None, :2]).to(keypoints)
    return keypoints * side / size + boxes[:, None, :2].to(keypoints)
