"""Synthetic people who talk: their moves, their faces and the skin that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.expressions import expression_track
from human_capture.common.people.anatomy.phenotype import Phenotype, sample_face
from human_capture.common.people.anatomy.skeleton import Skeleton
from human_capture.common.people.looks.appearance import Appearance
from human_capture.common.people.looks.costume import Costume
from human_capture.common.people.movement.actions.standing import assembled, planted
from human_capture.common.people.movement.motion import Motion
from human_capture.common.people.movement.orientations import turn
from human_capture.common.people.movement.retargeting import Pose, retarget
from human_capture.common.people.movement.stage import Stage

CHEST = 0.3
"""Height in canonical metres above which a picture of the head may show the body."""

ARMS = 0.4
"""Distance from the middle in canonical metres, likewise."""

FOLLOWING = 0.25
"""Share of the head's yaw that the chest makes too."""


@dataclass(frozen=True)
class Talk:
    """Somebody talking to an audience, in the world, metres.

    Attributes:
        vertices: Of the body mesh; what is below the chest is not a number.
        head: Rotation of the head away from rest.
        actions: Strength of the 52 facial actions.
        audience: Where the audience is: yaw of a body that faces it, in radians.
    """

    vertices: Float[Tensor, "frame vertex 3"]
    head: Float[Tensor, "frame 3 3"]
    actions: Float[Tensor, "frame 52"]
    audience: float

    @property
    def landmarks(self) -> Float[Tensor, "frame 478 3"]:
        """MediaPipe's landmarks on the skin."""
        return self.vertices[:, default_body().landmarks_478]

    def chosen(self, frames: Sequence[int]) -> Talk:
        """Some of the frames, in the order wanted."""
        some = list(frames)
        return Talk(
            self.vertices[some], self.head[some], self.actions[some], self.audience
        )


@dataclass(frozen=True)
class Performer:
    """A person who can talk.

    Attributes:
        person: Number of the person.
        phenotype: Body shape, as for :meth:`Body.shape`.
        face: Face shape, likewise.
        skeleton: At rest.
        look: Skin, hair and clothes, of the upper body only.
    """

    person: int
    phenotype: Float[Tensor, "1 phenotype"]
    face: Float[Tensor, "1 face_shape"]
    skeleton: Skeleton
    look: Appearance

    @classmethod
    @torch.no_grad()
    def of(cls, person: int) -> Performer:
        """Person number ``person``; the same number is the same person."""
        body = default_body()
        who = Phenotype.sample(person)
        phenotype, face = who.tensor(), sample_face(body.face_shape_names, person)
        skeleton = Skeleton.of(body, body.shape(phenotype, face))
        look = Appearance.sample(person, who.gender)
        drawn = torch.zeros(len(body.template), dtype=torch.bool)
        drawn[_bust().vertices] = True
        costume = _only(look.costume, drawn.numpy())
        return cls(
            person, phenotype, face, skeleton, Appearance(look.materials, costume)
        )

    @torch.no_grad()
    def talk(
        self, seed: int, frames: int, fps: float, reach: tuple[float, float, float]
    ) -> Talk:
        """The person over some time.

        Args:
            seed: The same seed gives the same moves and faces.
            frames: How many.
            fps: Frames a second.
            reach: Largest yaw, pitch and roll of the head away from the audience, in
                radians.
        """
        body = default_body()
        for_face, for_moves = np.random.SeedSequence(seed).generate_state(2).tolist()
        actions = expression_track(for_face, frames, fps)
        motion, audience = self._moves(
            Stage(self.skeleton, for_moves, frames, fps), reach
        )
        pose = retarget(motion, body, self.skeleton)
        phenotype, face = (x.expand(frames, -1) for x in (self.phenotype, self.face))
        vertices = _bust().pose(body.shape(phenotype, face, actions), pose)
        return Talk(vertices, pose.rotations[:, body.bone("head")], actions, audience)

    def _moves(
        self, stage: Stage, reach: tuple[float, float, float]
    ) -> tuple[Motion, float]:
        """Standing easily with a head that turns about the audience; where that is."""
        scene = assembled(stage, *planted(stage))
        # most often not far from the middle
        yaw, pitch, roll = stage.keyed(
            lambda _: np.array(reach) * stage.random.triangular(-1, 0, 1, 3),
            (0.3, 0.8),
            (0.1, 1.0),
        ).T
        audience = float(scene.heading[0]) + stage.uniform(-0.25, 0.25)
        scene.chest = turn(yaw=FOLLOWING * yaw) @ scene.chest
        trunk = turn(yaw=scene.heading) @ scene.pelvis @ scene.chest
        gaze = turn(yaw=audience) @ turn(pitch, roll, yaw)
        scene.head = np.swapaxes(trunk, -1, -2) @ gaze
        return scene.perform(), audience


@dataclass(frozen=True)
class _Bust:
    """The part of the body that pictures of the head show, for faster skinning.

    Attributes:
        vertices: Numbers of its vertices.
        bones: Numbers of the bones that move any of them.
        weights: Of those bones.
    """

    vertices: Int[Tensor, " used"]
    bones: Int[Tensor, " bone"]
    weights: Float[Tensor, "used bone"]

    def pose(
        self, coefficients: Float[Tensor, "frame coefficient"], pose: Pose
    ) -> Float[Tensor, "frame vertex 3"]:
        """As ``Body.pose``; the other vertices are not numbers."""
        body = default_body()
        rest, joints = body.rest(coefficients)
        _, shifts = body.articulate(joints, pose.rotations, pose.root)
        carried = torch.cat((pose.rotations, shifts[..., None]), -1)[:, self.bones]
        blended = (self.weights @ carried.flatten(2)).view(len(rest), -1, 3, 4)
        used = rest[:, self.vertices, None]
        moved = (blended[..., :3] * used).sum(-1) + blended[..., 3]
        return torch.full_like(rest, torch.nan).index_copy(1, self.vertices, moved)


@lru_cache(maxsize=1)
def _bust() -> _Bust:
    body = default_body()
    place = body.canonical
    vertices = ((place[:, 2] > CHEST) & (place[:, 0].abs() < ARMS)).nonzero()[:, 0]
    weights = body.bone_weights[:, vertices]
    bones = weights.any(1).nonzero()[:, 0]
    return _Bust(vertices, bones, weights[bones].T.contiguous())


def _only(costume: Costume, drawn: Bool[np.ndarray, " vertex"]) -> Costume:
    """The triangles whose body vertices are all drawn, and the things on the head."""
    present = drawn[costume.source] | (costume.source < 0)
    kept = present[costume.faces].all(1)
    return costume._replace(
        faces=costume.faces[kept],
        material=costume.material[kept],
        moved_face=int(kept[: costume.moved_face].sum()),
    )
