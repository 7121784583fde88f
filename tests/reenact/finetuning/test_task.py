"""Training on one person."""

import copy
import math

import pytest
import torch
from lightning.pytorch import seed_everything
from lightning.pytorch.callbacks import Callback
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from human_capture.common.errors import InputError
from human_capture.reenact.augmentation.geometry import shift
from human_capture.reenact.augmentation.pose import PoseAugmentation
from human_capture.reenact.clips import as_float
from human_capture.reenact.finetuning.task import FinetuningTask
from human_capture.reenact.losses.pyramid import PyramidLoss
from human_capture.reenact.networks.discriminator import score
from human_capture.reenact.objective import PictureLoss

PLAIN = PoseAugmentation(appearance=False, stretch=False, shift=False)
pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers")


@pytest.fixture
def batch(person):
    return person.clips(torch.arange(6))


@pytest.fixture
def networks(networks):
    """From a file they come in evaluation mode."""
    return lambda: tuple(network.eval() for network in networks())


@pytest.fixture
def task_of(batch):
    def made(networks, **options):
        with torch.no_grad():
            identity = networks[0].identities(as_float(batch.identity)).mean((0, 1))
        return FinetuningTask(*networks, identity, **{"augmentation": PLAIN} | options)

    return made


def repeated(batch, times):
    return DataLoader([batch] * times, batch_size=None)


def tensors(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def assert_equal(found, wanted, **tolerance):
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, msg=name, **tolerance)


def test_before_the_first_step_it_draws_as_the_reenactor(networks, batch, task_of):
    reenactor, _ = networks()
    task = task_of((reenactor, _))
    frames = as_float(batch.frame)
    with torch.no_grad():
        wanted = reenactor(as_float(batch.identity).flatten(0, 1)[None], frames[:1])
        found = task.averaged(task.pose_encoder(frames[:1]))
    torch.testing.assert_close(found.picture, wanted.picture)


def test_steps_are_those_of_two_optimisers(networks, batch, task_of, trainer):
    def radam(rate):
        return lambda groups: torch.optim.RAdam(groups, rate, (0.0, 0.999), 1e-2)

    task = task_of(networks(), optimizer=radam(1e-3), discriminator_rate=1.6)
    encoder = copy.deepcopy(task.pose_encoder)
    person = copy.deepcopy(task.person).train()
    judge, row = copy.deepcopy(task.discriminator), task.row.detach().clone()

    class WithoutIteration(Callback):
        def on_train_batch_start(self, trainer, task, *_):
            task.discriminator.eval()  # a norm that iterates would count showings

    trainer(2, WithoutIteration()).fit(task, repeated(batch, 2))

    row.requires_grad_()
    mine = radam(1e-3)(person.parameters())
    theirs = radam(1.6e-3)([*judge.parameters(), row])
    frames, mask = as_float(batch.frame), as_float(batch.mask)
    for _ in range(2):
        drawn = person(encoder(frames).detach())
        rows = functional.normalize(row, dim=0).expand(6, -1)
        fake, real = judge(drawn.picture), judge(frames * mask)
        maps = zip(fake.features, real.features, strict=True)
        apart = sum((a - b.detach()).abs().mean() for a, b in maps) / len(real.features)
        shared = 2 * (drawn.mask * mask).sum()
        dice = -(shared / (drawn.mask.square().sum() + mask.square().sum())).log()
        mine.zero_grad()
        (-score(fake, rows).mean() + 10 * apart + dice).backward()
        theirs.zero_grad()
        rows = functional.normalize(row, dim=0).expand(6, -1)
        fake, real = judge(drawn.picture.detach()), judge(frames * mask)
        hinge = (1 - score(real, rows)).relu() + (1 + score(fake, rows)).relu()
        hinge.mean().backward()
        mine.step()
        theirs.step()

    close = {"atol": 1e-6, "rtol": 1e-4}
    assert_equal(tensors(task.person), tensors(person), **close)
    assert_equal(tensors(task.discriminator), tensors(judge), **close)
    torch.testing.assert_close(task.row.detach(), row.detach(), **close)


def test_only_the_copies_change(networks, batch, task_of, trainer):
    nets = networks()
    before = [tensors(network) for network in nets]
    task = task_of(nets)
    trainer(2).fit(task, repeated(batch, 2))
    for network, wanted in zip(nets, before, strict=True):
        assert_equal(tensors(network), wanted, atol=0, rtol=0)
    moved = task.person.generator.decoder.constant - nets[0].generator.decoder.constant
    assert moved.abs().max() > 1e-5


def test_spectral_norms_follow_the_weights(networks, batch, task_of, trainer):
    task = task_of(networks())
    before = tensors(task.person), tensors(task.discriminator)
    trainer(1).fit(task, repeated(batch, 1))
    after = tensors(task.person), tensors(task.discriminator)
    for then, now in zip(before, after, strict=True):
        vectors = [name for name in then if name.endswith("weight_u")]
        assert any(not torch.equal(then[name], now[name]) for name in vectors)


