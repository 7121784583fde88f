"""A training step of reenactment: both players in one pass, and as the authors do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from measuring import Machine, Row, Run, compared, timed
from safetensors.torch import save_file
from torch import Tensor
from torchvision.models import vgg19

from human_capture.common.processors import multiplies_bfloat16
from human_capture.reenact.augmentation.pose import PoseAugmentation
from human_capture.reenact.losses.adversarial import discriminator_loss
from human_capture.reenact.losses.perceptual import VGGLoss
from human_capture.reenact.losses.pyramid import PyramidLoss
from human_capture.reenact.losses.segmentation import dice_loss
from human_capture.reenact.networks.compact import compact_networks
from human_capture.reenact.networks.discriminator import score
from human_capture.reenact.objective import USUAL_OBJECTIVE, judged_losses, total
from human_capture.reenact.players import play

CLIPS, SHOTS, SIZE = 8, 2, 128


class Work:
    """Networks and a batch, alike for every way to step."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        networks = compact_networks(SIZE, width=16)
        self.who, self.how = networks.identity_encoder, networks.pose_encoder
        self.generator, self.judge = networks.generator, networks.discriminator
        all_networks = (self.who, self.how, self.generator, self.judge)
        for network in all_networks:
            network.to(memory_format=torch.channels_last)
        self.mine = [p for n in all_networks[:3] for p in n.parameters()]
        self.shots = torch.rand(CLIPS, SHOTS, 3, SIZE, SIZE)
        self.frames = torch.rand(CLIPS, 3, SIZE, SIZE)
        self.masks = (torch.rand(CLIPS, 1, SIZE, SIZE) > 0.5).float()
        self.rows = torch.randn(CLIPS, 128)
        self.pyramid = PyramidLoss()
        self.half = multiplies_bfloat16()

    def draw(self) -> tuple[Tensor, Tensor]:
        """Pictures and masks."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            drawn = self.generator(self.who(self.shots).mean(1), self.how(self.frames))
        return drawn.picture.float(), drawn.mask.float()

    def once(self) -> None:
        """Our step, without the optimiser's."""
        picture, mask = self.draw()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            played = play(self.judge, USUAL_OBJECTIVE, picture, self.frames, self.rows)
        own = 10 * self.pyramid(picture, self.frames) + dice_loss(mask, self.masks)
        (own + played.through + played.against).backward()

    def twice(self) -> None:
        """The authors': drawn pictures shown twice, two backward passes."""
        picture, mask = self.draw()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            fake, real = self.judge(picture), self.judge(self.frames)
        losses = judged_losses(
            USUAL_OBJECTIVE, score(fake, self.rows), fake.features, real.features
        )
        own = 10 * self.pyramid(picture, self.frames) + dice_loss(mask, self.masks)
        (own + total(losses)).backward()
        self.judge.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            fake, real = self.judge(picture.detach()), self.judge(self.frames)
        against = discriminator_loss(score(real, self.rows), score(fake, self.rows))
        against.backward()


def rows(machine: Machine) -> list[Row]:
    """Compact networks, eight clips of two identity frames."""
    work = Work()
    fast, slow = compared(work.once, work.twice, 5)
    with TemporaryDirectory() as folder:
        parts = ", ".join(
            f"{name} {timed(run).cpu:,.0f}" for name, run in _parts(work, Path(folder))
        )
    precision = "bfloat16" if work.half else "float32"
    return [
        Row(
            f"step of reenactment, {CLIPS} clips of {SIZE} × {SIZE}, {precision}",
            fast,
            slow,
            "drawn pictures shown twice, two backward passes",
            note=f"ms of the parts, with their backward: {parts}",
        )
    ]


def _parts(work: Work, folder: Path) -> list[tuple[str, Run]]:
    """What a step consists of, and losses it may have, each once warmed up."""
    whole = vgg19(weights=None).features.state_dict()
    file = folder / "vgg19.safetensors"
    save_file({f"features.{name}": value for name, value in whole.items()}, file)
    vgg = VGGLoss(file)
    picture, mask = (part.detach() for part in work.draw())
    changes, generator = PoseAugmentation(), torch.Generator().manual_seed(0)

    def loss(make: Callable[[Tensor], Tensor]) -> None:
        leaf = picture.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=work.half):
            value = make(leaf)
        value.backward()

    def drawing() -> None:
        drawn, _ = work.draw()
        drawn.sum().backward()

    def judging(leaf: Tensor) -> Tensor:
        played = play(work.judge, USUAL_OBJECTIVE, leaf, work.frames, work.rows)
        return played.through + played.against

    parts: list[tuple[str, Run]] = [
        ("augmentation", lambda: _ignore(changes(picture, picture, mask, generator))),
        ("encoders and generator", drawing),
        ("discriminator, feature matching", partial(loss, judging)),
        ("pyramid", partial(loss, lambda leaf: work.pyramid(leaf, work.frames))),
        ("VGG19", partial(loss, lambda leaf: vgg(leaf, work.frames))),
    ]
    for _, run in parts:
        run()
    return parts


def _ignore(_: object) -> None:
    """What a measured run returns is of no interest."""
