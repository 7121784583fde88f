import numpy as np

from human_capture.common.detectors.landmarks import refine_with_heat_maps


def heat_map(*cells, size=64):
    """Logits that are hopeless everywhere but in the given (row, column, logit)."""
    logits = np.full((size, size, 1), -50.0, np.float32)
    for row, column, logit in cells:
        logits[row, column, 0] = logit
    return logits


def test_a_single_peak_attracts_the_point():
    point = np.array([[30.4 / 64, 20.9 / 64]])
    refined, peaks = refine_with_heat_maps(point, heat_map((22, 31, 3.0)))
    np.testing.assert_allclose(refined, [[31 / 64, 22 / 64]], atol=1e-9)
    np.testing.assert_allclose(peaks, 1 / (1 + np.exp(-3)))


def test_two_peaks_pull_by_their_probability():
    logits = heat_map((20, 30, 0.0), (20, 32, np.log(3.0)))  # 0.5 and 0.75
    refined, _ = refine_with_heat_maps(np.array([[31 / 64, 20 / 64]]), logits)
    np.testing.assert_allclose(refined[0, 0], (30 * 0.5 + 32 * 0.75) / 1.25 / 64)


def test_weak_and_distant_peaks_move_nothing_and_say_so():
    point = np.array([[30.5 / 64, 20.5 / 64]])
    logits = heat_map((20, 30, -1.0), (20, 34, 9.0))
    refined, peaks = refine_with_heat_maps(point, logits)
    np.testing.assert_array_equal(refined, point)
    np.testing.assert_allclose(peaks, 1 / (1 + np.e))


def test_points_outside_of_the_region_stay_with_no_confidence():
    points = np.array([[-0.01, 0.5], [0.5, 1.2]])
    logits = np.full((64, 64, 2), 5.0, np.float32)
    refined, peaks = refine_with_heat_maps(points, logits)
    # int() rounds towards zero, so the first lies in column 0 like in the original.
    assert refined[0, 0] > 0
    np.testing.assert_array_equal(refined[1], points[1])
    assert peaks[1] == 0


def test_the_window_ends_at_the_border():
    logits = np.full((64, 64, 1), 0.0, np.float32)
    refined, _ = refine_with_heat_maps(np.array([[0.5 / 64, 0.5 / 64]]), logits)
    np.testing.assert_allclose(refined, [[1.5 / 64, 1.5 / 64]])  # cells 0 to 3
