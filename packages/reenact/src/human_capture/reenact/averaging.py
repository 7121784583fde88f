"""Weights averaged over a training, which draw better than the last ones."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def average(mean: nn.Module, module: nn.Module, keep: float) -> None:
    """Move averaged weights towards a module's; buffers are copied.

    Args:
        mean: A copy of the module.
        module: What is trained.
        keep: Share of the average that remains.
    """
    for old, fresh in zip(mean.parameters(), module.parameters(), strict=True):
        old.lerp_(fresh, 1 - keep)
    for kept, newest in zip(mean.buffers(), module.buffers(), strict=True):
        kept.copy_(newest)
