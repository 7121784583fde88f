"""The part of the evaluation in which people drive themselves and others."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from jaxtyping import UInt8

from human_capture.common.images import write_image
from human_capture.reenact.evaluation.drawings import Draw
from human_capture.reenact.evaluation.identity_error import IdentityError, recognised
from human_capture.reenact.evaluation.material import Material
from human_capture.reenact.evaluation.pose_error import PoseError, missing
from human_capture.reenact.evaluation.results import Outcome
from human_capture.reenact.evaluation.sheets import sheet

SHOWN = 6
"""People in a contact sheet."""


def driving(draw: Draw, material: Material, sheet_path: Path) -> Outcome:
    """Pose errors of people who drive themselves, identity errors of all others.

    Args:
        draw: To be judged.
        material: What it is judged with.
        sheet_path: File of a contact sheet of people driven by others.
    """
    own = [_driven_by_self(draw, material, p) for p in range(material.people.count)]
    others = _driven_by_others(draw, material)
    figures = {name: fmean(found[name] for found in own) for name in own[0]}
    write_image(sheet_path, _driving_sheet(draw, material))
    each = {"pose_error": [found["pose_error"] for found in own]}
    return Outcome(figures | others.figures, each=each | others.each)


def _driven_by_self(draw: Draw, material: Material, person: int) -> dict[str, float]:
    pose, frames = PoseError(material.mean_face), material.poses(person)
    drivers = material.judges.landmarks(material.people[frames].pictures())
    pose.update(material.judges.landmarks(draw(person, frames)), drivers)
    found = pose.compute()
    return {
        "pose_error": float(found["plain"]),
        "pose_error_aligned": float(found["aligned"]),
        "lost_self": float(found["drawn_missing"] / pose.count),
        "lost_drivers": float(found["driver_missing"] / pose.count),
    }


def _driven_by_others(draw: Draw, material: Material) -> Outcome:
    lost, known, people = [], [], []
    for person in range(material.people.count):
        errors = IdentityError()
        for other in material.drivers(person):
            drawn = draw(person, material.poses(other))
            landmarks = material.judges.landmarks(drawn)
            lost.append(missing(landmarks))
            if material.judges.identity is None:
                continue
            said = material.judges.identity(drawn, landmarks)
            target = material.targets[person].expand_as(said)
            errors.update(said, target)
            wanted = torch.full((len(said),), person)
            known.append(recognised(said, material.targets, wanted))
        if known:
            people.append(errors.compute())
    figures = {"lost_cross": float(torch.cat(lost).double().mean())}
    if not known:
        return Outcome(figures)
    each = {
        f"identity_{kind}": [float(found[kind]) for found in people]
        for kind in ("raw", "renormalised")
    }
    figures |= {name: fmean(values) for name, values in each.items()}
    figures["recognised"] = float(torch.cat(known).double().mean())
    return Outcome(figures, each=each)


def _driving_sheet(
    draw: Draw, material: Material
) -> UInt8[np.ndarray, "height width 3"]:
    people = material.people
    chosen = range(min(SHOWN, people.count))
    drivers = torch.stack([material.poses(person)[0] for person in chosen])
    top = people[drivers].pictures()
    rows = [[torch.ones_like(top[0]), *top]]
    for person in chosen:
        own = people[material.shots(person)[:1]].pictures()
        rows.append([own[0], *draw(person, drivers)])
    return sheet(rows)
