"""The generator: a head with a given identity in a given pose and expression."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from human_capture.reenact.networks.decoder import Decoder, Drawn
from human_capture.reenact.networks.projector import EagerProjector, Projector

__all__ = ["Drawn", "Generator"]


class Generator(nn.Module):
    """Two descriptors to a picture and its mask.

    Burkov et al. (CVPR 2020), arxiv.org/abs/2004.12000. The descriptors meet only in
    the styles of the decoder's layers.

    Args:
        identity: Numbers that say who it is.
        pose: Numbers that say how the head is held and what the face does.
        size: Width and height of the pictures, a power of two from 16 up, in pixels.
        width: Channels of the decoder's last block; they double at each before it.
        most: Bound of the channels.
        make_projector: Makes what turns both descriptors into styles, from how many
            numbers come in and go out; that of the authors if absent.
        eager: Begin where learning is quick, not where the authors do; see
            :class:`Decoder` and :class:`EagerProjector`.
    """

    def __init__(
        self,
        identity: int = 512,
        pose: int = 256,
        size: int = 256,
        width: int = 64,
        most: int = 512,
        make_projector: Callable[[int, int], nn.Module] | None = None,
        eager: bool = False,
    ) -> None:
        super().__init__()
        self.identity, self.pose, self.size = identity, pose, size
        self.decoder = Decoder(size, width, most, eager=eager)
        make = make_projector or (EagerProjector if eager else Projector)
        self.projector = make(identity + pose, self.decoder.styles)

    def forward(
        self,
        identity: Float[Tensor, "batch identity"],
        pose: Float[Tensor, "batch pose"],
    ) -> Drawn:
        """The heads."""
        return self.draw(self.styles(identity, pose))

    def styles(
        self,
        identity: Float[Tensor, "batch identity"],
        pose: Float[Tensor, "batch pose"],
    ) -> Float[Tensor, "batch style"]:
        """What the decoder's normalisations add and multiply, in their order."""
        styles: Tensor = self.projector(torch.cat([identity, pose], dim=1))
        return styles

    def draw(self, styles: Float[Tensor, "batch style"]) -> Drawn:
        """The heads of given styles."""
        drawn: Drawn = self.decoder(styles)
        return drawn
