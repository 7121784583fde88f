"""Who somebody is: adult body and face shape, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

PHENOTYPE_NAMES = (
    "gender", "age", "muscle", "weight", "height", "proportions", "cupsize",
    "firmness", "african", "asian", "caucasian",
)  # fmt: skip
"""Order of the values in a phenotype tensor, as the baked body has it."""

# shapes that leave the range of human heads when they come with many others
_UNSUITABLE = (
    "trans-out", "head-age", "head-fat", "nose-trans-up", "head-trans", "neck-trans",
)  # fmt: skip


@dataclass(frozen=True)
class Phenotype:
    """An adult, in the data set's own terms.

    Attributes:
        gender: 0 male to 1 female.
        age: 0.6 a young adult, 0.67 the prime, 1 old; below lies youth.
        muscle: 0 to 1.
        weight: 0 thin to 1 heavy, for the same muscle.
        height: 0 to 1.
        proportions: 1 is the draughtsman's ideal.
        cupsize: 0 to 1.
        firmness: 0 to 1.
        african: Share of that look, as for the other two.
        asian: Share.
        caucasian: Share.
    """

    gender: float
    age: float
    muscle: float
    weight: float
    height: float
    proportions: float
    cupsize: float
    firmness: float
    african: float
    asian: float
    caucasian: float

    @classmethod
    def sample(cls, seed: int) -> Phenotype:
        """A random adult; the spread is wide, extremes of all kinds are rare."""
        random = np.random.default_rng(seed)
        female = random.random() < 0.5
        looks = random.dirichlet([0.5, 0.5, 0.5])

        def about(middle: float, low: float, high: float) -> float:
            return float(random.triangular(low, middle, high))

        return cls(
            gender=float(random.uniform(0.8, 1) if female else random.uniform(0, 0.2)),
            age=float(random.uniform(0.6, 0.95)),
            muscle=about(0.5, 0.15, 0.95),
            weight=about(0.45, 0.1, 0.95),
            height=about(0.42, 0.2, 0.62),
            proportions=float(random.uniform(0.2, 0.95)),
            cupsize=float(random.uniform(0.25, 0.7)),
            firmness=float(random.uniform(0.3, 0.8)),
            african=float(looks[0]),
            asian=float(looks[1]),
            caucasian=float(looks[2]),
        )

    def tensor(self) -> Float[Tensor, "1 phenotype"]:
        """The values in the order of ``PHENOTYPE_NAMES``."""
        return torch.tensor([[getattr(self, name) for name in PHENOTYPE_NAMES]])


def sample_face(
    names: tuple[str, ...], seed: int, deviation: float = 0.35
) -> Float[Tensor, "1 face_shape"]:
    """A random face that differs from the phenotype's mean; nearly symmetric.

    Args:
        names: ``Body.face_shape_names``.
        seed: The same seed gives the same face.
        deviation: Of each shape; values end at twice of it.
    """
    random = np.random.default_rng(seed)
    drawn: dict[str, float] = {}
    for name in names:
        key = name.removeprefix("l-").removeprefix("r-")
        if key not in drawn:
            value = random.normal(0, deviation)
            drawn[key] = float(np.clip(value, -2 * deviation, 2 * deviation))
    sided = random.normal(0, 0.06 * deviation, len(names))
    values = [
        0.0
        if any(word in name for word in _UNSUITABLE)
        else drawn[name.removeprefix("l-").removeprefix("r-")]
        + (slip if name.startswith(("l-", "r-")) else 0.0)
        for name, slip in zip(names, sided, strict=True)
    ]
    return torch.tensor([values], dtype=torch.float32).clamp(-1, 1)


def variation_weights(
    phenotype: Float[Tensor, "batch phenotype"],
    owners: Int[Tensor, " variation"],
    anchors: Float[Tensor, " variation"],
) -> Float[Tensor, "batch variation"]:
    """How far each named variation (such as "old" or "maxweight") is present.

    A phenotype runs over its variations like a piecewise linear function over its
    knots; races, whose anchor is NaN, are shares of their sum.

    Args:
        phenotype: Values in [0, 1].
        owners: The phenotype that each variation belongs to.
        anchors: The value at which each variation is fully present.
    """
    values = phenotype[:, owners]
    shares = torch.isnan(anchors)
    knots = torch.where(shares, torch.zeros_like(anchors), anchors)
    peers = (owners[:, None] == owners) & ~shares
    infinity = torch.full_like(knots, torch.inf)
    distance = (knots[:, None] - knots).abs()
    distance = torch.where(peers & (distance > 0), distance, infinity)
    spacing = distance.amin(-1)  # knots of one phenotype are evenly spaced
    low = torch.where(peers, knots, infinity).amin(-1)
    high = torch.where(peers, knots, -infinity).amax(-1)
    clamped = torch.minimum(torch.maximum(values, low), high)
    distance = torch.where(shares, torch.zeros_like(values), clamped - knots)
    hats = (1 - distance.abs() / spacing).clamp(min=0)
    total = (values * shares).sum(-1, keepdim=True).clamp_min(1e-6)
    return torch.where(shares, values / total, hats)
