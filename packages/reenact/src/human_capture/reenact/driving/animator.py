"""An avatar's networks, made ready for driving.

Spectral normalisation is folded into the weights, maps lie with their channels last,
and the generator runs in bfloat16 where the processor multiplies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor, nn

from human_capture.common.images import to_bytes, to_tensor
from human_capture.common.processors import find_device, multiplies_bfloat16
from human_capture.reenact.avatar import Avatar
from human_capture.reenact.networks.folding import fold

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class Drawing:
    """A drawn head.

    Attributes:
        colour: RGB, also behind the head.
        mask: Share of each pixel that shows the person, 0 to 1.
    """

    colour: UInt8[np.ndarray, "size size 3"]
    mask: Float32[np.ndarray, "size size"]


class Animator:
    """Sees poses and draws an avatar, without gradients.

    Args:
        avatar: Whom to draw; its networks are copied.
        device: Where to run; a GPU if there is one.
        precision: Of the drawing. Descriptors are always taken in float32: it costs
            little, and the filter would see rounding as motion.
    """

    def __init__(
        self,
        avatar: Avatar,
        device: str | torch.device | None = None,
        precision: Precision = "auto",
    ) -> None:
        self.device = find_device(device)
        self.half = _is_half(precision, self.device)
        self.size = avatar.reenactor.size
        last = torch.channels_last
        self._encoder = fold(avatar.reenactor.pose_encoder).to(self.device)
        self._encoder = self._encoder.to(memory_format=last)
        self._generator = fold(avatar.reenactor.generator).to(self.device)
        self._generator = self._generator.to(memory_format=last)
        if self.half:
            _halve(self._generator)
        self._identity = avatar.identity.to(self.device)

    @torch.inference_mode()
    def poses(
        self, crops: Sequence[UInt8[np.ndarray, "size size 3"]]
    ) -> Float[Tensor, "frame pose"]:
        """Descriptors of heads, on the processor.

        Args:
            crops: RGB, at least one.
        """
        images = to_tensor(np.stack(crops)).to(self.device)
        poses: Tensor = self._encoder(
            images.contiguous(memory_format=torch.channels_last)
        )
        return poses.float().cpu()

    @torch.inference_mode()
    def draw(self, poses: Float[Tensor, "frame pose"]) -> list[Drawing]:
        """The avatar in each pose.

        Args:
            poses: Descriptors, at least one.
        """
        identity = self._identity.expand(len(poses), -1)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            drawn = self._generator(identity, poses.to(self.device))
        colours = to_bytes(drawn.colour.float())
        masks = drawn.mask[:, 0].float().cpu().numpy()
        return [Drawing(*pair) for pair in zip(colours, masks, strict=True)]


def _halve(network: nn.Module) -> None:
    """Do once to the weights what autocast would do for every frame."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.to(torch.bfloat16)


def _is_half(precision: Precision, device: torch.device) -> bool:
    if precision == "auto" and device.type == "cpu":
        return multiplies_bfloat16()
    if precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported()
    return precision == "bfloat16"