@pytest.mark.parametrize("compatibility", [False, True])
def test_the_pose_encoder_stays_as_it_is(
    networks, batch, task_of, trainer, compatibility
):
    reenactor, discriminator = networks()
    reenactor.pose_encoder.train()
    task = task_of((reenactor, discriminator), compatibility=compatibility)
    before = tensors(reenactor.pose_encoder)
    trainer(2).fit(task, repeated(batch, 2))
    assert_equal(tensors(task.pose_encoder), before, atol=0, rtol=0)
    assert not any(module.training for module in task.pose_encoder.modules())
    assert all(parameter.grad is None for parameter in task.pose_encoder.parameters())


def test_masks_count_three_times_for_compatibility_alone(
    networks, batch, task_of, losses_of
):
    mask = as_float(batch.mask)
    for compatibility, times in ((False, 1), (True, 3)):
        task = task_of(networks(), compatibility=compatibility)
        pose = task.pose_encoder(as_float(batch.frame))
        drawn = task.person(pose).mask.detach()
        shared, own = float((drawn * mask).sum()), float(drawn.square().sum())
        true = float(mask.square().sum())
        wanted = -math.log(2 * times * shared / (own + times * true))
        assert losses_of(task, batch)["train/mask"] == pytest.approx(wanted, rel=1e-4)


def test_every_step_is_averaged_after_it(networks, batch, task_of, trainer):
    task = task_of(networks(), averaging=0.75)
    before, seen = tensors(task.averaged), []

    class Look(Callback):
        def on_train_batch_end(self, trainer, task, *_):
            seen.append((tensors(task.person), tensors(task.averaged)))

    trainer(2, Look()).fit(task, repeated(batch, 2))
    learned = {name for name, _ in task.person.named_parameters()}
    assert "identity" in learned
    for trained, averaged in seen:
        for name, value in before.items():
            share = 0.75 if name in learned else 0.0
            wanted = share * value + (1 - share) * trained[name]
            torch.testing.assert_close(averaged[name], wanted)
        before = averaged


def test_the_person_is_learned(networks, batch, task_of, trainer):
    pictures = [PictureLoss("pyramid", PyramidLoss(), 10.0)]
    task = task_of(networks(), pictures=pictures, averaging=0.5)

    def error():
        frames, mask = as_float(batch.frame), as_float(batch.mask)
        with torch.no_grad():
            drawn = task.averaged(task.pose_encoder(frames)).picture
        return float((drawn - frames * mask).abs().mean())

    before = error()
    seed_everything(0, verbose=False)
    trainer(60).fit(task, repeated(batch, 60))
    assert error() < 0.6 * before


class Judge(nn.Module):
    """A loss that brings a network."""

    def __init__(self, gain=1.0):
        super().__init__()
        self.layer, self.gain = nn.Conv2d(3, 5, 3), gain

    def forward(self, found, wanted):
        return self.gain * (self.layer(found) - self.layer(wanted)).abs().mean()


def test_networks_of_losses_are_neither_kept_nor_trained(
    networks, batch, task_of, trainer
):
    judge = Judge()
    task = task_of(networks(), pictures=[PictureLoss("judge", judge)])
    before, run = tensors(judge), trainer(2)
    run.fit(task, repeated(batch, 2))
    assert_equal(tensors(judge), before, atol=0, rtol=0)
    used = {id(p) for group in run.optimizers[0].param_groups for p in group["params"]}
    assert not used & {id(parameter) for parameter in judge.parameters()}
    assert not used & {id(parameter) for parameter in task.pose_encoder.parameters()}
    assert used >= {id(task.row), id(task.person.identity)}
    assert not any("judge" in name for name in task.state_dict())


def test_landmarks_move_with_the_picture(networks, batch, task_of, compared):
    moving = PoseAugmentation(appearance=False, stretch=False, shift=True)
    task = task_of(networks(), pictures=[compared], augmentation=moving)
    task.log = lambda *_, **__: None
    torch.manual_seed(1)
    photographs = as_float(batch.frame) * as_float(batch.mask)
    size, moved = photographs.shape[-1], 0
    for _ in range(10):  # half of the pictures do not move
        task.training_step(batch, 0)
    for wanted, landmarks in compared.seen:
        pixels = ((landmarks - batch.landmarks)[:, 0] * size).round().long()
        torch.testing.assert_close(wanted, shift(photographs, pixels))
        moved += int(pixels.any(1).sum())
    assert moved > 0


def test_who_loses_its_way_ends_the_training(networks, batch, task_of, trainer):
    task = task_of(networks(), pictures=[PictureLoss("judge", Judge(torch.nan))])
    before = tensors(task.averaged)
    sentence = "loss of the generator is not finite at step 0; learn the person again"
    with pytest.raises(InputError, match=sentence):
        trainer(2).fit(task, repeated(batch, 2))
    assert_equal(tensors(task.averaged), before, atol=0, rtol=0)
