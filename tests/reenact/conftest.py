"""Tiny networks and pictures of 16 pixels, to train in no time."""

from dataclasses import dataclass, field

import pytest
import torch
from lightning.pytorch import Trainer
from torch import nn

from human_capture.reenact.clip_frames import ClipFrames
from human_capture.reenact.clips import Clips
from human_capture.reenact.networks.compact import compact_networks
from human_capture.reenact.networks.reenactor import Reenactor
from human_capture.reenact.objective import PictureLoss

NETWORKS = "human_capture.reenact.networks"


def described(name, **arguments):
    return {"class_path": f"{NETWORKS}.{name}", "init_args": arguments}


def descriptions_for(size):
    """What makes the networks of :func:`networks_for`, as weights files have it."""
    encoder = {"size": size, "most": 16, "width": 8}
    who = described("compact.CompactEncoder", outputs=8, **encoder)
    how = described("compact.GridEncoder", outputs=6, dropout=0.2, **encoder)
    return {
        "reenactor": described(
            "reenactor.Reenactor",
            identity_encoder=described(
                "identity_encoder.IdentityEncoder", identity=8, network=who
            ),
            pose_encoder=described("pose_encoder.PoseEncoder", pose=6, network=how),
            generator=described(
                "generator.Generator",
                identity=8,
                pose=6,
                size=size,
                width=8,
                most=16,
                eager=True,
            ),
        ),
        "discriminator": described(
            "discriminator.Discriminator", feature=8, size=size, width=8, most=16
        ),
    }


def networks_for(size=16, seed=0):
    """A reenactor and its opponent."""
    torch.manual_seed(seed)
    made = compact_networks(size, identity=8, pose=6, width=8, most=16)
    reenactor = Reenactor(made.identity_encoder, made.pose_encoder, made.generator)
    return reenactor, made.discriminator


@dataclass(frozen=True)
class Blots:
    """People of one colour each, whose frames differ in where a blot is."""

    videos: int = 4
    length: int = 5
    size: int = 16

    def __len__(self):
        return self.videos

    def __getitem__(self, index):
        seed = torch.Generator().manual_seed(index)
        colour = torch.randint(40, 256, (3, 1, 1), generator=seed, dtype=torch.uint8)
        frames = torch.zeros(self.length, 3, self.size, self.size, dtype=torch.uint8)
        masks = frames[:, :1].clone()
        half = self.size // 2
        for number in range(self.length):
            top, left = torch.randint(half, (2,), generator=seed).tolist()
            masks[number, :, top : top + half, left : left + half] = 255
            frames[number] = colour
            frames[number, :, top : top + half, left : left + half] = 255 - colour
        count = self.length
        return ClipFrames(
            frames=frames,
            masks=masks,
            landmarks=torch.rand(count, 68, 2, generator=seed),
            landmarks_478=torch.full((count, 478, 2), torch.nan),
            actions=torch.full((count, 52), torch.nan),
            turn=torch.full((count, 3), torch.nan),
            person=index,
        )

    def frames(self, index):
        return self.length

    def draw(self, index, frames):
        return self[index].chosen(frames)


def clips_of(source, shots=2):
    """The first frames of every video for the identity, the next one to be drawn."""
    videos = [source[number] for number in range(len(source))]
    return Clips(
        identity=torch.stack([video.frames[:shots] for video in videos]),
        frame=torch.stack([video.frames[shots] for video in videos]),
        mask=torch.stack([video.masks[shots] for video in videos]),
        landmarks=torch.stack([video.landmarks[shots] for video in videos]),
        driver=torch.stack([video.frames[shots] for video in videos]),
        driver_landmarks=torch.stack([video.landmarks[shots] for video in videos]),
        identity_landmarks=torch.stack([video.landmarks[:shots] for video in videos]),
        label=torch.arange(len(videos)),
        person=torch.arange(len(videos)),
        actions=torch.stack([video.actions[shots] for video in videos]),
        turn=torch.stack([video.turn[shots] for video in videos]),
    )


@dataclass(frozen=True)
class Compared(PictureLoss):
    """A loss that remembers what should be drawn, and its landmarks."""

    seen: list = field(default_factory=list)

    def __call__(self, found, wanted, landmarks):
        self.seen.append((wanted, landmarks))
        return found.sum() * 0


@pytest.fixture
def compared():
    return Compared("compared", nn.Identity())


@pytest.fixture(scope="session")
def networks():
    return networks_for


@pytest.fixture(scope="session")
def descriptions():
    return descriptions_for


@pytest.fixture(scope="session")
def blots():
    return Blots


@pytest.fixture(scope="session")
def clips():
    """One batch of four people."""
    return clips_of(Blots())


@pytest.fixture
def trainer(tmp_path):
    """Makes trainers that run in silence on the CPU."""

    def made(steps=-1, *callbacks, **options):
        usual = {
            "logger": False,
            "enable_checkpointing": any(
                "Checkpoint" in type(c).__name__ for c in callbacks
            ),
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "num_sanity_val_steps": 0,
            "default_root_dir": tmp_path,
        }
        return Trainer(
            accelerator="cpu",
            devices=1,
            max_steps=steps,
            callbacks=list(callbacks),
            **{**usual, **options},
        )

    return made


@pytest.fixture
def losses_of():
    """What a task logs in one step."""

    def seen(task, batch):
        logged = {}
        task.log = lambda name, value, **_: logged.update({name: float(value)})
        task.training_step(batch, 0)
        return logged

    return seen
