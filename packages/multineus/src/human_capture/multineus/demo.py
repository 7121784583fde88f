"""``multineus demo``: the photo of a person nobody has seen becomes a head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from human_capture.common.images import write_image
from human_capture.common.metrics.surfaces import h3ds_distances
from human_capture.multineus.canonical import sphere_in_metres
from human_capture.multineus.datasets.synthetic import HeadRecipe, SyntheticHeads
from human_capture.multineus.evaluation.scores import Truth
from human_capture.multineus.outputs.turntable import contact_sheet
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.reconstruct import (
    PresetName,
    ReconstructOptions,
    reconstruct,
)

PERSON = 7000
"""Far from the numbers of people in training and evaluation."""


@dataclass(frozen=True)
class DemoOptions:
    """Photo of a synthetic person nobody has seen in, a 3D head and its errors out.

    Args:
        output: Folder for the results.
        preset: As of ``multineus reconstruct``.
        person: Number of the synthetic person.
    """

    output: str = "outputs/demo_head"
    preset: PresetName = "quick"
    person: int = PERSON


def demo(options: DemoOptions) -> None:
    """Draw a photo, reconstruct the head, and compare it with the true one."""
    folder = Path(options.output)
    photo = folder / "photo.png"
    front = HeadRecipe(3, 512, "portrait")
    drawn = SyntheticHeads(front, options.person, 1)[0]
    write_image(photo, np.ascontiguousarray(drawn.images[0].permute(1, 2, 0).numpy()))
    mesh = reconstruct(
        ReconstructOptions([str(photo)], str(folder / "head.glb"), options.preset)
    )
    around = SyntheticHeads(HeadRecipe(24, 160), options.person, 1)[0]
    truth = _in_heads_frame(Truth.of(options.person, around), around)
    vertices, face = truth.mesh.vertices, truth.face
    of_face = h3ds_distances(vertices, mesh.vertices, face).mean_mm
    of_head = h3ds_distances(vertices, mesh.vertices, face=face).mean_mm
    sheets = [contact_sheet(replace(m, colours=None)) for m in (mesh, truth.mesh)]
    write_image(folder / "against_truth.png", np.concatenate(sheets))
    Console().print(
        f"The face is {of_face:.1f} mm from the true one, the whole head {of_head:.1f} "
        f"mm (after alignment); {folder / 'against_truth.png'} shows both, the true "
        "one below.",
        soft_wrap=True,
    )


def _in_heads_frame(truth: Truth, portraits: Portraits) -> Truth:
    """The truth in metres in the frame that reconstructed heads are in."""
    place = sphere_in_metres() @ torch.linalg.inv(portraits.sphere)
    return replace(truth, mesh=truth.mesh.transform(np.asarray(place.double())))
