"""Pictures of one person to learn from, and a learning to look at."""

import pytest
import torch
from lightning.pytorch import LightningModule
from torch import nn
from torch.utils.data import DataLoader

from human_capture.reenact.finetuning.examples import Examples
from human_capture.reenact.finetuning.pictures import PHOTO, PersonPictures
from human_capture.reenact.finetuning.task import FinetuningTask
from human_capture.reenact.networks.decoder import Drawn


@pytest.fixture
def person(blots):
    """Six photos of 16 pixels."""
    video = blots(videos=1, length=6)[0]
    photos = torch.full((6,), PHOTO)
    return PersonPictures(video.frames, video.masks, video.landmarks, photos)


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
        self.averaged, self.seen = Painter(), []
        self.pose_encoder = nn.Flatten()

    def on_train_start(self):
        pass

    def optimizer_step(self, *args, **kwargs):
        LightningModule.optimizer_step(self, *args, **kwargs)

    def training_step(self, batch, _):
        self.seen.append(batch)
        return -0.1 * self.averaged.grey

    def configure_optimizers(self):
        return torch.optim.SGD(self.averaged.parameters(), 1.0)


@pytest.fixture(scope="session")
def angles():
    """Who is in a picture is how bright it is."""

    def judge(pictures, landmarks):
        grey = pictures.mean((1, 2, 3))
        return torch.stack((grey.cos(), grey.sin()), 1)

    return judge


@pytest.fixture(scope="session")
def no_faces():
    return lambda pictures: torch.full((len(pictures), 68, 2), torch.nan)


@pytest.fixture
def examples():
    """Of brightness 0.6."""
    return Examples(torch.rand(2, 3, 16, 16), torch.full((2, 3, 16, 16), 0.6), "greys")


@pytest.fixture
def walk(person, trainer):
    """Learns so many steps while something looks at it."""

    def run(looks, steps):
        task = Walk()
        batches = DataLoader([person.clips(torch.arange(2, 6))] * steps, None)
        trainer(steps, looks, max_epochs=1).fit(task, batches)
        return task

    return run
