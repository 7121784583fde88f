"""The part of the evaluation in which people drive themselves and others."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn.functional import interpolate

from human_capture.common.images import write_image
from human_capture.reenact.evaluation.drawings import Draw
from human_capture.reenact.evaluation.identity_error import IdentityError, recognised
from human_capture.reenact.evaluation.material import Material
from human_capture.reenact.evaluation.pose_error import PoseError, landmark_errors
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
    mine = {name: [found[name] for found in own] for name in own[0]}
    figures = {name: fmean(values) for name, values in mine.items()}
    write_image(sheet_path, _driving_sheet(draw, material))
    return Outcome(figures | others.figures, each=mine | others.each)


def _driven_by_self(draw: Draw, material: Material, person: int) -> dict[str, float]:
    frames, judges = material.poses(person), material.judges
    drawn, drivers = draw(person, frames), material.people[frames].pictures()
    pose = PoseError(material.mean_face)
    pose.update(judges.landmarks(drawn), judges.landmarks(drivers))
    found = pose.compute()
    figures = {
        "pose_error": float(found["plain"]),
        "pose_error_aligned": float(found["aligned"]),
        "lost_self": float(found["drawn_missing"] / pose.count),
        "lost_drivers": float(found["driver_missing"] / pose.count),
    }
    if judges.second is not None:
        apart = landmark_errors(judges.second(drawn), judges.second(drivers))
        figures["second_pose_error"] = float(apart.mean())
    return figures


def _driven_by_others(draw: Draw, material: Material) -> Outcome:
    people = [_driven_by(draw, material, p) for p in range(material.people.count)]
    each = {name: [found[name] for found in people] for name in people[0]}
    return Outcome({name: fmean(values) for name, values in each.items()}, each=each)


def _driven_by(draw: Draw, material: Material, person: int) -> dict[str, float]:
    """How a person is drawn in the poses of others."""
    judges = material.judges
    pose, identity = PoseError(material.mean_face), IdentityError()
    apart, second, known = [], [], []
    for driver in material.drivers(person):
        drawn = draw(person, material.poses(driver))
        answer = material.answer(person, driver)
        apart.append((_as_large(answer, drawn) - drawn).abs().mean())
        landmarks = judges.landmarks(drawn)
        pose.update(landmarks, judges.landmarks(answer))
        if judges.second is not None:
            second.append(landmark_errors(judges.second(drawn), judges.second(answer)))
        if judges.identity is not None:
            said = judges.identity(drawn, landmarks)
            identity.update(said, material.targets[person].expand_as(said))
            wanted = torch.full((len(said),), person)
            known.append(recognised(said, material.targets, wanted))
    figures = {
        "answer_difference": float(torch.stack(apart).mean()),
        "answer_error": float(pose.compute()["plain"]),
        "lost_cross": float(pose.drawn_missing / pose.count),
    }
    if second:
        figures["second_answer_error"] = float(torch.cat(second).mean())
    if known:
        errors = identity.compute()
        figures |= {f"identity_{kind}": float(errors[kind]) for kind in errors}
        figures["recognised"] = float(torch.cat(known).double().mean())
    return figures


def _as_large(
    pictures: Float[Tensor, "frame 3 height width"],
    drawn: Float[Tensor, "frame 3 size size"],
) -> Float[Tensor, "frame 3 size size"]:
    if pictures.shape == drawn.shape:
        return pictures
    size = list(drawn.shape[-2:])
    return interpolate(pictures, size=size, mode="bilinear", antialias=True)


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
