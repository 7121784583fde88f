"""Faces in motion: plausible mixtures of the 52 facial actions, drawn from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.people.movement.stage import keyed_curve

FACIAL_ACTIONS = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft",
    "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight",
    "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft",
    "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower",
    "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft",
    "noseSneerRight", "tongueOut",
)  # fmt: skip
"""Apple's ARKit names, in the order of the baked body."""

_SIDED = frozenset(
    name.removesuffix("Left") for name in FACIAL_ACTIONS if name.endswith("Left")
) - {"jaw", "mouth"}  # jawLeft and mouthLeft are directions, not sides

EXPRESSIONS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "neutral": {},
        "smile": {"mouthSmile": 0.7, "cheekSquint": 0.4, "mouthDimple": 0.2},
        "laugh": {
            "mouthSmile": 0.9, "cheekSquint": 0.7, "jawOpen": 0.35, "eyeSquint": 0.4,
            "mouthUpperUp": 0.3,
        },
        "surprise": {
            "browInnerUp": 0.8, "browOuterUp": 0.8, "eyeWide": 0.7, "jawOpen": 0.45,
        },
        "anger": {
            "browDown": 0.8, "eyeSquint": 0.4, "noseSneer": 0.5, "mouthPress": 0.6,
        },
        "sadness": {
            "browInnerUp": 0.7, "mouthFrown": 0.7, "mouthShrugLower": 0.4,
            "eyeSquint": 0.2,
        },
        "disgust": {"noseSneer": 0.8, "browDown": 0.4, "mouthUpperUp": 0.5},
        "fear": {
            "browInnerUp": 0.7, "eyeWide": 0.6, "mouthStretch": 0.6, "jawOpen": 0.2,
        },
        "doubt": {"browDown": 0.3, "mouthPress": 0.4, "mouthShrugUpper": 0.3},
        "kiss": {"mouthPucker": 0.8, "mouthFunnel": 0.2},
        "puff": {"cheekPuff": 0.7, "mouthPress": 0.3},
        "shout": {
            "jawOpen": 0.75, "mouthLowerDown": 0.4, "mouthUpperUp": 0.3,
            "browDown": 0.3,
        },
    }
)  # fmt: skip

_VOWELS: tuple[Mapping[str, float], ...] = (
    {},
    {"jawOpen": 0.35, "mouthLowerDown": 0.2},
    {"jawOpen": 0.15, "mouthStretch": 0.3},
    {"jawOpen": 0.2, "mouthFunnel": 0.5},
    {"jawOpen": 0.08, "mouthPucker": 0.6},
    {"mouthPress": 0.4, "mouthRollLower": 0.2},
    {"jawOpen": 0.06, "mouthRollLower": 0.5, "mouthUpperUp": 0.2},
)  # fmt: skip


def sample_expression(seed: int) -> Float[Tensor, "1 action"]:
    """One plausible face: two feelings mixed, a gaze, now and then a shut eye."""
    random = np.random.default_rng(seed)
    names = list(EXPRESSIONS)
    values = np.zeros(len(FACIAL_ACTIONS))
    for name, strength in zip(random.choice(names, 2), (1.0, 0.4), strict=True):
        size = strength * random.uniform(0.3, 1.1)
        values += size * _spread(EXPRESSIONS[str(name)], random)
    look = random.uniform(-0.6, 0.6, 2)
    values += _gaze(look[None])[0]
    if random.random() < 0.1:
        shut = random.random(2) < 0.75
        values += shut[0] * _spread({"eyeBlinkLeft": 1.0}, random)
        values += shut[1] * _spread({"eyeBlinkRight": 1.0}, random)
    return torch.from_numpy(_limited(values)).float()[None]


def expression_track(
    seed: int, frames: int, fps: float, talking: bool = True
) -> Float[Tensor, "frame action"]:
    """A face over time: feelings that come and go, speech, blinks and glances.

    Args:
        seed: The same seed gives the same face.
        frames: How many.
        fps: Frames a second.
        talking: Whether the mouth also speaks, now and then.
    """
    random = np.random.default_rng(seed)
    time = np.arange(frames) / fps
    names = [str(name) for name in EXPRESSIONS]

    def feeling(_: int) -> np.ndarray:
        size = random.uniform(0.2, 1.0)
        return size * _spread(EXPRESSIONS[str(random.choice(names))], random)

    values = keyed_curve(time, random, feeling, (0.4, 0.9), (0.5, 2.5))
    if talking:
        speech = keyed_curve(
            time, random, lambda _: random.random(1) > 0.3, (0.3, 0.5), (1.0, 4.0)
        )
        sounds = keyed_curve(
            time,
            random,
            lambda _: _spread(_VOWELS[int(random.integers(len(_VOWELS)))], random),
            (0.07, 0.14),
            (0.0, 0.08),
        )
        values = values + speech * sounds
    look = keyed_curve(
        time, random, lambda _: random.uniform(-0.6, 0.6, 2), (0.06, 0.1), (0.4, 2.0)
    )
    values = values + _gaze(look)
    blink = np.zeros(frames)
    clock = random.uniform(0, 3)
    while clock < time[-1] + 1:
        blink = np.maximum(blink, np.exp(-(((time - clock) / 0.07) ** 4)))
        clock += random.uniform(1.5, 5)
    for side in ("Left", "Right"):
        index = FACIAL_ACTIONS.index(f"eyeBlink{side}")
        values[:, index] = np.maximum(values[:, index], blink)
    return torch.from_numpy(_limited(values)).float()


def _spread(parts: Mapping[str, float], random: np.random.Generator) -> np.ndarray:
    """The 52 values; what has two sides gets both, a little apart."""
    values = np.zeros(len(FACIAL_ACTIONS))
    for name, value in parts.items():
        sides = ("Left", "Right") if name in _SIDED else ("",)
        for side in sides:
            slip = random.uniform(0.85, 1.15) if side else 1.0
            values[FACIAL_ACTIONS.index(name + side)] = value * slip
    return values


def _gaze(look: np.ndarray) -> np.ndarray:
    """Both eyes turned alike; positive is to the person's left, and up."""
    across, up = look[:, 0], look[:, 1]
    values = np.zeros((len(look), len(FACIAL_ACTIONS)))
    moves = {
        "eyeLookOutLeft": across, "eyeLookInRight": across,
        "eyeLookInLeft": -across, "eyeLookOutRight": -across,
        "eyeLookUpLeft": up, "eyeLookUpRight": up,
        "eyeLookDownLeft": -up, "eyeLookDownRight": -up,
    }  # fmt: skip
    for name, amount in moves.items():
        values[:, FACIAL_ACTIONS.index(name)] = np.maximum(amount, 0)
    return values


def _limited(values: np.ndarray) -> np.ndarray:
    """Within [0, 1]; a shut eye is not also wide open, a squint closes less."""
    values = np.clip(values, 0, 1)
    for side in ("Left", "Right"):
        blink = values[..., FACIAL_ACTIONS.index(f"eyeBlink{side}")]
        values[..., FACIAL_ACTIONS.index(f"eyeWide{side}")] *= 1 - blink
        values[..., FACIAL_ACTIONS.index(f"eyeSquint{side}")] *= 1 - blink
    return values
