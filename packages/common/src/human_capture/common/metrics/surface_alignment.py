"""Where a predicted surface fits a true one best: as H3DS does it, and rigidly."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from human_capture.common.errors import InputError
from human_capture.common.meshes import Mesh
from human_capture.common.metrics.closest_points import ClosestPoints, FaceTree


def h3ds_icp(
    source: Float[np.ndarray, "point 3"],
    target: Float[np.ndarray, "other 3"],
    steps: int = 20,
    least_gain: float = 1e-5,
) -> Float[np.ndarray, "4 4"]:
    """Similarity, perhaps a mirroring one, that moves points onto nearest others.

    Args:
        source: Points to be moved, in millimetres.
        target: The others.
        steps: At most.
        least_gain: Fall of the mean squared distance below which it stops, in mm².

    Raises:
        InputError: All points are nearest to one.
    """
    tree, total, before = KDTree(target), np.eye(4), np.inf
    for _ in range(steps):
        nearest = target[tree.query(source)[1]]
        if not np.ptp(nearest, 0).any():
            raise InputError(
                "The prediction lies so far from the truth that it cannot be aligned; "
                "check its unit and frame, or give landmarks."
            )
        step = similarity(source, nearest, mirror=True)
        source, total = moved(source, step), step @ total
        after = float(np.square(source - nearest).sum(1).mean())
        if before - after < least_gain:
            break
        before = after
    return total


def similarity(
    source: Float[np.ndarray, "point 3"],
    target: Float[np.ndarray, "point 3"],
    mirror: bool,
) -> Float[np.ndarray, "4 4"]:
    """Best rotation, with the ratio of the spreads as scale (not the best scale).

    Args:
        source: Points to be moved.
        target: Where each should go.
        mirror: Whether the rotation may be a reflection.
    """
    middles = source.mean(0), target.mean(0)
    one, two = source - middles[0], target - middles[1]
    scale = np.sqrt(np.square(two).sum() / np.square(one).sum())
    u, _, vt = np.linalg.svd(two.T @ one)
    if not mirror:
        u[:, 2] *= np.sign(np.linalg.det(u @ vt))
    similarity = np.eye(4)
    similarity[:3, :3] = scale * u @ vt
    similarity[:3, 3] = middles[1] - similarity[:3, :3] @ middles[0]
    return similarity


def rigid_motion_onto(
    points: Float[np.ndarray, "point 3"],
    surface: Mesh,
    steps: int = 50,
    most: int = 5000,
) -> Float[np.ndarray, "4 4"]:
    """The rigid motion nearby that brings points closest to a surface.

    ICP with distances to the surface, as a least-squares problem of Levenberg and
    Marquardt: the mean squared distance never grows.

    Args:
        points: In metres; not far from where they belong.
        surface: In metres.
        steps: At most.
        most: Points that are looked at; if there are more, some drawn at random.
    """
    if len(points) > most:
        points = points[np.random.default_rng(0).permutation(len(points))[:most]]
    tree, motion, damping = FaceTree.of(surface), np.eye(4), 1e-2
    closest = tree(points)
    for _ in range(steps):
        step = _rigid_step(points, closest, damping)
        trial = moved(points, step)
        found = tree(trial)
        gain = np.square(closest.distances).mean() - np.square(found.distances).mean()
        if gain > 0:
            points, motion, closest = trial, step @ motion, found
            damping = max(damping / 10, 1e-6)
        else:
            damping *= 10
        if abs(gain) < 1e-12 or damping > 1e3:  # a micrometre, squared
            break
    return motion


def _rigid_step(
    points: Float[np.ndarray, "point 3"], closest: ClosestPoints, damping: float
) -> Float[np.ndarray, "4 4"]:
    """Rigid motion towards the surface, shorter the more it is damped."""
    distance = closest.distances[:, None]
    gradient = np.divide(
        points - closest.points,
        distance,
        out=np.zeros_like(points),
        where=distance > 1e-12,
    )
    middle = points.mean(0)
    arms = points - middle
    jacobian = np.column_stack((np.cross(arms, gradient), gradient))
    # how far the points move, squared, for each turn and shift
    inertia = np.zeros((6, 6))
    inertia[:3, :3] = np.square(arms).sum() * np.eye(3) - arms.T @ arms
    inertia[3:, 3:] = len(points) * np.eye(3)
    twist = -np.linalg.lstsq(
        jacobian.T @ jacobian + damping * inertia,
        (jacobian * distance).sum(0),
        rcond=None,
    )[0]
    step = np.eye(4)
    step[:3, :3] = Rotation.from_rotvec(twist[:3]).as_matrix()
    step[:3, 3] = middle + twist[3:] - step[:3, :3] @ middle
    return step


def moved(
    points: Float[np.ndarray, "point 3"], matrix: Float[np.ndarray, "4 4"]
) -> Float[np.ndarray, "point 3"]:
    """Points under a similarity."""
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])
