"""Expected positions in a volume, forwards and backwards."""

from __future__ import annotations

import torch
from measuring import Machine, Row, compared
from torch import Tensor

from human_capture.common.volumes import cube_grid, soft_argmax_3d

BATCH, JOINTS, POINTS = 2, 17, 64


def _literal(logits: Tensor, grid: Tensor) -> Tensor:
    """Joint by joint."""
    points = torch.zeros(BATCH, JOINTS, 3)
    for sample in range(BATCH):
        for joint in range(JOINTS):
            shares = torch.softmax(logits[sample, joint].flatten(), dim=0)
            weighted = shares[:, None] * grid[sample].reshape(-1, 3)
            points[sample, joint] = weighted.sum(0)
    return points


def rows(machine: Machine) -> list[Row]:
    """One row; ours also gives covariances and log-probabilities."""
    logits = torch.randn(BATCH, JOINTS, POINTS, POINTS, POINTS)
    grid = cube_grid(torch.zeros(BATCH, 3), 2.5, POINTS)

    def ours() -> None:
        leaf = logits.clone().requires_grad_()
        soft_argmax_3d(leaf, grid)[0].sum().backward()

    def literal() -> None:
        leaf = logits.clone().requires_grad_()
        _literal(leaf, grid).sum().backward()

    fast, slow = compared(ours, literal, 7)
    gap = (soft_argmax_3d(logits, grid)[0] - _literal(logits, grid)).abs().max()
    numbers = logits.numel()
    return [
        Row(
            f"soft-argmax {BATCH}×{JOINTS}×{POINTS}³, forward and backward",
            fast,
            slow,
            "a softmax a joint in loops",
            note=f"with covariance and log-probabilities; {1000 * gap:.4f} mm apart",
            limit=machine.limit(fast, 4.0 * numbers * 8, numbers * 40.0),
        )
    ]
