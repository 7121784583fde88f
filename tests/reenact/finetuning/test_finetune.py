"""A person is learned and becomes an avatar."""

import csv
import signal
from datetime import timedelta

import numpy as np
import pytest
import skimage.data
import torch

from human_capture.common.errors import InputError
from human_capture.common.images import read_image, write_image
from human_capture.common.video_writer import VideoWriter
from human_capture.common.weights import save_weights
from human_capture.reenact.avatar import Avatar, is_avatar
from human_capture.reenact.clips import as_float
from human_capture.reenact.commands import run
from human_capture.reenact.finetuning import learning
from human_capture.reenact.finetuning.finetune import (
    finetune,
    picture_losses,
    split,
)
from human_capture.reenact.finetuning.options import FinetuneOptions
from human_capture.reenact.finetuning.pictures import PHOTO
from human_capture.reenact.finetuning.stopping import StopAtBest
from human_capture.reenact.finetuning.task import FinetuningTask
from human_capture.reenact.reenactors import load_reenactor

SIZE = 32
FACE = skimage.data.astronaut()[:256, 96:352]


@pytest.fixture
def weights(tmp_path, networks, descriptions):
    """Files of networks that have learned nothing."""
    reenactor, discriminator = networks(SIZE)
    path = tmp_path / "tiny.safetensors"
    save_weights(path, reenactor, descriptions(SIZE), half=False)
    beside = tmp_path / "tiny_discriminator.safetensors"
    save_weights(beside, discriminator, descriptions(SIZE), half=False)
    return path


@pytest.fixture
def photos(tmp_path):
    """Writes photos of one person."""

    def write(count):
        folder = tmp_path / f"photos{count}"
        for number in range(count):
            darker = FACE * (1 - 0.05 * number)
            write_image(folder / f"{number}.png", darker.astype(np.uint8))
        return [str(folder)]

    return write


@pytest.fixture
def options(tmp_path, weights):
    def made(photos, **given):
        usual = {"output": str(tmp_path / "ada"), "weights": str(weights)}
        return FinetuneOptions(photos, **{**usual, "device": "cpu", **given})

    return made


@pytest.fixture
def interrupted(monkeypatch):
    """Runs something that is interrupted at a step, and what wrote until then."""

    def at(step, action):
        usual, handler = FinetuningTask.training_step, signal.getsignal(signal.SIGINT)

        def training_step(task, batch, batch_idx):
            if task.global_step == step:
                raise KeyboardInterrupt
            return usual(task, batch, batch_idx)

        monkeypatch.setattr(FinetuningTask, "training_step", training_step)
        with pytest.raises(SystemExit):  # Lightning's
            action()
        monkeypatch.setattr(FinetuningTask, "training_step", usual)
        signal.signal(signal.SIGINT, handler)

    return at


@pytest.fixture
def steps_made(monkeypatch):
    """Numbers of the steps of all learnings."""
    usual, made = FinetuningTask.training_step, []

    def training_step(task, batch, batch_idx):
        made.append(task.global_step)
        return usual(task, batch, batch_idx)

    monkeypatch.setattr(FinetuningTask, "training_step", training_step)
    return made


def rows_of(folder):
    with (folder / "learning.csv").open() as file:
        return list(csv.DictReader(file))


def same(first, second):
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_few_photos_become_an_avatar(options, photos, tmp_path, weights):
    given = options(photos(3), steps=3)
    learned = finetune(given)
    assert sorted(path.name for path in (tmp_path / "ada").iterdir()) == [
        "avatar.png",
        "avatar.safetensors",
        "learning.csv",
        "learning.jpg",
    ]
    loaded, before = Avatar.load(tmp_path / "ada"), load_reenactor(weights)
    assert loaded.tuned and learned.tuned
    assert same(loaded.reenactor.pose_encoder, before.pose_encoder)
    assert same(loaded.reenactor.identity_encoder, before.identity_encoder)
    assert not same(loaded.reenactor.generator, before.generator)
    assert not any(module.training for module in loaded.reenactor.modules())
    pose = torch.randn(2, 6)
    drawn, wanted = loaded.draw(pose).picture, learned.draw(pose).picture
    torch.testing.assert_close(drawn, wanted, atol=2e-2, rtol=0)  # half precision
    assert (wanted - before.draw(learned.identity.expand(2, -1), pose).picture).any()


def test_of_many_photos_some_are_kept_aside(
    options, photos, tmp_path, capsys, steps_made
):
    finetune(options(photos(8), steps=5, every=2))
    folder = tmp_path / "ada"
    assert is_avatar(folder)
    looks = rows_of(folder)
    assert [int(look["step"]) for look in looks] == [0, 2, 4, 5]
    assert {look["pictures"] for look in looks} == {"pictures kept aside"}
    assert all(0 <= float(look["identity"]) <= 2 for look in looks)
    sheet = read_image(folder / "learning.jpg")
    assert sheet.shape == (SIZE * (1 + len(looks)), 2 * SIZE, 3)
    assert steps_made == [0, 1, 2, 3, 4]
    said = capsys.readouterr().out
    assert "learned from 8 pictures, as it was at step" in said
    assert "on pictures kept aside the identity error went from" in said
    assert not list(folder.glob("*.ckpt"))


