"""The tables and charts of an evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from human_capture.common.files import atomic_path
from human_capture.common.images import write_image
from human_capture.common.markdown import table
from human_capture.reenact.evaluation.charts import line_chart
from human_capture.reenact.evaluation.comparison import comparison
from human_capture.reenact.evaluation.results import Outcome, Outcomes

Columns = Mapping[str, tuple[str, str]]

COLUMNS: Mapping[str, Columns] = {
    "driving": {
        "pose_error": ("pose error ↓", "%"),
        "pose_error_aligned": ("scaled and shifted ↓", "%"),
        "second_pose_error": ("second judge ↓", "%"),
        "cross_pose_error": ("others' poses ↓", "%"),
        "second_cross_pose_error": ("others' poses, second judge ↓", "%"),
        "mouth": ("mouth follows ↑", ".2f"),
        "eyes": ("eyes follow ↑", ".2f"),
        "identity_raw": ("identity error ↓", ".4f"),
        "identity_renormalised": ("renormalised ↓", ".4f"),
        "recognised": ("recognised ↑", "%"),
        "lost_self": ("no face, own pose", "%"),
        "lost_cross": ("no face, other's pose", "%"),
        "lost_drivers": ("no face in drivers", "%"),
        "lost_truths": ("no face in truths", "%"),
    },
    "shaking": {"smoothness": ("acceleration over the driver's", ".2f")},
    "paths": {
        "monotone": ("steps forward ↑", "%"),
        "identity_range": ("range of the identity error ↓", ".4f"),
        "counted": ("steps that count", "%"),
    },
    "retrieval": {
        "top_10": ("top 10 ↑", "%"),
        "top_20": ("top 20 ↑", "%"),
        "top_50": ("top 50 ↑", "%"),
        "top_100": ("top 100 ↑", "%"),
        "chance": ("chance", "%"),
    },
    "keypoints": {
        "keypoints": ("landmark error ↓", "%"),
        "constant": ("of their mean", "%"),
    },
    "leakage": {
        "identity": ("person named ↓", "%"),
        "identity_standard_error": ("standard error", "%"),
        "identity_chance": ("chance", "%"),
        "expression": ("R² of actions ↑", ".3f"),
        "expression_standard_error": ("standard error", ".3f"),
        "yaw": ("of yaw ↑", ".3f"),
        "pitch": ("of pitch ↑", ".3f"),
        "roll": ("of roll ↑", ".3f"),
    },
}
"""Titles and formats of the figures of each part."""

_NOTES = {
    "driving": "Pose errors are in inter-ocular distances: of people in their own "
    "poses, against the drivers, and in others' poses, against pictures of the same "
    "people truly doing so. Mouth and eyes: partial correlation of how far they are "
    "open with how far they truly are, given the turn, within people. Identity errors "
    "are of people in others' poses. The second judge is dlib's, which is coarser.",
    "shaking": "Second differences of landmarks of drawn heads over those of the "
    "drivers; more than 1 shakes, less than 1 loses motion, a still picture has 0.",
    "paths": "Heads drawn at even angles between the descriptors of a head turned "
    "right and left. Steps from or to a drawing without a face do not count.",
    "retrieval": "Share of the nearest frames of other people that show the same "
    "expression from the same side; no more can be had than with true classes.",
    "keypoints": "A small network that learnt from other people reads landmarks off "
    "the descriptor, in inter-ocular distances.",
    "leakage": "A linear probe names the person in clips not seen before; linear "
    "regressions that learnt from other people find facial actions and turn.",
}

CURVES = {
    "retrieval": ("nearest frames", "share with the same expression and view"),
    "progress": (
        "share of the way between descriptors",
        "share of the way of landmarks",
    ),
    "identity": ("share of the way between descriptors", "identity error"),
}
"""Titles of the axes of each curve."""


def tables(outcomes: Outcomes, first: str | None = None) -> str:
    """All figures in Markdown, one table for each part.

    Args:
        outcomes: By part, then by method.
        first: Method that the others are compared with; none when absent.
    """
    parts = [
        f"## {part.capitalize()}\n\n{_NOTES[part]}\n\n{_table(columns, outcomes[part])}"
        for part, columns in COLUMNS.items()
        if outcomes.get(part)
    ]
    if first is not None:
        parts.append(comparison(outcomes, first))
    return "\n".join(filter(None, parts))


def _table(columns: Columns, methods: Mapping[str, Outcome]) -> str:
    known = {key for outcome in methods.values() for key in outcome.figures}
    shown = {key: column for key, column in columns.items() if key in known}
    rows = [
        [name, *(_cell(outcome.figures.get(k), form) for k, (_, form) in shown.items())]
        for name, outcome in methods.items()
    ]
    return table(["method", *(title for title, _ in shown.values())], rows)


def _cell(value: float | None, form: str) -> str:
    if value is None or math.isnan(value):
        return "–"
    return f"{100 * value:.1f} %" if form == "%" else format(value, form)


def write_report(outcomes: Outcomes, folder: Path, first: str | None = None) -> None:
    """Write ``table.md`` and a picture of each curve.

    Args:
        outcomes: By part, then by method.
        folder: Where to.
        first: Method that the others are compared with; none when absent.
    """
    with atomic_path(folder / "table.md") as temporary:
        temporary.write_text(tables(outcomes, first))
    for curve, (x_title, y_title) in CURVES.items():
        lines = {
            name: outcome.curves[curve]
            for methods in outcomes.values()
            for name, outcome in methods.items()
            if curve in outcome.curves
        }
        if lines:
            chart = line_chart(lines, x_title, y_title)
            write_image(folder / f"{curve}.png", chart)
