import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.reenact.crops import Square
from human_capture.reenact.steady_squares import SquareFilter, is_jump


def test_squares_that_stand_still_stay():
    steady = SquareFilter(25.0)
    assert [steady(Square(10, 20, 201)) for _ in range(5)] == [Square(10, 20, 201)] * 5


def test_jitter_shrinks_to_less_than_half():
    random = np.random.default_rng(0)
    corners = random.normal(100, 3, (200, 2)).round().astype(int)
    sides = random.normal(300, 3, 200).round().astype(int)
    steady = SquareFilter(25.0)
    squares = [
        Square(left, top, side)
        for (left, top), side in zip(corners.tolist(), sides.tolist(), strict=True)
    ]
    calm = [steady(square) for square in squares][50:]
    for name in ("left", "top", "side"):
        before = np.std([getattr(s, name) for s in squares[50:]])
        after = np.std([getattr(s, name) for s in calm])
        assert after < before / 2


def test_fast_heads_are_not_left_behind():
    steady = SquareFilter(25.0)
    for left in range(0, 1500, 15):  # more than one side a second
        square = steady(Square(left, 0, 300))
    assert left - square.left < 0.05 * 300


def test_scale_does_not_matter():
    random = np.random.default_rng(1)
    small, large = SquareFilter(25.0), SquareFilter(25.0)
    for left, top, more in random.integers(0, 40, (50, 3)).tolist():
        a = small(Square(left, top, 200 + more))
        b = large(Square(10 * left, 10 * top, 10 * (200 + more)))
        assert abs(b.left - 10 * a.left) <= 10 and abs(b.side - 10 * a.side) <= 6


def test_after_a_cut_nothing_is_remembered():
    steady = SquareFilter(25.0)
    steady(Square(0, 0, 100))
    steady.reset()
    assert steady(Square(700, 300, 200)) == Square(700, 300, 200)


@pytest.mark.parametrize("new", [Square(0, 0, 400), Square(220, 120, 200)])
def test_a_square_that_hardly_overlaps_the_last_is_taken_as_it_is(new):
    steady = SquareFilter(25.0)
    for _ in range(5):
        steady(Square(100, 100, 200))
    assert steady(new) == new


def test_jumps_are_the_same_both_ways_and_at_all_scales():
    start = Square(100, 100, 200)
    for square, jump in (
        (start, False),
        (Square(160, 100, 200), False),  # as fast as a head gets in a tenth of a second
        (Square(80, 80, 240), False),
        (Square(0, 0, 400), True),
        (Square(220, 100, 200), True),
        (Square(900, 900, 200), True),
        (Square(900, 100, 200), True),
    ):
        assert is_jump(square, start) == is_jump(start, square) == jump
        large = [Square(7 * s.left, 7 * s.top, 7 * s.side) for s in (square, start)]
        assert is_jump(*large) == jump


def test_rates_that_make_no_sense():
    with pytest.raises(InputError, match="cutoff=0"):
        SquareFilter(25.0, cutoff=0.0)


def reference(squares, fps, cutoff=1.0, agility=5.0):
    """Algorithm 1 of the paper, the speed being the largest, over the side."""

    def alpha(frequency):
        return 1 / (1 + fps / (2 * np.pi * frequency))

    wanted = np.array(
        [(s.left + s.side / 2, s.top + s.side / 2, s.side) for s in squares]
    )
    place, velocity = wanted[0], np.zeros(3)
    for now in wanted:
        velocity = velocity + alpha(1.0) * ((now - place) * fps - velocity)
        speed = np.abs(velocity).max() / place[2]
        place = place + alpha(cutoff + agility * speed) * (now - place)
        yield place


def test_it_is_the_published_algorithm():
    steps = np.random.default_rng(2).normal(0, [6, 6, 3], (100, 3)).cumsum(0)
    squares = [Square(*row) for row in (steps + 300).round().astype(int).tolist()]
    steady = SquareFilter(25.0)
    for square, place in zip(squares, reference(squares, 25.0), strict=True):
        seen = steady(square)
        middle = np.array([seen.left, seen.top]) + seen.side / 2
        assert np.abs(middle - place[:2]).max() <= 0.5 + 1e-6
        assert abs(seen.side - place[2]) <= 0.5 + 1e-6
