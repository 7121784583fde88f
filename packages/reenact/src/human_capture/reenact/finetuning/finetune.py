"""``reenact finetune``: a person is learned and becomes an avatar."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, replace
from pathlib import Path

import torch
from jaxtyping import Int
from lightning.pytorch import seed_everything
from rich.console import Console
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.progress import plain_warnings
from human_capture.reenact.agreement import require_opponents
from human_capture.reenact.avatar import PICTURE, Avatar, fingerprint
from human_capture.reenact.clips import Clips
from human_capture.reenact.evaluation.landmark_judges import MeshLandmarks
from human_capture.reenact.finetuning.diary import SHEET, Diary
from human_capture.reenact.finetuning.examples import changed, kept_aside, some
from human_capture.reenact.finetuning.judges import usual_identity_judge
from human_capture.reenact.finetuning.learning import learn, placement
from human_capture.reenact.finetuning.looks import Looks
from human_capture.reenact.finetuning.options import FinetuneOptions
from human_capture.reenact.finetuning.pictures import (
    PHOTO,
    PersonPictures,
    read_person,
)
from human_capture.reenact.finetuning.stopping import StopAtBest
from human_capture.reenact.finetuning.task import FinetuningTask
from human_capture.reenact.losses.face_features import FaceFeaturesLoss
from human_capture.reenact.losses.perceptual import VGGLoss
from human_capture.reenact.losses.pyramid import PyramidLoss
from human_capture.reenact.networks.reenactor import Reenactor
from human_capture.reenact.objective import PictureLoss
from human_capture.reenact.originals import spare, spare_folders
from human_capture.reenact.reenactors import load_discriminator, load_reenactor


def finetune(options: FinetuneOptions) -> Avatar:
    """Learn a person and write the avatar's folder.

    Beside the avatar it writes ``learning.csv``, the errors on pictures that were kept
    aside, and ``learning.jpg``, how those were drawn: photos in the first row, then one
    row a look. Where none are kept aside, because they are too few, both are of the
    learned ones, stretched and moved. What takes longer than a minute can be
    interrupted and goes on later.

    Args:
        options: Of the command.

    Raises:
        InputError: The pictures cannot be used, or the output would be written over
            them or among them.
    """
    _check_output(options)
    place = placement(options.device)
    reenactor = load_reenactor(options.weights)
    discriminator = load_discriminator(options.weights)
    require_opponents(reenactor, discriminator)
    with plain_warnings():
        person = read_person(
            options.photos, reenactor.size, options.frames, options.face
        )
    learned, aside = split(person.video)
    avatar = Avatar.of(reenactor, person.frames[learned], options.weights)
    seed_everything(options.seed, verbose=False)
    task = FinetuningTask(
        reenactor, discriminator, avatar.identity, picture_losses(options)
    )
    clips = person.clips(learned)
    looks, diary = _looks(reenactor, clips, person.clips(aside), options)
    checkpoint = Path(options.output) / f"{_digest(reenactor, person, options)}.ckpt"
    if not options.resume:
        checkpoint.unlink(missing_ok=True)
    steps = options.steps_for(len(learned))
    learn(task, clips, steps, [looks, diary], checkpoint, place)
    tuned = _tuned(avatar, reenactor, task)
    tuned.save(options.output)
    for begun in checkpoint.parent.glob("learning_*.ckpt"):
        begun.unlink()
    _report(options, len(person), looks)
    return tuned


def _check_output(options: FinetuneOptions) -> None:
    folder = Path(options.output)
    if folder.is_file():
        raise InputError(f"{options.output!r} is a file; give a folder for the avatar.")
    spare_folders(folder, options.photos)
    for name in (PICTURE, SHEET):
        spare(folder / name, options.photos)


def split(
    video: Int[Tensor, " picture"],
) -> tuple[Int[Tensor, " learned"], Int[Tensor, " aside"]]:
    """Numbers of the pictures to learn from, and of those to keep aside.

    Of five photos and more every fifth is kept aside. Frames of a video resemble their
    neighbours, so there it is the last fifth.

    Args:
        video: Number of the video that each is from; ``PHOTO`` if from none.
    """
    aside = torch.zeros(len(video), dtype=torch.bool)
    for source in set(video.tolist()):
        (own,) = torch.where(video == source)
        fifth = len(own) // 5
        if fifth:
            aside[own[2::5] if source == PHOTO else own[-fifth:]] = True
    return torch.where(~aside)[0], torch.where(aside)[0]


def picture_losses(options: FinetuneOptions) -> list[PictureLoss]:
    """The losses that compare pictures: those of the training, and official ones.

    Args:
        options: Say which networks there are.
    """
    losses = [
        PictureLoss("pyramid", PyramidLoss(), 10.0),
        PictureLoss("picture", FaceFeaturesLoss(), 2.0),
        PictureLoss("face", FaceFeaturesLoss(), 4.0, "face"),
        PictureLoss("eyes", PyramidLoss(), 10.0, "eyes"),
        PictureLoss("mouth", PyramidLoss(), 10.0, "mouth"),
    ]
    if options.vgg19:
        losses.append(PictureLoss("vgg19", VGGLoss(options.vgg19), 3e-2))
    if options.vggface:
        face = VGGLoss(options.vggface, "vgg16")
        losses.append(PictureLoss("vggface", face, 6e-3, "face"))
    return losses


def _looks(
    reenactor: Reenactor, learned: Clips, aside: Clips, options: FinetuneOptions
) -> tuple[Looks, Diary]:
    """What looks how far it is, and what writes that down."""
    few = not len(aside)
    examples = changed(some(learned)) if few else kept_aside(some(aside))
    identity = usual_identity_judge(reenactor.identity_encoder)
    diary = Diary(Path(options.output), examples)
    usual = (examples, identity, MeshLandmarks(), options.every, diary.write)
    return Looks(*usual) if few else StopAtBest(*usual, options.patience), diary


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


def _report(options: FinetuneOptions, pictures: int, looks: Looks) -> None:
    first, kept = looks.looks[0], looks.outcome
    count = f"{pictures} picture{'s' if pictures > 1 else ''}"
    Console().print(
        f"{options.output}: an avatar learned from {count}, as it was at step "
        f"{kept.step}; on {looks.examples.kind} the identity error went from "
        f"{first.identity:.3f} to {kept.identity:.3f} and that of eyes and mouth from "
        f"{first.expression:.3f} to {kept.expression:.3f}.",
        soft_wrap=True,
    )
