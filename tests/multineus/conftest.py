from functools import partial

import pytest
import torch

from human_capture.multineus.fields.background import BackgroundField
from human_capture.multineus.fields.colour import ColourNetwork
from human_capture.multineus.fields.scene import PersonalLayers, SceneField
from human_capture.multineus.fields.sdf import SDFNetwork

SMALL_SDF = partial(SDFNetwork, width=64)
SMALL_COLOUR = partial(ColourNetwork, feature=64, width=32)


@pytest.fixture
def small():
    """Makes a small field."""

    def make(objects=3, kind="low_rank", background=False, **layers):
        torch.manual_seed(0)
        return SceneField(
            objects,
            PersonalLayers(**{"kind": kind, "rank": 5, **layers}),
            sdf=SMALL_SDF,
            colour=SMALL_COLOUR,
            background=partial(BackgroundField, width=16) if background else None,
        )

    return make


@pytest.fixture
def rays():
    """Makes rays from a camera in front towards the middle."""

    def make(objects=2, count=20):
        generator = torch.Generator().manual_seed(0)
        origins = torch.tensor([0.0, 0.0, -2.5]).expand(objects, count, 3).contiguous()
        target = 0.5 * torch.randn(objects, count, 3, generator=generator)
        return origins, torch.nn.functional.normalize(target - origins, dim=-1)

    return make
