import numpy as np
import pytest
import torch

from human_capture.reenact.evaluation.pose_error import (
    NEAREST,
    PoseError,
    inter_ocular,
    landmark_errors,
    missing,
    scaled_and_shifted,
)


def faces(seed, count):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 68, 2, generator=generator, dtype=torch.float64)


def test_errors_match_a_loop_over_landmarks():
    found, true = faces(0, 3), faces(1, 3)
    errors = landmark_errors(found, true)
    for frame in range(3):
        a, b = found[frame].numpy(), true[frame].numpy()
        total = sum(np.hypot(*(a[point] - b[point])) for point in range(68))
        eyes = max(np.hypot(*(b[36] - b[45])), 1e-2)
        assert abs(errors[frame] - total / 68 / eyes) < 1e-12


def test_eyes_in_one_place_do_not_make_errors_infinite():
    face = faces(2, 1)
    face[:, 36] = face[:, 45]
    assert inter_ocular(face).item() == NEAREST


def test_alignment_is_the_least_squares_solution():
    found, true = faces(3, 1)[0], faces(4, 1)[0]
    # unknowns: one scale and two shifts; rows: x and y of each landmark
    rows = np.zeros((136, 3))
    rows[:, 0] = found.numpy().ravel()
    rows[0::2, 1] = rows[1::2, 2] = 1
    solution = np.linalg.lstsq(rows, true.numpy().ravel(), rcond=None)[0]
    expected = (rows @ solution).reshape(68, 2)
    moved = scaled_and_shifted(found, true)
    np.testing.assert_allclose(moved.numpy(), expected, atol=1e-12)


def test_alignment_undoes_scale_and_shift_but_no_turn():
    true = faces(5, 4)
    moved = 0.3 * true + torch.tensor([0.2, -0.4])
    aligned = scaled_and_shifted(moved, true)
    assert landmark_errors(aligned, true).max() < 1e-12
    turned = true.flip(-1) * torch.tensor([1.0, -1.0])
    assert landmark_errors(scaled_and_shifted(turned, true), true).min() > 0.1
    point = torch.full_like(true, 0.5)
    assert scaled_and_shifted(point, true).isfinite().all()


def test_perfect_heads_have_no_error():
    metric = PoseError(faces(6, 1)[0])
    metric.update(faces(7, 5), faces(7, 5))
    found = metric.compute()
    assert found["plain"] == 0
    assert found["aligned"] < 1e-12
    assert found["drawn_missing"] == found["driver_missing"] == 0


def test_faces_not_found_are_counted_and_replaced():
    stand_in = faces(8, 1)[0]
    drawn, driver = faces(9, 4), faces(10, 4)
    expected = drawn.clone()
    expected[1] = stand_in
    drawn[1, 5] = torch.nan  # one landmark is enough
    assert missing(drawn).tolist() == [False, True, False, False]
    metric = PoseError(stand_in)
    metric.update(drawn, driver)
    found = metric.compute()
    assert found["drawn_missing"] == 1
    assert found["driver_missing"] == 0
    assert torch.allclose(found["plain"], landmark_errors(expected, driver).mean())


@pytest.mark.parametrize("size", [1, 3, 7])
def test_batches_and_processes_give_what_the_whole_gives(size):
    drawn, driver, stand_in = faces(11, 7), faces(12, 7), faces(13, 1)[0]
    drawn[2], driver[4] = torch.nan, torch.nan
    whole, parts = PoseError(stand_in), [PoseError(stand_in), PoseError(stand_in)]
    whole.update(drawn, driver)
    for turn, rows in enumerate(torch.split(torch.arange(7), size)):
        parts[turn % 2].update(drawn[rows], driver[rows])
    if size < 7:
        parts[0].merge_state(parts[1])  # as between processes
    expected, found = whole.compute(), parts[0].compute()
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        assert torch.allclose(found[name], value, atol=1e-12)
