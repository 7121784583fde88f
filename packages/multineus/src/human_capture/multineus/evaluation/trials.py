"""``multineus evaluate``: methods side by side on heads that nobody was trained on."""

from __future__ import annotations

import csv
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from rich.console import Console

from human_capture.common.files import atomic_path
from human_capture.common.images import write_image
from human_capture.common.meshes import Extraction, write_mesh
from human_capture.common.progress import plain_warnings
from human_capture.multineus.camera_corrections import CameraCorrections
from human_capture.multineus.datasets.synthetic import HeadRecipe, SyntheticHeads
from human_capture.multineus.evaluation.report import (
    Result,
    mesh_path,
    photo_path,
    write_report,
)
from human_capture.multineus.evaluation.scores import Scores, Truth, score
from human_capture.multineus.fields.colour import ColourNetwork
from human_capture.multineus.fields.scene import PersonalLayers, SceneField
from human_capture.multineus.fields.sdf import SDFNetwork
from human_capture.multineus.fitting import Stage
from human_capture.multineus.head_fit import HeadFit, fit_head
from human_capture.multineus.objective import FieldObjective
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.priors import load_prior
from human_capture.multineus.ray_batches import RaySampler
from human_capture.multineus.renderer import Renderer
from human_capture.multineus.surface import extract_surface

From = Literal["front", "left", "right", "three"]
AZIMUTHS = {"front": 0.0, "left": 50.0, "right": -50.0}
"""Degrees to the person's left."""

SHORT = (
    Stage("blend", 200, 1e-2, 0.0),
    Stage("personal", 100, 2e-3, 0.0),
    Stage("shared", 100, 1e-4, 0.0),
)

SHORT_STEPS = RaySampler(rays=128, face=0.3)
FEW_EIKONAL = FieldObjective(eikonal_points=2)
SPARSE = Renderer(even=16, near_surface=16, rounds=2)


@dataclass(frozen=True)
class Method:
    """A way to a head.

    Attributes:
        name: In the table.
        prior: To start from; None to start from nothing.
        stages: Of the fit. Cameras are known, so their rates are 0.
        seen: What of a head is seen: one view, or all "three".
        sampler: Draws the pixels of a step.
        objective: Weights of the losses.
    """

    name: str
    prior: str | None = "heads"
    stages: tuple[Stage, ...] = SHORT
    seen: tuple[From, ...] = ("front", "left", "right", "three")
    sampler: RaySampler = SHORT_STEPS
    objective: FieldObjective = FEW_EIKONAL

    def people(self) -> SceneField:
        """The field that fits start from."""
        if self.prior is not None:
            return load_prior(self.prior)
        torch.manual_seed(0)
        return SceneField(
            1,
            PersonalLayers("independent"),
            sdf=partial(SDFNetwork, width=128),
            colour=partial(ColourNetwork, feature=128, width=128),
        )


@dataclass(frozen=True)
class EvaluateOptions:
    """Methods side by side on synthetic heads that nobody was trained on.

    Args:
        methods: What is compared.
        heads: How many heads.
        first: Number of the first.
        size: Of their pictures, in pixels.
        output: Folder of the results; trials that are there are not repeated.
    """

    methods: list[Method] = field(default_factory=lambda: [Method("shipped prior")])
    heads: int = 10
    first: int = 6000
    size: int = 160
    output: str = "outputs/multineus/evaluation"


def evaluate(options: EvaluateOptions) -> list[Result]:
    """Fit all heads by all methods, and write table, picture and numbers."""
    output = Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    recipe = HeadRecipe(24, options.size, "half_sphere")
    heads = SyntheticHeads(recipe, options.first, options.heads)
    results = _read(output / "results.csv")
    done = {(r.method, r.head, r.seen, r.stage) for r in results}
    for number in range(options.heads):
        person, portraits = options.first + number, heads[number]
        open_trials = [
            (method, seen)
            for method in options.methods
            for seen in method.seen
            if (method.name, person, seen, method.stages[-1].trains) not in done
        ]
        truth = Truth.of(person, portraits) if open_trials else None
        if truth is not None:
            write_mesh(truth.mesh, mesh_path(output, "truth", "everywhere", person))
            front = portraits.images[nearest_view(portraits, 0.0)]
            image = np.ascontiguousarray(front.permute(1, 2, 0).numpy())
            write_image(photo_path(output, person), image)
        for method, seen in open_trials:
            assert truth is not None
            for result in _trial(method, seen, person, portraits, truth, output):
                results.append(result)
                Console().print(
                    f"{method.name}, head {person} from {seen}, {result.stage}: "
                    f"face {result.scores.face_mm:.2f} mm, "
                    f"head {result.scores.head_mm:.2f} mm",
                    soft_wrap=True,
                )
            _write(results, output / "results.csv")
    write_report(results, output)
    return results


def nearest_view(portraits: Portraits, azimuth: float) -> int:
    """The view whose camera is nearest to a direction at the height of the face.

    Args:
        portraits: The views.
        azimuth: Degrees to the person's left, from straight ahead.
    """
    angle = torch.deg2rad(torch.tensor(azimuth))
    wanted = torch.stack((angle.sin(), -angle.cos(), torch.zeros(())))
    world = torch.linalg.inv(portraits.cameras.world_to_camera)[:, :3, 3]
    towards = world - portraits.sphere[:3, 3]
    towards = towards @ portraits.sphere[:3, :3]
    towards = towards / towards.norm(dim=-1, keepdim=True)
    return int((towards @ wanted).argmax())


def _trial(
    method: Method,
    seen: From,
    person: int,
    portraits: Portraits,
    truth: Truth,
    output: Path,
) -> Iterator[Result]:
    sides = {name: nearest_view(portraits, angle) for name, angle in AZIMUTHS.items()}
    views = list(sides.values()) if seen == "three" else [sides[seen]]
    others = [v for v in range(len(portraits)) if v not in sides.values()]
    fit = HeadFit(method.stages, method.sampler, SPARSE, method.objective)
    found: list[tuple[str, Scores, float]] = []
    started = time.monotonic()
    scoring = 0.0

    def after(stage: Stage, head: SceneField, cameras: CameraCorrections) -> None:
        nonlocal scoring
        before = time.monotonic()
        mesh = extract_surface(head, 0, portraits.sphere, Extraction(160))
        write_mesh(mesh, mesh_path(output, method.name, seen, person))
        scores = score(head, mesh, truth, portraits[others[::3]], SPARSE)
        found.append((stage.trains, scores, before - started - scoring))
        scoring += time.monotonic() - before

    run = output / "fit"
    with plain_warnings():
        fit_head(method.people(), portraits[views], fit, run, False, after, show=False)
    shutil.rmtree(run)
    for stage, scores, seconds in found:
        yield Result(method.name, person, seen, stage, scores, seconds)


def _read(path: Path) -> list[Result]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [Result.of(row) for row in csv.DictReader(file)]


def _write(results: list[Result], path: Path) -> None:
    rows = [result.row() for result in results]
    with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
