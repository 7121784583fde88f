"""Options of ``reenact finetune``."""

from __future__ import annotations

from dataclasses import dataclass, field

from human_capture.common.errors import InputError


@dataclass(frozen=True)
class FinetuneOptions:
    """A person is learned from photos or a video, and becomes an avatar.

    Args:
        photos: Photos of one person, folders of them, or videos; one photo is enough.
        output: Folder of the avatar.
        weights: Of the networks to begin with: a name, or a .safetensors file, whose
            discriminator lies beside it.
        steps: Most steps. It ends earlier where pictures that are kept aside are no
            longer drawn better: of five photos and more every fifth, of a video the
            last fifth. If absent, 300 steps for one picture up to 600 for thirty.
        every: Steps between two looks at how well the person is drawn.
        patience: Looks without a better one after which it ends, where pictures are
            kept aside.
        frames: Frames that are taken of a video, evenly spaced.
        face: Which face of a video, counted from 1 at the left of the first frame with
            faces; the largest if absent. Of a photo it is always the largest.
        vgg19: Weights file of VGG19, for a perceptual loss; see the README.
        vggface: Weights file of VGG16 trained on faces, likewise.
        seed: Of all that is random.
        device: Where it runs, such as "cpu" or "cuda:1"; the fastest there is when
            absent.
        resume: Go on with the same learning if it was interrupted after a minute or
            more.
    """

    photos: list[str] = field(default_factory=list)
    output: str = "avatar"
    weights: str = "heads"
    steps: int | None = None
    every: int = 20
    patience: int = 4
    frames: int = 64
    face: int | None = None
    vgg19: str | None = None
    vggface: str | None = None
    seed: int = 0
    device: str | None = None
    resume: bool = True

    def __post_init__(self) -> None:
        if not self.photos:
            raise InputError(
                "There is nobody to learn; give photos of a person, or a video."
            )
        steps = 1 if self.steps is None else self.steps
        if min(self.every, self.patience, self.frames, steps) < 1:
            raise InputError(
                "--steps, --every, --patience and --frames must be at least 1."
            )

    def steps_for(self, pictures: int) -> int:
        """Most steps for so many pictures."""
        if self.steps is not None:
            return self.steps
        return round(300 + 300 * min(max(pictures - 1, 0) / 29, 1))
