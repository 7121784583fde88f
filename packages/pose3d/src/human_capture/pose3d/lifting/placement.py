"""Where a lifted person is: from root-relative joints to the camera and the world."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def to_camera(
    joints: Float[Tensor, "*frame joint 3"], view: Float[Tensor, "*frame 3 3"]
) -> Float[Tensor, "*frame joint 3"]:
    """Root-relative joints turned from the view frame into the camera's frame.

    Args:
        joints: In the view frame, in metres.
        view: Rotation from the camera to the view frame.
    """
    return joints @ view


def place(
    joints: Float[Tensor, "*frame joint 3"],
    rays: Float[Tensor, "*frame joint 2"],
    weights: Float[Tensor, "*frame joint"],
    prior_depth: float = 4.0,
    steps: int = 2,
) -> Float[Tensor, "*frame 3"]:
    """Position of the root at which the joints fall on their rays.

    A joint p on the ray (u, v) satisfies p_x + t_x = u (p_z + t_z), and the same for y:
    two equations linear in t a joint. Noise in u would pull their solution towards the
    camera, so Gauss-Newton steps on the distances in the image follow, in which the
    coefficients are those of the reprojected joints. A faint pull to ``prior_depth``
    keeps the answer finite when fewer than two joints are seen.

    Args:
        joints: Relative to the root, in the camera's frame, in metres.
        rays: Pinhole coordinates (x/z, y/z) of the key points.
        weights: Of the key points; 0 where not seen.
        prior_depth: Where the root is if nothing tells, in metres.
        steps: Gauss-Newton steps.
    """
    rays = torch.where((weights > 0)[..., None], rays, 0.0)
    right = rays * joints[..., 2:] - joints[..., :2]
    root = _in_front(_least_squares(rays, right, weights.square(), prior_depth))
    for _ in range(steps):
        placed = joints + root[..., None, :]
        depth = placed[..., 2:].clamp_min(0.1)
        again = placed[..., :2] / depth
        share = weights / depth[..., 0]
        step = _least_squares(again, depth * (rays - again), share.square(), 0.0)
        root = _in_front(root + step)
    return root


def _least_squares(
    rays: Tensor, right: Tensor, weights: Tensor, prior_depth: float
) -> Tensor:
    """Least squares of t_x - u t_z = r_x and t_y - v t_z = r_y, a pair a joint."""
    w = weights[..., None]
    total = w.sum(-2).clamp_min(1e-9)
    # eliminating t_x and t_y leaves one equation for the depth, in centred rays
    middle = (w * rays).sum(-2) / total
    spread = rays - middle[..., None, :]
    stiffness = (w * spread.square()).sum((-2, -1))
    faint = 1e-7 * total[..., 0] + 1e-9
    pull = faint * prior_depth - (w * spread * right).sum((-2, -1))
    depth = (pull / (stiffness + faint))[..., None]
    across = (w * right).sum(-2) / total + middle * depth
    return torch.cat((across, depth), -1)


def _in_front(root: Tensor) -> Tensor:
    return torch.cat((root[..., :2], root[..., 2:].clamp(0.2, 100.0)), -1)


def upright(up: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation from the camera's frame to a world with z up and y ahead.

    Args:
        up: Direction away from the ground, in the camera's frame; not along its
            viewing axis.
    """
    z = torch.nn.functional.normalize(up, dim=-1)
    ahead = torch.tensor([0.0, 0.0, 1.0]).to(up).expand_as(up)
    x = torch.nn.functional.normalize(torch.linalg.cross(ahead, z), dim=-1)
    return torch.stack((x, torch.linalg.cross(z, x), z), -2)
