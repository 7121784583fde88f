"""Looks at how well a person is drawn."""

import math

import pytest
import torch
from torch.nn import functional

from human_capture.reenact.finetuning.examples import Examples
from human_capture.reenact.finetuning.looks import Looks, expression_error

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers")


def faces(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 0.3 + 0.4 * torch.rand(count, 68, 2, generator=generator)


def test_the_expression_error_is_a_share_of_the_eye_distance():
    wanted = faces(3)
    found = wanted + 0.02 * (faces(3, 1) - 0.5)
    errors = []
    for mine, true in zip(found.tolist(), wanted.tolist(), strict=True):
        width = max(math.dist(true[36], true[45]), 0.01)
        apart = [math.dist(mine[n], true[n]) for n in range(36, 68)]
        errors.append(min(sum(apart) / 32 / width, 1))
    error = float(expression_error(found, wanted))
    assert error == pytest.approx(sum(errors) / 3, rel=1e-4)
    assert error > 0


def test_the_outline_does_not_count():
    wanted = faces(2)
    found = wanted.clone()
    found[:, :36] += 0.3
    assert float(expression_error(found, wanted)) == 0
    assert float(expression_error(wanted, wanted)) == 0


def test_a_drawing_without_a_face_counts_as_a_whole_eye_distance():
    wanted = faces(2)
    found = wanted.clone()
    found[1] = torch.nan
    assert float(expression_error(found, wanted)) == pytest.approx(0.5)
    found[0] += 100  # no worse than that
    assert float(expression_error(found, wanted)) == pytest.approx(1)


def test_true_pictures_without_a_face_do_not_count():
    wanted = faces(2)
    found = wanted.clone()
    found[1] += 0.1
    wanted[1, 40] = torch.nan
    assert float(expression_error(found, wanted)) == 0
    assert float(expression_error(found, torch.full_like(wanted, torch.nan))) == 0


def test_looks_come_before_every_so_many_steps_and_after_the_last(
    walk, examples, angles, no_faces
):
    looks = Looks(examples, angles, no_faces, 2)
    task = walk(looks, 9)
    assert [look.step for look in looks.looks] == [0, 2, 4, 6, 8, 9]
    assert looks.outcome is looks.looks[-1]
    assert looks.outcome.identity > looks.looks[3].identity  # it went past
    assert float(task.averaged.grey) == pytest.approx(0.9)


def test_errors_are_those_of_the_drawings(walk, examples, angles):
    def landmarks(pictures):
        found = faces(1).repeat(len(pictures), 1, 1)
        return found + pictures.mean((1, 2, 3))[:, None, None] / 10

    seen = []
    looks = Looks(examples, angles, landmarks, 1, lambda *look: seen.append(look))
    walk(looks, 2)
    assert [look for look, _ in seen] == looks.looks
    true = examples.photograph
    for (look, drawn), grey in zip(seen, (0, 0.1, 0.2), strict=True):
        torch.testing.assert_close(drawn, torch.full((2, 3, 16, 16), float(grey)))
        mine, theirs = (angles(pictures, None) for pictures in (drawn, true))
        identity = 1 - functional.cosine_similarity(mine, theirs).mean()
        assert look.identity == pytest.approx(float(identity), abs=1e-6)
        error = expression_error(landmarks(drawn), landmarks(true))
        assert look.expression == pytest.approx(float(error))
        assert look.total == look.identity + look.expression
    expressions = [look.expression for look in looks.looks]
    assert expressions == sorted(expressions, reverse=True)


def test_identities_are_compared_with_the_mean_of_the_true_ones(walk, no_faces):
    greys = torch.tensor([0.2, 0.9, 1.0])[:, None, None, None].expand(3, 3, 16, 16)

    def directions(pictures, landmarks):
        angle = 1.5 * pictures.mean((1, 2, 3))
        return torch.stack((angle.cos(), angle.sin()), 1)

    looks = Looks(Examples(greys, greys, "greys"), directions, no_faces)
    walk(looks, 1)
    x = sum(math.cos(1.5 * grey) for grey in (0.2, 0.9, 1.0))
    y = sum(math.sin(1.5 * grey) for grey in (0.2, 0.9, 1.0))
    wanted = 1 - x / math.hypot(x, y)  # the first drawing is black, its angle 0
    assert looks.looks[0].identity == pytest.approx(wanted, abs=1e-5)


def test_few_are_drawn_at_once(walk, angles, no_faces):
    drivers, photographs = torch.rand(21, 3, 16, 16), torch.rand(21, 3, 16, 16)
    seen, sizes, poses = [], [], []
    looks = Looks(
        Examples(drivers, photographs, "greys"),
        angles,
        no_faces,
        seen=lambda look, drawn: seen.append(drawn),
    )
    task = walk(looks, 1)
    task.pose_encoder.register_forward_hook(lambda _, given, __: poses.extend(given))
    task.averaged.register_forward_hook(
        lambda _, given, __: sizes.append(len(given[0]))
    )
    looks._look(1, task)
    assert sizes == [8, 8, 5]
    assert torch.equal(torch.cat(poses), drivers)
    assert len(seen[-1]) == 21


def test_the_pose_is_that_of_the_driver(walk, examples, angles, no_faces):
    looks, poses = Looks(examples, angles, no_faces), []
    task = walk(looks, 1)
    task.pose_encoder.register_forward_hook(lambda _, seen, __: poses.extend(seen))
    looks._look(1, task)
    assert torch.equal(poses[0], examples.driver)


def test_a_checkpoint_keeps_the_looks(walk, examples, angles, no_faces):
    looks, other = (Looks(examples, angles, no_faces) for _ in range(2))
    walk(looks, 3)
    other.load_state_dict(looks.state_dict())
    assert other.looks == looks.looks
