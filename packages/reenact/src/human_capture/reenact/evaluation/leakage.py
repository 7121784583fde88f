"""What a descriptor holds: identity, which it should not, and expression and turn.

Only people of whom everything is known allow to measure this. Identity is read off by
a linear probe in clips that the probe was not fitted to; other light, another room and
another camera do not help it. Expression and turn are read off people whom the
regression has not seen; it learns from many others, for a face has many actions and
people differ more than expressions do.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from human_capture.common.errors import InputError
from human_capture.reenact.evaluation.linear_models import (
    best_strength,
    fit_logistic,
    fit_ridge,
)
from human_capture.reenact.evaluation.people import Described

VARIES = 0.05
"""Standard deviation from which a facial action counts as one that varies."""


@dataclass(frozen=True)
class IdentityLeakage:
    """How well a linear probe tells people apart.

    Attributes:
        accuracy: Share of frames whose person it names.
        standard_error: Of the accuracy, over clips.
        chance: Accuracy of always naming the person with most frames.
        each: Accuracy for each person.
    """

    accuracy: float
    standard_error: float
    chance: float
    each: Float[Tensor, " person"]


def identity_leakage(
    descriptors: Float[Tensor, "frame number"],
    person: Int[Tensor, " frame"],
    clip: Int[Tensor, " frame"],
    generator: Generator,
) -> IdentityLeakage:
    """How much of who it is a descriptor gives away.

    Args:
        descriptors: What is judged.
        person: Number of the person in each frame, from 0.
        clip: Number of the clip of each frame. Every clip is probed once by what was
            learnt from the others; where everybody has one clip only, each half of it
            by the other halves.
        generator: Draws the clips of the bootstrap.
    """
    count = int(person.max()) + 1
    right = torch.zeros(len(person), dtype=torch.float64)
    for held in _held_clips(person, clip):
        probe = fit_logistic(descriptors[~held], person[~held], count)
        named = probe(descriptors[held]).argmax(-1)
        right[held] = (named == person[held]).double()
    frames = torch.bincount(person, minlength=count)
    hits = torch.bincount(person, weights=right, minlength=count)
    return IdentityLeakage(
        float(right.mean()),
        bootstrap_error(right, clip, generator),
        int(frames.max()) / len(person),
        hits / frames,
    )


def _held_clips(
    person: Int[Tensor, " frame"], clip: Int[Tensor, " frame"]
) -> list[Bool[Tensor, " frame"]]:
    """What is left out in each round: one clip of every person, or half of each."""
    rank = torch.zeros_like(clip)
    for number in torch.unique(person):
        own = person == number
        rank[own] = torch.unique(clip[own], return_inverse=True)[1]
    if int(rank.max()) == 0:
        for number in torch.unique(clip):
            own = clip == number
            rank[own] = (torch.arange(int(own.sum())) >= own.sum() / 2).long()
    return [rank == turn for turn in torch.unique(rank)]


def bootstrap_error(
    values: Float[Tensor, " frame"],
    groups: Int[Tensor, " frame"],
    generator: Generator,
    repeats: int = 1000,
) -> float:
    """Standard error of a mean by drawing whole groups with replacement.

    Args:
        values: Whose mean it is.
        groups: What belongs together; frames of a clip are no independent draws.
        generator: Draws the groups.
        repeats: How often they are drawn.
    """
    _, number, sizes = torch.unique(groups, return_inverse=True, return_counts=True)
    sums = torch.zeros(len(sizes), dtype=torch.float64)
    sums.index_add_(0, number, values.double())
    drawn = torch.randint(len(sizes), (repeats, len(sizes)), generator=generator)
    return float((sums[drawn].sum(1) / sizes[drawn].sum(1)).std())


@dataclass(frozen=True)
class Recovery:
    """How much of what a head does a linear map finds, as shares of the variance.

    Attributes:
        actions: R² of each of the 52 facial actions; NaN for those that do not vary.
        turn: R² of yaw, pitch and roll.
        standard_error: Of the mean R² of the actions, over people.
    """

    actions: Float[Tensor, " 52"]
    turn: Float[Tensor, " 3"]
    standard_error: float

    @property
    def expression(self) -> float:
        """Mean over the actions that vary."""
        return float(self.actions.nanmean())


def recovery(learnt: Described, judged: Described, generator: Generator) -> Recovery:
    """How much of expression and turn can be read off people not seen before.

    Args:
        learnt: What the regression is fitted to.
        judged: Other people, whom it is asked about.
        generator: Draws the people of the bootstrap.

    Raises:
        InputError: There are fewer than four people to learn from.
    """
    if learnt.people.count < 4:
        raise InputError(
            "What a descriptor tells of people not seen before is learnt from four "
            f"people or more, not {learnt.people.count}; set --setup.learners higher."
        )
    varies = judged.people.actions.std(0) > VARIES
    seen, true = (
        torch.cat((x.people.actions[:, varies], x.people.turn), 1).double()
        for x in (learnt, judged)
    )
    strength = best_strength(learnt.descriptors, seen, learnt.people.person)
    predicted = fit_ridge(learnt.descriptors, seen, strength)(judged.descriptors)
    shares = explained_variance(predicted, true)
    each = torch.full((len(varies),), torch.nan, dtype=torch.float64)
    each[varies] = shares[:-3]
    faces = (predicted[:, :-3], true[:, :-3])
    error = _error_over_people(*faces, judged.people.person, generator)
    return Recovery(each, shares[-3:], error)


def _error_over_people(
    predicted: Float[Tensor, "frame output"],
    true: Float[Tensor, "frame output"],
    person: Int[Tensor, " frame"],
    generator: Generator,
    repeats: int = 200,
) -> float:
    """Standard error of the mean R² by drawing people with replacement."""
    frames = [(person == number).nonzero()[:, 0] for number in torch.unique(person)]
    means = []
    for _ in range(repeats):
        drawn = torch.randint(len(frames), (len(frames),), generator=generator)
        some = torch.cat([frames[number] for number in drawn.tolist()])
        means.append(explained_variance(predicted[some], true[some]).mean())
    return float(torch.stack(means).std())


def explained_variance(
    predicted: Float[Tensor, "frame output"], true: Float[Tensor, "frame output"]
) -> Float[Tensor, " output"]:
    """R²: one minus the squared error over that of the true mean.

    Args:
        predicted: To be judged.
        true: What should have been predicted.
    """
    error = (predicted - true).square().sum(0)
    return 1 - error / (true - true.mean(0)).square().sum(0)
