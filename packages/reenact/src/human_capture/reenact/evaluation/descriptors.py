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
from human_capture.reenact.evaluation.leakage import identity_leakage, recovery
from human_capture.reenact.evaluation.people import People, spread
from human_capture.reenact.evaluation.results import Outcome
from human_capture.reenact.evaluation.retrieval import (
    COUNTS,
    nearest_others,
    retrieval_accuracy,
    retrieval_chance,
)
from human_capture.reenact.evaluation.sheets import framed, sheet

Descriptors = Float[Tensor, "frame number"]


def pixel_descriptors(people: People) -> Float[Tensor, "frame 768"]:
    """The pictures themselves, 16 x 16 pixels small."""
    parts = torch.split(torch.arange(len(people)), 256)
    size = (16, 16)
    small = [
        interpolate(people[p].pictures(), size=size, mode="bilinear", antialias=True)
        for p in parts
    ]
    return torch.cat(small).flatten(1)


def landmark_descriptors(people: People) -> Float[Tensor, "frame 136"]:
    """The true landmarks: what methods driven by key points know at best."""
    return people.landmarks.flatten(1) - 0.5


def class_descriptors(people: People) -> Float[Tensor, "frame class"]:
    """One number for each class: how well retrieval can do with so many frames."""
    classes = expression_and_view(people.actions, people.turn)
    return one_hot(classes).float()


def retrieval(descriptors: Descriptors, people: People, sheet_path: Path) -> Outcome:
    """Whether nearest frames show other people doing the same.

    Args:
        descriptors: Of all frames.
        people: The frames.
        sheet_path: File of a contact sheet of some frames and those nearest to them.
    """
    classes = expression_and_view(people.actions, people.turn)
    others = len(people) - int(torch.bincount(people.person).max())
    counts = [count for count in COUNTS if count <= others] or [others]
    found = retrieval_accuracy(descriptors, classes, people.person, counts)
    write_image(sheet_path, _retrieved(descriptors, classes, people))
    figures = {f"top_{count}": share for count, share in found.items()}
    figures["chance"] = retrieval_chance(classes, people.person)
    return Outcome(figures, {"retrieval": [(float(n), s) for n, s in found.items()]})


def _retrieved(
    descriptors: Descriptors, classes: Int[Tensor, " frame"], people: People
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


def keypoints(descriptors: Descriptors, people: People) -> Outcome:
    """How well a small network reads landmarks off descriptors.

    Args:
        descriptors: Of all frames.
        people: The frames.
    """
    found = keypoint_regression(
        descriptors, people.landmarks, people.person, Generator().manual_seed(0)
    )
    return Outcome({"keypoints": found.error, "constant": found.constant})


def leakage(descriptors: Descriptors, people: People) -> Outcome:
    """What descriptors tell of identity, of expression and of turn.

    Args:
        descriptors: Of all frames.
        people: The frames.
    """
    told = identity_leakage(
        descriptors, people.person, people.clip, Generator().manual_seed(0)
    )
    found = recovery(descriptors, people.actions, people.turn, people.person)
    yaw, pitch, roll = found.turn.tolist()
    return Outcome(
        {
            "identity": told.accuracy,
            "identity_standard_error": told.standard_error,
            "identity_chance": told.chance,
            "expression": found.expression,
            "yaw": yaw,
            "pitch": pitch,
            "roll": roll,
        }
    )
