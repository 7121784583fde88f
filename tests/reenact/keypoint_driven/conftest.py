"""Tiny reenactors that are driven by landmarks."""

import pytest
import torch

from human_capture.reenact.networks.discriminator import Discriminator
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.keypoint_driven.drawing_generator import (
    DrawingGenerator,
)
from human_capture.reenact.networks.keypoint_driven.embedder import Embedder
from human_capture.reenact.networks.keypoint_driven.reenactor import (
    DrawingReenactor,
    KeypointReenactor,
)
from human_capture.reenact.networks.projector import PlainProjector


def by_vector(size=16):
    torch.manual_seed(0)
    generator = Generator(8, 136, size, 8, 16, PlainProjector)
    reenactor = KeypointReenactor(Embedder(8, size, 8, 16), generator)
    return reenactor, Discriminator(8, size, 8, 16)


def by_drawing(size=16):
    torch.manual_seed(0)
    embedder = Embedder(8, size, 8, 16, inputs=6)
    generator = DrawingGenerator(8, size, 8, 16, halvings=2, same=1)
    reenactor = DrawingReenactor(embedder, generator)
    return reenactor, Discriminator(8, size, 8, 16, inputs=6)


@pytest.fixture
def vector():
    """A reenactor and its opponent."""
    return by_vector()


@pytest.fixture
def drawing():
    """A reenactor and its opponent."""
    return by_drawing()


@pytest.fixture(params=["latent", "vector", "drawing"])
def players(request, networks):
    """A reenactor of each kind and its opponent."""
    kinds = {"latent": networks, "vector": by_vector, "drawing": by_drawing}
    return kinds[request.param]()
