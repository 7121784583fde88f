"""What lies outside the unit sphere: a radiance field of inverted space (NeRF++)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from human_capture.multineus.fields.encoding import code_length, encode

POSITION_FREQUENCIES, DIRECTION_FREQUENCIES = 10, 4


class BackgroundField(nn.Module):
    """Density and colour outside the unit sphere, of one object (NeRF++, section 4).

    Args:
        width: Hidden units.
        depth: Hidden layers of the density.
        skip: Number of the layer after which the position comes in once more.
        bounded: Colours through a sigmoid; Multi-NeuS was better without, NeuS has it.
    """

    def __init__(
        self, width: int = 256, depth: int = 8, skip: int = 4, bounded: bool = False
    ) -> None:
        super().__init__()
        self.skip, self.bounded = skip, bounded
        code = code_length(4, POSITION_FREQUENCIES)
        self.layers = nn.ModuleList(
            nn.Linear(
                code if number == 0 else width + (code if number == skip + 1 else 0),
                width,
            )
            for number in range(depth)
        )
        self.density = nn.Linear(width, 1)
        self.feature = nn.Linear(width, width)
        view = code_length(3, DIRECTION_FREQUENCIES)
        self.look = nn.Linear(width + view, width // 2)
        self.colour = nn.Linear(width // 2, 3)

    def forward(
        self, points: Float[Tensor, "*point 3"], directions: Float[Tensor, "*point 3"]
    ) -> tuple[Float[Tensor, "*point"], Float[Tensor, "*point 3"]]:
        """Density, not negative, and colour.

        Args:
            points: Outside the unit sphere, in units of its radius.
            directions: Of the rays, of unit length.
        """
        radius = points.norm(dim=-1, keepdim=True).clamp_min(1.0)
        inverted = torch.cat((points / radius, 1 / radius), -1)
        code = encode(inverted, POSITION_FREQUENCIES)
        hidden = code
        for number, layer in enumerate(self.layers):
            hidden = torch.relu(layer(hidden))
            if number == self.skip:
                hidden = torch.cat((code, hidden), -1)
        density = nn.functional.softplus(self.density(hidden))[..., 0]
        view = encode(directions, DIRECTION_FREQUENCIES)
        seen = torch.relu(self.look(torch.cat((self.feature(hidden), view), -1)))
        colour = self.colour(seen)
        return density, torch.sigmoid(colour) if self.bounded else colour
