"""What a model is judged with: synthetic people, and networks that judge."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.reenact.clip_frames import ClipFrames, ClipSource, Preparable
from human_capture.reenact.clips import as_float
from human_capture.reenact.datasets.synthetic import SyntheticClips
from human_capture.reenact.datasets.takes import DrawTake, Take, TalkingHeadRecipe
from human_capture.reenact.evaluation.face_recognition import (
    DlibFaceRecognition,
    IdentityJudge,
)
from human_capture.reenact.evaluation.landmark_judges import (
    DlibLandmarks,
    LandmarkJudge,
    MeshLandmarks,
)
from human_capture.reenact.evaluation.people import People, spread

VERSION = 4
"""Goes up when outcomes change that the setup does not tell of."""


@dataclass(frozen=True)
class Setup:
    """How much of whom is looked at.

    Attributes:
        people: How many people.
        first: Number of the first.
        clips: Of each person.
        frames: Of each clip.
        size: Of the pictures, in pixels.
        shots: Pictures that tell a model who somebody is.
        drivers: Other people that everybody is driven by.
        poses: Frames of each driver, and of everybody driving himself.
        videos: People who are also seen in a video of 25 frames a second, and along
            paths between descriptors.
        video_frames: Of each video.
        learners: Further people, from whom probes of descriptors learn to read off
            landmarks, expression and turn; too few make every descriptor seem empty.
        learner_frames: Of each of these.
        recognise: Judge identities, and landmarks a second time; both with dlib, which
            is in the extra ``evaluation``.
    """

    people: int = 24
    first: int = 900_000
    clips: int = 4
    frames: int = 32
    size: int = 128
    shots: int = 8
    drivers: int = 4
    poses: int = 8
    videos: int = 4
    video_frames: int = 50
    learners: int = 150
    learner_frames: int = 16
    recognise: bool = True

    def __post_init__(self) -> None:
        if self.people < 4:
            raise InputError(
                f"{self.people} people are too few to judge by; take four or more."
            )
        if self.shots + self.poses > self.frames:
            raise InputError(
                f"A clip of {self.frames} frames has no {self.shots} shots and "
                f"{self.poses} poses besides; take longer clips."
            )
        if not 0 < self.drivers < self.people or not 0 < self.videos <= self.people:
            raise InputError(
                f"With {self.people} people, everybody has 1 to {self.people - 1} "
                f"drivers and there are 1 to {self.people} videos."
            )

    def still_clips(self) -> SyntheticClips:
        """Clips whose neighbouring frames differ much."""
        recipe = TalkingHeadRecipe(self.frames, self.size, self.clips)
        return SyntheticClips(recipe, self.first, self.people)

    def learner_clips(self) -> SyntheticClips:
        """A clip of each of the people from whom probes learn."""
        recipe = TalkingHeadRecipe(self.learner_frames, self.size, clips=1)
        return SyntheticClips(recipe, self.first + self.people, self.learners)

    def video_clips(self) -> SyntheticClips:
        """Videos of some of the people."""
        recipe = TalkingHeadRecipe(self.video_frames, self.size, clips=1, fps=25.0)
        return SyntheticClips(recipe, self.first, self.videos)


@dataclass(frozen=True)
class Judges:
    """Networks that judge what is drawn.

    Attributes:
        landmarks: Finds faces and their landmarks.
        identity: Says who it is; identities are not judged without.
        second: Finds landmarks as well, and should have no part in any model that is
            judged; not asked without.
    """

    landmarks: LandmarkJudge
    identity: IdentityJudge | None
    second: LandmarkJudge | None = None


def usual_judges(setup: Setup) -> Judges:
    """MediaPipe's face mesh and, if dlib is to judge as well, its models."""
    if not setup.recognise:
        return Judges(MeshLandmarks(), None)
    return Judges(MeshLandmarks(), DlibFaceRecognition(), DlibLandmarks())


