import numpy as np
import pytest

from human_capture.common.detectors.anchors import (
    FACE_STRIDES,
    PERSON_STRIDES,
    anchor_centres,
)


def listed(input_size, strides, per_cell=2):
    """Anchors written out cell by cell."""
    centres = []
    for stride in sorted(set(strides)):
        cells = input_size // stride
        for row in range(cells):
            for column in range(cells):
                centre = ((column + 0.5) / cells, (row + 0.5) / cells)
                centres += [centre] * (per_cell * strides.count(stride))
    return np.array(centres, np.float32)


@pytest.mark.parametrize(
    ("size", "strides", "count"),
    [(224, PERSON_STRIDES, 2254), (128, FACE_STRIDES, 896)],
)
def test_anchors_match_the_networks_outputs(size, strides, count):
    centres = anchor_centres(size, strides)
    assert centres.shape == (count, 2)
    np.testing.assert_array_equal(centres, listed(size, strides))


def test_first_anchors_lie_in_the_middle_of_the_first_cells():
    centres = anchor_centres(224, PERSON_STRIDES) * 224
    np.testing.assert_allclose(centres[:3], [[4, 4], [4, 4], [12, 4]], atol=1e-4)
    np.testing.assert_allclose(centres[-1], [208, 208], atol=1e-4)
