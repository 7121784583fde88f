"""Who is who across cameras, in one frame.

Every pair of people from two cameras, and every person known from the frame before,
proposes a 3D skeleton. All views vote on each proposal with the person whose rays pass
closest to it, and the set of proposals that explains the most people at once wins: by
optimal assignment when only two cameras see anybody, else by branch and bound. The
chosen skeletons are then triangulated from all their views, and each view's people are
assigned anew until nothing changes. So the grouping is consistent over all cycles of
cameras by construction.

Distances are those between rays and joints in metres, averaged over joints and capped
so that a wrongly detected limb cannot break up a person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from human_capture.pose3d.recordings.packing import Members, best_groups


@dataclass(frozen=True)
class Sightings:
    """What all cameras see in one frame, as rays.

    Attributes:
        origins: Optical centres, in metres.
        directions: Unit vectors in the world.
        weights: Confidence of each ray; 0 where there is none.
    """

    origins: Float[np.ndarray, "view 3"]
    directions: Float[np.ndarray, "view person joint 3"]
    weights: Float[np.ndarray, "view person joint"]


@dataclass(frozen=True)
class Groups:
    """People put together from several cameras.

    Attributes:
        members: For every group which of each view's people belongs to it, or -1.
        skeletons: Their joints in the world, in metres; NaN where fewer than two
            members see the joint.
        alone: People whom no other camera confirms.
    """

    members: Int[np.ndarray, "group view"]
    skeletons: Float[np.ndarray, "group joint 3"]
    alone: int


def associate(
    sightings: Sightings,
    known: Float[np.ndarray, "known joint 3"] | None = None,
    max_distance: float = 0.25,
    min_joints: int = 4,
) -> Groups:
    """Groups of at least two sightings of one person each.

    Args:
        sightings: People seen by each camera.
        known: Skeletons expected in this frame; they propose, but need the same
            support as any other proposal.
        max_distance: Mean distance between a person's rays and joints, in metres, at
            which a sighting stops to count.
        min_joints: Joints two skeletons must share to be compared.
    """
    people = _People.of(sightings, min_joints)
    views, joints = len(sightings.origins), sightings.weights.shape[2]
    proposals = _pair_proposals(people, max_distance)
    if known is not None and len(known):
        proposals = np.concatenate((known, proposals))
    if not len(proposals):
        return Groups(
            np.empty((0, views), dtype=np.int64),
            np.empty((0, joints, 3)),
            len(people),
        )
    gains = 1 - people.distances(proposals, max_distance) / max_distance
    chosen = best_groups(gains, people.view)
    members, skeletons = _refine(people, chosen, views, max_distance)
    used = sum(int((row >= 0).sum()) for row in members)
    return Groups(people.numbers(members, views), skeletons, len(people) - used)


@dataclass(frozen=True)
class _People:
    """All sightings in a row, with the view and the number within it of each."""

    view: Int[np.ndarray, " sighting"]
    number: Int[np.ndarray, " sighting"]
    origins: Float[np.ndarray, "sighting 3"]
    directions: Float[np.ndarray, "sighting joint 3"]
    weights: Float[np.ndarray, "sighting joint"]
    min_joints: int

    @classmethod
    def of(cls, sightings: Sightings, min_joints: int) -> _People:
        view, number = np.nonzero((sightings.weights > 0).sum(-1) >= min_joints)
        return cls(
            view,
            number,
            sightings.origins[view],
            np.nan_to_num(sightings.directions[view, number]),
            sightings.weights[view, number],
            min_joints,
        )

    def __len__(self) -> int:
        return len(self.view)

    def distances(
        self, skeletons: Float[np.ndarray, "skeleton joint 3"], cap: float
    ) -> Float[np.ndarray, "skeleton sighting"]:
        """Mean distances between rays and joints, each capped at twice ``cap``."""
        known = np.isfinite(skeletons).all(-1)
        points = np.where(known[..., None], skeletons, 0.0)[:, None]
        offset = points - self.origins[:, None]
        along = np.einsum("snji,nji->snj", offset, self.directions)
        squared = np.einsum("snji,snji->snj", offset, offset) - along**2
        distance = np.sqrt(squared.clip(0))
        distance = np.where(along > 0, distance.clip(max=2 * cap), 2 * cap)
        return self._mean(distance, known[:, None] * self.weights)

    def _mean(
        self,
        distance: Float[np.ndarray, "first second joint"],
        weights: Float[np.ndarray, "first second joint"],
    ) -> Float[np.ndarray, "first second"]:
        """Weighted means over joints; infinite where too few are shared."""
        enough = (weights > 0).sum(-1) >= self.min_joints
        total = weights.sum(-1).clip(1e-9)
        return np.where(enough, (distance * weights).sum(-1) / total, np.inf)

    def numbers(
        self, members: Int[np.ndarray, "group view"], views: int
    ) -> Int[np.ndarray, "group view"]:
        """Sighting indices as numbers within each view; -1 stays -1."""
        if not len(members):
            return np.empty((0, views), dtype=np.int64)
        numbered: Int[np.ndarray, "group view"] = np.append(self.number, -1)[members]
        return numbered


def _pair_proposals(
    people: _People, max_distance: float
) -> Float[np.ndarray, "proposal joint 3"]:
    """Skeletons midway between the rays of two people, where these pass close."""
    first, second = np.nonzero(people.view[:, None] < people.view[None])
    offset = (people.origins[second] - people.origins[first])[:, None]
    a, b = people.directions[first], people.directions[second]
    weights = np.sqrt(people.weights[first] * people.weights[second])
    cosine = np.einsum("pji,pji->pj", a, b)
    sine = 1 - cosine**2
    weights = np.where(sine > 1e-6, weights, 0.0)  # parallel rays say nothing
    on_a, on_b = (a * offset).sum(-1), (b * offset).sum(-1)
    depth_a = (on_a - cosine * on_b) / sine.clip(1e-6)
    depth_b = (cosine * on_a - on_b) / sine.clip(1e-6)
    ends_a = people.origins[first][:, None] + depth_a[..., None] * a
    ends_b = people.origins[second][:, None] + depth_b[..., None] * b
    gap = np.linalg.norm(ends_a - ends_b, axis=-1).clip(max=2 * max_distance)
    gap = np.where((depth_a > 0) & (depth_b > 0), gap, 2 * max_distance)
    enough = (weights > 0).sum(-1) >= people.min_joints
    mean = (gap * weights).sum(-1) / weights.sum(-1).clip(1e-9)
    near = enough & (mean < max_distance)
    points: Float[np.ndarray, "proposal joint 3"] = (ends_a + ends_b)[near] / 2
    points[weights[near] == 0] = np.nan
    return points


def _refine(
    people: _People,
    chosen: list[Members],
    views: int,
    max_distance: float,
) -> tuple[Int[np.ndarray, "group view"], Float[np.ndarray, "group joint 3"]]:
    """Triangulate the groups and assign every view's people anew, until stable."""
    members = np.full((len(chosen), views), -1)
    for row, sightings in zip(members, chosen, strict=True):
        row[people.view[sightings]] = sightings
    for _ in range(5):
        skeletons = _skeletons(people, members, max_distance)
        gains = 1 - people.distances(skeletons, max_distance) / max_distance
        renewed = np.full_like(members, -1)
        for v in range(views):
            column = np.flatnonzero(people.view == v)
            part = gains[:, column].clip(0)
            groups, numbers = linear_sum_assignment(part, maximize=True)
            sure = part[groups, numbers] > 0
            renewed[groups[sure], v] = column[numbers[sure]]
        renewed = renewed[(renewed >= 0).sum(-1) >= 2]
        if renewed.shape == members.shape and (renewed == members).all():
            break
        members = renewed
    return members, _skeletons(people, members, max_distance)


