"""How the learning rate moves over a training, however its length is given."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lightning.pytorch import LightningModule
from lightning.pytorch.callbacks import Timer


@dataclass(frozen=True)
class Schedule:
    """How the learning rate moves: a linear rise, then half a cosine down, or steps.

    Attributes:
        warmup: Steps of the rise.
        last: Share of the learning rate that remains at the end of the cosine; 1 for
            no cosine.
        falls: Shares of the training after which the learning rate falls at once.
        fall: Factor of each of these.
    """

    warmup: int = 100
    last: float = 0.02
    falls: tuple[float, ...] = ()
    fall: float = 0.2

    def factor(self, step: int, progress: float) -> float:
        """Learning rate as a share of the highest.

        Args:
            step: Of the optimiser.
            progress: Share of the training that is done.
        """
        rise = min(1.0, (step + 1) / max(self.warmup, 1))
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        fallen = self.fall ** sum(progress >= share for share in self.falls)
        return rise * fallen * (cosine * (1 - self.last) + self.last)


USUAL_SCHEDULE = Schedule()


def training_progress(module: LightningModule) -> float:
    """Share of a module's training that is done, in steps or by ``max_time``."""
    trainer = module.trainer
    done = module.global_step / max(1, trainer.estimated_stepping_batches)
    for callback in getattr(trainer, "callbacks", ()):
        if isinstance(callback, Timer) and callback.time_remaining() is not None:
            elapsed = callback.time_elapsed()
            whole = elapsed + float(callback.time_remaining() or 0)
            done = max(done, elapsed / max(whole, 1e-9))
    return done
