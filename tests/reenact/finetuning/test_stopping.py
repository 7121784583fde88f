"""When to stop learning a person."""

import pytest
import torch

from human_capture.reenact.finetuning.looks import Look
from human_capture.reenact.finetuning.stopping import StopAtBest

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers")


@pytest.fixture
def learn(walk, examples, angles, no_faces):
    def run(steps, every=1, patience=3):
        looks = StopAtBest(examples, angles, no_faces, every, patience=patience)
        return walk(looks, steps), looks

    return run


def test_it_stops_when_the_best_is_past(learn):
    task, stopping = learn(50, patience=3)
    assert [look.step for look in stopping.looks] == list(range(10))
    assert stopping.outcome.step == 6
    assert len(task.seen) == 9


def test_the_best_weights_come_back(learn):
    task, stopping = learn(50)
    assert float(task.averaged.grey) == pytest.approx(0.6)
    assert stopping.outcome.total == pytest.approx(0, abs=1e-6)


def test_looks_come_every_so_many_steps(learn):
    _, stopping = learn(50, every=4, patience=2)
    assert [look.step for look in stopping.looks] == [0, 4, 8, 12]
    assert stopping.outcome.step == 4


def test_a_training_without_an_end_to_its_progress_keeps_its_last_step(learn):
    task, stopping = learn(5, every=2)
    assert [look.step for look in stopping.looks] == [0, 2, 4, 5]
    assert float(task.averaged.grey) == pytest.approx(0.5)
    assert learn(1, every=20)[1].outcome.step == 1


def test_a_checkpoint_keeps_looks_and_the_best_weights(
    learn, examples, angles, no_faces
):
    task, stopping = learn(8)
    other = StopAtBest(examples, angles, no_faces)
    other.load_state_dict(stopping.state_dict())
    assert other.looks == stopping.looks
    assert isinstance(other.outcome, Look)
    with torch.no_grad():
        task.averaged.grey.zero_()
    task.averaged.load_state_dict(other.state_dict()["best"])
    assert float(task.averaged.grey) == pytest.approx(0.6)
