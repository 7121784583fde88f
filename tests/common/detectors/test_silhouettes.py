import numpy as np

from human_capture.common.detectors.regions import Region
from human_capture.common.detectors.silhouettes import Silhouette, hide


def left_half(region):
    logits = np.full((256, 256), -9.0, np.float32)
    logits[:, :128] = 9.0
    return Silhouette.from_logits(logits, region)


def test_a_silhouette_survives_packing_in_its_own_region():
    region = Region(100.0, 100.0, 64.0, 0.7)
    mask = left_half(region).within(region, 32)
    assert mask[:, :16].all() and not mask[:, 16:].any()


def test_a_silhouette_is_seen_where_it_is_in_other_regions():
    silhouette = left_half(Region(100.0, 100.0, 64.0))  # covers x from 68 to 100
    mask = silhouette.within(Region(100.0, 100.0, 128.0), 128)  # one pixel each from 36
    expected = np.zeros((128, 128), bool)
    expected[32:96, 32:64] = True
    np.testing.assert_array_equal(mask, expected)
    turned = silhouette.within(Region(100.0, 100.0, 64.0, np.pi / 2.0), 64)
    np.testing.assert_array_equal(turned, np.rot90(left_mask(64)))


def left_mask(size):
    mask = np.zeros((size, size), bool)
    mask[:, : size // 2] = True
    return mask


def test_hiding_paints_people_and_nothing_else():
    region = Region(50.0, 50.0, 40.0)
    crop = np.random.default_rng(0).integers(0, 100, (40, 40, 3), dtype=np.uint8)
    hidden = hide(crop, region, [left_half(region)])
    assert (hidden[:, :20] == 127).all()
    np.testing.assert_array_equal(hidden[:, 20:], crop[:, 20:])
    np.testing.assert_array_equal(hide(crop, region, []), crop)
