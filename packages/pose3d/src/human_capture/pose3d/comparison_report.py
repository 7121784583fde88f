"""The comparison of methods as a table, a curve and numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from rich.console import Console
from rich.table import Table
from torch import Tensor

from human_capture.common.files import atomic_path
from human_capture.pose3d.charts import Line, line_chart


@dataclass(frozen=True)
class Comparison:
    """Errors of every scene under every setting.

    Attributes:
        settings: Condition, method and number of cameras of every column.
        errors: In millimetres; absolute first, then relative to the root.
    """

    settings: list[tuple[str, str, int]]
    errors: Float[Tensor, "scene setting 2"]

    def mean(self, condition: str, method: str, count: int) -> tuple[float, float]:
        """Mean absolute and root-relative error, in millimetres."""
        column = self.settings.index((condition, method, count))
        absolute, relative = self.errors[:, column].mean(0).tolist()
        return absolute, relative

    def difference(
        self, first: tuple[str, str, int], second: tuple[str, str, int]
    ) -> tuple[float, float, float]:
        """Mean of first minus second (absolute, mm) and its 95 % bootstrap interval."""
        columns = [self.settings.index(setting) for setting in (first, second)]
        pairs = self.errors[:, columns[0], 0] - self.errors[:, columns[1], 0]
        generator = torch.Generator().manual_seed(0)
        draws = torch.randint(len(pairs), (2000, len(pairs)), generator=generator)
        means = pairs[draws].mean(1)
        low, high = means.quantile(torch.tensor([0.025, 0.975]).to(means)).tolist()
        return pairs.mean().item(), low, high

    @property
    def conditions(self) -> list[str]:
        """In the order of the table."""
        return list(dict.fromkeys(condition for condition, _, _ in self.settings))

    @property
    def methods(self) -> list[str]:
        """In the order of the table."""
        return list(dict.fromkeys(method for _, method, _ in self.settings))

    @property
    def counts(self) -> list[int]:
        """Numbers of cameras, ascending."""
        return sorted({count for _, _, count in self.settings})


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Print the table and write ``comparison.{json,md,svg}``.

    Args:
        comparison: The errors.
        folder: Made when missing.
    """
    title = f"MPJPE on {len(comparison.errors)} held-out scenes"
    Console().print(rich_table(title, header(comparison), rows(comparison)))
    for name, text in (
        ("comparison.md", markdown(comparison)),
        ("comparison.svg", camera_curve(comparison)),
        ("comparison.json", json.dumps(_numbers(comparison), indent=1)),
    ):
        with atomic_path(folder / name) as path:
            path.write_text(text)
    print(f"The table, the curve and the numbers are in {folder}")


def _cell(comparison: Comparison, condition: str, method: str, count: int) -> str:
    absolute, relative = comparison.mean(condition, method, count)
    return f"{absolute:.1f} / {relative:.1f}"


def rows(comparison: Comparison) -> list[list[str]]:
    """Cells of the table, one row a condition and method."""
    return [
        [condition, method]
        + [_cell(comparison, condition, method, c) for c in comparison.counts]
        for condition in comparison.conditions
        for method in comparison.methods
    ]


def header(comparison: Comparison) -> list[str]:
    """Headings of the table."""
    return ["", "mm, absolute / relative", *(f"{c} cameras" for c in comparison.counts)]


def rich_table(
    title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]
) -> Table:
    """A table for the console, a section for each value of the first column.

    Args:
        title: Above it.
        headings: Of the columns, of which the first two are text.
        rows: Cells, sorted by the first column.
    """
    table = Table(title=title)
    for number, column in enumerate(headings):
        table.add_column(column, justify="left" if number < 2 else "right")
    last = ""
    for row in rows:
        if row[0] != last and last:
            table.add_section()
        table.add_row(row[0] if row[0] != last else "", *row[1:])
        last = row[0]
    return table


def markdown(comparison: Comparison) -> str:
    """The table in Markdown, one line a method and condition."""
    return markdown_table(header(comparison), rows(comparison))


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, numbers to the right.

    Args:
        headings: Of the columns, of which the first two are text.
        rows: Cells, as many a row as there are headings.
    """
    align = ["---", "---", *["---:"] * (len(headings) - 2)]
    lines = [headings, align, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def camera_curve(comparison: Comparison) -> str:
    """Error over the number of cameras in the first condition, as SVG."""
    condition = comparison.conditions[0]
    lines = [
        Line(
            method,
            [
                (float(c), comparison.mean(condition, method, c)[0])
                for c in comparison.counts
            ],
        )
        for method in comparison.methods
    ]
    return line_chart(lines, "number of cameras", "MPJPE, mm (absolute)")


def _numbers(comparison: Comparison) -> dict[str, object]:
    numbers = [
        {
            "condition": condition,
            "method": method,
            "cameras": count,
            "mpjpe_mm": round(comparison.mean(condition, method, count)[0], 3),
            "relative_mpjpe_mm": round(comparison.mean(condition, method, count)[1], 3),
        }
        for condition, method, count in comparison.settings
    ]
    return {"scenes": len(comparison.errors), "rows": numbers}
