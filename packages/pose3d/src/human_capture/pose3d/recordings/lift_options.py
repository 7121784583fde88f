"""What ``pose3d lift`` can be told."""

from __future__ import annotations

from dataclasses import dataclass

from human_capture.common.calibration import Unit
from human_capture.pose3d.recordings.detection import DetectorName
from human_capture.pose3d.recordings.filtering import Smoothing


@dataclass(frozen=True)
class LiftOptions:
    """From a video of one camera to the 3D motion of a person in it.

    Args:
        video: Video file, or folder of images.
        output: Folder for the results, and for detections that are used again.
        person: Which person, the most prominent first.
        detector: What finds people and their key points: "blazepose", which comes with
            this package's set-up, or "rtmlib", which downloads its networks.
        lifter: What makes 3D of 2D: "temporal", which comes with this package, or the
            path of a .safetensors file.
        height: The person's height in metres; that of an average adult if left out.
        calibration: Calibration file of the camera, in any of the known formats; the
            motion is then in its world. Without one the camera is taken to be upright
            up to what the motion tells, and the floor is found.
        camera: Name of the camera in the calibration file.
        field_of_view: Angle across the longer side of the image in degrees, where
            there is no calibration; a phone has about 65.
        min_confidence: 2D key points less sure than this are not used; 0 to 1.
        smooth: Smoothing over time: "butterworth" (no delay), "one-euro" or "none".
        cutoff: Motion faster than this is smoothed away, in Hz.
        avatar: Also show the motion as a rendered person.
        views: Angles in degrees about the person from which stick figures in OpenPose
            style are drawn, such as [0,90,180]; 0 is the camera's own side.
        start: First frame.
        stop: One past the last frame; to the end if left out.
        every: Use every so many frames.
        fps: Frame rate of a folder of images.
        unit: Unit of lengths in the calibration file; that of its format if left out.
    """

    video: str
    output: str = "outputs/lifted"
    person: int = 1
    detector: DetectorName = "blazepose"
    lifter: str = "temporal"
    height: float | None = None
    calibration: str | None = None
    camera: str | None = None
    field_of_view: float = 65.0
    min_confidence: float = 0.3
    smooth: Smoothing = "butterworth"
    cutoff: float = 7.0
    avatar: bool = False
    views: tuple[float, ...] = (0.0, 90.0)
    start: int = 0
    stop: int | None = None
    every: int = 1
    fps: float = 30.0
    unit: Unit | None = None
