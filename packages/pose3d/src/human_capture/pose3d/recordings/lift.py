"""``pose3d lift``: one video in, 3D motion out, in a world with a floor.

Images are seen one at a time and detections are kept on disk in stretches, so a video
may be long, and a run that was stopped goes on where it was. All else that is kept are
numbers, some 2 kB a frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from rich.console import Console
from torch import Tensor

from human_capture.common.calibration import Calibration, read_calibration
from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.keypoints import KeypointFormat
from human_capture.common.progress import plain_warnings
from human_capture.common.video import VideoInfo, probe
from human_capture.pose3d.capture import Capture, Evidence
from human_capture.pose3d.lifters import load_lifter
from human_capture.pose3d.lifting.stream import LiftedFrames, LiftingStream
from human_capture.pose3d.lifting.trajectory import find_path
from human_capture.pose3d.lifting.world import find_ground, stature
from human_capture.pose3d.networks.lifters.lifter import Lifter
from human_capture.pose3d.outputs.views.avatar import write_avatar
from human_capture.pose3d.outputs.views.free_view import write_free_view
from human_capture.pose3d.outputs.views.orbit import Orbit, azimuth_of
from human_capture.pose3d.outputs.views.stick_figure import write_stick_figures
from human_capture.pose3d.recordings.detection import Detector, detect, make_detector
from human_capture.pose3d.recordings.filtering import smooth
from human_capture.pose3d.recordings.lift_options import LiftOptions
from human_capture.pose3d.recordings.motion import reprojection_error
from human_capture.pose3d.recordings.results import write_results
from human_capture.pose3d.recordings.roles import Role, find_role
from human_capture.pose3d.recordings.sources import check_size
from human_capture.pose3d.recordings.stages import StageClock
from human_capture.pose3d.recordings.timelines import Timeline, own_timeline

_CHUNK = 512
"""Frames lifted at once."""
_SLOWEST_ORBIT = 18.0
"""Degrees a second: a turn in 20 seconds, or in the whole motion if that is shorter."""


def lift(options: LiftOptions, detector: Detector | None = None) -> Capture:
    """The 3D motion of one person in a video, with all results in its folder.

    Args:
        options: Where the video is, and how to go about it.
        detector: Used in place of the one that the options name.
    """
    clock = StageClock()
    with plain_warnings():
        video = probe(options.video, options.fps)
        timeline = own_timeline(video)
        timeline = timeline.part(options.start, options.stop, options.every)
        camera = find_camera(video, options)
        lifter = load_lifter(options.lifter)
        role = _see(video, timeline, options, detector, clock)
        with clock.stage("lifting"):
            capture, placed = lift_role(role, camera, lifter, timeline.fps, options)
        with clock.stage("writing"):
            write_results(capture, placed, (video,), timeline.frames, options.output)
            write_views(capture, placed, options)
    _print_stages(clock, len(timeline.frames))
    print(f"Results: {Path(options.output).resolve()}")
    return capture


def find_camera(video: VideoInfo, options: LiftOptions) -> Calibration:
    """The camera of a video: from a calibration file, or one that may be like it.

    Args:
        video: Tells the size of the images.
        options: Tell the file, and which of its cameras; or the field of view.

    Raises:
        InputError: The file has several cameras and none is named, or does not fit.
    """
    size = video.width, video.height
    if options.calibration is None:
        focal = max(size) / 2 / math.tan(math.radians(options.field_of_view) / 2)
        intrinsics = torch.tensor(
            [[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1]],
            dtype=torch.float64,
        )
        cameras = Cameras(intrinsics[None], torch.eye(4).double()[None])
        return Calibration(("camera",), cameras, (size,))
    found = read_calibration(options.calibration, unit=options.unit)
    name = options.camera or _only(found.names, options.calibration)
    if name not in found.names:
        raise InputError(
            f"{options.calibration!r} has no camera {name!r}; it has "
            f"{', '.join(found.names)}."
        )
    found = found.select((name,))
    scale = check_size(name, found.sizes[0], size)
    return replace(found, cameras=found.cameras.resize(scale), sizes=(size,))


def _only(names: Sequence[str], path: str) -> str:
    if len(names) > 1:
        raise InputError(
            f"{path!r} has the cameras {', '.join(names)}; say with --camera which one "
            "took the video."
        )
    return names[0]


def _see(
    video: VideoInfo,
    timeline: Timeline,
    options: LiftOptions,
    detector: Detector | None,
    clock: StageClock,
) -> Role:
    detections = detect(
        video.path.stem,
        video,
        timeline.frames[:, 0],
        detector or make_detector(options.detector),
        Path(options.output) / "detections",
        clock,
    )
    with clock.stage("following"):
        sure = detections.confident(options.min_confidence)
        return find_role(sure, timeline.fps, options.person)


def lift_role(
    role: Role,
    camera: Calibration,
    lifter: Lifter,
    fps: float,
    options: LiftOptions,
) -> tuple[Capture, Calibration]:
    """The motion of one person in the world, and the camera in that world.

    Args:
        role: What is seen of the person.
        camera: One camera; where it stands counts if it comes from a file.
        lifter: The network.
        fps: Frames a second.
        options: The person's height, and how to smooth.
    """
    format = lifter.format
    parts = [
        _lift_span(role, span, camera.cameras[0], lifter)
        for span in role.spans.tolist()
    ]
    factor = _growth(parts, format, options.height)
    parts = [
        replace(part, joints=factor * part.joints, root=factor * part.root)
        for part in parts
    ]
    parts = [replace(part, root=find_path(part, format)) for part in parts]
    if options.calibration is None:
        transform = find_ground(parts, format)
        placed = replace(camera, cameras=_standing(camera.cameras, transform))
    else:
        placed = camera
    return _capture(role, parts, placed, lifter, fps, options), placed


def _standing(cameras: Cameras, transform: Float[Tensor, "4 4"]) -> Cameras:
    return replace(cameras, world_to_camera=transform[None].to(cameras.intrinsics))


def _lift_span(
    role: Role, span: list[int], camera: Cameras, lifter: Lifter
) -> LiftedFrames:
    """One stretch without interruption, in bounded pieces."""
    stream = LiftingStream(lifter, camera, role.format)
    pieces = []
    for start in range(span[0], span[1], _CHUNK):
        piece = slice(start, min(start + _CHUNK, span[1]))
        pieces.append(
            stream(
                torch.from_numpy(role.keypoints[piece]),
                torch.from_numpy(role.confidence[piece]),
            )
        )
    left = stream.finish()
    if left is not None:
        pieces.append(left)
    joined = zip(*(vars(piece).values() for piece in pieces), strict=True)
    return LiftedFrames(*(torch.cat(tensors) for tensors in joined))


def _growth(
    parts: Sequence[LiftedFrames], format: KeypointFormat, height: float | None
) -> float:
    """Factor that makes somebody as tall as stated."""
    if height is None:
        return 1.0
    joints = torch.cat([part.joints for part in parts])
    return height / stature(joints, format)


def _capture(
    role: Role,
    parts: Sequence[LiftedFrames],
    placed: Calibration,
    lifter: Lifter,
    fps: float,
    options: LiftOptions,
) -> Capture:
    frames, joints = len(role.keypoints), len(lifter.format)
    points = torch.full((frames, joints, 3), torch.nan)
    confidence = torch.zeros(frames, joints)
    pixels = torch.full((frames, joints, 2), torch.nan)
    sure = torch.zeros(frames, joints)
    camera = placed.cameras[0].map(lambda tensor: tensor.float())
    for (start, stop), part in zip(role.spans.tolist(), parts, strict=True):
        here = slice(start, stop)
        world = camera.to_world(part.placed).numpy()
        points[here] = torch.from_numpy(
            smooth(world, fps, options.smooth, min(options.cutoff, 0.45 * fps))
        )
        confidence[here] = (0.05 / part.spread).clamp(0, 1)
        seen = part.confidence > 0
        pixels[here] = torch.where(
            seen[..., None], camera.to_pixels(part.rays), torch.nan
        )
        sure[here] = part.confidence
    evidence = _evidence(placed, points, pixels, sure)
    nothing: Bool[Tensor, "1 frame joint"] = torch.zeros_like(sure[None]) > 0
    return Capture(
        lifter.format, fps, points[None], confidence[None], nothing, evidence
    )


def _evidence(
    placed: Calibration, points: Tensor, pixels: Tensor, sure: Tensor
) -> Evidence:
    shown = pixels[None, :, None]
    return Evidence(
        placed.names,
        shown,
        sure[None, :, None],
        reprojection_error(points[None], shown, placed.cameras),
        sure[None, :, None] > 0,
    )


def write_views(capture: Capture, placed: Calibration, options: LiftOptions) -> None:
    """The motion from around, stick figures and the avatar, as far as they are wanted.

    Args:
        capture: The motion of one person.
        placed: The camera that saw it, from whose side views start.
        options: Which views are wanted, and the folder.
    """
    folder = Path(options.output)
    start = azimuth_of(placed.cameras[0], capture)
    seconds = capture.points.shape[1] / capture.fps
    around = Orbit(start, speed=max(360 / seconds, _SLOWEST_ORBIT))
    write_free_view(capture, folder / "free_view.mp4", around)
    for angle in options.views:
        side = Orbit(start + angle, speed=0.0)
        write_stick_figures(capture, side, folder / f"stick_figures_{angle:g}.mp4")
    if options.avatar:
        write_avatar(capture, folder / "avatar.mp4", around)


def _print_stages(clock: StageClock, frames: int) -> None:
    total = sum(clock.seconds.values())
    shares = ", ".join(f"{name} {share:.0%}" for name, share in clock.shares.items())
    Console().print(
        f"{frames} frames in {total:.1f} s, {frames / max(total, 1e-9):.1f} a second: "
        f"{shares}.",
        soft_wrap=True,
        highlight=False,
    )
