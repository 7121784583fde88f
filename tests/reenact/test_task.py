"""Meta-training on tiny networks."""

import copy
import math

import pytest
import torch
from lightning.pytorch import seed_everything
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from torch import nn
from torch.nn.functional import normalize
from torch.utils.data import DataLoader

from human_capture.common.errors import InputError
from human_capture.common.publishing import PublishWeights
from human_capture.common.weights import save_weights
from human_capture.reenact.augmentation.pose import PoseAugmentation
from human_capture.reenact.averaging import average
from human_capture.reenact.clip_frames import ClipSplits
from human_capture.reenact.clips import as_float
from human_capture.reenact.data import ClipsDataModule
from human_capture.reenact.losses.pyramid import PyramidLoss
from human_capture.reenact.networks.discriminator import score
from human_capture.reenact.objective import Objective, PictureLoss
from human_capture.reenact.reenactors import load_discriminator, load_reenactor
from human_capture.reenact.task import ReenactmentTask

PLAIN = PoseAugmentation(appearance=False, stretch=False, shift=False)
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*is an instance of `nn.Module`", "ignore:.*does not have many workers"
)


def adam(rate, epsilon=1e-5):
    return lambda groups: torch.optim.Adam(groups, rate, (0.0, 0.999), epsilon)


def task_of(networks, **options):
    options = {"labels": 4, "augmentation": PLAIN, "optimizer": adam(1e-3)} | options
    return ReenactmentTask(*networks, **options)


def repeated(batch, times):
    return DataLoader([batch] * times, batch_size=None)


def tensors(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def assert_equal(found, wanted, **tolerance):
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, msg=name, **tolerance)


def test_steps_are_those_of_two_optimisers_and_three_showings(networks, clips, trainer):
    reenactor, discriminator = networks()
    discriminator.eval()  # a norm that iterates would count the showings
    reenactor.pose_encoder.eval()  # leaves nothing out
    reenactor.identity_encoder.eval()  # statistics of few pictures magnify rounding
    own = adam(1e-3, 1e-2)  # with less, the sign of gradients of nothing counts
    task = task_of((reenactor, discriminator), optimizer=own, discriminator_rate=4.0)
    painter, judge = copy.deepcopy((reenactor, discriminator))
    table = copy.deepcopy(task.labels)
    trainer(2).fit(task, repeated(clips, 2))

    learned = [*painter.parameters(), *judge.parameters()]
    before = [parameter.detach().clone() for parameter in learned]
    mine, theirs = own(painter.parameters()), adam(4e-3, 1e-2)(judge.parameters())
    shots, driver = as_float(clips.identity), as_float(clips.frame)
    mask = as_float(clips.mask)
    for _ in range(2):
        rows = table(clips.label)
        each = painter.identities(shots)
        drawn = painter.draw(each.mean(1), painter.pose(driver))
        fake, real = judge(drawn.picture), judge(driver * mask)
        maps = zip(fake.features, real.features, strict=True)
        apart = sum((a - b.detach()).abs().mean() for a, b in maps) / len(real.features)
        shared = 2 * (drawn.mask * mask).sum()
        dice = -(shared / (drawn.mask.square().sum() + mask.square().sum())).log()
        match = (normalize(each.mean(1), dim=1) - rows.detach()).abs().mean()
        lost = -score(fake, rows).mean() + 10 * apart + dice + 1e-2 * match
        mine.zero_grad()
        lost.backward()
        judge.zero_grad()
        rows.grad = None
        fake, real = judge(drawn.picture.detach()), judge(driver * mask)
        hinge = (1 - score(real, rows)).relu() + (1 + score(fake, rows)).relu()
        hinge.mean().backward()
        mine.step()
        theirs.step()
        table.step(clips.label, rows, 4e-3)

    close = {"atol": 1e-6, "rtol": 1e-4}
    assert_equal(task.reenactor.state_dict(), painter.state_dict(), **close)
    assert_equal(task.discriminator.state_dict(), judge.state_dict(), **close)
    assert_equal(task.labels.state_dict(), table.state_dict(), **close)
    pairs = zip(learned, before, strict=True)
    moved = [float((now - then).abs().max()) > 1e-5 for now, then in pairs]
    assert sum(moved) > 0.8 * len(moved)


