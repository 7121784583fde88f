"""Who it is, from a few frames."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models import resnext50_32x4d


class IdentityEncoder(nn.Module):
    """A descriptor of the person in each frame.

    Args:
        identity: Numbers of the descriptor.
        network: From pictures to that many numbers; a ResNeXt-50 32x4d, as the authors
            used, when none is given.
    """

    def __init__(self, identity: int = 512, network: nn.Module | None = None) -> None:
        super().__init__()
        self.identity = identity
        self.network = (
            resnext50_32x4d(weights=None, num_classes=identity)
            if network is None
            else network
        )

    def forward(
        self, images: Float[Tensor, "*batch 3 height width"]
    ) -> Float[Tensor, "*batch identity"]:
        """The descriptor of every frame.

        Args:
            images: RGB between 0 and 1, not normalised further.
        """
        descriptors: Tensor = self.network(
            images.reshape(-1, *images.shape[-3:])
        ).float()
        return descriptors.reshape(*images.shape[:-3], -1)

    def of_person(
        self, images: Float[Tensor, "*batch shot 3 height width"]
    ) -> Float[Tensor, "*batch identity"]:
        """The mean descriptor of several frames of one person."""
        descriptors: Tensor = self(images)
        return descriptors.mean(-2)
