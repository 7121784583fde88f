import numpy as np
import pytest

from human_capture.common.keypoints import BLAZEPOSE33, COCO17, HUMAN36M
from human_capture.pose3d.recordings.limbs import (
    limb_bones,
    steady_bones,
    true_to_length,
)

ELBOW, WRIST = COCO17.index("left_elbow"), COCO17.index("left_wrist")


def motion(walk):
    return walk(1, 30).points[0].numpy().astype(float)


def length(points, parent, child):
    return np.linalg.norm(points[:, child] - points[:, parent], axis=-1)


@pytest.mark.parametrize("format", [COCO17, BLAZEPOSE33, HUMAN36M])
def test_limb_bones_go_from_the_trunk_outwards(format):
    reached = {i for i, j in enumerate(format.joints) if "shoulder" in j or "hip" in j}
    for parent, child in limb_bones(format):
        assert parent in reached
        reached.add(child)
    assert len(limb_bones(format)) >= 8


def test_true_lengths_are_left_alone(walk):
    points = motion(walk)
    mended, origin = true_to_length(points, np.full_like(points, np.nan), COCO17, 0.3)
    assert (mended == points).all() and not origin.any()


def test_a_wrong_wrist_is_taken_from_the_other_cameras_or_removed(walk):
    points = motion(walk)
    spare = np.full_like(points, np.nan)
    truth = points[:, WRIST].copy()
    points[5:9, WRIST] += 0.5
    spare[5:7, WRIST] = truth[5:7]
    mended, origin = true_to_length(points, spare, COCO17, 0.3)
    assert mended[5:7, WRIST] == pytest.approx(truth[5:7])
    assert np.isnan(mended[7:9, WRIST]).all()
    assert origin[4:10, WRIST].tolist() == [0, 1, 1, 2, 2, 0]
    assert not np.delete(origin, WRIST, 1).any()


def test_what_hangs_on_a_removed_joint_is_removed(walk):
    points = motion(walk)
    points[5, ELBOW] += 1.0
    mended, origin = true_to_length(points, np.full_like(points, np.nan), COCO17, 0.3)
    assert origin[5, [ELBOW, WRIST]].tolist() == [2, 2]
    assert np.isnan(mended[5, WRIST]).all() and origin.sum() == 4


def test_steady_bones_have_one_length_and_keep_directions(walk):
    points = motion(walk)
    noisy = points + np.random.default_rng(0).normal(0, 0.02, points.shape)
    noisy[3, ELBOW] = np.nan
    steady = steady_bones(noisy, COCO17)
    for parent, child in limb_bones(COCO17):
        after = length(steady, parent, child)
        assert np.nanstd(after) < 1e-9
        assert np.nanmedian(after) == pytest.approx(
            np.nanmedian(length(noisy, parent, child)), rel=0.02
        )
    before = noisy[:, ELBOW] - noisy[:, COCO17.index("left_shoulder")]
    after = steady[:, ELBOW] - steady[:, COCO17.index("left_shoulder")]
    assert np.nanmax(np.abs(np.cross(before, after))) < 1e-9
