"""Weighted triangulation of a training batch, forwards and backwards."""

from __future__ import annotations

import torch
from measuring import Machine, Row, compared, per_run, repeated
from torch import Tensor

from human_capture.common.rigs import ring
from human_capture.pose3d import triangulate

BATCH, VIEWS, JOINTS = 8, 4, 17


def _literal(projections: Tensor, points: Tensor, confidences: Tensor) -> Tensor:
    """One homogeneous system and one SVD a joint (facts of the official code)."""
    result = torch.zeros(BATCH, JOINTS, 3)
    for sample in range(BATCH):
        for joint in range(JOINTS):
            rows = projections[sample][:, 2:3].expand(VIEWS, 2, 4)
            rows = rows * points[sample, :, joint].view(VIEWS, 2, 1)
            rows = rows - projections[sample][:, :2]
            rows = rows * confidences[sample, :, joint].view(-1, 1, 1)
            _, _, vh = torch.svd(rows.view(-1, 4))
            solution = -vh[:, 3]
            result[sample, joint] = solution[:3] / solution[3]
    return result


def rows(machine: Machine) -> list[Row]:
    """Plain DLT, and with the pass that turns algebraic into image distances."""
    generator = torch.Generator().manual_seed(0)
    cameras = ring(VIEWS, width=384)
    joints = 0.4 * torch.randn(BATCH, JOINTS, 3, generator=generator)
    joints = joints + torch.tensor([0.0, 0.0, 1.0])
    pixels, _ = cameras.project(joints[:, None])
    pixels = pixels + torch.randn(pixels.shape, generator=generator)
    weights = 0.1 + torch.rand(BATCH, VIEWS, JOINTS, generator=generator)
    projections = cameras.projection.expand(BATCH, VIEWS, 3, 4)

    def leaves() -> tuple[Tensor, Tensor]:
        return pixels.clone().requires_grad_(), weights.clone().requires_grad_()

    def literal() -> None:
        points, confidences = leaves()
        _literal(projections, points, confidences).sum().backward()

    def ours(reweightings: int) -> None:
        points, confidences = leaves()
        result = triangulate(points, cameras, confidences, reweightings=reweightings)
        result.points.sum().backward()

    gap = triangulate(pixels, cameras, weights, reweightings=0).points
    gap = gap - _literal(projections, pixels, weights)
    result = []
    for reweightings, name in ((0, "plain"), (1, "with image distances")):
        times = 30
        work = repeated(lambda n=reweightings: ours(n), times)
        fast, slow = compared(work, literal, 15)
        fast = per_run(fast, times)
        note = f"points differ by {1000 * gap.norm(dim=-1).mean():.2f} mm at 1 px noise"
        bytes_ = 2 * 4 * BATCH * VIEWS * JOINTS * 3
        flops = 600.0 * BATCH * JOINTS
        result.append(
            Row(
                f"weighted DLT {BATCH}×{VIEWS}×{JOINTS}, forward and backward, {name}",
                fast,
                slow,
                "an SVD a joint in a loop",
                40 if reweightings == 0 else None,
                "" if reweightings else note,
                machine.limit(fast, bytes_, flops) + ": bound by the number of calls",
            )
        )
    return result
