"""Errors and drawings while a person is learned."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch import Callback
from torch import Tensor

from human_capture.common.files import atomic_path
from human_capture.common.images import to_bytes, write_image
from human_capture.reenact.finetuning.stopping import HeldOutScore


class Diary(Callback):
    """Writes ``learning.csv`` and ``learning.jpg`` anew after each look.

    As a callback it does nothing but stay in checkpoints.

    Args:
        folder: Of both files.
        photos: What should be drawn.
        most: Pictures of a row.
    """

    def __init__(
        self, folder: Path, photos: Float[Tensor, "clip 3 height width"], most: int = 6
    ) -> None:
        self.folder, self.most = folder, most
        self.rows = [self._row(photos)]
        self.scores: list[HeldOutScore] = []

    def write(
        self, score: HeldOutScore, drawn: Float[Tensor, "clip 3 height width"]
    ) -> None:
        """Add a look.

        Args:
            score: Of the drawings.
            drawn: The drawings.
        """
        self.scores.append(score)
        self.rows.append(self._row(drawn))
        write_image(self.folder / "learning.jpg", to_bytes(torch.cat(self.rows, -2)))
        lines = io.StringIO()
        table = csv.writer(lines)
        table.writerow(("step", "identity", "expression"))
        for s in self.scores:
            table.writerow((s.step, f"{s.identity:.4f}", f"{s.expression:.4f}"))
        with atomic_path(self.folder / "learning.csv") as temporary:
            temporary.write_text(lines.getvalue())

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"rows": self.rows, "scores": list(map(astuple, self.scores))}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where a checkpoint was made."""
        self.rows = state_dict["rows"]
        self.scores = [HeldOutScore(*score) for score in state_dict["scores"]]

    def _row(
        self, pictures: Float[Tensor, "clip 3 height width"]
    ) -> Float[Tensor, "3 height row"]:
        return torch.cat([*pictures[: self.most]], -1)
