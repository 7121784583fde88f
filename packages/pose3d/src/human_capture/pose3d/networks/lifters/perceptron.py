"""Lifters that are plain perceptrons: one frame, or a window of frames at once."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from human_capture.pose3d.lifting.normalisation import LifterInput
from human_capture.pose3d.networks.lifters.lifter import (
    Lifter,
    PositionLinear,
    State,
    flatten,
    with_past,
)


class ResidualPerceptron(nn.Module):
    """Residual blocks of two linear layers (Martinez et al., ICCV 2017).

    Args:
        inputs: Numbers that come in.
        outputs: Numbers that go out.
        width: Hidden units.
        blocks: Residual blocks.
        dropout: Share of hidden units that is dropped in training.
    """

    def __init__(
        self, inputs: int, outputs: int, width: int, blocks: int, dropout: float
    ) -> None:
        super().__init__()
        self.first = _layer(inputs, width, dropout)
        self.blocks = nn.ModuleList(
            nn.Sequential(_layer(width, width, dropout), _layer(width, width, dropout))
            for _ in range(blocks)
        )
        self.last = PositionLinear(width, outputs)
        nn.init.normal_(self.last.weight, std=1e-3)
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Float[Tensor, "sample inputs"]) -> Float[Tensor, "sample out"]:
        """The outputs."""
        x = self.first(x)
        for block in self.blocks:
            x = x + block(x)
        result: Tensor = self.last(x)
        return result


def _layer(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    linear = nn.Linear(inputs, outputs)
    nn.init.kaiming_normal_(linear.weight)
    return nn.Sequential(
        linear, nn.BatchNorm1d(outputs), nn.ReLU(inplace=True), nn.Dropout(dropout)
    )


class WindowLifter(Lifter):
    """All frames of a window into one perceptron, for the pose of one of them.

    With a window of several frames it is the lifter of Burkov's thesis (HSE 2024,
    chapter 2; used in Textured Neural Avatars, CVPR 2019) as far as that is published:
    a validity mask goes in as numbers, frames before the start count as empty. With a
    window of one it is the single-frame baseline of Martinez et al. (ICCV 2017).

    Args:
        format: Key-point format of input and output.
        window: Frames, the last of which is lifted if there is no delay.
        delay: Frames after the one that is lifted; half a window for its middle.
        width: Hidden units.
        blocks: Residual blocks.
        dropout: Share of hidden units that is dropped in training.
    """

    def __init__(
        self,
        format: str = "blazepose33",
        window: int = 27,
        delay: int = 0,
        width: int = 1024,
        blocks: int = 2,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(format, delay)
        self._window = window
        self.perceptron = ResidualPerceptron(
            window * self.inputs, self.outputs, width, blocks, dropout
        )

    @property
    def window(self) -> int:
        """How many frames an output depends on, its own and later ones included."""
        return self._window

    def regress(
        self, inputs: LifterInput, state: State | None = None
    ) -> tuple[Float[Tensor, "batch frame output"], State]:
        """Raw outputs, and the state to go on from."""
        x = flatten(inputs)
        past = self._window - 1
        whole, kept = with_past(x, state[0] if state else None, past)
        frames = x.shape[1]
        windows = torch.cat([whole[:, k : k + frames] for k in range(past + 1)], -1)
        out = self.perceptron(windows.flatten(0, 1))
        return out.unflatten(0, x.shape[:2]), (kept,)