def test_of_few_photos_changed_ones_are_looked_at(
    options, photos, tmp_path, capsys, steps_made
):
    finetune(options(photos(2), steps=9, every=2, patience=1))
    looks = rows_of(tmp_path / "ada")
    assert [int(look["step"]) for look in looks] == [0, 2, 4, 6, 8, 9]
    kind = "learned pictures stretched and moved"
    assert {look["pictures"] for look in looks} == {kind}
    sheet = read_image(tmp_path / "ada" / "learning.jpg")
    assert sheet.shape == (SIZE * (1 + len(looks)), 2 * SIZE, 3)
    assert steps_made == list(range(9))  # nothing stops it
    said = capsys.readouterr().out
    assert f"as it was at step 9; on {kind} the identity error" in said


def test_nothing_stays_of_an_earlier_learning(options, photos, tmp_path):
    finetune(options(photos(8), steps=3, every=1))
    before = (tmp_path / "ada" / "learning.jpg").read_bytes()
    finetune(options(photos(1), steps=1))
    assert [int(look["step"]) for look in rows_of(tmp_path / "ada")] == [0, 1]
    assert (tmp_path / "ada" / "learning.jpg").read_bytes() != before


def test_pictures_kept_aside_are_not_learned(options, photos, monkeypatch):
    seen = []
    usual = FinetuningTask.training_step

    def training_step(task, batch, batch_idx):
        seen.extend(batch.frame)
        return usual(task, batch, batch_idx)

    monkeypatch.setattr(FinetuningTask, "training_step", training_step)
    kept = []

    class Spy(StopAtBest):
        def __init__(self, examples, *rest):
            super().__init__(examples, *rest)
            kept.extend(examples.driver)

    monkeypatch.setattr("human_capture.reenact.finetuning.finetune.StopAtBest", Spy)
    finetune(options(photos(6), steps=4))
    assert len(kept) == 1
    assert len({frame.numpy().tobytes() for frame in seen}) == 5
    assert not any(torch.equal(as_float(frame), kept[0]) for frame in seen)


@pytest.mark.parametrize(
    ("pictures", "aside"), [(1, []), (4, []), (5, [2]), (8, [2, 7]), (12, [2, 7])]
)
def test_every_fifth_photo_is_kept_aside(pictures, aside):
    learned, kept = split(torch.full((pictures,), PHOTO))
    assert kept.tolist() == aside
    assert sorted([*learned.tolist(), *kept.tolist()]) == list(range(pictures))


