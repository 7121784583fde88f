"""The table and the picture of an evaluation."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from human_capture.common import markdown
from human_capture.common.files import atomic_path
from human_capture.common.images import read_image, resize, write_image
from human_capture.common.meshes import read_mesh
from human_capture.multineus.evaluation.scores import Scores
from human_capture.multineus.outputs.mesh_drawing import MeshDrawing
from human_capture.multineus.outputs.viewpoints import around


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
    titles = ["method", "seen", "after stage", "heads"]
    titles += [*(title for title, _ in COLUMNS), "seconds"]
    rows = []
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
        rows.append([*key, f"{len(chosen)}", *cells, f"{seconds:.0f}"])
    return markdown.table(titles, rows)


def mesh_path(folder: Path, method: str, seen: str, head: int) -> Path:
    """Where the mesh of a trial is kept.

    Args:
        folder: Of the evaluation.
        method: Name of the method.
        seen: What was seen of the head.
        head: Number of the person.
    """
    name = re.sub(r"\W+", "_", f"{method} {seen} {head}")
    return folder / "heads" / f"{name}.ply"


def photo_path(folder: Path, head: int) -> Path:
    """Where the front view of a head is kept.

    Args:
        folder: Of the evaluation.
        head: Number of the person.
    """
    return folder / "heads" / f"front_{head}.png"


def write_report(results: Sequence[Result], folder: Path) -> None:
    """Write ``table.md``, and ``heads.jpg`` of what was made from the front views.

    Args:
        results: Of all trials.
        folder: Where to.
    """
    with atomic_path(folder / "table.md") as temporary:
        temporary.write_text(table(results))
    heads = list(dict.fromkeys(r.head for r in results if r.seen == "front"))
    methods = list(dict.fromkeys(r.method for r in results if r.seen == "front"))
    rows = [_row(folder, methods, head) for head in heads[:SHOWN]]
    if rows:
        write_image(folder / "heads.jpg", np.concatenate(rows))


def _row(
    folder: Path, methods: Sequence[str], head: int
) -> UInt8[np.ndarray, "height width 3"]:
    """The photo, the truth, and what methods made of it, from the front and aside."""
    photo = resize(read_image(photo_path(folder, head)), HEIGHT, HEIGHT)
    truth = read_mesh(mesh_path(folder, "truth", "everywhere", head))
    width = 4 * HEIGHT // 5
    cameras = around(truth, np.array([0.0, 50.0]), width, HEIGHT)
    paths = [mesh_path(folder, method, "front", head) for method in methods]
    parts = [photo]
    for mesh in (truth, *(read_mesh(path) for path in paths if path.exists())):
        clay = MeshDrawing(replace(mesh, colours=None), width, HEIGHT)
        parts += [clay.draw(cameras[view], "clay")[0] for view in range(2)]
    blank = np.full((HEIGHT, width, 3), 255, np.uint8)
    parts += [blank] * (3 + 2 * len(methods) - len(parts))
    return np.concatenate(parts, 1)


SHOWN, HEIGHT = 5, 240
"""Heads in the picture, and how high they are, in pixels."""
