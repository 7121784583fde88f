"""Networks without spectral normalisation that draw the same, for driving."""

from __future__ import annotations

import copy
from typing import TypeVar

from torch import nn

from human_capture.reenact.networks.spectral import SpectralLayer

Network = TypeVar("Network", bound=nn.Module)


def fold(module: Network) -> Network:
    """A frozen copy in evaluation mode, with plain weights in all its layers.

    Its outputs equal those of the module in evaluation mode.
    """
    folded = copy.deepcopy(module).eval().requires_grad_(False)
    for parent in list(folded.modules()):
        for name, child in parent.named_children():
            if isinstance(child, SpectralLayer):
                setattr(parent, name, child.folded().requires_grad_(False))
    return folded
