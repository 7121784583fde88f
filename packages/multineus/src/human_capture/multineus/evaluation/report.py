"""The table of an evaluation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from human_capture.common.files import atomic_path
from human_capture.multineus.evaluation.scores import Scores


@dataclass(frozen=True)
class Result:
    """What one stage of one fit came to.

    Attributes:
        method: Name of the method.
        head: Number of the person.
        seen: What was seen of it.
        stage: What the last stage so far has trained.
        scores: How good the head is.
        seconds: Of the fit until then.
    """

    method: str
    head: int
    seen: str
    stage: str
    scores: Scores
    seconds: float

    def row(self) -> dict[str, str | int | float]:
        """The result as a line of a table."""
        return {
            "method": self.method,
            "head": self.head,
            "seen": self.seen,
            "stage": self.stage,
            **{k: round(v, 4) for k, v in dataclasses.asdict(self.scores).items()},
            "seconds": round(self.seconds, 1),
        }

    @classmethod
    def of(cls, row: Mapping[str, str]) -> Result:
        """The result of a line that :meth:`row` gave."""
        names = [field.name for field in dataclasses.fields(Scores)]
        return cls(
            row["method"],
            int(row["head"]),
            row["seen"],
            row["stage"],
            Scores(**{name: float(row[name]) for name in names}),
            float(row["seconds"]),
        )


COLUMNS = (
    ("face", "face_mm"),
    ("head", "head_mm"),
    ("face, strict", "face_strict_mm"),
    ("head, strict", "head_strict_mm"),
    ("PSNR", "psnr"),
)


def table(results: Sequence[Result]) -> str:
    """Means over heads in Markdown, with standard errors of the two H3DS numbers.

    Args:
        results: Of all trials.
    """
    keys = list(dict.fromkeys((r.method, r.seen, r.stage) for r in results))
    lines = [
        "| method | seen | after stage | heads | "
        + " | ".join(title for title, _ in COLUMNS)
        + " | seconds |",
        "|---|---|---|---|" + "---|" * (len(COLUMNS) + 1),
    ]
    for key in keys:
        chosen = [r for r in results if (r.method, r.seen, r.stage) == key]
        cells = []
        for _, name in COLUMNS:
            values = np.array([getattr(r.scores, name) for r in chosen])
            cell = f"{np.nanmean(values):.2f}"
            if name in ("face_mm", "head_mm") and len(values) > 1:
                cell += f" ± {np.nanstd(values, ddof=1) / np.sqrt(len(values)):.2f}"
            cells.append(cell)
        seconds = np.median([r.seconds for r in chosen])
        lines.append(
            f"| {key[0]} | {key[1]} | {key[2]} | {len(chosen)} | "
            + " | ".join(cells)
            + f" | {seconds:.0f} |"
        )
    return "\n".join(lines) + "\n"


def write_report(results: Sequence[Result], folder: Path) -> None:
    """Write ``table.md``.

    Args:
        results: Of all trials.
        folder: Where to.
    """
    with atomic_path(folder / "table.md") as temporary:
        temporary.write_text(table(results))
