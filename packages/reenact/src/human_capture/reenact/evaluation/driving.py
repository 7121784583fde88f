"""The part of the evaluation in which people drive themselves and others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from human_capture.common.images import write_image
from human_capture.reenact.evaluation.drawings import Draw
from human_capture.reenact.evaluation.identity_error import IdentityError, recognised
from human_capture.reenact.evaluation.material import Material
from human_capture.reenact.evaluation.openings import INNER_LIPS, LIDS, correlation
from human_capture.reenact.evaluation.pose_error import (
    PoseError,
    landmark_errors,
    missing,
)
from human_capture.reenact.evaluation.results import Outcome
from human_capture.reenact.evaluation.sheets import sheet

SHOWN = 6
"""People in a contact sheet."""


def driving(draw: Draw, material: Material, sheet_path: Path) -> Outcome:
    """People who drive themselves and others: pose, identity, mouth and eyes.

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
    faces, true, turn = (
        torch.stack([getattr(one, part) for one in seen])
        for part in ("faces", "true", "turn")
    )
    figures["mouth"] = correlation(faces, true, turn, INNER_LIPS)
    figures["eyes"] = correlation(faces, true, turn, LIDS)
    return Outcome(figures, each=each)


@dataclass(frozen=True)
class _Driven:
    """A person in the poses of others.

    Attributes:
        figures: Of the drawings.
        faces: Their landmarks.
        true: Landmarks of the ground truth.
        turn: Yaw, pitch and roll of the drivers.
    """

    figures: dict[str, float]
    faces: Float[Tensor, "frame 68 2"]
    true: Float[Tensor, "frame 68 2"]
    turn: Float[Tensor, "frame 3"]


def _driven_by(draw: Draw, material: Material, person: int) -> _Driven:
    judges, drivers = material.judges, material.drivers(person)
    drawn = torch.cat([draw(person, material.poses(driver)) for driver in drivers])
    wanted = torch.cat([material.ground_truth(person, driver) for driver in drivers])
    faces, true = judges.landmarks(drawn), judges.landmarks(wanted)
    known, pose = ~missing(true), PoseError(material.mean_face)
    pose.update(faces[known], true[known])
    figures = {
        "cross_pose_error": float(pose.compute()["plain"]),
        "lost_cross": float(missing(faces).double().mean()),
        "lost_truths": float(missing(true).double().mean()),
    }
    if judges.second is not None:
        apart = landmark_errors(judges.second(drawn), judges.second(wanted))
        figures["second_cross_pose_error"] = float(apart.mean())
    if judges.identity is not None:
        said = judges.identity(drawn, faces)
        figures |= _likeness(said, material.targets, person)
    frames = torch.cat([material.poses(driver) for driver in drivers])
    return _Driven(figures, faces, true, material.people.turn[frames])


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
