"""``pose3d live``: a webcam or stream in, 3D poses out as they happen."""

from __future__ import annotations

import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import torch
from rich.console import Console

from human_capture.common.cameras import Cameras
from human_capture.common.detectors.body import BodyDetector
from human_capture.common.detectors.detected import DetectedPerson
from human_capture.common.detectors.tracker import BodyTracker
from human_capture.common.errors import InputError
from human_capture.common.keypoints import BLAZEPOSE33
from human_capture.common.live_video import LiveFrame, LiveVideo
from human_capture.pose3d.lifters import load_lifter
from human_capture.pose3d.lifting.stream import LiftedFrames, LiftingStream
from human_capture.pose3d.networks.lifters.lifter import Lifter


@dataclass(frozen=True)
class LiveOptions:
    """3D poses from a webcam or stream, as they happen.

    Every pose is a line of JSON: the moment, the latency in milliseconds, and the
    joints' positions in the camera's frame (x right, y down, z ahead) in metres. The
    first line names the joints.

    Args:
        source: Number of a webcam, address of a stream, or path of a video, which is
            then played at its own pace.
        output: File for the poses, that other programs may read as it grows; standard
            output if left out.
        lifter: What makes 3D of 2D: "temporal", which comes with this package, or the
            path of a .safetensors file.
        field_of_view: Angle across the longer side of the image in degrees.
        min_confidence: 2D key points less sure than this are not used; 0 to 1.
        seconds: Stop after so long; never if left out.
        threads: Threads of the detector.
    """

    source: str
    output: str | None = None
    lifter: str = "temporal"
    field_of_view: float = 65.0
    min_confidence: float = 0.3
    seconds: float | None = None
    threads: int = 2


def live(options: LiveOptions) -> None:
    """Lift the most prominent person until the stream ends or Ctrl-C is pressed."""
    lifter = load_lifter(options.lifter)
    if lifter.delay:
        raise InputError(
            f"The lifter {options.lifter!r} looks {lifter.delay} frames ahead, which "
            "are not there yet; use one without a delay."
        )
    report = Latencies(Console(stderr=True))
    with ExitStack() as stack:
        video = stack.enter_context(LiveVideo(options.source))
        out = sys.stdout
        if options.output is not None:
            Path(options.output).parent.mkdir(parents=True, exist_ok=True)
            out = stack.enter_context(Path(options.output).open("w", encoding="utf-8"))
        _write(out, {"joints": lifter.format.joints, "units": "m"})
        stack.callback(report.close)
        for pose in poses(video, lifter, options, report):
            _write(out, pose)


def poses(
    video: LiveVideo, lifter: Lifter, options: LiveOptions, report: Latencies
) -> Iterator[dict[str, object]]:
    """The pose of every image that is looked at, ready to be written as JSON.

    Args:
        video: Gives the newest image whenever one is wanted.
        lifter: The network.
        options: The camera's field of view, and when to stop.
        report: Told of the time that each step took.
    """
    tracker = BodyTracker(BodyDetector(threads=options.threads))
    stream: LiftingStream | None = None
    followed, start = None, time.perf_counter()
    for frame in video:
        elapsed = time.perf_counter() - start  # an image may be older than the start
        if options.seconds is not None and elapsed >= options.seconds:
            return
        if stream is None:
            stream = LiftingStream(lifter, _camera(frame, options), BLAZEPOSE33)
        begun = time.perf_counter()
        person = _chosen(tracker(frame.image), followed)
        found = time.perf_counter()
        if person is None:
            report.empty()
            continue
        if followed is not None and person.track != followed:
            stream.restart()
        followed = person.track
        lifted = stream(*_seen(person, options.min_confidence))
        done = time.perf_counter()
        report.add(
            frame.index,
            waiting=begun - frame.taken,
            detecting=found - begun,
            lifting=done - found,
        )
        yield _pose(lifted, frame.taken - start, done - frame.taken)


def _camera(frame: LiveFrame, options: LiveOptions) -> Cameras:
    height, width = frame.image.shape[:2]
    half = math.tan(math.radians(options.field_of_view) / 2)
    focal = max(height, width) / 2 / half
    intrinsics = torch.tensor(
        [[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]]
    )
    return Cameras(intrinsics, torch.eye(4))


def _chosen(
    people: Sequence[DetectedPerson], followed: int | None
) -> DetectedPerson | None:
    """The person who is followed, or else the largest."""
    for person in people:
        if person.track == followed:
            return person
    return max(
        people,
        key=lambda person: float(np.prod(person.box[2:] - person.box[:2])),
        default=None,
    )


def _seen(person: DetectedPerson, least: float) -> tuple[torch.Tensor, torch.Tensor]:
    sure = np.where(person.confidence < least, 0, person.confidence)
    keypoints = torch.from_numpy(person.keypoints[None]).float()
    return keypoints, torch.from_numpy(sure[None]).float()


def _pose(lifted: LiftedFrames, moment: float, latency: float) -> dict[str, object]:
    return {
        "time": round(moment, 4),
        "latency_ms": round(1000 * latency, 1),
        "points": [[round(x, 4) for x in p] for p in lifted.placed[0].tolist()],
        "spread": [round(x, 4) for x in lifted.spread[0].tolist()],
    }


def _write(out: TextIO, line: dict[str, object]) -> None:
    out.write(json.dumps(line) + "\n")
    out.flush()


class Latencies:
    """Prints, once a second, how late poses are and where the time goes.

    Args:
        console: Where to print.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._now: dict[str, list[float]] = defaultdict(list)
        self._all: list[float] = []
        self._printed, self._empty = time.perf_counter(), 0
        self._first: int | None = None
        self._last = 0

    def add(self, index: int, **seconds: float) -> None:
        """A pose, by the number of its image and the seconds of each step."""
        self._first = index if self._first is None else self._first
        self._last = index
        for name, spent in seconds.items():
            self._now[name].append(1000 * spent)
        self._now["latency"].append(1000 * sum(seconds.values()))
        self._all.append(self._now["latency"][-1])
        if time.perf_counter() - self._printed > 1:
            self._print()

    def empty(self) -> None:
        """An image in which nobody is seen."""
        self._empty += 1

    def _print(self) -> None:
        elapsed = time.perf_counter() - self._printed
        count = len(self._now["latency"])
        parts = ", ".join(
            f"{name} {np.median(values):.1f}"
            for name, values in self._now.items()
            if name != "latency"
        )
        worst = max(self._now["latency"])
        self.console.print(
            f"{count / elapsed:5.1f} poses a second, latency "
            f"{np.median(self._now['latency']):.1f} ms (worst {worst:.1f}): {parts}",
            highlight=False,
            soft_wrap=True,
        )
        self._now.clear()
        self._printed = time.perf_counter()

    def close(self) -> None:
        """Print the summary."""
        if not self._all:
            self.console.print("Nobody was seen.")
            return
        first = self._last if self._first is None else self._first
        skipped = self._last - first + 1 - len(self._all) - self._empty
        middle, most = np.median(self._all), np.quantile(self._all, 0.95)
        passed = (
            f"{max(skipped, 0)} images were passed over, {self._empty} showed nobody"
        )
        self.console.print(
            f"{len(self._all)} poses, latency {middle:.1f} ms (95 % within "
            f"{most:.1f}); {passed}.",
            highlight=False,
            soft_wrap=True,
        )
