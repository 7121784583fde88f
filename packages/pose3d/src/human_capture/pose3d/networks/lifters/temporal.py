"""A lifter that looks at joints with attention and at time with causal convolutions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import gelu, linear

from human_capture.pose3d.lifting.normalisation import (
    JOINT_CHANNELS,
    PERSON_CHANNELS,
    LifterInput,
)
from human_capture.pose3d.networks.lifters.lifter import (
    Lifter,
    PositionLinear,
    State,
    with_past,
)


class TemporalLifter(Lifter):
    """Attention over the joints that are seen, then dilated causal convolutions.

    Joints that are not seen take no part in the attention, and a learned token stands
    in for each: a missing joint is not a joint at zero. The convolutions remember, so
    a frame of a stream costs the same whatever the window.

    Args:
        format: Key-point format of input and output.
        delay: Frames that it looks ahead.
        dilations: Of the convolutions, each of three taps; their sum times two is how
            many frames beside its own a pose depends on.
        width: Channels of the convolutions.
        token: Channels of a joint.
        heads: Of the attention.
        dropout: Share of channels that is dropped in training.
    """

    def __init__(
        self,
        format: str = "blazepose33",
        delay: int = 0,
        dilations: Sequence[int] = (1, 3, 9, 27),
        width: int = 448,
        token: int = 32,
        heads: int = 4,
        dropout: float = 0.05,
    ) -> None:
        super().__init__(format, delay)
        self.dilations = tuple(dilations)
        self.joints = JointAttention(len(self.format), token, heads)
        self.enter = nn.Linear((len(self.format) + 1) * token, width)
        self.blocks = nn.ModuleList(
            CausalBlock(width, dilation, dropout) for dilation in self.dilations
        )
        last = PositionLinear(width, self.outputs)
        nn.init.normal_(last.weight, std=1e-3)
        nn.init.zeros_(last.bias)
        self.leave = nn.Sequential(nn.LayerNorm(width), last)

    def store(self, dtype: torch.dtype) -> TemporalLifter:
        """Itself, with the large matrices kept and multiplied in another precision.

        A frame of a stream reads each of them once, and reading is what takes the time;
        what is added up between them stays in single precision.

        Args:
            dtype: ``torch.bfloat16``, or ``torch.float32`` as in the beginning.
        """
        self.enter.to(dtype)
        for block in self.blocks:
            assert isinstance(block, CausalBlock)
            block.taps.to(dtype)
            block.mix.to(dtype)
        return self

    @property
    def window(self) -> int:
        """How many frames an output depends on, its own and later ones included."""
        return 1 + 2 * sum(self.dilations)

    def regress(
        self, inputs: LifterInput, state: State | None = None
    ) -> tuple[Float[Tensor, "batch frame output"], State]:
        """Raw outputs, and the state to go on from."""
        frames = inputs.seen.shape[:2]
        tokens = self.joints(
            inputs.joints.flatten(0, 1),
            inputs.seen.flatten(0, 1),
            inputs.person.flatten(0, 1),
        )
        # between the blocks 32-bit numbers, whatever the blocks work with
        tokens = tokens.flatten(1).to(self.enter.weight.dtype)
        x = self.enter(tokens).float().unflatten(0, frames)
        kept: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            x, past = block(x, None if state is None else state[number])
            kept.append(past)
        raw: Tensor = self.leave(x)
        return raw, tuple(kept)


class JointAttention(nn.Module):
    """One transformer layer over the joints of a frame and a token for the person.

    Args:
        joints: How many.
        token: Channels of a joint.
        heads: Of the attention.
    """

    def __init__(self, joints: int, token: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.embed = PositionLinear(JOINT_CHANNELS, token)
        self.embed_person = PositionLinear(PERSON_CHANNELS, token)
        self.identity = nn.Parameter(0.1 * torch.randn(joints, token))
        self.missing = nn.Parameter(0.1 * torch.randn(joints, token))
        self.norm = nn.LayerNorm(token)
        self.attend = nn.Linear(token, 3 * token)
        self.project = nn.Linear(token, token)
        self.refine = nn.Sequential(
            nn.LayerNorm(token),
            nn.Linear(token, 2 * token),
            nn.GELU(),
            nn.Linear(2 * token, token),
        )

    def forward(
        self,
        joints: Float[Tensor, "sample joint 3"],
        seen: Bool[Tensor, "sample joint"],
        person: Float[Tensor, "sample 5"],
    ) -> Float[Tensor, "sample token channel"]:
        """Tokens of all joints and, last, of the person."""
        known = self.embed(joints) + self.identity
        x = torch.where(seen[..., None], known, self.missing)
        x = torch.cat((x, self.embed_person(person)[:, None]), 1)
        always = torch.ones_like(seen[:, :1])
        mask = torch.cat((seen, always), 1)[:, None, None]
        query, key, value = (
            self.attend(self.norm(x))
            .unflatten(-1, (3, self.heads, -1))
            .permute(2, 0, 3, 1, 4)
        )
        # for so few tokens several times as fast backwards as torch's fused attention
        alike = query @ key.mT * query.shape[-1] ** -0.5
        mixed = alike.masked_fill(~mask, -torch.inf).softmax(-1).to(value) @ value
        x = x + self.project(mixed.transpose(1, 2).flatten(2))
        result: Tensor = x + self.refine(x)
        return result


class CausalBlock(nn.Module):
    """A dilated causal convolution of three taps and a linear layer, with a shortcut.

    Args:
        width: Channels.
        dilation: Frames between taps.
        dropout: Share of channels that is dropped in training.
    """

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(width)
        self.taps = nn.Linear(3 * width, width)
        self.mix = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.mix.weight, std=0.3 * width**-0.5)
        nn.init.zeros_(self.mix.bias)

    def forward(
        self,
        x: Float[Tensor, "batch frame channel"],
        past: Float[Tensor, "batch past channel"] | None,
    ) -> tuple[
        Float[Tensor, "batch frame channel"], Float[Tensor, "batch past channel"]
    ]:
        """New features, and the frames that the next piece needs."""
        frames, step = x.shape[1], self.dilation
        whole, kept = with_past(self.norm(x).to(self.taps.weight.dtype), past, 2 * step)
        taps = [whole[:, k * step : k * step + frames] for k in range(3)]
        hidden = gelu(linear(torch.cat(taps, -1), self.taps.weight, self.taps.bias))
        result: Tensor = x + self.mix(self.dropout(hidden))
        return result, kept
