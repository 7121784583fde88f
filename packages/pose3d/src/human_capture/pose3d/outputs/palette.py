"""Colours of people: one hue a person, light on the left side, deep on the right."""

from __future__ import annotations

from dataclasses import dataclass

from human_capture.common.keypoints import KeypointFormat

Colour = tuple[int, int, int]

_HUES: tuple[Colour, ...] = (
    (47, 127, 240),
    (242, 112, 40),
    (26, 170, 108),
    (176, 78, 224),
    (222, 166, 10),
    (229, 62, 112),
    (18, 172, 198),
    (140, 110, 80),
)


@dataclass(frozen=True)
class PersonColours:
    """Three tones of one hue, as RGB bytes.

    Attributes:
        left: Light; the person's own left.
        middle: The hue itself.
        right: Deep; the person's own right.
    """

    left: Colour
    middle: Colour
    right: Colour

    def of(self, *joints: str) -> Colour:
        """The tone of a joint, or of a bone between two joints."""
        sides = {side_of(joint) for joint in joints} - {"middle"}
        side = sides.pop() if len(sides) == 1 else "middle"
        return {"left": self.left, "middle": self.middle, "right": self.right}[side]


def person_colours(person: int) -> PersonColours:
    """The tones of the n-th person, counted from 0; they repeat after eight."""
    hue = _HUES[person % len(_HUES)]
    return PersonColours(_mix(hue, 255, 0.45), hue, _mix(hue, 0, 0.3))


def side_of(joint: str) -> str:
    """``left``, ``right`` or ``middle``, by the joint's name."""
    side = joint.split("_", 1)[0]
    return side if side in ("left", "right") else "middle"


def bone_colours(form: KeypointFormat, person: int) -> list[Colour]:
    """The tone of every bone of a format, in the order of its bones.

    Args:
        form: The key-point format.
        person: Counted from 0.
    """
    colours = person_colours(person)
    return [colours.of(*bone) for bone in form.bones]


def hexadecimal(colour: Colour) -> str:
    """``#rrggbb``, for web pages."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _mix(colour: Colour, other: int, share: float) -> Colour:
    red, green, blue = (round((1 - share) * c + share * other) for c in colour)
    return red, green, blue
