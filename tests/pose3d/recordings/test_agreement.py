"""Distances between captures of the same people."""

import pytest
import torch

from human_capture.common.keypoints import (
    BLAZEPOSE33,
    COCO17,
    HUMAN36M,
    KeypointFormat,
    select,
)
from human_capture.common.people.movement.actions.table import procedural_motion
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.datasets.motion import Performer
from human_capture.pose3d.recordings.agreement import (
    TRUNK,
    pelvis,
    root_aligned_distance_mm,
)


def as_capture(points: torch.Tensor, form: KeypointFormat) -> Capture:
    certain = torch.ones(1, *points.shape[:2])
    return Capture(form, 30.0, points[None], certain, certain < 0)


@pytest.mark.parametrize("action", ["Walking", "Waiting", "Lunging", "Kicking"])
def test_the_pelvis_is_found_between_hips_seen_from_outside(action: str) -> None:
    off, off_uncorrected = [], []
    for person in range(930_000, 930_006):
        inner, outer = (Performer.of(person, x) for x in ("human36m", "blazepose33"))
        motion = procedural_motion(inner.skeleton, action, person, 24, 30.0)
        target = HUMAN36M.root_of(inner(motion))[:, 0]
        seen = outer(motion)
        found = pelvis(select(seen, BLAZEPOSE33, TRUNK))
        off.append((found - target).norm(dim=-1))
        middle = BLAZEPOSE33.root_of(seen)[:, 0]
        off_uncorrected.append((middle - target).norm(dim=-1))
    assert torch.cat(off).mean() < 0.6 * torch.cat(off_uncorrected).mean()


def test_where_people_stand_does_not_count() -> None:
    points = torch.rand(5, 17, 3, generator=torch.Generator().manual_seed(0))
    moved = points + 3.0
    moved[2, 9] += torch.tensor([0.0, 0.03, 0.04])
    distance = root_aligned_distance_mm(
        as_capture(points, COCO17), as_capture(moved, COCO17)
    )
    assert distance[0, 2, 9] == pytest.approx(50, abs=1e-2)
    distance[0, 2, 9] = 0
    assert distance.max() < 1e-2
