"""One task trains whatever is driven by pictures or by landmarks."""

import dataclasses

import torch
from torch import nn

from human_capture.reenact.augmentation.geometry import shift
from human_capture.reenact.augmentation.pose import PoseAugmentation
from human_capture.reenact.clip_frames import ClipSplits
from human_capture.reenact.clips import as_float
from human_capture.reenact.data import ClipsDataModule
from human_capture.reenact.objective import Objective, PictureLoss
from human_capture.reenact.progress_pictures import driving_table
from human_capture.reenact.task import ReenactmentTask

STILL = PoseAugmentation(appearance=False, stretch=False, shift=False)


def task_of(players, **options):
    return ReenactmentTask(*players, labels=4, **options)


def test_one_step_gives_every_parameter_of_both_players_a_gradient(players, clips):
    task = task_of(players)
    task.log = lambda *_, **__: None
    loss = task.training_step(clips, 0)
    loss.backward()
    for player in players:
        for name, parameter in player.named_parameters():
            assert parameter.grad is not None and parameter.grad.isfinite().all(), name
            assert parameter.grad.any(), name


def test_a_training_of_every_kind_runs_and_validates(players, blots, trainer):
    splits = ClipSplits(blots(), blots(), blots())
    data = ClipsDataModule(splits, shots=2, eval_repeats=1, batch_size=2)
    parameters = [p for player in players for p in player.parameters()]
    before = [p.detach().clone() for p in parameters]
    fit = trainer(2, val_check_interval=2, check_val_every_n_epoch=None)
    fit.fit(task_of(players), data)
    pairs = zip(before, parameters, strict=True)
    assert not any(torch.equal(old, new) for old, new in pairs)
    assert 0 < fit.callback_metrics["val/l1"] < 1


def test_landmarks_move_with_the_frame(players, clips, compared):
    moving = PoseAugmentation(appearance=False, stretch=False, shift=True)
    task = task_of(players, augmentation=moving, pictures=[compared])
    task.log = lambda *_, **__: None
    told, pose_of = [], task.reenactor.pose_of
    task.reenactor.pose_of = lambda *seen: told.append(seen) or pose_of(*seen)
    torch.manual_seed(1)
    frame = as_float(clips.frame)
    for _ in range(20):  # half of the frames do not move, and 5 % of 16 is one pixel
        task.training_step(clips, 0)
    moved = 0
    for (driver, landmarks), (_, again) in zip(told, compared.seen, strict=True):
        assert torch.equal(landmarks, again)
        share = landmarks - clips.landmarks
        torch.testing.assert_close(share, share[:, :1].expand_as(share))
        pixels = (share[:, 0] * 16).round().long()
        torch.testing.assert_close(driver, shift(frame, pixels))
        moved += int(pixels.any(1).sum())
    assert moved > 0


def test_landmarks_that_drive_are_those_of_the_driver(players, clips, compared):
    task = task_of(players, augmentation=STILL, pictures=[compared])
    task.log = lambda *_, **__: None
    told, pose_of = [], task.reenactor.pose_of
    task.reenactor.pose_of = lambda *seen: told.append(seen) or pose_of(*seen)
    other = {"driver": 255 - clips.frame, "driver_landmarks": 1 - clips.landmarks}
    task.training_step(dataclasses.replace(clips, **other), 0)
    ((driver, landmarks),) = told
    assert torch.equal(driver, as_float(other["driver"]))
    assert torch.equal(landmarks, other["driver_landmarks"])
    ((wanted, compared_by),) = compared.seen
    assert torch.equal(compared_by, clips.landmarks)
    assert torch.equal(wanted, as_float(clips.frame) * as_float(clips.mask))


def test_the_opponent_sees_the_drawing_before_the_picture(drawing, clips):
    task = task_of(drawing, augmentation=STILL)
    task.log = lambda *_, **__: None
    shown = []
    task.discriminator.register_forward_pre_hook(lambda _, seen: shown.append(seen[0]))
    task.training_step(clips, 0)
    pose = task.reenactor.pose_of(as_float(clips.frame), clips.landmarks)
    drawings = task.reenactor.beside(pose)
    real, fake = shown
    assert torch.equal(real[:, :3], drawings) and torch.equal(fake[:, :3], drawings)
    on_black = as_float(clips.frame) * as_float(clips.mask)
    assert torch.equal(real[:, 3:], on_black)


class Witness(nn.Module):
    """Remembers what should have been drawn."""

    def forward(self, found, wanted):
        self.wanted = wanted
        return found.sum() * 0


def test_the_background_is_drawn_only_if_wanted(vector, clips):
    frame, mask = as_float(clips.frame), as_float(clips.mask)
    for background, expected in ((False, frame * mask), (True, frame)):
        witness = Witness()
        pictures = [PictureLoss("witness", witness)]
        task = task_of(
            vector, pictures=pictures, background=background, augmentation=STILL
        )
        task.log = lambda *_, **__: None
        task.training_step(clips, 0)
        assert torch.equal(witness.wanted, expected)
        drawn = task.averaged.draw(
            task.averaged.identities_of(
                as_float(clips.identity), clips.identity_landmarks
            ).mean(1),
            task.averaged.pose_of(frame, clips.landmarks),
        )
        logged = {}
        task.log = lambda name, value, logged=logged, **_: logged.update({name: value})
        task.validation_step(clips, 0)
        torch.testing.assert_close(
            logged["val/l1"], (drawn.picture - expected).abs().mean()
        )


def test_masks_are_judged_only_where_they_count(drawing, clips):
    names = []
    for objective in (Objective(), Objective(mask=0.0)):
        task = task_of(drawing, objective=objective)
        logged = set()
        task.log = lambda name, _, logged=logged, **__: logged.add(name)
        task.validation_step(clips, 0)
        names.append(logged)
    assert names == [{"val/l1", "val/mask_iou"}, {"val/l1"}]


def test_progress_is_shown_of_every_kind(players, clips):
    table = driving_table(players[0].eval(), clips)
    assert table.shape == (3, 5 * 16, 5 * 16)
