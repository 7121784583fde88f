"""The part of the evaluation in which people drive themselves and others."""

from __future__ import annotations

from dataclasses import dataclass
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
from human_capture.reenact.evaluation.openings import EYES, MOUTH, correlation
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
    seen = [_driven_by(draw, material, p) for p in range(material.people.count)]
    each = {name: [one.figures[name] for one in seen] for name in seen[0].figures}
    figures = {name: fmean(values) for name, values in each.items()}
    faces = torch.stack([one.faces for one in seen])
    true = torch.stack([one.true for one in seen])
    figures["mouth"] = correlation(faces, true, MOUTH)
    figures["eyes"] = correlation(faces, true, EYES)
    return Outcome(figures, each=each)


@dataclass(frozen=True)
class _Driven:
    """A person in the poses of others.

    Attributes:
        figures: Of the drawings.
        faces: Their landmarks.
        true: Landmarks of the answers.
    """

    figures: dict[str, float]
    faces: Float[Tensor, "frame 68 2"]
    true: Float[Tensor, "frame 68 2"]


def _driven_by(draw: Draw, material: Material, person: int) -> _Driven:
    drivers = material.drivers(person)
    drawn = torch.cat([draw(person, material.poses(driver)) for driver in drivers])
    answers = torch.cat([material.answer(person, driver) for driver in drivers])
    judges, pose = material.judges, PoseError(material.mean_face)
    faces, true = judges.landmarks(drawn), judges.landmarks(answers)
    pose.update(faces, true)
    figures = {
        "answer_error": float(pose.compute()["plain"]),
        "answer_difference": float((_as_large(answers, drawn) - drawn).abs().mean()),
        "lost_cross": float(pose.drawn_missing / pose.count),
    }
    if judges.second is not None:
        apart = landmark_errors(judges.second(drawn), judges.second(answers))
        figures["second_answer_error"] = float(apart.mean())
    if judges.identity is not None:
        said = judges.identity(drawn, faces)
        figures |= _likeness(said, material.targets, person)
    return _Driven(figures, faces, true)


def _likeness(
    said: Float[Tensor, "frame number"],
    targets: Float[Tensor, "person number"],
    person: int,
) -> dict[str, float]:
    """How like the person drawings are, by what the identity judge says of them."""
    identity = IdentityError()
    identity.update(said, targets[person].expand_as(said))
    known = recognised(said, targets, torch.full((len(said),), person))
    errors = {f"identity_{kind}": float(v) for kind, v in identity.compute().items()}
    return errors | {"recognised": float(known.double().mean())}


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
