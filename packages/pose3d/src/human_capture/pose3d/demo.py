"""``pose3d demo``: real people to 3D motion, from four cameras and from one."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int
from lightning.pytorch import Trainer
from rich.console import Console
from rich.table import Table

from human_capture.common.errors import InputError
from human_capture.common.progress import plain_warnings
from human_capture.common.publishing import published
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.comparison import ComparisonTask
from human_capture.pose3d.data import Sizes, SyntheticDataModule
from human_capture.pose3d.datasets.synthetic import HELD_OUT
from human_capture.pose3d.methods import METHODS, load_method
from human_capture.pose3d.recordings.agreement import root_aligned_distance_mm
from human_capture.pose3d.recordings.learned import capture_with_methods
from human_capture.pose3d.recordings.lift import lift
from human_capture.pose3d.recordings.lift_options import LiftOptions
from human_capture.pose3d.recordings.options import RecordingOptions
from human_capture.pose3d.recordings.recording import (
    Recording,
    open_recording,
    triangulate,
)
from human_capture.pose3d.recordings.timelines import own_timeline

CARRIER = "Pose2Sim"
SHOWN = ("algebraic", "volumetric_softmax")
"""Methods that look at the real recording."""


@dataclass(frozen=True)
class DemoOptions:
    """Real people from four cameras to 3D motion, and the methods compared.

    Args:
        output: Folder for the results.
        scenes: Held-out scenes that the methods are compared on; the README's table
            has 150.
    """

    output: str = "outputs/demo"
    scenes: int = 20


def demo(options: DemoOptions) -> None:
    """Run the demonstration and say where the results are."""
    folder = Path(options.output)
    captures = {}
    for name, people in (("SinglePerson", 1), ("MultiPerson", 2)):
        recording_options = _demo_recording(name, people, folder)
        captures[name] = triangulate(recording_options)
        if name == "SinglePerson":
            with plain_warnings():
                recording = open_recording(recording_options)
                _learned(captures[name], recording, folder)
            _lifted(captures[name], recording, recording_options, folder)
    compare(folder / "comparison", options.scenes)
    Console().print(
        f"\nOpen in a browser: {folder.resolve()}/single_person/motion.html (orbit and "
        f"scrub), {folder.resolve()}/multi_person/motion.html\n"
        f"Watch: {folder.resolve()}/single_person/overlay.mp4",
        soft_wrap=True,
    )


def _demo_recording(name: str, people: int, folder: Path) -> RecordingOptions:
    root = demo_folder() / f"Demo_{name}"
    place = {"SinglePerson": "single_person", "MultiPerson": "multi_person"}[name]
    return RecordingOptions(
        calibration=str(root / "calibration" / "Calib.qca.txt"),
        videos=str(root / "videos"),
        output=str(folder / place),
        people=people,
    )


def demo_folder() -> Path:
    """Where the Pose2Sim package keeps its demonstration recordings.

    Raises:
        InputError: The package is not installed.
    """
    found = importlib.util.find_spec(CARRIER)
    if found is None or not found.submodule_search_locations:
        raise InputError(
            "The demonstration videos come with a package that is not installed; run "
            "`pip install --no-deps Pose2Sim==0.10.49`."
        )
    return Path(found.submodule_search_locations[0])


def _learned(capture: Capture, recording: Recording, folder: Path) -> None:
    """Print how far learned poses are from the detector's, on the same frames."""
    table = Table(title="Learned triangulation against the detector's, root-aligned")
    for heading in ("method", "median mm", "mean mm", "joints"):
        table.add_column(heading, justify="left" if heading == "method" else "right")
    names = [name for name in SHOWN if name in published(METHODS)]
    motions = capture_with_methods(
        [load_method(name) for name in names],
        capture,
        recording.cameras,
        recording.videos,
        recording.timeline.frames,
    )
    for name, motion in zip(names, motions, strict=True):
        distance = root_aligned_distance_mm(motion, capture)
        known = distance[distance.isfinite()]
        table.add_row(
            name, f"{known.median():.1f}", f"{known.mean():.1f}", str(len(known))
        )
    Console().print(table)


def _lifted(
    capture: Capture, recording: Recording, options: RecordingOptions, folder: Path
) -> None:
    """Lift the first camera alone; print how far that is from all of them together."""
    video = recording.videos[0]
    lifted = lift(
        LiftOptions(
            video=str(video.path),
            output=str(folder / "one_camera"),
            calibration=options.calibration,
            camera=recording.calibration.names[0],
        )
    )
    _, ours, theirs = np.intersect1d(
        own_timeline(video).frames[:, 0],
        recording.timeline.frames[:, 0],
        return_indices=True,
    )
    distance = root_aligned_distance_mm(_at(lifted, ours), _at(capture, theirs))
    known = distance[distance.isfinite()]
    Console().print(
        f"One camera ({video.path.stem}) against all of them, root-aligned: median "
        f"{known.median():.1f} mm, mean {known.mean():.1f} mm over {len(known)} joints."
        f"\nWatch it from all sides: {folder.resolve()}/one_camera/free_view.mp4",
        soft_wrap=True,
    )


def _at(capture: Capture, frames: Int[np.ndarray, " frame"]) -> Capture:
    """Some frames of a motion, without its evidence."""
    parts = (capture.points, capture.confidence, capture.filled)
    points, confidence, filled = (part[:, frames] for part in parts)
    return Capture(capture.format, capture.fps, points, confidence, filled)


def compare(folder: Path, scenes: int) -> None:
    """Compare all published methods on rendered people that none has seen.

    Args:
        folder: For the table, the curve and the numbers.
        scenes: How many.
    """
    task = ComparisonTask(output=folder)
    held_out = replace(HELD_OUT, size=task.image_size)
    data = SyntheticDataModule(
        Sizes(0, 0, scenes), held_out=held_out, eval_batch_size=5
    )
    trainer = Trainer(
        accelerator="auto",
        devices=1,
        logger=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        default_root_dir=folder,
    )
    trainer.test(task, data, verbose=False)
