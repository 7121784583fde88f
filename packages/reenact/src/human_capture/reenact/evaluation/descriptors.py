"""Parts of the evaluation that look at descriptors alone, and descriptors to beat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Generator, Tensor
from torch.nn.functional import interpolate, one_hot

from human_capture.common.images import write_image
from human_capture.reenact.evaluation.classes import expression_and_view
from human_capture.reenact.evaluation.keypoint_regression import keypoint_regression
from human_capture.reenact.evaluation.landmark_judges import LandmarkJudge, completed
from human_capture.reenact.evaluation.leakage import identity_leakage, recovery
from human_capture.reenact.evaluation.people import Described, People, spread
from human_capture.reenact.evaluation.results import Outcome
from human_capture.reenact.evaluation.retrieval import (
    COUNTS,
    nearest_others,
    retrieval_accuracy,
    retrieval_chance,
)
from human_capture.reenact.evaluation.sheets import framed, sheet


def pixel_descriptors(people: People) -> Described:
    """The pictures themselves, 16 x 16 pixels small."""
    parts = torch.split(torch.arange(len(people)), 256)
    size = (16, 16)
    small = [
        interpolate(people[p].pictures(), size=size, mode="bilinear", antialias=True)
        for p in parts
    ]
    return Described(people, torch.cat(small).flatten(1))


def landmark_descriptors(people: People) -> Described:
    """The true landmarks, known only because people are synthetic."""
    return Described(people, people.landmarks.flatten(1) - 0.5)


def found_landmark_descriptors(people: People, judge: LandmarkJudge) -> Described:
    """Landmarks found in the pictures: what methods driven by key points know.

    Args:
        people: All frames.
        judge: Finds them; a face that is not found has the mean of the others.
    """
    parts = torch.split(torch.arange(len(people)), 256)
    found = torch.cat([judge(people[part].pictures()) for part in parts])
    return Described(people, completed(found).flatten(1) - 0.5)


def class_descriptors(people: People) -> Described:
    """One number for each class: how well retrieval can do with so many frames."""
    classes = expression_and_view(people.actions, people.turn)
    return Described(people, one_hot(classes).float())


def retrieval(judged: Described, sheet_path: Path) -> Outcome:
    """Whether nearest frames show other people doing the same.

    Args:
        judged: All frames.
        sheet_path: File of a contact sheet of some frames and those nearest to them.
    """
    descriptors, people = judged.descriptors, judged.people
    classes = expression_and_view(people.actions, people.turn)
    others = len(people) - int(torch.bincount(people.person).max())
    counts = [count for count in COUNTS if count <= others] or [others]
    found = retrieval_accuracy(descriptors, classes, people.person, counts)
    write_image(sheet_path, _retrieved(descriptors, classes, people))
    figures = {f"top_{count}": share for count, share in found.items()}
    figures["chance"] = retrieval_chance(classes, people.person)
    return Outcome(figures, {"retrieval": [(float(n), s) for n, s in found.items()]})


def _retrieved(
    descriptors: Float[Tensor, "frame number"],
    classes: Int[Tensor, " frame"],
    people: People,
) -> UInt8[np.ndarray, "height width 3"]:
    """Queries, and beside each the nearest; a green frame is a hit."""
    nearest = nearest_others(descriptors, people.person, 5)
    rows = []
    for query in spread(torch.arange(len(people)), 6):
        near = nearest[query]
        hits = (classes[near] == classes[query]).tolist()
        pictures = people[near].pictures()
        colours = [(0.1, 0.7, 0.2) if hit else (0.8, 0.1, 0.1) for hit in hits]
        marked = [framed(p, c) for p, c in zip(pictures, colours, strict=True)]
        rows.append([people[query[None]].pictures()[0], *marked])
    return sheet(rows)


def keypoints(learnt: Described, judged: Described) -> Outcome:
    """How well a small network reads landmarks off descriptors.

    Args:
        learnt: What it is trained on.
        judged: Other people, whom it is tested on.
    """
    found = keypoint_regression(learnt, judged, Generator().manual_seed(0))
    return Outcome({"keypoints": found.error, "constant": found.constant})


def leakage(learnt: Described, judged: Described) -> Outcome:
    """What descriptors tell of identity, of expression and of turn.

    Args:
        learnt: What the regression of expression and turn is fitted to.
        judged: Other people.
    """
    people = judged.people
    told = identity_leakage(
        judged.descriptors, people.person, people.clip, Generator().manual_seed(0)
    )
    found = recovery(learnt, judged, Generator().manual_seed(0))
    yaw, pitch, roll = found.turn.tolist()
    return Outcome(
        {
            "identity": told.accuracy,
            "identity_standard_error": told.standard_error,
            "identity_chance": told.chance,
            "expression": found.expression,
            "expression_standard_error": found.standard_error,
            "yaw": yaw,
            "pitch": pitch,
            "roll": roll,
        },
        each={"identity": told.each.tolist()},
    )
