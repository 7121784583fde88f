"""Motion files: TRC, C3D and BVH for other programs, JSON and npz for one's own."""

from human_capture.pose3d.outputs.export.bvh import write_bvh
from human_capture.pose3d.outputs.export.c3d_file import write_c3d
from human_capture.pose3d.outputs.export.json_file import write_json
from human_capture.pose3d.outputs.export.npz_file import read_capture, write_npz
from human_capture.pose3d.outputs.export.trc import write_trc
from human_capture.pose3d.outputs.export.writing import EXPORT_FORMATS, export

__all__ = [
    "EXPORT_FORMATS",
    "export",
    "read_capture",
    "write_bvh",
    "write_c3d",
    "write_json",
    "write_npz",
    "write_trc",
]
