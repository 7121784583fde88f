"""Whether sizes agree: of pictures, of what draws them and of what judges them."""

from __future__ import annotations

from human_capture.common.errors import InputError
from human_capture.reenact.clips import Clips
from human_capture.reenact.networks.any_reenactor import AnyReenactor
from human_capture.reenact.networks.discriminator import Discriminator


def require_opponents(reenactor: AnyReenactor, discriminator: Discriminator) -> None:
    """Make sure that a discriminator is made for what a reenactor draws.

    Args:
        reenactor: Draws.
        discriminator: Judges.

    Raises:
        InputError: Sizes of pictures or of identities differ.
    """
    drawn = {"size": reenactor.size, "feature": reenactor.generator.identity}
    for name, value in drawn.items():
        if getattr(discriminator, name) != value:
            raise InputError(
                f"The discriminator's {name} is {getattr(discriminator, name)}, that "
                f"of what it judges {value}; make them equal."
            )


def require_size(clips: Clips, reenactor: AnyReenactor) -> None:
    """Make sure that pictures are as large as those that are drawn.

    Args:
        clips: With the pictures.
        reenactor: Draws.

    Raises:
        InputError: They are not.
    """
    sizes = {clips.frame.shape[-1], clips.driver.shape[-1]}
    if sizes != {reenactor.size}:
        found = " and ".join(map(str, sorted(sizes)))
        raise InputError(
            f"The clips have pictures of {found} pixels, but {reenactor.size} are "
            "drawn; prepare clips of that size, or set the size of generator, encoders "
            "and discriminator."
        )
