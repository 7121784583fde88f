"""A synthetic person who performs a captured motion, rendered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float32

from human_capture.common.people.anatomy.hands import finger_rotations
from human_capture.common.people.looks.appearance import Appearance
from human_capture.common.people.movement.retargeting import Pose
from human_capture.common.progress import progress
from human_capture.common.video_writer import VideoWriter
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.views.acted_joints import ActedJoints
from human_capture.pose3d.outputs.views.avatar_body import AvatarBody
from human_capture.pose3d.outputs.views.floor import Floor
from human_capture.pose3d.outputs.views.following import follow
from human_capture.pose3d.outputs.views.grounding import grounded
from human_capture.pose3d.outputs.views.orbit import Orbit, View, frame_cameras
from human_capture.pose3d.outputs.views.studio import photograph

_STEADINESS = 0.04  # seconds; rotations show jitter that positions hide


def write_avatar(
    capture: Capture,
    path: str | Path,
    view: View | None = None,
    seed: int = 11,
    width: int = 960,
    height: int = 540,
    supersampling: int = 2,
) -> None:
    """Write a video of synthetic people who move as the captured ones did.

    Args:
        capture: The motion; with feet in its format the soles are as captured too.
        path: The video to write, usually ``.mp4``.
        view: An orbit, one camera, or one a frame; a full turn when absent. Lens
            distortion is left out.
        seed: Chooses bodies and clothes; the n-th person has seed + n.
        width: Of the images, in pixels.
        height: Of the images, in pixels.
        supersampling: Samples along each side of a pixel; time grows with its square.

    Raises:
        InputError: Nobody was seen, joints that an avatar needs are missing, the
            cameras do not fit the motion, or the disk is full.
    """
    cameras = frame_cameras(view or Orbit(), capture, width, height).ideal()
    people = range(len(capture.points))
    avatars = [Avatar.of(capture, person, seed + person) for person in people]
    floor = Floor.under(capture, width, height)
    with VideoWriter(path, capture.fps) as writer:
        for frame in progress(range(len(floor)), "Rendering the avatar"):
            camera = cameras[frame]
            present = [a for a in avatars if a.present[frame]]
            figures = [(a.vertices(frame), a.look) for a in present]
            backdrop = floor.draw(camera, frame)
            writer.write(photograph(figures, camera, backdrop, supersampling))


@dataclass(frozen=True)
class Avatar:
    """A synthetic person with a captured motion.

    Attributes:
        body: Who it is.
        look: Skin, hair and clothes.
        pose: Of every frame.
        present: In which frames the captured person was seen.
    """

    body: AvatarBody
    look: Appearance
    pose: Pose
    present: Bool[np.ndarray, " frame"]

    @classmethod
    def of(
        cls, capture: Capture, person: int, seed: int, steadiness: float = _STEADINESS
    ) -> Avatar:
        """The avatar of one captured person, of the same size.

        Args:
            capture: The motion, in any body format.
            person: Counted from 0.
            seed: Chooses body and clothes.
            steadiness: Deviation of the Gaussian that smooths the joints, in seconds.

        Raises:
            InputError: A joint that is needed is never known.
        """
        joints = ActedJoints.of(capture, person, steadiness)
        body = AvatarBody.fitting(seed, joints.leg, capture.format)
        fingers = finger_rotations(body.skeleton, seed, ("relaxed",))
        pose = follow(joints, body, fingers)
        look = Appearance.sample(seed, body.gender)
        return cls(body, look, grounded(pose, joints, body), joints.present)

    @torch.no_grad()
    def vertices(self, frame: int) -> Float32[np.ndarray, "vertex 3"]:
        """The body in a frame, in the world, in metres."""
        here = slice(frame, frame + 1)
        posed = self.body.body.pose(
            self.body.coefficients, self.pose.rotations[here], self.pose.root[here]
        )
        vertices: np.ndarray = posed.vertices[0].numpy()
        return vertices
