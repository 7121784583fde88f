"""A picture of a fit in progress."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from human_capture.common.images import to_bytes, write_image
from human_capture.multineus.fitting import FitTask
from human_capture.multineus.renderer import Renderer
from human_capture.multineus.views import render_view, turned

QUICK_LOOK = Renderer(even=16, near_surface=8, rounds=2)


class Preview(Callback):
    """Write the first photo, the field as its camera sees it, and from aside.

    Args:
        path: The picture; it is written over and over.
        seconds: Between two pictures; longer where drawing one takes over a twentieth
            of that.
        size: Height and width of each part, in pixels.
        aside: Degrees by which the camera of the last part is moved.
    """

    def __init__(
        self, path: Path, seconds: float = 30.0, size: int = 96, aside: float = 50.0
    ) -> None:
        self.path, self.seconds, self.size, self.aside = path, seconds, size, aside
        self._next = time.monotonic() + seconds

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *_: Any
    ) -> None:
        """Write it if it is time."""
        if time.monotonic() > self._next and trainer.is_global_zero:
            self._write(pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write it once more."""
        if trainer.is_global_zero:
            self._write(pl_module)

    @torch.no_grad()
    def _write(self, task: LightningModule) -> None:
        start = time.monotonic()
        assert isinstance(task, FitTask)
        portraits, whole = task.portraits, task.portraits.images.shape[-1]
        camera = task.cameras()[0].resize(self.size / whole)
        photo = portraits.images[0].float() / 255
        seen = [
            torch.nn.functional.interpolate(
                photo[None], (self.size, self.size), mode="area"
            )[0]
        ]
        for view in (camera, turned(camera, self.aside)):
            seen += render_view(
                task.field,
                0,
                view,
                portraits.sphere,
                (self.size, self.size),
                QUICK_LOOK,
            )
        row = torch.cat([part.cpu() for part in seen], -1)
        write_image(self.path, to_bytes(row))
        stop = time.monotonic()
        self._next = stop + max(self.seconds, 20 * (stop - start))
