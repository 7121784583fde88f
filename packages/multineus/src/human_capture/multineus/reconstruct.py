"""``multineus reconstruct``: photos of a person in, a 3D head out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from rich.console import Console

from human_capture.common.errors import InputError
from human_capture.common.meshes import SUFFIXES, Extraction, Mesh, write_mesh
from human_capture.common.photos import find_photos
from human_capture.common.progress import plain_warnings, progress
from human_capture.common.schedules import Schedule
from human_capture.multineus.datasets.scene_folders import is_scene
from human_capture.multineus.fitting import (
    Stage,
)
from human_capture.multineus.head_fit import HeadFit, fit_head
from human_capture.multineus.objective import FieldObjective
from human_capture.multineus.outputs.page import write_page
from human_capture.multineus.outputs.turntable import (
    write_contact_sheet,
    write_turntable,
)
from human_capture.multineus.photographs import (
    PhotoOptions,
    read_photos,
    without_body,
)
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.priors import load_prior
from human_capture.multineus.ray_batches import RaySampler
from human_capture.multineus.registration import read_registered_scene
from human_capture.multineus.renderer import Renderer
from human_capture.multineus.surface import extract_surface


@dataclass(frozen=True)
class Preset:
    """How carefully a head is made of photos.

    Attributes:
        size: Of the part of each photo about the head, in pixels.
        fit: How a head is fitted to them.
        resolution: Of the grid that the mesh is taken from.
    """

    size: int
    fit: HeadFit
    resolution: int = 512


PresetName = Literal["draft", "quick", "full"]

PRESETS: dict[PresetName, Preset] = {
    "draft": Preset(
        128,
        HeadFit(
            (
                Stage("blend", 150, 1e-2, 1e-3, Schedule(20)),
                Stage("personal", 60, 2e-3, 5e-4, Schedule(20)),
            ),
            RaySampler(rays=128, face=0.3),
            Renderer(even=16, near_surface=16, rounds=2),
            FieldObjective(eikonal_points=1),
        ),
        160,
    ),
    "quick": Preset(
        192,
        HeadFit(
            (
                Stage("blend", 200, 1e-2, 1e-3, Schedule(20)),
                Stage("personal", 300, 2e-3, 5e-4, Schedule(20)),
                Stage("shared", 500, 1e-4, 2e-4, Schedule(50)),
            ),
            RaySampler(rays=192, face=0.3),
            Renderer(even=16, near_surface=16, rounds=2),
            FieldObjective(eikonal_points=2),
        ),
        256,
    ),
    "full": Preset(512, HeadFit()),
}


@dataclass(frozen=True)
class ReconstructOptions:
    """Photos of one person in, a 3D head out.

    Args:
        photos: One photo or several, or a folder of them; masks that you have lie in a
            folder "mask" beside them, under the same names. Or the folder of a scene in
            NeuS's format, whose cameras are known.
        output: The mesh to write: .glb, .ply or .obj, in metres. A video, a picture and
            a page to turn the head in are written beside it.
        preset: "draft" takes a minute on a processor, "quick" some minutes, and "full"
            is the schedule of Multi-NeuS, for a GPU.
        prior: Field of many heads to start from: a name, or a .safetensors file.
        face: Which face, where a photo shows several; the largest is 0.
        field_of_view: Of the photos' longer side, in degrees, if it is known and the
            camera has not written it into them.
        views: Numbers of the views of a scene that are used; all if absent.
        metres: Length of the unit of a scene's cameras; 0.001 for H3DS.
        rays: A step; the preset's number if absent. Fewer need less memory.
        resume: Go on with a fit that was interrupted.
    """

    photos: list[str] = field(default_factory=list)
    output: str = "head.glb"
    preset: PresetName = "quick"
    prior: str = "heads"
    face: int | None = None
    field_of_view: float | None = None
    views: list[int] | None = None
    metres: float = 1.0
    rays: int | None = None
    resume: bool = True


def reconstruct(options: ReconstructOptions) -> Mesh:
    """Fit a head to photos and write it in all its forms."""
    path, preset = Path(options.output), PRESETS[options.preset]
    fit = preset.fit
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{options.output!r}: heads are written as {', '.join(SUFFIXES)} files."
        )
    if options.rays is not None:
        fit = replace(fit, sampler=replace(fit.sampler, rays=options.rays))
    with plain_warnings():
        portraits = _read(options, preset.size)
    run = path.parent / f"{path.stem}_fit"
    prior = load_prior(options.prior)
    head, _ = fit_head(prior, portraits, fit, run, options.resume)
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


def _read(options: ReconstructOptions, size: int) -> Portraits:
    only = Path(options.photos[0]) if len(options.photos) == 1 else None
    if only is not None and is_scene(only):
        scene = read_registered_scene(only, options.views, 2 * size, options.metres)
        return without_body(scene)
    return read_photos(
        find_photos(options.photos),
        PhotoOptions(size, options.face, options.field_of_view),
    )
