import pytest
import torch
from torch.nn import functional as F


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def pictures():
    """Coloured clouds with fine grain, higher than wide."""
    random = torch.Generator().manual_seed(1)
    coarse = torch.rand(4, 3, 8, 6, generator=random)
    clouds = F.interpolate(coarse, size=(64, 48), mode="bicubic")
    return (clouds + 0.03 * torch.randn(4, 3, 64, 48, generator=random)).clamp(0, 1)
