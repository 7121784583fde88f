"""What goes to the experiment tracker: pictures, tables and 3D skeletons.

Runs are offline unless the user says otherwise, so nothing asks for an account; a run
without a W&B logger simply logs nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import wandb
from jaxtyping import Float
from lightning.pytorch import Trainer
from lightning.pytorch.loggers import WandbLogger
from torch import Tensor

from human_capture.common.keypoints import KeypointFormat


def _wandb_logger(trainer: Trainer) -> WandbLogger | None:
    loggers = (logger for logger in trainer.loggers if isinstance(logger, WandbLogger))
    return next(loggers, None)


def log_images(
    trainer: Trainer,
    name: str,
    images: Float[Tensor, "batch 3 height width"],
    captions: Sequence[str] | None = None,
) -> None:
    """Show pictures in the run.

    Args:
        trainer: Whose W&B logger to use.
        name: Of the panel.
        images: RGB in [0, 1].
        captions: One a picture.
    """
    logger = _wandb_logger(trainer)
    if logger is None:
        return
    arrays = [np.asarray(image.permute(1, 2, 0).cpu()) for image in images]
    names: Sequence[str | None] = captions or [None] * len(arrays)
    pictures = [
        wandb.Image(array, caption=caption)
        for array, caption in zip(arrays, names, strict=True)
    ]
    logger.experiment.log({name: pictures})


def log_table(
    trainer: Trainer,
    name: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> None:
    """Show a table in the run.

    Args:
        trainer: Whose W&B logger to use.
        name: Of the panel.
        columns: Headings.
        rows: Cells, as many a row as there are headings.
    """
    logger = _wandb_logger(trainer)
    if logger is not None:
        logger.log_table(name, columns=list(columns), data=[list(row) for row in rows])


def log_skeletons(
    trainer: Trainer,
    name: str,
    joints: Float[Tensor, "person joint 3"],
    format: KeypointFormat,
    points_per_bone: int = 12,
) -> None:
    """Show 3D skeletons as a point cloud that can be turned in the run.

    Args:
        trainer: Whose W&B logger to use.
        name: Of the panel.
        joints: World positions, in metres.
        format: Which joints, and which bones to draw.
        points_per_bone: Samples along each bone.
    """
    logger = _wandb_logger(trainer)
    if logger is None:
        return
    along = np.linspace(0, 1, points_per_bone)[:, None, None, None]
    pairs = np.asarray(format.bone_indices)
    points = np.asarray(joints.detach().cpu())
    starts, ends = points[:, pairs[:, 0]], points[:, pairs[:, 1]]
    cloud = (starts + along * (ends - starts)).reshape(-1, 3)
    logger.experiment.log({name: wandb.Object3D(cloud)})
