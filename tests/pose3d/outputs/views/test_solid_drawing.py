import numpy as np
import pytest

from human_capture.pose3d.outputs.views.solid_drawing import Capsule, SolidPicture

RED, GREEN = (220, 30, 30), (30, 200, 30)


def capsule(start, stop, colour, depths=(3.0, 3.0), radii=(8.0, 8.0)):
    thickness = np.array(radii) / 100
    return Capsule(
        np.array([start, stop], float),
        np.array(depths, float),
        np.array(radii, float),
        thickness,
        colour,
    )


def drawn(*capsules):
    picture = SolidPicture(np.full((80, 100, 3), 255, np.float32))
    for limb in capsules:
        picture.draw(limb)
    return picture.image


def hue(pixel):
    return int(np.argmax(pixel))


def test_a_limb_covers_what_its_outline_says():
    shape = capsule((20, 40), (80, 40), RED)
    covered = (drawn(shape) < 250).any(-1)
    rows, columns = np.mgrid[:80, :100] + 0.5
    outside = np.hypot(columns - columns.clip(20, 80), rows - 40)
    assert covered[outside < 7.4].all() and not covered[outside > 8.6].any()


def test_edges_are_covered_in_part():
    column = drawn(capsule((20, 40.3), (80, 40.3), RED))[:, 50, 1]
    between = (column > 60) & (column < 240)
    assert 1 <= between.sum() <= 4


@pytest.mark.parametrize("depths", [((2, 2), (3, 3)), ((3, 3), (2, 2))])
def test_the_nearer_limb_hides_the_other(depths):
    across = capsule((20, 40), (80, 40), RED, depths[0])
    down = capsule((50, 10), (50, 70), GREEN, depths[1])
    order = sorted((across, down), key=lambda c: -c.depths.mean())
    nearest = order[-1].colour
    assert hue(drawn(*order)[40, 50]) == hue(nearest)


def test_limbs_that_pierce_each_other_are_cut_where_they_meet():
    leaning = capsule((20, 40), (80, 40), RED, (2.0, 4.0))
    straight = capsule((20, 44), (80, 44), GREEN, (3.0, 3.0))
    image = drawn(straight, leaning)
    assert hue(image[42, 30]) == 0 and hue(image[42, 70]) == 1


def test_light_comes_from_above():
    image = drawn(capsule((20, 40), (80, 40), RED))
    assert image[36, 50].sum() > image[46, 50].sum() + 60


@pytest.mark.parametrize("radii", [(20.0, 5.0), (5.0, 20.0)])
def test_seen_end_on_a_limb_is_its_larger_end(radii):
    image = drawn(capsule((50, 40), (52, 40), RED, radii=radii))
    covered = (image < 250).any(-1)
    middle = 50 if radii[0] > radii[1] else 52
    rows, columns = np.mgrid[:80, :100] + 0.5
    outside = np.hypot(columns - middle, rows - 40)
    assert covered[outside < 19].all() and not covered[outside > 21].any()


def test_limbs_outside_the_picture_change_nothing():
    for start, stop in (((-90, 40), (-40, 40)), ((50, 300), (60, 400))):
        assert (drawn(capsule(start, stop, RED)) == 255).all()
    partly = drawn(capsule((-30, 40), (30, 40), RED))
    assert hue(partly[40, 10]) == 0
