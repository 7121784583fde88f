"""Motion capture of other programs and data sets, read into motions."""

from human_capture.common.people.movement.mocap.archive import read_archive
from human_capture.common.people.movement.mocap.asf_amc import read_amc
from human_capture.common.people.movement.mocap.bvh import read_bvh
from human_capture.common.people.movement.mocap.formats import read_mocap
from human_capture.common.people.movement.mocap.panoptic import read_panoptic_poses
from human_capture.common.people.movement.mocap.resampling import resample
from human_capture.common.people.movement.mocap.videopose3d import read_videopose3d

__all__ = [
    "read_amc",
    "read_archive",
    "read_bvh",
    "read_mocap",
    "read_panoptic_poses",
    "read_videopose3d",
    "resample",
]
