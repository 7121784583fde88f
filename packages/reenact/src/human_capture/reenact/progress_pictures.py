"""Pictures of how far a training is: some people, each in the poses of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from human_capture.common.images import to_bytes, write_image
from human_capture.common.tracking import log_images
from human_capture.reenact.clips import Clips, as_float
from human_capture.reenact.networks.any_reenactor import AnyReenactor


@torch.no_grad()
def driving_table(
    reenactor: AnyReenactor, clips: Clips
) -> Float[Tensor, "3 table_height table_width"]:
    """A table of pictures: drivers in the first row, people in the first column.

    Each person is drawn in each driver's pose; on the diagonal in their own.

    Args:
        reenactor: In evaluation mode.
        clips: Both the people and the drivers.
    """
    drivers = as_float(clips.frame)
    people = as_float(clips.identity)
    count, size = len(clips), drivers.shape[-1]
    identities = reenactor.identities_of(people, clips.identity_landmarks).mean(1)
    poses = reenactor.pose_of(drivers, clips.landmarks)
    corner = torch.ones_like(drivers[0])
    rows = [torch.cat((corner, *drivers), -1)]
    for person in range(count):
        identity = identities[person].expand(count, -1)
        drawn = reenactor.draw(identity, poses).picture.float().clamp(0, 1)
        rows.append(torch.cat((people[person, 0], *drawn), -1))
    table = torch.cat(rows, -2)
    assert table.shape[-1] == (count + 1) * size
    return table


class ProgressPictures(Callback):
    """Writes a table of pictures now and then, and shows it in the run.

    Args:
        every: Steps between two pictures.
        people: How many people, from the start of the validation data.
    """

    def __init__(self, every: int = 500, people: int = 6) -> None:
        self.every, self.people = every, people
        self._clips: Clips | None = None

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Clips,
        batch_idx: int,
    ) -> None:
        """Draw if it is time."""
        step = trainer.global_step
        if step % self.every or not trainer.is_global_zero:
            return
        clips = self._of(trainer, batch).to(pl_module.device)
        reenactor = pl_module.get_submodule("averaged")
        assert isinstance(reenactor, AnyReenactor)
        table = driving_table(reenactor, clips).cpu()
        folder = Path(trainer.default_root_dir) / "progress"
        write_image(folder / f"step_{step:06d}.jpg", to_bytes(table))
        log_images(trainer, "progress", table[None])

    def _of(self, trainer: Trainer, batch: Clips) -> Clips:
        """Clips of the validation; of the training where there is none."""
        if self._clips is None:
            loaders = trainer.val_dataloaders or ()
            self._clips = next(iter(loaders), batch).first(self.people)
        return self._clips
