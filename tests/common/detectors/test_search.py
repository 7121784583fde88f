import numpy as np
import pytest

from human_capture.common.detectors.search import SearchPattern


def test_the_first_region_is_the_whole_image():
    region, *rest = SearchPattern(tiles=()).regions(480, 640)
    assert (region.x, region.y, region.side, region.rotation) == (320, 240, 640, 0)
    assert not rest


@pytest.mark.parametrize("share", [0.9, 0.4, 0.25])
@pytest.mark.parametrize("size", [(1920, 1080), (480, 640), (300, 300)])
def test_tiles_cover_the_image_and_everything_half_their_size(share, size):
    height, width = size
    tiles = SearchPattern(rotations=(), tiles=(share,)).regions(height, width)
    generator = np.random.default_rng(0)
    side = share * max(size)
    assert all(tile.side == pytest.approx(side) for tile in tiles)
    half = np.minimum([width, height], side / 2)
    for _ in range(200):  # boxes of half a tile lie in at least one tile as a whole
        low = generator.uniform(0, np.array([width, height]) - half)
        box = np.stack([low, low + half])
        inside = [
            bool(
                (
                    (tile.from_image(box) > -1e-6) & (tile.from_image(box) < 1 + 1e-6)
                ).all()
            )
            for tile in tiles
        ]
        assert any(inside)


def test_rotations_are_given_in_degrees():
    regions = SearchPattern(rotations=(0.0, 90.0), tiles=()).regions(480, 640)
    assert [region.rotation for region in regions] == [0, pytest.approx(np.pi / 2)]
