"""When to stop learning a person."""

import math

import pytest
import torch
from lightning.pytorch import LightningModule
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from human_capture.reenact.clips import as_float
from human_capture.reenact.finetuning.stopping import (
    HeldOutScore,
    StopAtBest,
    expression_error,
    identity_error,
)
from human_capture.reenact.finetuning.task import FinetuningTask
from human_capture.reenact.networks.decoder import Drawn

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


def test_the_identity_error_is_one_minus_a_cosine():
    found, wanted = torch.randn(2, 4, 8)
    mean = sum(vector / vector.norm() for vector in wanted)
    cosines = [vector @ mean / vector.norm() / mean.norm() for vector in found]
    error = float(identity_error(found, wanted))
    assert error == pytest.approx(1 - float(sum(cosines)) / 4, rel=1e-4)


def test_the_identity_error_knows_no_lengths():
    vectors = torch.randn(1, 8)
    assert float(identity_error(5 * vectors, vectors)) == pytest.approx(0, abs=1e-6)
    assert float(identity_error(-vectors, 3 * vectors)) == pytest.approx(2)


class Painter(nn.Module):
    """Draws one grey all over."""

    def __init__(self):
        super().__init__()
        self.grey = nn.Parameter(torch.zeros(()))

    def forward(self, pose):
        picture = self.grey.expand(len(pose), 3, 16, 16)
        return Drawn(picture, torch.ones_like(picture[:, :1]))


class Walk(FinetuningTask):
    """Each step makes the drawings brighter by a tenth."""

    def __init__(self):
        LightningModule.__init__(self)
        self.averaged, self.seen, self.compatibility = Painter(), [], False
        self.pose_encoder = nn.Sequential(nn.Dropout(0.5), nn.Flatten())

    def on_train_start(self):
        pass

    def optimizer_step(self, *args, **kwargs):
        LightningModule.optimizer_step(self, *args, **kwargs)

    def training_step(self, batch, _):
        self.seen.append(batch)
        return -0.1 * self.averaged.grey

    def configure_optimizers(self):
        return torch.optim.SGD(self.averaged.parameters(), 1.0)


def angles(pictures):
    """Who is in a picture is how bright it is."""
    grey = pictures.mean((1, 2, 3))
    return torch.stack((grey.cos(), grey.sin()), 1)


def no_faces(pictures):
    return torch.full((len(pictures), 68, 2), torch.nan)


@pytest.fixture
def held_out(person):
    """Of brightness 0.6."""
    clips = person.clips(torch.arange(2))
    clips.frame.fill_(153)
    clips.mask.fill_(255)
    return clips


@pytest.fixture
def learn(person, held_out, trainer):
    def run(steps, every=1, patience=3, landmarks=no_faces, seen=None):
        stopping = StopAtBest(held_out, angles, landmarks, every, patience, seen)
        task = Walk()
        batches = DataLoader([person.clips(torch.arange(2, 6))] * steps, None)
        trainer(steps, stopping, max_epochs=1).fit(task, batches)
        return task, stopping

    return run


def test_it_stops_when_the_best_is_past(learn):
    task, stopping = learn(50, patience=3)
    assert [score.step for score in stopping.scores] == list(range(10))
    assert stopping.best.step == 6
    assert len(task.seen) == 9


def test_the_best_weights_come_back(learn):
    task, stopping = learn(50)
    assert float(task.averaged.grey) == pytest.approx(0.6)
    assert stopping.best.total == pytest.approx(0, abs=1e-6)


def test_looks_come_every_so_many_steps(learn):
    _, stopping = learn(50, every=4, patience=2)
    assert [score.step for score in stopping.scores] == [0, 4, 8, 12]
    assert stopping.best.step == 4


def test_a_training_without_an_end_to_its_progress_keeps_its_last_step(learn):
    task, stopping = learn(5, every=2)
    assert [score.step for score in stopping.scores] == [0, 2, 4, 5]
    assert float(task.averaged.grey) == pytest.approx(0.5)
    assert learn(1, every=20)[1].best.step == 1


def test_scores_are_those_of_the_drawings(learn, held_out):
    def landmarks(pictures):
        found = faces(1).repeat(len(pictures), 1, 1)
        return found + pictures.mean((1, 2, 3))[:, None, None] / 10

    looks = []
    _, stopping = learn(2, landmarks=landmarks, seen=lambda *look: looks.append(look))
    assert [score for score, _ in looks] == stopping.scores
    for (score, drawn), grey in zip(looks, (0, 0.1, 0.2), strict=True):
        torch.testing.assert_close(drawn, torch.full((2, 3, 16, 16), float(grey)))
        true = as_float(held_out.frame)
        identity = 1 - functional.cosine_similarity(angles(drawn), angles(true)).mean()
        assert score.identity == pytest.approx(float(identity), abs=1e-6)
        error = expression_error(landmarks(drawn), landmarks(true))
        assert score.expression == pytest.approx(float(error))
        assert score.total == score.identity + score.expression
    assert [score.expression for score in stopping.scores] == sorted(
        (score.expression for score in stopping.scores), reverse=True
    )


def test_held_out_pictures_are_judged_without_their_background(held_out):
    held_out.mask[..., :8] = 0
    stopping = StopAtBest(held_out, angles, no_faces)
    assert torch.all(stopping.true[..., :8] == 0)
    torch.testing.assert_close(stopping.true_identity, angles(stopping.true))


def test_a_checkpoint_keeps_scores_and_the_best_weights(learn, held_out):
    _, stopping = learn(8)
    other = StopAtBest(held_out, angles, no_faces)
    other.load_state_dict(stopping.state_dict())
    assert other.scores == stopping.scores
    assert isinstance(other.best, HeldOutScore)
    task = Walk()
    task.averaged.load_state_dict(other.state_dict()["best"])
    assert float(task.averaged.grey) == pytest.approx(0.6)
