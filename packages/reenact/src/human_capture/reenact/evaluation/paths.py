"""The part of the evaluation in which heads move between two descriptors."""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.images import write_image
from human_capture.reenact.evaluation.drawings import Drawings
from human_capture.reenact.evaluation.identity_error import identity_errors
from human_capture.reenact.evaluation.interpolation import (
    monotone_share,
    path_progress,
    slerp,
    value_range,
)
from human_capture.reenact.evaluation.results import Curve, Outcome
from human_capture.reenact.evaluation.sheets import sheet

STEPS = 9
"""Descriptors on a path, its ends included."""


def paths(drawings: Drawings, sheet_path: Path) -> Outcome:
    """How steadily heads turn from one side to the other, and who they stay.

    Args:
        drawings: Of the model.
        sheet_path: File of a contact sheet of the paths.
    """
    material, people = drawings.material, drawings.material.people
    shares = torch.linspace(0, 1, STEPS)
    progress, identity, rows = [], [], []
    for driver in range(material.setup.videos):
        person = material.drivers(driver)[0]
        frames = people.first_clip(driver)
        yaw = people.turn[frames, 0]
        ends = drawings.descriptors[frames[torch.stack((yaw.argmin(), yaw.argmax()))]]
        path = slerp(ends[0], ends[1], shares)
        drawn = drawings.model.draw(drawings.identities[person], path)
        landmarks = material.judges.landmarks(drawn)
        progress.append(path_progress(landmarks))
        rows.append(list(drawn))
        if material.judges.identity is not None:
            said = material.judges.identity(drawn, landmarks)
            target = material.targets[person].expand_as(said)
            identity.append(identity_errors(said, target, renormalise=True))
    write_image(sheet_path, sheet(rows))
    counted = torch.stack(progress).diff().isfinite().double().mean()
    monotone = _mean([monotone_share(path) for path in progress])
    figures = {"monotone": monotone, "counted": float(counted)}
    curves = {"progress": _curve(shares, progress)}
    if identity:
        figures["identity_range"] = _mean([value_range(path) for path in identity])
        curves["identity"] = _curve(shares, identity)
    return Outcome(figures, curves)


def _mean(values: list[float]) -> float:
    """Of those that are numbers."""
    return float(torch.tensor(values).nanmean())


def _curve(
    shares: Float[Tensor, " step"], values: list[Float[Tensor, " step"]]
) -> Curve:
    """The mean path; steps at which no face was ever found are left out."""
    means = torch.stack(values).nanmean(0)
    pairs = zip(shares.tolist(), means.tolist(), strict=True)
    return [(x, y) for x, y in pairs if y == y]