def test_drawings_come_close_to_what_is_shown_again_and_again(networks, clips, trainer):
    task = task_of(
        networks(),
        pictures=[PictureLoss("pyramid", PyramidLoss(), 10.0)],
        optimizer=adam(5e-3),
        discriminator_rate=1.0,
        averaging=0.5,
    )

    def error():
        drawn = task.averaged(as_float(clips.identity), as_float(clips.frame))
        photographs = as_float(clips.frame) * as_float(clips.mask)
        return float((drawn.picture - photographs).abs().mean())

    before = error()
    seed_everything(0, verbose=False)
    trainer(80).fit(task, repeated(clips, 80))
    assert error() < before / 2


def test_averages_move_by_their_share_and_buffers_are_copied(networks):
    mean, module = networks(seed=1)[0], networks(seed=2)[0]
    wanted = {
        name: 0.9 * value + 0.1 * dict(module.named_parameters())[name]
        for name, value in mean.named_parameters()
    }
    kept = dict(module.named_buffers()).keys() & module.state_dict().keys()
    wanted |= {name: module.state_dict()[name].clone() for name in kept}
    average(mean, module, 0.9)
    assert_equal(tensors(mean), wanted)


def test_every_step_is_averaged_after_it(networks, clips, trainer):
    task = task_of(networks(), averaging=0.75)
    before = dict(tensors(task.averaged))
    seen = []

    class Look(Callback):
        def on_train_batch_end(self, trainer, task, *_):
            seen.append((tensors(task.reenactor), tensors(task.averaged)))

    trainer(2, Look()).fit(task, repeated(clips, 2))
    learned = {name for name, _ in task.reenactor.named_parameters()}
    for trained, averaged in seen:
        for name, value in before.items():
            share = 0.75 if name in learned else 0.0
            wanted = share * value + (1 - share) * trained[name]
            torch.testing.assert_close(averaged[name], wanted.to(value.dtype))
        before = averaged
    assert not any(module.training for module in task.averaged.modules())


def test_validation_judges_the_averaged_weights(networks, clips, trainer):
    task = task_of(networks())
    task.averaged.load_state_dict(networks(seed=5)[0].state_dict())
    other = networks(seed=5)[0].eval()
    with torch.no_grad():
        drawn = other(as_float(clips.identity), as_float(clips.frame))
    mask = as_float(clips.mask)
    error = (drawn.picture - as_float(clips.frame) * mask).abs().mean()
    found, wanted = drawn.mask > 0.5, mask > 0.5
    overlap = float((found & wanted).sum() / (found | wanted).sum())
    for split in ("validate", "test"):
        run = trainer()
        (scores,) = getattr(run, split)(task, repeated(clips, 1), verbose=False)
        assert list(scores.values()) == pytest.approx([float(error), overlap])


class Broken(nn.Module):
    def forward(self, found, wanted):
        return found.sum() * torch.nan


def lose(task, player):
    if player == "generator":
        task.pictures = (PictureLoss("broken", Broken()),)
    else:
        nn.init.constant_(task.discriminator.linear.bias, torch.nan)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_who_loses_its_way_ends_the_training(
    player, networks, clips, trainer, tmp_path
):
    task = task_of(networks())
    lose(task, player)
    keep = ModelCheckpoint(tmp_path / "kept", save_last=True, every_n_train_steps=1)
    publish = PublishWeights(tmp_path / "out.safetensors", part="reenactor")
    with pytest.raises(InputError, match=f"loss of the {player} is not finite at"):
        trainer(3, keep, publish).fit(task, repeated(clips, 3))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_masks_count_three_times_for_compatibility_alone(networks, clips, losses_of):
    nets = networks()
    for net in nets:
        net.eval()
    drawn = nets[0](as_float(clips.identity), as_float(clips.frame)).mask.detach()
    mask = as_float(clips.mask)
    shared, own = float((drawn * mask).sum()), float(drawn.square().sum())
    true = float(mask.square().sum())
    for compatibility, times in ((False, 1), (True, 3)):
        task = task_of(nets, compatibility=compatibility)
        wanted = -math.log(2 * times * shared / (own + times * true))
        assert losses_of(task, clips)["train/mask"] == pytest.approx(wanted, rel=1e-4)


