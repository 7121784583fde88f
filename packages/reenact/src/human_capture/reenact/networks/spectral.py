"""Convolution and linear layers whose weights have a largest singular value of one.

Spectral normalisation of Miyato et al. (ICLR 2018), arxiv.org/abs/1802.05957: the
weight, as a matrix with a row per output, is divided by an estimate of its largest
singular value that one power iteration per training step keeps current (Algorithm 1).

The layers are written out because those of PyTorch leave the iteration to autocast,
which makes it half precision on a GPU, and cannot be folded in a copy without damage to
the original.
"""

from __future__ import annotations

import copy
from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

_EPS = 1e-4
_FIRST_ITERATIONS = 15  # so that the first step already sees the right scale


class SpectralLayer(nn.Module):
    """What the layers share; it goes before the layer it changes.

    The buffers have the names that PyTorch's older function gives them.
    """

    weight: Tensor
    weight_u: Tensor
    weight_v: Tensor

    @abstractmethod
    def folded(self) -> nn.Module:
        """The plain layer that does what this one does in evaluation."""

    def normalised(self) -> Float[Tensor, "output ..."]:
        """The weight divided by its largest singular value.

        In training this first improves the estimate by one iteration.
        """
        with torch.autocast(self.weight.device.type, enabled=False):
            matrix = self.weight.flatten(1)
            if self.training:
                self._iterate(matrix.detach())
            # Copies: the buffers change before gradients of this pass are asked for.
            u, v = self.weight_u.clone(), self.weight_v.clone()
            return self.weight / torch.dot(u, torch.mv(matrix, v))

    @torch.no_grad()
    def _fill(self, plain: nn.Conv2d | nn.Linear, bias: Tensor | None) -> None:
        """Give a plain layer the weights of this one."""
        evaluated = copy.copy(self).eval()  # must not iterate
        plain.weight = nn.Parameter(evaluated.normalised())
        plain.bias = None if bias is None else nn.Parameter(bias.detach())
        plain.train(self.training)

    def _begin(self) -> None:
        matrix = self.weight.detach().flatten(1)
        for name, length in zip("uv", matrix.shape, strict=True):
            vector = normalize(matrix.new_empty(length).normal_(), dim=0, eps=_EPS)
            self.register_buffer(f"weight_{name}", vector)
        for _ in range(_FIRST_ITERATIONS):
            self._iterate(matrix)

    @torch.no_grad()
    def _iterate(self, matrix: Float[Tensor, "output input"]) -> None:
        v = normalize(torch.mv(matrix.mT, self.weight_u), dim=0, eps=_EPS)
        self.weight_v.copy_(v)
        self.weight_u.copy_(normalize(torch.mv(matrix, v), dim=0, eps=_EPS))


class SpectralConv2d(SpectralLayer, nn.Conv2d):
    """A convolution that keeps the size of the map.

    Args:
        inputs: Channels that come in.
        outputs: Channels that go out.
        kernel: Side of the kernel in pixels, odd; the border is filled with zeros.
        bias: Add a learnt offset to each channel.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, bias: bool = True
    ) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2, bias=bias)
        self._begin()

    def forward(
        self, input: Float[Tensor, "batch input height width"]
    ) -> Float[Tensor, "batch output height width"]:
        """The maps of the outputs."""
        maps: Tensor = self._conv_forward(input, self.normalised(), self.bias)
        return maps

    def folded(self) -> nn.Conv2d:
        """The plain convolution that does what this one does in evaluation."""
        outputs, inputs, kernel, _ = self.weight.shape
        plain = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, device="meta")
        self._fill(plain, self.bias)
        return plain


class SpectralLinear(SpectralLayer, nn.Linear):
    """A linear layer.

    Args:
        inputs: Numbers that come in.
        outputs: Numbers that go out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self._begin()

    def forward(
        self, input: Float[Tensor, "*batch input"]
    ) -> Float[Tensor, "*batch output"]:
        """The outputs."""
        return linear(input, self.normalised(), self.bias)

    def folded(self) -> nn.Linear:
        """The plain layer that does what this one does in evaluation."""
        outputs, inputs = self.weight.shape
        plain = nn.Linear(inputs, outputs, device="meta")
        self._fill(plain, self.bias)
        return plain
