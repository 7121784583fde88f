"""Methods compared person by person, which takes out how people differ."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from human_capture.common.markdown import table
from human_capture.reenact.evaluation.results import Outcomes


@dataclass(frozen=True)
class Compared:
    """A figure that is known of each person.

    Attributes:
        title: In the table.
        part: Of the evaluation.
        figure: Its name there.
        percent: Whether it is shown as a percentage.
    """

    title: str
    part: str
    figure: str
    percent: bool

    def of(self, outcomes: Outcomes) -> dict[str, list[float]]:
        """Its values for each person, by method."""
        methods = outcomes.get(self.part, {}).items()
        found = {name: outcome.each.get(self.figure) for name, outcome in methods}
        return {name: each for name, each in found.items() if each is not None}

    def difference(self, ours: list[float], theirs: list[float]) -> str:
        """Mean and standard error of a paired difference.

        Args:
            ours: Of each person.
            theirs: Of the same people.
        """
        pairs = torch.tensor((ours, theirs), dtype=torch.float64)
        apart = pairs[0] - pairs[1]
        mean, error = float(apart.mean()), float(apart.std() / len(apart) ** 0.5)
        if self.percent:
            return f"{100 * mean:+.1f} ± {100 * error:.1f} %"
        return f"{mean:+.4f} ± {error:.4f}"


COMPARED = (
    Compared("pose error", "driving", "pose_error", percent=True),
    Compared("second judge", "driving", "second_pose_error", percent=True),
    Compared("others' poses", "driving", "cross_pose_error", percent=True),
    Compared(
        "others', second judge", "driving", "second_cross_pose_error", percent=True
    ),
    Compared("identity error", "driving", "identity_raw", percent=False),
    Compared("person named", "leakage", "identity", percent=True),
)
"""For all of them, less is better."""


def comparison(outcomes: Outcomes, first: str) -> str:
    """A table in Markdown of how much worse methods are; empty if none can be compared.

    Args:
        outcomes: By part, then by method.
        first: Method that the others are compared with.
    """
    known = [(figure, figure.of(outcomes)) for figure in COMPARED]
    known = [(figure, values) for figure, values in known if first in values]
    others = dict.fromkeys(n for _, values in known for n in values if n != first)
    if not others:
        return ""
    rows = [
        [name]
        + [
            figure.difference(values[name], values[first]) if name in values else "–"
            for figure, values in known
        ]
        for name in others
    ]
    note = "Mean differences over the same people and standard errors; more is worse."
    shown = table(["method", *(figure.title for figure, _ in known)], rows)
    return f"## Against {first}\n\n{note}\n\n{shown}"
