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
from human_capture.reenact.finetuning.examples import Examples
from human_capture.reenact.finetuning.looks import Look

SHEET = "learning.jpg"

MOST_LOOKS = 40
"""Rows of drawings, so that formats and people can hold the sheet however long it is
learned."""


class Diary(Callback):
    """Writes ``learning.csv`` and ``learning.jpg`` anew after each look.

    The former has all looks; the latter and checkpoints keep the drawings of some only,
    evenly spread, and of the last. As a callback it does nothing but stay in
    checkpoints.

    Args:
        folder: Of both files.
        examples: What is looked at.
        most: Pictures of a row.
    """

    def __init__(self, folder: Path, examples: Examples, most: int = 6) -> None:
        self.folder, self.most, self.kind = folder, most, examples.kind
        self.photographs = self._row(examples.photograph)
        self.drawings: dict[int, Tensor] = {}  # rows by the number of their look
        self.looks: list[Look] = []

    def write(self, look: Look, drawn: Float[Tensor, "clip 3 height width"]) -> None:
        """Add a look.

        Args:
            look: At the drawings.
            drawn: The drawings.
        """
        number = len(self.looks)
        self.looks.append(look)
        self.drawings[number] = self._row(drawn)
        every = _every(number)
        self.drawings = {
            shown: row
            for shown, row in self.drawings.items()
            if shown % every == 0 or shown == number
        }
        sheet = torch.cat([self.photographs, *self.drawings.values()], -2)
        write_image(self.folder / SHEET, to_bytes(sheet))
        lines = io.StringIO()
        table = csv.writer(lines)
        table.writerow(("step", "identity", "expression", "pictures"))
        for past in self.looks:
            errors = (f"{error:.4f}" for error in (past.identity, past.expression))
            table.writerow((past.step, *errors, self.kind))
        with atomic_path(self.folder / "learning.csv") as temporary:
            temporary.write_text(lines.getvalue())

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        looks = list(map(astuple, self.looks))
        return {"drawings": self.drawings, "looks": looks}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where a checkpoint was made."""
        self.drawings = state_dict["drawings"]
        self.looks = [Look(*look) for look in state_dict["looks"]]

    def _row(
        self, pictures: Float[Tensor, "clip 3 height width"]
    ) -> Float[Tensor, "3 height row"]:
        return torch.cat([*pictures[: self.most]], -1)


def _every(last: int) -> int:
    """Of how many looks one is shown: a power of two, so that none is shown anew."""
    every = 1
    while last // every >= MOST_LOOKS:
        every *= 2
    return every
