"""The frame that drives, changed so that it tells pose and expression only."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from human_capture.reenact.augmentation.appearance import CHANGE_APPEARANCE
from human_capture.reenact.augmentation.choices import Operation, SomeOf, Sometimes
from human_capture.reenact.augmentation.draws import chance, uniform
from human_capture.reenact.augmentation.geometry import shift, stretch


@dataclass(frozen=True)
class Augmented:
    """A frame to be drawn from and one to be drawn.

    Attributes:
        driver: For the pose encoder.
        target: What is to be drawn, moved as the driver was.
        mask: Of the target.
        shift: How far all three were moved, as shares of the side, x then y. Landmarks
            in shares of the side follow by adding it.
    """

    driver: Float[Tensor, "clip 3 height width"]
    target: Float[Tensor, "clip 3 height width"]
    mask: Float[Tensor, "clip 1 height width"]
    shift: Float[Tensor, "clip 2"]


@dataclass(frozen=True)
class PoseAugmentation:
    """Random changes of the driving frame that its pose survives.

    Without them the pose encoder passes on who drives as well.

    Attributes:
        appearance: Whether colours, sharpness and noise change.
        stretch: Whether half of the frames become wider or narrower, higher or lower,
            by up to a fifth, which hides the shape of the face.
        shift: Whether half of the frames move, together with what is to be drawn, by
            up to 5 % of the side.
    """

    appearance: bool = True
    stretch: bool = True
    shift: bool = True

    @torch.no_grad()
    def __call__(
        self,
        driver: Float[Tensor, "clip 3 height width"],
        target: Float[Tensor, "clip 3 height width"],
        mask: Float[Tensor, "clip 1 height width"],
        generator: Generator,
    ) -> Augmented:
        """The frame for the pose encoder, and what is to be drawn.

        Args:
            driver: RGB in [0, 1].
            target: Likewise; usually the same frame.
            mask: Where the target shows the person.
            generator: Of all that is random. One on the CPU makes the same choices
                for frames on every device.
        """
        with torch.autocast(driver.device.type, enabled=False):  # bytes are finer
            driver = self._change(driver, generator)
        if not self.shift:
            return Augmented(driver, target, mask, target.new_zeros(len(target), 2))
        pixels = _draw_shift(target, generator)
        moved = shift(torch.cat((driver, target, mask), 1), pixels)
        driver, target, mask = torch.split(moved, [3, 3, 1], 1)
        height, width = target.shape[-2:]
        share = pixels / torch.tensor([width, height])
        return Augmented(driver, target, mask, share.to(target))

    def _change(
        self, frame: Float[Tensor, "clip 3 height width"], generator: Generator
    ) -> Float[Tensor, "clip 3 height width"]:
        """The frame after what happens to the driver alone, in random order."""
        changes: tuple[Operation, ...] = ()
        changes += (CHANGE_APPEARANCE,) if self.appearance else ()
        changes += (STRETCH_SOMETIMES,) if self.stretch else ()
        return SomeOf(changes, len(changes), len(changes))(frame, generator)


def stretch_some(
    pictures: Float[Tensor, "clip 3 height width"], generator: Generator
) -> Float[Tensor, "clip 3 height width"]:
    """Smaller or larger by up to a fifth, differently along x and y."""
    return stretch(pictures, uniform(pictures, 0.8, 1.2, generator, (2,)))


STRETCH_SOMETIMES = Sometimes(stretch_some, 0.5)


def _draw_shift(
    pictures: Float[Tensor, "clip 3 height width"], generator: Generator
) -> Int[Tensor, "clip 2"]:
    """Pixels to the right and down, none for half of the pictures."""
    share = uniform(pictures, -0.05, 0.05, generator, (2,)).cpu()
    share[~chance(pictures, 0.5, generator).cpu()] = 0
    height, width = pictures.shape[-2:]
    return (share * torch.tensor([width, height])).round().long()