def test_the_first_picture_is_matched_for_compatibility_alone(
    networks, clips, losses_of
):
    nets = networks()
    nets[0].eval()
    each = nets[0].identities(as_float(clips.identity)).detach()
    mean = normalize(each.mean(1), dim=1)
    for compatibility, identity in ((False, mean), (True, each[:, 0])):
        task = task_of(nets, compatibility=compatibility)
        wanted = 1e-2 * (identity - task.labels.rows).abs().mean()
        found = losses_of(task, clips)["train/identity_match"]
        assert found == pytest.approx(float(wanted), rel=1e-4)


def test_losses_that_do_not_count_are_left_out(networks, clips, losses_of):
    task = task_of(networks(), objective=Objective(identity_match=0.0, mask=0.0))
    assert losses_of(task, clips).keys() == {
        f"train/{name}" for name in ("adversarial", "features", "discriminator")
    }


def test_a_discriminator_that_begins_later_has_not_been_stepped(
    networks, clips, trainer
):
    task = task_of(networks(), judge_from=2)
    before = {n: p.clone() for n, p in task.discriminator.named_parameters()}
    trainer(2).fit(task, repeated(clips, 3))
    now = dict(task.discriminator.named_parameters())
    assert all(torch.equal(now[name], value) for name, value in before.items())
    assert not task.labels.steps.any()
    later = task_of(networks(), judge_from=2)
    trainer(3).fit(later, repeated(clips, 3))
    optimizer = later.trainer.optimizers[0]
    theirs = optimizer.param_groups[1]["params"]
    assert {int(optimizer.state[p]["step"]) for p in theirs} == {1}
    assert later.labels.steps.all()


