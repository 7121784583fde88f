"""The interface of all lifters: normalised key points in, 3D joints out, causally."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from human_capture.common.keypoints import KeypointFormat, keypoint_format
from human_capture.pose3d.lifting.normalisation import (
    JOINT_CHANNELS,
    PERSON_CHANNELS,
    LifterInput,
)

CONTACTS = ("left_heel", "left_big_toe", "right_heel", "right_big_toe")
State = tuple[Tensor, ...]
"""What a network remembers of earlier frames; empty for none."""


@dataclass(frozen=True)
class Lifted:
    """What a lifter says of every frame, in that frame's view frame.

    Attributes:
        joints: Relative to the root, in metres.
        spread: Expected error of each joint, in metres.
        up: Unit vector away from the ground.
        contact: Logits that the heels and toes of ``CONTACTS`` stand on something.
    """

    joints: Float[Tensor, "batch frame joint 3"]
    spread: Float[Tensor, "batch frame joint"]
    up: Float[Tensor, "batch frame 3"]
    contact: Float[Tensor, "batch frame contact"]

    def __getitem__(self, frames: slice) -> Lifted:
        """Some frames only."""
        return Lifted(
            self.joints[:, frames],
            self.spread[:, frames],
            self.up[:, frames],
            self.contact[:, frames],
        )


class Lifter(nn.Module, ABC):
    """A causal network from 2D to 3D.

    Frames may come all at once or in pieces: what the network returns beside its
    output is given back to it with the next piece. One that may look ahead says its
    output late: at frame f what it says of frame f - ``delay``.

    Args:
        format: Key-point format of input and output.
        delay: Frames that it looks ahead.
    """

    def __init__(self, format: str = "blazepose33", delay: int = 0) -> None:
        super().__init__()
        self.format: KeypointFormat = keypoint_format(format)
        self.delay = delay
        joints = len(self.format)
        self.inputs = joints * (JOINT_CHANNELS + 1) + PERSON_CHANNELS
        self.outputs = 4 * joints + 3 + len(CONTACTS)

    @property
    @abstractmethod
    def window(self) -> int:
        """How many frames an output depends on, its own and later ones included."""

    @abstractmethod
    def regress(
        self, inputs: LifterInput, state: State | None = None
    ) -> tuple[Float[Tensor, "batch frame output"], State]:
        """Raw outputs, and the state to go on from."""

    def store(self, dtype: torch.dtype) -> Lifter:
        """Itself, with large matrices in another precision if it has such.

        Args:
            dtype: Of the matrices.
        """
        return self

    def forward(
        self, inputs: LifterInput, state: State | None = None
    ) -> tuple[Lifted, State]:
        """3D joints of every frame, and the state to go on from.

        With a delay the first outputs are of frames before the first.

        Args:
            inputs: From :func:`normalise`.
            state: Of the frames before; None at the start of a video or after a cut.
        """
        raw, state = self.regress(inputs, state)
        joints = len(self.format)
        sizes = [3 * joints, joints, 3, len(CONTACTS)]
        points, spread, up, contact = torch.split(raw, sizes, -1)
        points = points.reshape(*points.shape[:2], joints, 3)
        up = nn.functional.normalize(up + up.new_tensor([0.0, -1.0, 0.0]), dim=-1)
        return (
            Lifted(
                points - self.format.root_of(points),
                0.05 * nn.functional.softplus(spread + 0.5) + 1e-3,
                up,
                contact,
            ),
            state,
        )


class PositionLinear(nn.Linear):
    """A linear layer from or to positions, in single precision whatever surrounds it.

    Half precision has three digits: millimetres of a body.
    """

    def forward(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch out"]:
        """The outputs, as 32-bit numbers."""
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())


def flatten(inputs: LifterInput) -> Float[Tensor, "batch frame input"]:
    """All numbers of a frame in one row, as plain networks take them."""
    seen = inputs.seen[..., None].to(inputs.joints)
    joints = torch.cat((inputs.joints, seen), -1).flatten(-2)
    return torch.cat((joints, inputs.person), -1)


def with_past(
    x: Float[Tensor, "batch frame channel"],
    past: Float[Tensor, "batch past channel"] | None,
    length: int,
) -> tuple[Float[Tensor, "batch all channel"], Float[Tensor, "batch past channel"]]:
    """A sequence behind the frames before it, and the past of what will follow.

    Args:
        x: New frames.
        past: The last ``length`` frames before; zeros when absent.
        length: Frames of the past that are kept.
    """
    if past is None:
        past = x.new_zeros(len(x), length, x.shape[-1])
    whole = torch.cat((past, x), 1)
    return whole, whole[:, whole.shape[1] - length :]
