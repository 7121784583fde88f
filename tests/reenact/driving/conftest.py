"""A tiny reenactor, and drivers whose faces are blocks of colour."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from human_capture.common.detectors.face_landmarks import DetectedFace
from human_capture.common.video_writer import VideoWriter
from human_capture.reenact.avatar import Avatar
from human_capture.reenact.driving.animator import Animator
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.identity_encoder import IdentityEncoder
from human_capture.reenact.networks.pose_encoder import PoseEncoder
from human_capture.reenact.networks.reenactor import Reenactor

SIZE = 32
HEIGHT, WIDTH = 120, 160


class BlockFinder:
    """Takes red and green blocks for faces."""

    def __call__(self, image):
        red, green = image[..., 0].astype(int), image[..., 1].astype(int)
        seen = [red - green > 90, green - red > 90]
        faces = [self._face(where) for where in seen if where.sum() > 100]
        return sorted(faces, key=lambda face: -face.size)

    def follow(self, image, faces):
        now = self(image)
        return [seen for face in faces for seen in now if seen.is_copy_of(face)]

    def _face(self, where):
        rows, columns = np.flatnonzero(where.any(1)), np.flatnonzero(where.any(0))
        low = np.array([columns[0], rows[0]], float)
        high = np.array([columns[-1] + 1, rows[-1] + 1], float)
        shares = np.stack(np.meshgrid(np.linspace(0, 1, 26), np.linspace(0, 1, 18)), -1)
        points = low + shares.reshape(468, 2) * (high - low)
        return DetectedFace.from_landmarks(points, np.zeros(468), 1.0)


def picture(red=None, green=None, side=36):
    """A grey picture with a red and a green face at the given columns."""
    image = np.full((HEIGHT, WIDTH, 3), 110, np.uint8)
    image[::8] = 150
    for at, colour in ((red, (230, 40, 60)), (green, (40, 230, 60))):
        if at is not None:
            image[40 : 40 + side, at : at + side] = colour
            mouth = slice(48, 50 + at % 12)  # opens and closes with the place
            image[mouth, at + 6 : at + side - 6, 2] = 220
            side -= 8
    return image


@pytest.fixture
def finder():
    return BlockFinder()


@pytest.fixture(scope="session")
def paint():
    return picture


@pytest.fixture(scope="session")
def frames():
    """A red face that goes to the right, unseen in frames 4 to 6."""
    return [picture(None if 4 <= n <= 6 else 40 + 4 * n) for n in range(12)]


@pytest.fixture(scope="session")
def film():
    """Writes images as a video."""

    def write(path, images, fps=25.0):
        with VideoWriter(path, fps, quality=10) as writer:
            for image in images:
                writer.write(image)
        return path

    return write


def small_network(outputs, gain):
    network = nn.Sequential(
        nn.Conv2d(3, 8, 8, stride=8), nn.ReLU(), nn.Flatten(), nn.Linear(128, outputs)
    )
    network[-1].weight.data *= gain
    return network


@pytest.fixture(scope="session")
def trained():
    """A reenactor whose drawings depend clearly on both descriptors."""
    torch.manual_seed(3)
    return Reenactor(
        IdentityEncoder(6, small_network(6, 200.0)),
        PoseEncoder(4, small_network(4, 200.0)),
        Generator(6, 4, SIZE, width=4, most=16),
    ).eval()


@pytest.fixture
def reenactor(trained):
    return copy.deepcopy(trained)


@pytest.fixture
def load(monkeypatch, trained):
    """Makes the tiny reenactor the one of any name."""

    def loaded(weights="heads"):
        return copy.deepcopy(trained)

    monkeypatch.setattr("human_capture.reenact.avatar.load_reenactor", loaded)
    monkeypatch.setattr("human_capture.reenact.driving.show.load_reenactor", loaded)


@pytest.fixture
def avatar(reenactor):
    seed = torch.Generator().manual_seed(1)
    shots = torch.randint(256, (3, 3, SIZE, SIZE), generator=seed, dtype=torch.uint8)
    return Avatar.of(reenactor, shots)


@pytest.fixture
def animator(avatar):
    return Animator(avatar, "cpu", "float32")
