"""What ``pose3d triangulate`` can be told."""

from __future__ import annotations

from dataclasses import dataclass

from human_capture.common.calibration import Unit
from human_capture.pose3d.recordings.detection import DetectorName
from human_capture.pose3d.recordings.filtering import Smoothing


@dataclass(frozen=True)
class RecordingOptions:
    """From videos, or 2D key points, of calibrated cameras to 3D motion.

    Args:
        calibration: Calibration file of the cameras, in any of the known formats.
        videos: Folder of the videos, a pattern in quotes ("takes/*.mp4"), or a list
            [a.mp4,b.mp4]. A video is matched to the camera it is named after; a folder
            of images is a video too. Needed unless key points are given.
        keypoints: Folder with 2D key points that you have already, one JSON or one
            folder of OpenPose JSON files a camera; nothing is detected then.
        output: Folder for the results, and for detections that are used again.
        detector: What finds people and their key points: "blazepose", which comes with
            this package's set-up, or "rtmlib", which downloads its networks.
        method: What makes 3D joints: "keypoints" triangulates what the detector finds;
            the name of published weights ("algebraic") or the path of a .safetensors
            file looks at the images of all cameras together, around the people that
            the detector found.
        people: Keep only this many people, those seen longest; everybody if left out.
        min_confidence: 2D key points less sure than this are not used; 0 to 1.
        threshold: Largest distance between a 3D joint and what a camera sees of it, in
            metres at the person; a camera that is further off is not used for that
            joint.
        max_distance: How far a person's rays from two cameras may pass each other on
            average, in metres, for it to be one person.
        bone_tolerance: Share by which an arm or leg bone may differ from its median
            length before the joint at its end is taken from other cameras, or dropped
            if there are none; 0 to accept any length.
        min_cameras: Cameras that must agree on a joint.
        fill_gaps: Longest gap of a joint that is interpolated, in seconds; 0 for none.
        smooth: Smoothing over time: "butterworth" (no delay), "one-euro" or "none".
        cutoff: Motion faster than this is smoothed away, in Hz.
        steady_bones: Give every limb bone its median length in all frames.
        start: First frame.
        stop: One past the last frame; to the end if left out.
        every: Use every so many frames.
        fps: Frame rate of folders of images and of key points without videos.
        unit: Unit of lengths in the calibration file; that of its format if left out.
    """

    calibration: str
    videos: str | list[str] | None = None
    keypoints: str | list[str] | None = None
    output: str = "outputs/recording"
    detector: DetectorName = "blazepose"
    method: str = "keypoints"
    people: int | None = None
    min_confidence: float = 0.3
    threshold: float = 0.07
    max_distance: float = 0.25
    bone_tolerance: float = 0.3
    min_cameras: int = 2
    fill_gaps: float = 0.25
    smooth: Smoothing = "butterworth"
    cutoff: float = 6.0
    steady_bones: bool = False
    start: int = 0
    stop: int | None = None
    every: int = 1
    fps: float = 30.0
    unit: Unit | None = None