@pytest.mark.parametrize("frames", [1, 4, 5, 9, 10, 64])
def test_the_last_fifth_of_a_video_is_kept_aside(frames):
    learned, kept = split(torch.zeros(frames, dtype=torch.long))
    assert learned.tolist() == list(range(frames - frames // 5))
    assert [*learned.tolist(), *kept.tolist()] == list(range(frames))


def test_each_source_is_split_on_its_own():
    video = torch.tensor([0] * 5 + [PHOTO] * 3 + [1] * 10 + [PHOTO] * 2)
    learned, kept = split(video)
    assert kept.tolist() == [4, 7, 16, 17]
    assert sorted([*learned.tolist(), *kept.tolist()]) == list(range(20))


def test_the_same_seed_learns_the_same(options, photos):
    given = photos(2)
    first, second = (finetune(options(given, steps=2)) for _ in range(2))
    other = finetune(options(given, steps=2, seed=1))
    assert same(first.reenactor.generator, second.reenactor.generator)
    assert not same(first.reenactor.generator, other.reenactor.generator)


def test_an_interruption_leaves_no_half_avatar(options, photos, tmp_path, interrupted):
    given = options(photos(5), steps=6, every=2)
    interrupted(3, lambda: finetune(given))
    folder = tmp_path / "ada"
    assert not is_avatar(folder)
    assert not (folder / "avatar.png").exists()
    assert [int(look["step"]) for look in rows_of(folder)] == [0, 2]


def test_an_older_avatar_outlives_an_interruption(
    options, photos, tmp_path, interrupted
):
    given = photos(2)
    finetune(options(given, steps=1))
    before = (tmp_path / "ada" / "avatar.safetensors").read_bytes()
    interrupted(1, lambda: finetune(options(given, steps=3)))
    assert (tmp_path / "ada" / "avatar.safetensors").read_bytes() == before


@pytest.fixture
def impatient(monkeypatch):
    """Checkpoints after every step."""
    monkeypatch.setattr(learning, "BETWEEN_CHECKPOINTS", timedelta(0))


def test_what_was_interrupted_goes_on(
    options, photos, tmp_path, interrupted, impatient, steps_made
):
    given = options(photos(5), steps=6, every=2)
    interrupted(3, lambda: finetune(given))
    assert len(list((tmp_path / "ada").glob("*.ckpt"))) == 1
    finetune(given)
    assert steps_made == [0, 1, 2, 3, 4, 5]
    looks = rows_of(tmp_path / "ada")
    assert [int(look["step"]) for look in looks] == [0, 2, 4, 6]
    sheet = read_image(tmp_path / "ada" / "learning.jpg")
    assert sheet.shape[0] == SIZE * (1 + len(looks))
    assert is_avatar(tmp_path / "ada")
    assert not list((tmp_path / "ada").glob("*.ckpt"))


def test_what_goes_on_is_what_was_never_interrupted(
    options, photos, tmp_path, interrupted, impatient
):
    given = photos(10)  # the batches of the eight that are learned differ
    whole = finetune(options(given, steps=6, output=str(tmp_path / "whole")))
    begun = options(given, steps=6)
    interrupted(3, lambda: finetune(begun))
    assert len(list((tmp_path / "ada").glob("*.ckpt"))) == 1
    torch.randint(9, (5,))  # whatever has been drawn in between
    parts = finetune(begun)
    assert same(parts.reenactor.generator, whole.reenactor.generator)
    assert torch.equal(parts.identity, whole.identity)
    assert rows_of(tmp_path / "ada") == rows_of(tmp_path / "whole")


@pytest.mark.parametrize(
    ("pictures", "given"), [(3, {}), (2, {"resume": False}), (2, {"seed": 1})]
)
def test_other_learnings_begin_anew(
    options, photos, tmp_path, interrupted, impatient, steps_made, pictures, given
):
    interrupted(2, lambda: finetune(options(photos(2), steps=3)))
    assert steps_made == [0, 1]
    finetune(options(photos(pictures), steps=3, **given))
    assert steps_made == [0, 1, 0, 1, 2]
    assert not list((tmp_path / "ada").glob("*.ckpt"))


def test_perceptual_losses_come_with_their_files(options):
    losses = picture_losses(options(["photo.jpg"]))
    views = ["picture", "face", "eyes", "mouth"]
    assert [loss.name for loss in losses] == ["pyramid", *views]
    assert [loss.view for loss in losses[1:]] == views
    with pytest.raises(InputError, match="There is no weights file 'vgg'"):
        picture_losses(options(["photo.jpg"], vgg19="vgg"))


def test_the_command_line_learns_a_person(photos, weights, tmp_path, capsys):
    output = tmp_path / "bob"
    arguments = [*photos(1), "--steps=1", f"--output={output}", f"--weights={weights}"]
    assert run(["finetune", *arguments, "--device=cpu"]) == 0
    assert is_avatar(output)
    assert (
        "an avatar learned from 1 picture, as it was at step 1;"
        in capsys.readouterr().out
    )


def test_what_is_learned_from_stays_as_it_is(options, photos, tmp_path):
    (folder,) = photos(2)
    (tmp_path / "link").symlink_to(folder)
    ada = tmp_path / "photos2" / "avatar.png"
    write_image(ada, FACE)
    before = {path.name: path.read_bytes() for path in ada.parent.iterdir()}
    for output in (folder, f"{folder}/../photos2", tmp_path / "link"):
        with pytest.raises(InputError, match="would be taken for photos"):
            finetune(options([folder], steps=1, output=str(output)))
    with pytest.raises(InputError, match=r"avatar\.png' is what is read and would be"):
        finetune(options([str(ada)], steps=1, output=folder))
    after = {path.name: path.read_bytes() for path in ada.parent.iterdir()}
    assert after == before
    ada.unlink()
    finetune(options([folder], steps=1, output=f"{folder}/ada"))


def test_what_cannot_be_learned_is_one_sentence(photos, weights, tmp_path, capsys):
    wall, notes = tmp_path / "wall.png", tmp_path / "notes.txt"
    write_image(wall, np.full_like(FACE, 90))
    notes.write_text("of the day")
    film = tmp_path / "film.mp4"
    with VideoWriter(film, 25.0) as writer:
        writer.write(FACE)
    output = [f"--output={tmp_path / 'bob'}", f"--weights={weights}"]
    cases = [
        ([str(wall), *output], "There is no face in"),
        ([str(notes), *output], "is not an image"),
        ([str(film), *output, "--face=3"], "There is no face 3"),
        ([*output], "There is nobody to learn"),
        ([*photos(1), *output, "--steps=0"], "must be at least 1"),
        ([*photos(1), *output, f"--output={notes}"], "is a file"),
        ([*photos(1), *output, "--weights=nobody"], "There are no weights 'nobody'"),
    ]
    for arguments, sentence in cases:
        assert run(["finetune", *arguments]) == 1, sentence
        assert sentence in capsys.readouterr().err
    (tmp_path / "tiny_discriminator.safetensors").unlink()
    assert run(["finetune", *photos(1), *output]) == 1
    assert "the discriminator is needed as well" in capsys.readouterr().err
    assert not (tmp_path / "bob").exists()
