"""How the head is held and what the face does, from one frame."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models import mobilenet_v2, resnext50_32x4d


class PoseEncoder(nn.Module):
    """The latent pose descriptor of a frame: pose and expression, not the person.

    It is small on purpose: what it cannot hold of the identity it does not leak.

    Args:
        pose: Numbers of the descriptor.
        network: From pictures to that many numbers; a MobileNetV2, as the authors used,
            when none is given.
    """

    def __init__(self, pose: int = 256, network: nn.Module | None = None) -> None:
        super().__init__()
        self.pose = pose
        self.network = (
            mobilenet_v2(weights=None, num_classes=pose) if network is None else network
        )

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch pose"]:
        """The descriptor of every frame.

        Args:
            images: RGB between 0 and 1, not normalised further.
        """
        descriptors: Tensor = self.network(images).float()
        return descriptors


def large_pose_encoder(pose: int = 256) -> PoseEncoder:
    """A pose encoder as large as the identity encoder, for comparison."""
    return PoseEncoder(pose, resnext50_32x4d(weights=None, num_classes=pose))
