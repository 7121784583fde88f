"""A training step of NeuS: rendering, colour and eikonal loss, backward, Adam."""

from __future__ import annotations

import math
from functools import partial

import torch
from jaxtyping import Float
from measuring import Machine, Row, Run, compared, peak_memory_mb
from torch import Tensor
from torch.nn.functional import normalize, softplus

from human_capture.common.processors import multiplies_bfloat16
from human_capture.multineus.fields.encoding import encode
from human_capture.multineus.fields.scene import PersonalLayers, SceneField
from human_capture.multineus.fields.sdf import SOFTNESS, SDFNetwork, Surface
from human_capture.multineus.layers import Weights
from human_capture.multineus.renderer import Renderer

RAYS = 64


class TwiceForward(SDFNetwork):
    """As NeuS goes about it: the values, the values again, and autograd's gradient."""

    def forward(
        self, points: Float[Tensor, "object point 3"], weights: list[Weights]
    ) -> Surface:
        """Distances, their gradient and features, in a graph of second order."""
        out = self._values(points, weights)
        points = points.detach().requires_grad_()
        again = self._values(points, weights)[..., :1]
        (gradient,) = torch.autograd.grad(
            again, points, torch.ones_like(again), create_graph=True
        )
        return Surface(out[..., 0], gradient, out[..., 1:])

    def _values(self, points: Tensor, weights: list[Weights]) -> Tensor:
        code = encode(points, self.frequencies)
        hidden = code
        for number, layer in enumerate(weights[:-1]):
            if number == self.skip:
                hidden = torch.cat((hidden, code), -1) / math.sqrt(2)
            hidden = softplus(layer(hidden), beta=SOFTNESS)
        return weights[-1](hidden)


def rows(machine: Machine) -> list[Row]:
    """Ours in the precision it trains in, and in single precision."""
    found = []
    for half in (False, True):
        ours, literal = _step(SDFNetwork, half), _step(TwiceForward, half=False)
        one, other = ours(), literal()
        fast, slow = compared(ours, literal, 5)
        evaluations = RAYS * (112 + 3 * 2 * 128)  # values; and back, and both backward
        work = 2.0 * evaluations * 8 * 256**2
        found.append(
            Row(
                f"NeuS step, {RAYS} rays × (64 + 64), "
                f"{'bfloat16' if half else 'float32'} products",
                fast,
                slow,
                "two forwards, autograd's gradient",
                goal=2.5 if half else None,
                note=f"colour loss {one:.5f} and {other:.5f}; at the peak "
                f"{_peak(SDFNetwork, half)} and {_peak(TwiceForward, False)} MB",
                limit=machine.limit(fast, 0, work) + " of single precision",
            )
        )
        if not multiplies_bfloat16():
            break
    return found


def _peak(network: type[SDFNetwork], half: bool) -> str:
    return f"{peak_memory_mb(partial(_step, network, half)):.0f}"


def _step(network: type[SDFNetwork], half: bool) -> Run:
    """A training step of its own field, all of which begin alike."""
    torch.manual_seed(0)
    field = SceneField(1, PersonalLayers(sdf="none", colour="none"), sdf=network)
    optimizer = torch.optim.Adam(field.parameters(), 1e-5)
    origins = torch.tensor([0.0, 0.0, -2.5]).expand(1, RAYS, 3)
    directions = normalize(0.4 * torch.randn(1, RAYS, 3) - origins, dim=-1)
    wanted, objects, renderer = torch.rand(1, RAYS, 3), torch.tensor([0]), Renderer()

    def step() -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            rendered = renderer(field.of(objects), origins, directions)
        colour = (rendered.colour - wanted).abs().mean()
        eikonal = (rendered.gradient.norm(dim=-1) - 1).square().mean()
        optimizer.zero_grad()
        (colour + 0.1 * eikonal).backward()
        optimizer.step()
        return float(colour.detach())

    return step
