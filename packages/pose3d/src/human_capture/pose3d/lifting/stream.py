"""Lifting as key points arrive: a few frames, or a single one, at a time."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.keypoints import KeypointFormat
from human_capture.pose3d.lifting.normalisation import Memory, normalise
from human_capture.pose3d.lifting.placement import place, to_camera
from human_capture.pose3d.networks.lifters.lifter import Lifted, Lifter, State


@dataclass(frozen=True)
class LiftedFrames:
    """Lifted motion in the camera's frame, in metres.

    Attributes:
        joints: Relative to the root.
        root: Where the root is, by the rays of the joints of each frame alone.
        spread: Expected error of each joint.
        up: Unit vector away from the ground.
        contact: Probability that the heels and toes of ``CONTACTS`` stand.
        rays: Key points in pinhole coordinates, in the lifter's format.
        confidence: Of the key points; 0 where not seen.
    """

    joints: Float[Tensor, "frame joint 3"]
    root: Float[Tensor, "frame 3"]
    spread: Float[Tensor, "frame joint"]
    up: Float[Tensor, "frame 3"]
    contact: Float[Tensor, "frame contact"]
    rays: Float[Tensor, "frame joint 2"]
    confidence: Float[Tensor, "frame joint"]

    def __getitem__(self, frames: slice) -> LiftedFrames:
        """Some frames only."""
        return LiftedFrames(*(tensor[frames] for tensor in vars(self).values()))

    @property
    def placed(self) -> Float[Tensor, "frame joint 3"]:
        """The joints where they are in the camera's frame."""
        return self.joints + self.root[:, None]


class LiftingStream:
    """One person in one camera, over time.

    What was seen before is remembered; :meth:`restart` forgets it, after a cut. A
    lifter that looks ahead answers late; :meth:`finish` gives the frames that are left.

    Args:
        lifter: The network.
        camera: Its calibration, without a batch axis; only intrinsics and lens count.
        source: Format of the key points that will come. Joints of the lifter that it
            lacks count as not seen.
    """

    def __init__(
        self, lifter: Lifter, camera: Cameras, source: KeypointFormat | None = None
    ) -> None:
        self.lifter, self.camera = lifter.eval(), camera
        self.source = source or lifter.format
        names = lifter.format.joints
        self._ours = [k for k, joint in enumerate(names) if joint in self.source.joints]
        self._theirs = [self.source.index(names[k]) for k in self._ours]
        self.restart()

    def restart(self) -> None:
        """Forget what was seen."""
        self._memory: Memory | None = None
        self._state: State | None = None
        self._waiting: _Seen | None = None

    @torch.inference_mode()
    def __call__(
        self,
        keypoints: Float[Tensor, "frame joint 2"],
        confidence: Float[Tensor, "frame joint"],
    ) -> LiftedFrames:
        """The next frames that are ready: as many as came in, without a delay.

        Args:
            keypoints: In pixels, in the source format; anything where not seen.
            confidence: In [0, 1]; 0 where not seen.
        """
        pixels, sure = self._in_own_format(keypoints, confidence)
        rays = self.camera.normalise(pixels.to(self.camera.intrinsics)).float()
        return self._lift(rays, sure)

    @torch.inference_mode()
    def finish(self) -> LiftedFrames | None:
        """The frames that are left, if there are any; then the stream starts anew."""
        left = None
        if self._waiting is not None:
            waiting = len(self._waiting.rays)
            nobody = torch.zeros(self.lifter.delay, len(self.lifter.format))
            left = self._lift(torch.zeros(*nobody.shape, 2), nobody)[:waiting]
        self.restart()
        return left

    def _lift(self, rays: Tensor, confidence: Tensor) -> LiftedFrames:
        inputs, self._memory = normalise(
            rays[None], confidence[None], self.lifter.format, self._memory
        )
        lifted, self._state = self.lifter(inputs, self._state)
        seen = _Seen(rays, confidence, inputs.view[0]).after(self._waiting)
        ready = max(len(seen.rays) - self.lifter.delay, 0)
        self._waiting = seen[ready:] if self.lifter.delay else None
        return _joined(lifted[len(rays) - ready :], seen[:ready])

    def _in_own_format(
        self, keypoints: Tensor, confidence: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Key points as the lifter names them; NaN and unsure ones become unseen."""
        confidence = torch.where(keypoints.isfinite().all(-1), confidence, 0.0)
        pixels = torch.nan_to_num(keypoints)
        if self.source == self.lifter.format:
            return pixels, confidence
        shape = len(keypoints), len(self.lifter.format)
        found, sure = pixels.new_zeros(*shape, 2), confidence.new_zeros(*shape)
        found[:, self._ours] = pixels[:, self._theirs]
        sure[:, self._ours] = confidence[:, self._theirs]
        return found, sure


@dataclass(frozen=True)
class _Seen:
    """What was seen in frames, some of which wait for what the lifter says of them."""

    rays: Float[Tensor, "frame joint 2"]
    confidence: Float[Tensor, "frame joint"]
    view: Float[Tensor, "frame 3 3"]

    def __getitem__(self, frames: slice) -> _Seen:
        return _Seen(self.rays[frames], self.confidence[frames], self.view[frames])

    def after(self, former: _Seen | None) -> _Seen:
        if former is None:
            return self
        return _Seen(
            torch.cat((former.rays, self.rays)),
            torch.cat((former.confidence, self.confidence)),
            torch.cat((former.view, self.view)),
        )


def _joined(lifted: Lifted, seen: _Seen) -> LiftedFrames:
    joints = to_camera(lifted.joints[0], seen.view)
    return LiftedFrames(
        joints,
        place(joints, seen.rays, seen.confidence),
        lifted.spread[0],
        to_camera(lifted.up[0, :, None], seen.view)[:, 0],
        lifted.contact[0].sigmoid(),
        seen.rays,
        seen.confidence,
    )
