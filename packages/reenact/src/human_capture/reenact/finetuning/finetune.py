"""``reenact finetune``: a person is learned and becomes an avatar."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float, Int
from lightning.pytorch import Callback, Trainer, seed_everything
from rich.console import Console
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from human_capture.common.files import atomic_path
from human_capture.common.images import to_bytes, write_image
from human_capture.common.processors import multiplies_bfloat16
from human_capture.common.progress import plain_warnings, without_trainers_remarks
from human_capture.reenact.avatar import Avatar
from human_capture.reenact.clips import Clips, as_float, join_clips
from human_capture.reenact.evaluation.landmark_judges import MeshLandmarks
from human_capture.reenact.finetuning.judges import usual_identity_judge
from human_capture.reenact.finetuning.options import FinetuneOptions
from human_capture.reenact.finetuning.pictures import read_person
from human_capture.reenact.finetuning.stopping import HeldOutScore, StopAtBest
from human_capture.reenact.finetuning.task import FinetuningTask
from human_capture.reenact.losses.perceptual import VGGLoss
from human_capture.reenact.losses.pyramid import PyramidLoss
from human_capture.reenact.networks.reenactor import Reenactor
from human_capture.reenact.objective import PictureLoss
from human_capture.reenact.reenactors import load_discriminator, load_reenactor

BATCH = 8


def finetune(options: FinetuneOptions) -> Avatar:
    """Learn a person and write the avatar's folder.

    Beside the avatar it writes ``learning.csv``, the errors on pictures that were kept
    aside, and ``learning.jpg``, how those were drawn: photos in the first row, then one
    row a look.

    Args:
        options: Of the command.
    """
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
    diary = Diary(Path(options.output))
    stopping = _stopping(reenactor, person.clips(aside), options, diary)
    steps = options.steps_for(len(learned))
    _run(task, person.clips(learned), steps, stopping, options)
    tuned = _tuned(avatar, reenactor, task)
    tuned.save(options.output)
    _report(options, len(person), stopping)
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


def _stopping(
    reenactor: Reenactor, held_out: Clips, options: FinetuneOptions, diary: Diary
) -> StopAtBest | None:
    if not len(held_out):
        return None
    landmarks = MeshLandmarks()
    identity = usual_identity_judge(reenactor.identity_encoder, landmarks)
    diary.start(as_float(held_out.frame) * as_float(held_out.mask))
    return StopAtBest(
        held_out, identity, landmarks, options.every, options.patience, diary.write
    )


def _run(
    task: FinetuningTask,
    clips: Clips,
    steps: int,
    stopping: StopAtBest | None,
    options: FinetuneOptions,
) -> None:
    half = torch.cuda.is_available() or multiplies_bfloat16()
    callbacks: list[Callback] = [] if stopping is None else [stopping]
    batch = min(len(clips), BATCH)
    loader = DataLoader(
        Visits(clips, steps * batch), batch, shuffle=True, collate_fn=join_clips
    )
    with without_trainers_remarks():
        Trainer(
            max_epochs=1,
            max_steps=steps,
            devices=1,
            accelerator=(options.device or "auto").partition(":")[0],
            precision="bf16-mixed" if half else "32-true",
            logger=False,
            callbacks=callbacks,
            enable_checkpointing=False,
            enable_model_summary=False,
            default_root_dir=options.output,
        ).fit(task, loader)


def _tuned(avatar: Avatar, reenactor: Reenactor, task: FinetuningTask) -> Avatar:
    """The avatar with what was learned; the encoders are those of the reenactor."""
    learned = task.averaged.cpu()
    own = Reenactor(
        reenactor.identity_encoder, reenactor.pose_encoder, learned.generator
    ).eval()
    identity = learned.identity.detach().clone()
    return replace(avatar, reenactor=own, identity=identity, tuned=True)


def _report(
    options: FinetuneOptions, pictures: int, stopping: StopAtBest | None
) -> None:
    text = f"{options.output}: an avatar learned from {pictures} pictures"
    if stopping is not None and stopping.best is not None:
        first, best = stopping.scores[0], stopping.best
        text += (
            f", best after {best.step} steps; on pictures kept aside the identity "
            f"error went from {first.identity:.3f} to {best.identity:.3f} and that of "
            f"eyes and mouth from {first.expression:.3f} to {best.expression:.3f}"
        )
    Console().print(text + ".", soft_wrap=True)


@dataclass(frozen=True)
class Visits(Dataset[Clips]):
    """Clips one by one, over and over.

    Attributes:
        clips: All of them.
        visits: How many in all.
    """

    clips: Clips
    visits: int

    def __len__(self) -> int:
        return self.visits

    def __getitem__(self, index: int) -> Clips:
        number = index % len(self.clips)
        parts = vars(self.clips).items()
        return Clips(**{name: part[number : number + 1] for name, part in parts})


class Diary:
    """Errors and drawings while a person is learned.

    Args:
        folder: Of the avatar.
        most: Pictures of a row.
    """

    def __init__(self, folder: Path, most: int = 6) -> None:
        self.folder, self.most = folder, most
        self.rows: list[Tensor] = []
        self.scores: list[HeldOutScore] = []

    def start(self, photos: Float[Tensor, "clip 3 height width"]) -> None:
        """Show what should be drawn."""
        self.rows = [self._row(photos)]

    def write(
        self, score: HeldOutScore, drawn: Float[Tensor, "clip 3 height width"]
    ) -> None:
        """Add a look, and write both files anew.

        Args:
            score: Of the drawings.
            drawn: The drawings.
        """
        self.scores.append(score)
        self.rows.append(self._row(drawn))
        write_image(self.folder / "learning.jpg", to_bytes(torch.cat(self.rows, -2)))
        lines = io.StringIO()
        table = csv.writer(lines)
        table.writerow(("step", "identity", "expression"))
        for s in self.scores:
            table.writerow((s.step, f"{s.identity:.4f}", f"{s.expression:.4f}"))
        with atomic_path(self.folder / "learning.csv") as temporary:
            temporary.write_text(lines.getvalue())

    def _row(self, pictures: Sequence[Tensor] | Tensor) -> Tensor:
        return torch.cat([*pictures[: self.most]], -1)
