"""All actions by name, and the groups that splits of a data set are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from human_capture.common.errors import InputError
from human_capture.common.people.anatomy.skeleton import Skeleton
from human_capture.common.people.movement.actions import (
    conversation,
    dancing,
    gymnastics,
    locomotion,
    low,
)
from human_capture.common.people.movement.choreography import Choreography
from human_capture.common.people.movement.motion import Motion
from human_capture.common.people.movement.stage import Stage

Action = Callable[[Stage], Choreography]

ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "Directions": conversation.directions,
        "Discussion": conversation.discussion,
        "Eating": low.eating,
        "Greeting": conversation.greeting,
        "Phoning": conversation.phoning,
        "Photo": conversation.photo,
        "Posing": conversation.posing,
        "Sitting": low.sitting,
        "Waiting": conversation.waiting,
        "Walking": locomotion.walking,
        "Reaching": gymnastics.reaching,
        "Stretching": gymnastics.stretching,
        "Leaning": gymnastics.leaning,
        "LegRaising": gymnastics.leg_raising,
        "Balancing": gymnastics.balancing,
        "Lunging": gymnastics.lunging,
        "Kicking": gymnastics.kicking,
        "Jumping": gymnastics.jumping,
        "Running": locomotion.running,
        "LineWalking": locomotion.line_walking,
        "Crouching": low.crouching,
        "PickingUp": low.picking_up,
        "SittingDown": low.sitting_down,
        "FloorSitting": low.floor_sitting,
        "Kneeling": low.kneeling,
        "Lying": low.lying,
        "Dancing": dancing.dancing,
        "Mixing": dancing.mixing,
    }
)

ACTION_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "conversation": (
            "Directions", "Discussion", "Greeting", "Phoning", "Photo", "Posing",
            "Waiting",
        ),
        "locomotion": ("Walking", "Running", "LineWalking"),
        "range_of_motion": ("Reaching", "Stretching", "Leaning", "LegRaising"),
        "balance": ("Balancing", "Lunging", "Kicking", "Jumping"),
        "low": (
            "Eating", "Sitting", "SittingDown", "Crouching", "PickingUp",
            "FloorSitting", "Kneeling", "Lying",
        ),
        "free": ("Dancing", "Mixing"),
    }
)  # fmt: skip
"""Actions that ask for like postures; a held-out action has relatives left to learn
from where only part of its group is held out."""


def procedural_motion(
    skeleton: Skeleton, action: str, seed: int, frames: int, fps: float = 25.0
) -> Motion:
    """Somebody performing an action; the same seed gives the same motion.

    Args:
        skeleton: Who performs: the motion is made for these lengths.
        action: A key of ``ACTIONS``.
        seed: Chooses the variant, its pace and every gesture.
        frames: How many; a single one is a random moment of the action.
        fps: Frames a second.
    """
    if action not in ACTIONS:
        raise InputError(f"Unknown action {action!r}; known are {', '.join(ACTIONS)}.")
    if frames < 1 or fps <= 0:
        raise InputError("A motion needs at least one frame and a positive frame rate.")
    return ACTIONS[action](Stage(skeleton, seed, frames, fps)).perform()
