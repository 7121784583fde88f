"""``multineus reconstruct``: photos of a person in, a 3D head out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from rich.console import Console

from human_capture.common.errors import InputError
from human_capture.common.meshes import SUFFIXES, Extraction, Mesh, write_mesh
from human_capture.common.processors import multiplies_bfloat16
from human_capture.common.progress import plain_warnings, progress
from human_capture.common.schedules import Schedule
from human_capture.multineus.camera_corrections import CameraCorrections
from human_capture.multineus.fields.scene import SceneField
from human_capture.multineus.fitting import PUBLISHED_STAGES, FitTask, Stage
from human_capture.multineus.outputs.page import write_page
from human_capture.multineus.outputs.turntable import (
    write_contact_sheet,
    write_turntable,
)
from human_capture.multineus.photographs import PhotoOptions, find_photos, read_photos
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.preview import Preview
from human_capture.multineus.priors import load_prior
from human_capture.multineus.ray_batches import RaySampler
from human_capture.multineus.renderer import Renderer
from human_capture.multineus.surface import extract_surface


@dataclass(frozen=True)
class Preset:
    """How carefully a head is fitted.

    Attributes:
        size: Of the part of each photo about the head, in pixels.
        stages: Of the fit.
        rays: A step.
        renderer: How they are sampled.
        resolution: Of the grid that the mesh is taken from.
    """

    size: int
    stages: tuple[Stage, ...]
    rays: int
    renderer: Renderer
    resolution: int


PRESETS = {
    "quick": Preset(
        192,
        (
            Stage("personal", 500, 1e-2, 1e-3, Schedule(20)),
            Stage("shared", 700, 1e-4, 2e-4, Schedule(50)),
        ),
        256,
        Renderer(even=24, near_surface=24, rounds=2),
        256,
    ),
    "full": Preset(512, PUBLISHED_STAGES, 512, Renderer(), 512),
}


@dataclass(frozen=True)
class ReconstructOptions:
    """Photos of one person in, a 3D head out.

    Args:
        photos: One photo or several, or a folder of them; masks that you have lie in a
            folder "mask" beside them, under the same names.
        output: The mesh to write: .glb, .ply or .obj, in metres. A video, a picture and
            a page to turn the head in are written beside it.
        preset: "quick" takes some minutes on a processor, "full" is the schedule of
            Multi-NeuS, for a GPU.
        prior: Field of many heads to start from: a name, or a .safetensors file.
        face: Which face, where a photo shows several; the largest is 0.
        field_of_view: Of the photos' longer side, in degrees, if it is known.
        resume: Go on with a fit that was interrupted.
    """

    photos: list[str] = field(default_factory=list)
    output: str = "head.glb"
    preset: Literal["quick", "full"] = "quick"
    prior: str = "heads"
    face: int | None = None
    field_of_view: float | None = None
    resume: bool = True


def reconstruct(options: ReconstructOptions) -> Mesh:
    """Fit a head to photos and write it in all its forms."""
    path, preset = Path(options.output), PRESETS[options.preset]
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{options.output!r}: heads are written as {', '.join(SUFFIXES)} files."
        )
    photos = find_photos(options.photos)
    with plain_warnings():
        portraits = read_photos(
            photos, PhotoOptions(preset.size, options.face, options.field_of_view)
        )
    head = load_prior(options.prior).newcomer()
    run = path.parent / f"{path.stem}_fit"
    fit_head(head, portraits, preset, run, options.resume)
    mesh = extract_surface(
        head,
        0,
        portraits.sphere,
        Extraction(resolution=preset.resolution),
        lambda items, total: progress(items, "Mesh", total),
    )
    write_mesh(mesh, path)
    write_contact_sheet(mesh, path.with_suffix(".png"))
    write_turntable(mesh, path.with_suffix(".mp4"))
    write_page(mesh, path.with_suffix(".html"), path.stem)
    Console().print(
        f"{path.resolve()}: {len(mesh.vertices)} vertices; {path.stem}.html turns it "
        f"in a browser, {path.stem}.mp4 shows it.",
        soft_wrap=True,
    )
    return mesh


def fit_head(
    head: SceneField,
    portraits: Portraits,
    preset: Preset,
    run: Path,
    resume: bool = True,
) -> CameraCorrections:
    """Fit a field of one object in the stages of a preset.

    Args:
        head: Such as :meth:`SceneField.newcomer`; it is changed.
        portraits: The pictures.
        preset: How carefully.
        run: Folder of checkpoints and of ``preview.png``.
        resume: Go on from the checkpoints of a fit that was interrupted.

    Returns:
        The cameras' corrections.
    """
    seed_everything(0, verbose=False)
    corrections = CameraCorrections(len(portraits))
    for number, stage in enumerate(preset.stages):
        task = FitTask(
            head,
            portraits,
            stage,
            corrections,
            preset.renderer,
            RaySampler(rays=preset.rays),
        )
        _run_stage(task, number, run, resume)
    return corrections


def _run_stage(task: FitTask, number: int, run: Path, resume: bool) -> None:
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
    half = torch.cuda.is_available() or multiplies_bfloat16()
    trainer = Trainer(
        max_steps=task.stage.steps,
        devices=1,
        precision="bf16-mixed" if half else "32-true",
        logger=False,
        callbacks=[keep, Preview(run / "preview.png")],
        enable_model_summary=False,
        default_root_dir=run,
        log_every_n_steps=10,
    )
    trainer.fit(task, ckpt_path=checkpoint if checkpoint.exists() else None)
