"""``reenact finetune``: a person is learned and becomes an avatar."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path

import torch
from jaxtyping import Int
from lightning.pytorch import Callback, seed_everything
from rich.console import Console
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.progress import plain_warnings
from human_capture.reenact.avatar import Avatar, fingerprint
from human_capture.reenact.clips import Clips, as_float
from human_capture.reenact.evaluation.landmark_judges import MeshLandmarks
from human_capture.reenact.finetuning.diary import Diary
from human_capture.reenact.finetuning.judges import usual_identity_judge
from human_capture.reenact.finetuning.learning import learn, placement
from human_capture.reenact.finetuning.options import FinetuneOptions
from human_capture.reenact.finetuning.pictures import PersonPictures, read_person
from human_capture.reenact.finetuning.stopping import StopAtBest
from human_capture.reenact.finetuning.task import FinetuningTask
from human_capture.reenact.losses.perceptual import VGGLoss
from human_capture.reenact.losses.pyramid import PyramidLoss
from human_capture.reenact.networks.reenactor import Reenactor
from human_capture.reenact.objective import PictureLoss
from human_capture.reenact.reenactors import load_discriminator, load_reenactor


def finetune(options: FinetuneOptions) -> Avatar:
    """Learn a person and write the avatar's folder.

    Beside the avatar it writes ``learning.csv``, the errors on pictures that were kept
    aside, and ``learning.jpg``, how those were drawn: photos in the first row, then one
    row a look. What takes longer than a minute can be interrupted and goes on later.

    Args:
        options: Of the command.
    """
    if Path(options.output).is_file():
        raise InputError(f"{options.output!r} is a file; give a folder for the avatar.")
    place = placement(options.device)
    reenactor = load_reenactor(options.weights)
    discriminator = load_discriminator(options.weights)
    with plain_warnings():
        person = read_person(options.photos, reenactor.size, options.frames)
    learned, aside = split(len(person))
    avatar = Avatar.of(reenactor, person.frames[learned], options.weights)
    seed_everything(options.seed, verbose=False)
    task = FinetuningTask(
        reenactor, discriminator, avatar.identity, picture_losses(options)
    )
    callbacks = _looks(reenactor, person.clips(aside), options)
    checkpoint = Path(options.output) / f"{_digest(reenactor, person, options)}.ckpt"
    if not options.resume:
        checkpoint.unlink(missing_ok=True)
    steps = options.steps_for(len(learned))
    learn(task, person.clips(learned), steps, callbacks, checkpoint, place)
    tuned = _tuned(avatar, reenactor, task)
    tuned.save(options.output)
    for begun in checkpoint.parent.glob("learning_*.ckpt"):
        begun.unlink()
    _report(options, len(person), callbacks)
    return tuned


def split(pictures: int) -> tuple[Int[Tensor, " learned"], Int[Tensor, " aside"]]:
    """Numbers of the pictures to learn from, and of those to keep aside.

    Args:
        pictures: How many there are; of five and more every fifth is kept aside.
    """
    numbers = torch.arange(pictures)
    aside = numbers % 5 == 2 if pictures >= 5 else numbers < 0
    return numbers[~aside], numbers[aside]


def picture_losses(options: FinetuneOptions) -> list[PictureLoss]:
    """The losses that compare pictures, with the weights of the official code.

    Args:
        options: Say which networks there are.
    """
    losses = [PictureLoss("pyramid", PyramidLoss(), 10.0)]
    if options.vgg19:
        losses.append(PictureLoss("vgg19", VGGLoss(options.vgg19), 3e-2))
    if options.vggface:
        face = VGGLoss(options.vggface, "vgg16", face=True)
        losses.append(PictureLoss("vggface", face, 6e-3))
    return losses


def _looks(
    reenactor: Reenactor, held_out: Clips, options: FinetuneOptions
) -> list[Callback]:
    """What looks at the pictures that were kept aside, if there are any."""
    if not len(held_out):
        return []
    landmarks = MeshLandmarks()
    identity = usual_identity_judge(reenactor.identity_encoder, landmarks)
    photos = as_float(held_out.frame) * as_float(held_out.mask)
    diary = Diary(Path(options.output), photos)
    every, patience = options.every, options.patience
    return [
        StopAtBest(held_out, identity, landmarks, every, patience, diary.write),
        diary,
    ]


def _digest(
    reenactor: Reenactor, person: PersonPictures, options: FinetuneOptions
) -> str:
    """Tells whether a checkpoint is of the same learning."""
    same = replace(options, output="", device=None, resume=True)
    text = f"{fingerprint(reenactor)} {astuple(same)}"
    digest = hashlib.sha256(text.encode())
    digest.update(person.frames.numpy().tobytes())
    return f"learning_{digest.hexdigest()[:12]}"


def _tuned(avatar: Avatar, reenactor: Reenactor, task: FinetuningTask) -> Avatar:
    """The avatar with what was learned; the encoders are those of the reenactor."""
    learned = task.averaged.cpu()
    own = Reenactor(
        reenactor.identity_encoder, reenactor.pose_encoder, learned.generator
    ).eval()
    identity = learned.identity.detach().clone()
    return replace(avatar, reenactor=own, identity=identity, tuned=True)


def _report(
    options: FinetuneOptions, pictures: int, callbacks: Sequence[Callback]
) -> None:
    stopping = next((c for c in callbacks if isinstance(c, StopAtBest)), None)
    count = f"{pictures} picture{'s' if pictures > 1 else ''}"
    text = f"{options.output}: an avatar learned from {count}"
    if stopping is not None and stopping.best is not None:
        first, best = stopping.scores[0], stopping.best
        text += (
            f", best after {best.step} steps; on pictures kept aside the identity "
            f"error went from {first.identity:.3f} to {best.identity:.3f} and that of "
            f"eyes and mouth from {first.expression:.3f} to {best.expression:.3f}"
        )
    Console().print(text + ".", soft_wrap=True)
