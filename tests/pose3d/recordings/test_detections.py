import numpy as np
import pytest

from human_capture.common.keypoints import COCO17
from human_capture.pose3d.recordings.detections import Detections


def seen(*counts, cuts=()):
    """As many people in each frame as told; a person's place tells the frame."""
    frames = [
        [(np.full((17, 2), 10.0 * f + p), np.full(17, 0.5)) for p in range(count)]
        for f, count in enumerate(counts)
    ]
    found = Detections.collect(COCO17, frames)
    return Detections(COCO17, found.keypoints, found.confidence, np.array(cuts, int))


def test_parts_join_to_what_the_whole_is():
    whole = seen(1, 0, 3, 2, 1, cuts=(1, 3))
    parts = [whole.at(np.arange(0, 2)), whole.at(np.arange(2, 2)), seen(3, 2, 1)]
    joined = Detections.join(parts)
    assert joined.keypoints[:2] == pytest.approx(whole.keypoints[:2], nan_ok=True)
    assert joined.keypoints[2:] == pytest.approx(parts[2].keypoints, nan_ok=True)
    assert (joined.confidence == whole.confidence).all()


def test_cuts_of_parts_keep_their_place():
    parts = [seen(1, 1, 1, cuts=(2,)), seen(1, 1, cuts=(0,)), seen(1, 1, 1, cuts=(1,))]
    assert Detections.join(parts).cuts.tolist() == [2, 3, 6]


def test_choosing_frames_keeps_the_shots_apart():
    whole = seen(1, 1, 1, 1, 1, 1, cuts=(2, 5))
    assert whole.at(np.array([0, 1, 2, 3, 4, 5])).cuts.tolist() == [2, 5]
    assert whole.at(np.array([0, 0, 3, 3, 5])).cuts.tolist() == [2, 4]
    assert whole.at(np.array([1, 5])).cuts.tolist() == [1]
    assert whole.at(np.array([2, 3, 4])).cuts.tolist() == []
    assert whole.confident(0.4).cuts.tolist() == [2, 5]


def test_cuts_are_saved_and_files_without_them_count_as_absent(tmp_path):
    found = seen(1, 2, 1, cuts=(1,))
    found.save(tmp_path / "a.npz", "mark")
    back = Detections.load(tmp_path / "a.npz", "mark")
    assert back is not None and back.cuts.tolist() == [1]
    with np.load(tmp_path / "a.npz") as file:
        old = {name: file[name] for name in file if name != "cuts"}
    np.savez_compressed(tmp_path / "old.npz", **old)
    assert Detections.load(tmp_path / "old.npz", "mark") is None
