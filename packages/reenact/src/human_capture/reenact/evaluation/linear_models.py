"""Linear maps from descriptors, fitted exactly: what can be read off them at all.

Features are standardised by the mean and deviation of the frames that a map is fitted
to, so the strength of a penalty means the same for every descriptor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

STRENGTHS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0)
"""Penalties that :func:`best_strength` chooses from."""


@dataclass(frozen=True)
class LinearMap:
    """A linear map of standardised features.

    Attributes:
        mean: Of the features.
        deviation: Of the features.
        weight: What each standardised feature contributes.
        offset: The output at the mean.
    """

    mean: Float[Tensor, " feature"]
    deviation: Float[Tensor, " feature"]
    weight: Float[Tensor, "feature output"]
    offset: Float[Tensor, " output"]

    def __call__(
        self, features: Float[Tensor, "frame feature"]
    ) -> Float[Tensor, "frame output"]:
        """The outputs."""
        standard = (features.to(self.mean) - self.mean) / self.deviation
        return standard @ self.weight + self.offset


def fit_ridge(
    features: Float[Tensor, "frame feature"],
    targets: Float[Tensor, "frame output"],
    strength: float,
) -> LinearMap:
    """The map of least mean squared error plus penalty.

    Args:
        features: Descriptors.
        targets: What to read off them.
        strength: Weight of the squared weights beside the mean squared error.
    """
    mean, deviation, standard = _standardised(features)
    targets = targets.double()
    offset = targets.mean(0)
    gram = standard.T @ standard / len(standard)
    moment = standard.T @ (targets - offset) / len(standard)
    gram.diagonal().add_(strength)
    return LinearMap(mean, deviation, torch.linalg.solve(gram, moment), offset)


def fit_logistic(
    features: Float[Tensor, "frame feature"],
    classes: Int[Tensor, " frame"],
    count: int,
    strength: float = 1e-2,
) -> LinearMap:
    """Multinomial logistic regression; outputs are logits.

    Args:
        features: Descriptors.
        classes: Number of each frame's class.
        count: How many classes there are.
        strength: Weight of half the squared weights beside the mean cross-entropy.
    """
    mean, deviation, standard = _standardised(features)
    shape = (standard.shape[1], count)
    weight = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
    offset = torch.zeros(count, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS(
        [weight, offset],
        max_iter=300,
        history_size=20,
        tolerance_grad=1e-6,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        solver.zero_grad()
        value = cross_entropy(standard @ weight + offset, classes)
        value = value + strength / 2 * weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    with torch.enable_grad():
        solver.step(loss)  # type: ignore[no-untyped-call]
    return LinearMap(mean, deviation, weight.detach(), offset.detach())


def best_strength(
    features: Float[Tensor, "frame feature"],
    targets: Float[Tensor, "frame output"],
    groups: Int[Tensor, " frame"],
    strengths: Sequence[float] = STRENGTHS,
) -> float:
    """The penalty that predicts best for groups that were left out.

    Args:
        features: Descriptors.
        targets: What to read off them.
        groups: What is left out together, such as all frames of a person.
        strengths: To choose from.
    """
    spread = targets.double().std(0).clamp_min(1e-9)
    errors = torch.zeros(len(strengths), dtype=torch.float64)
    for held in folds(groups, 4):
        for place, strength in enumerate(strengths):
            fitted = fit_ridge(features[~held], targets[~held], strength)
            difference = (fitted(features[held]) - targets[held]) / spread
            errors[place] += difference.square().sum()
    return strengths[int(errors.argmin())]


def folds(groups: Int[Tensor, " frame"], count: int) -> list[Bool[Tensor, " frame"]]:
    """Which frames are left out in each round; each group is left out once.

    Args:
        groups: What is left out together.
        count: Rounds, if there are as many groups.
    """
    known, number = torch.unique(groups, return_inverse=True)
    rounds = min(count, len(known))
    return [number % rounds == turn for turn in range(rounds)]


def _standardised(
    features: Float[Tensor, "frame feature"],
) -> tuple[
    Float[Tensor, " feature"],  # mean
    Float[Tensor, " feature"],  # deviation
    Float[Tensor, "frame feature"],
]:
    features = features.double()
    mean = features.mean(0)
    deviation = features.std(0, correction=0)
    # features that never vary say nothing, whatever they are divided by
    deviation = torch.where(deviation > 1e-9, deviation, 1.0)
    return mean, deviation, (features - mean) / deviation