class Judge(nn.Module):
    """A loss that brings a network."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 5, 3)

    def forward(self, found, wanted):
        return (self.layer(found) - self.layer(wanted)).abs().mean()


def test_networks_of_losses_are_neither_kept_nor_trained(networks, clips, trainer):
    judge = Judge()
    task = task_of(networks(), pictures=[PictureLoss("judge", judge)])
    before = tensors(judge)
    run = trainer(2)
    run.fit(task, repeated(clips, 2))
    assert_equal(tensors(judge), before, atol=0, rtol=0)
    own = {id(parameter) for parameter in judge.parameters()}
    groups = run.optimizers[0].param_groups
    assert not own & {id(p) for group in groups for p in group["params"]}
    assert not any("pictures" in name or "judge" in name for name in task.state_dict())


def test_rates_of_the_players_differ_by_their_factor(networks, clips, trainer):
    task = task_of(networks(), discriminator_rate=3.0)
    run = trainer(1)
    run.fit(task, repeated(clips, 1))
    mine, theirs = run.optimizers[0].param_groups
    assert theirs["lr"] == pytest.approx(3 * mine["lr"])
    assert len(mine["params"]) == len(list(task.reenactor.parameters()))
    assert len(theirs["params"]) == len(list(task.discriminator.parameters()))


@pytest.fixture
def data(blots):
    source = blots()
    splits = ClipSplits(source, source, source)
    return lambda: ClipsDataModule(splits, shots=2, batch_size=2, eval_repeats=1)


def test_a_row_for_every_clip_or_one_sentence(networks, data, trainer):
    task = task_of(networks(), labels=5)
    with pytest.raises(InputError, match=r"4 training clips.* rows for 5; set .*=4"):
        trainer(1).fit(task, datamodule=data())
    trainer(1).validate(task, datamodule=data(), verbose=False)  # needs no rows


def test_what_goes_on_is_what_was_never_interrupted(networks, data, trainer, tmp_path):
    def run(steps, folder, begun=None):
        task = task_of(networks(), averaging=0.9, augmentation=PoseAugmentation())
        keep = ModelCheckpoint(
            tmp_path / folder, save_last=True, every_n_train_steps=2, save_top_k=0
        )
        seed_everything(3 if begun is None else 4, verbose=False)
        trainer(steps, keep, limit_val_batches=0).fit(
            task, datamodule=data(), ckpt_path=begun, weights_only=False
        )
        return tensors(task)

    whole = run(4, "whole")
    first = run(2, "parts")
    rest = run(4, "parts", tmp_path / "parts" / "last.ckpt")
    assert not torch.equal(rest["labels.rows"], first["labels.rows"])
    assert_equal(rest, whole, atol=0, rtol=0)


def test_published_averages_draw_as_they_did(
    networks, descriptions, data, clips, trainer, tmp_path
):
    task = task_of(networks(), averaging=0.5)
    task.hparams.update(descriptions(16))  # as the command line has them
    path = tmp_path / "small.safetensors"
    beside = tmp_path / "small_discriminator.safetensors"
    publish = PublishWeights(path, part="reenactor", source="averaged")
    trainer(3, publish, PublishWeights(beside, part="discriminator")).fit(
        task, datamodule=data()
    )
    shots, frames = as_float(clips.identity), as_float(clips.frame)
    with torch.inference_mode():
        found = load_reenactor(path)(shots, frames).picture
        wanted = task.averaged(shots, frames).picture
        trained = task.reenactor.eval()(shots, frames).picture
        opponent = load_discriminator(path)
        real = opponent(frames).embedding, task.discriminator.eval()(frames).embedding
    torch.testing.assert_close(found, wanted, atol=1e-2, rtol=0)  # half precision
    assert (trained - wanted).abs().max() > 5e-2
    torch.testing.assert_close(*real, atol=2e-2, rtol=1e-2)
    assert not opponent.training


def test_a_training_goes_on_from_published_weights(networks, tmp_path):
    reenactor, discriminator = networks(seed=3)
    path = tmp_path / "small.safetensors"
    save_weights(path, reenactor, {}, half=False)
    save_weights(path.with_stem("small_discriminator"), discriminator, {}, half=False)
    task = task_of(networks(seed=4), weights=str(path))
    assert_equal(task.reenactor.state_dict(), reenactor.state_dict())
    assert_equal(task.averaged.state_dict(), reenactor.state_dict())
    assert_equal(task.discriminator.state_dict(), discriminator.state_dict())


class Stop(Callback):
    def on_train_batch_end(self, trainer, *_):
        if trainer.global_step == 2:
            raise RuntimeError("somebody pulls the plug")


def test_a_training_that_breaks_off_has_published_its_last_checkpoint(
    networks, descriptions, data, trainer, tmp_path
):
    task = task_of(networks())
    task.hparams.update(descriptions(16))
    path = tmp_path / "small.safetensors"
    publish = PublishWeights(path, part="reenactor", at_checkpoints=True)
    keep = ModelCheckpoint(tmp_path, every_n_train_steps=1)
    with pytest.raises(RuntimeError, match="plug"):
        trainer(9, publish, keep, Stop(), enable_checkpointing=True).fit(
            task, datamodule=data()
        )
    assert load_reenactor(path).size == 16


def test_an_opponent_that_is_not_there_is_one_sentence(tmp_path, networks):
    path = tmp_path / "alone.safetensors"
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"alone_discriminator\.safetensors.*beside"):
        load_discriminator(path)