class Material:
    """People, videos and what the judges say of them; each is made on first use.

    Args:
        setup: How much of whom.
        judges: Makes the networks that judge.
        workers: Processes that draw people not drawn before.
    """

    def __init__(
        self,
        setup: Setup,
        judges: Callable[[Setup], Judges] = usual_judges,
        workers: int = 0,
    ) -> None:
        self.setup, self.workers = setup, workers
        self._make_judges = judges
        self._truths: dict[tuple[int, int], UInt8[Tensor, "frame 3 height width"]] = {}

    @cached_property
    def judges(self) -> Judges:
        """The networks that judge."""
        return self._make_judges(self.setup)

    @cached_property
    def people(self) -> People:
        """All frames of everybody."""
        return People.of(self._all(self.setup.still_clips()))

    @cached_property
    def learners(self) -> People:
        """Frames of the people from whom probes learn."""
        return People.of(self._all(self.setup.learner_clips()))

    @cached_property
    def videos(self) -> list[ClipFrames]:
        """A video of each of the first few people."""
        return self._all(self.setup.video_clips())

    def _all(self, source: ClipSource) -> list[ClipFrames]:
        if isinstance(source, Preparable):
            source.prepare(self.workers)
        return [source[index] for index in range(len(source))]

    def shots(self, person: int) -> Int[Tensor, " shot"]:
        """Frames that tell a model who somebody is."""
        return spread(self.people.first_clip(person), self.setup.shots)

    def poses(self, person: int) -> Int[Tensor, " frame"]:
        """Frames of a person that drive: of the same clip, but no shots."""
        frames = self.people.first_clip(person)
        rest = frames[~torch.isin(frames, self.shots(person))]
        return spread(rest, self.setup.poses)

    def drivers(self, person: int) -> list[int]:
        """The other people that a person is driven by."""
        others = torch.arange(1, self.people.count)
        steps = spread(others, self.setup.drivers).tolist()
        return [(person + step) % self.people.count for step in steps]

    @cached_property
    def targets(self) -> Float[Tensor, "person number"]:
        """Mean of what the identity judge says of everybody's shots."""
        return torch.stack([self._target(n) for n in range(self.people.count)])

    def _target(self, person: int) -> Float[Tensor, " number"]:
        assert self.judges.identity is not None, "identities are not judged"
        pictures = self.people[self.shots(person)].on_black()
        found = self.judges.landmarks(pictures)
        return self.judges.identity(pictures, found).mean(0)

    def ground_truth(
        self, person: int, driver: int
    ) -> Float[Tensor, "frame 3 height width"]:
        """A person on black who truly does as another in the poses of that one.

        It is what a model should draw, but for the light: lamps are those of the
        person's first clip, and may shine from another side. It is known because
        people are synthetic.

        Args:
            person: Who is seen.
            driver: Whose poses.
        """
        known = self._truths.get((person, driver))
        if known is None:
            known = self._drawn_truth(person, driver)
            self._truths[person, driver] = known
        return as_float(known)

    def _drawn_truth(
        self, person: int, driver: int
    ) -> UInt8[Tensor, "frame 3 height width"]:
        first, clips = self.setup.first, self.setup.still_clips()
        frames = self.poses(driver) - self.people.first_clip(driver)[0]
        take = Take(first + person, (first + driver, 0), (first + person, 0))
        seen = DrawTake(clips.recipe)(take, frames.tolist())
        on_black: Tensor = as_float(seen["frames"]) * as_float(seen["masks"])
        return (255 * on_black).round().to(torch.uint8)

    @property
    def mean_face(self) -> Float[Tensor, "68 2"]:
        """Mean of everybody's true landmarks."""
        return self.people.landmarks.mean(0)

    def protocol(self) -> dict[str, int | bool]:
        """What all results depend on."""
        return dataclasses.asdict(self.setup) | {"version": VERSION}