def _skeletons(
    people: _People, members: Int[np.ndarray, "group view"], max_distance: float
) -> Float[np.ndarray, "group joint 3"]:
    """Joints closest to their members' rays, with outlying rays weighed down."""
    origins = people.origins[members][:, :, None]
    directions = people.directions[members]
    weights = people.weights[members] * (members >= 0)[..., None]
    seen = (weights > 0).sum(1) >= 2
    robust = weights
    for _ in range(3):
        points = _closest_points(origins, directions, robust)
        offset = points[:, None] - origins
        across = offset - (offset * directions).sum(-1, keepdims=True) * directions
        squared = (across**2).sum(-1)
        robust = weights / (1 + squared / (0.25 * max_distance) ** 2) ** 2
    return np.where(seen[..., None], points, np.nan)


def _closest_points(
    origins: Float[np.ndarray, "group view 1 3"],
    directions: Float[np.ndarray, "group view joint 3"],
    weights: Float[np.ndarray, "group view joint"],
) -> Float[np.ndarray, "group joint 3"]:
    """Points of least weighted squared distance to rays."""
    outer = directions[..., :, None] * directions[..., None, :]
    across = (np.eye(3) - outer) * weights[..., None, None]
    normal = across.sum(1)
    right = (across @ np.broadcast_to(origins, directions.shape)[..., None]).sum(1)
    ridge = 1e-9 * np.trace(normal, axis1=-2, axis2=-1)[..., None, None] + 1e-12
    return np.asarray(np.linalg.solve(normal + ridge * np.eye(3), right)[..., 0])
