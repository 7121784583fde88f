import importlib.util

import numpy as np
import pytest

from human_capture.common.detectors.face_finder import FaceFinder
from human_capture.reenact.landmarks import face68


def test_points_are_where_ibug_has_them():
    data = np.arange(468 * 2, dtype=float).reshape(468, 2)
    points = face68(data)
    numbers = (points[:, 0] / 2).astype(int).tolist()
    assert len(set(numbers)) == 68
    # outer corners of the eyes, tip of the chin, corners of the mouth, tip of the nose
    assert [numbers[i] for i in (36, 45, 8, 48, 54, 30)] == [33, 263, 152, 61, 291, 4]


def test_right_and_left_mirror_each_other_on_a_real_face():
    data = pytest.importorskip("skimage.data")
    if importlib.util.find_spec("mediapipe") is None:
        pytest.skip("needs the package mediapipe, which carries the networks")
    face = FaceFinder()(data.astronaut())[0]
    points = face68(face.landmarks)
    across = np.diff(points[[36, 45]], axis=0)[0]
    # the picture's left comes first everywhere: brows, lids, lips, jaw
    for first, second in ((0, 16), (17, 26), (36, 39), (42, 45), (48, 54), (31, 35)):
        assert (points[second] - points[first]) @ across > 0
    for upper, lower in ((37, 41), (44, 46), (51, 57), (62, 66), (27, 33), (33, 8)):
        assert points[upper, 1] < points[lower, 1]


def test_axes_in_front_stay():
    assert face68(np.zeros((3, 2, 478, 2))).shape == (3, 2, 68, 2)
