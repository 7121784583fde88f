"""A head fitted to pictures, in stages that can be interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lightning.pytorch import seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint

from human_capture.multineus.camera_corrections import CameraCorrections
from human_capture.multineus.fields.scene import BlendedHead, SceneField
from human_capture.multineus.fitting import (
    FIT_OBJECTIVE,
    FIT_RENDERER,
    FIT_SAMPLER,
    PUBLISHED_STAGES,
    FitTask,
    Stage,
    Trains,
)
from human_capture.multineus.objective import FieldObjective
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.preview import Preview
from human_capture.multineus.ray_batches import RaySampler
from human_capture.multineus.renderer import Renderer
from human_capture.multineus.runs import run_stage


@dataclass(frozen=True)
class HeadFit:
    """How carefully a head is fitted; by default as Multi-NeuS does.

    Attributes:
        stages: What is trained, one after the other.
        sampler: Draws the pixels of a step.
        renderer: How rays are sampled.
        objective: Weights of the losses.
    """

    stages: tuple[Stage, ...] = PUBLISHED_STAGES
    sampler: RaySampler = FIT_SAMPLER
    renderer: Renderer = FIT_RENDERER
    objective: FieldObjective = FIT_OBJECTIVE


SUBJECTS: dict[Trains, str] = {
    "blend": "a blend of known heads",
    "personal": "the person's own layers",
    "shared": "what people share",
    "everything": "everything",
    "cameras": "the cameras",
}
"""What stages are called where people wait for them."""

AfterStage = Callable[[Stage, SceneField, CameraCorrections], None]
"""Gets a stage that is over, the head after it, and the cameras' corrections."""


def fit_head(
    people: SceneField,
    portraits: Portraits,
    fit: HeadFit,
    run: Path,
    resume: bool = True,
    after: AfterStage | None = None,
    show: bool = True,
) -> tuple[SceneField, CameraCorrections]:
    """Fit a new person of a field to pictures, stage by stage.

    Args:
        people: Field to start from. Later stages change what it shares.
        portraits: The pictures.
        fit: How carefully.
        run: Folder of checkpoints and of ``preview.png``.
        resume: Go on from the checkpoints of a fit that was interrupted.
        after: Called after every stage with what the head is then.
        show: Draw previews.

    Returns:
        A field of one object, and the cameras' corrections.
    """
    seed_everything(0, verbose=False)
    corrections = CameraCorrections(len(portraits))
    field: SceneField | BlendedHead = BlendedHead(people)
    for number, stage in enumerate(fit.stages):
        if isinstance(field, BlendedHead) and stage.trains != "blend":
            field = _alone(field)
        task = FitTask(
            field,
            portraits,
            stage,
            corrections,
            fit.renderer,
            fit.sampler,
            fit.objective,
        )
        _run_stage(task, number, run, resume, show)
        if after is not None:
            after(stage, _alone(field), corrections)
    return _alone(field), corrections


def _alone(field: SceneField | BlendedHead) -> SceneField:
    return field.newcomer() if isinstance(field, BlendedHead) else field


def _run_stage(task: FitTask, number: int, run: Path, resume: bool, show: bool) -> None:
    name = f"stage_{number + 1}"
    checkpoint = run / f"{name}.ckpt"
    if checkpoint.exists() and not resume:
        checkpoint.unlink()
    keep = ModelCheckpoint(
        run,
        name,
        every_n_train_steps=max(task.stage.steps // 20, 1),
        enable_version_counter=False,
    )
    begun = checkpoint if checkpoint.exists() else None
    callbacks = [keep, Preview(run / "preview.png")] if show else [keep]
    bar = f"Stage {number + 1}, {SUBJECTS[task.stage.trains]}"
    run_stage(task, run, callbacks, begun, bar if show else None)
