"""From 2D evidence in several views to 3D joints; each method works on its own."""

from human_capture.pose3d.triangulation.algebraic import AlgebraicTriangulation
from human_capture.pose3d.triangulation.linear import triangulate
from human_capture.pose3d.triangulation.ransac import RansacTriangulation
from human_capture.pose3d.triangulation.robust import triangulate_robustly
from human_capture.pose3d.triangulation.volumetric import VolumetricTriangulation

Method = AlgebraicTriangulation | VolumetricTriangulation | RansacTriangulation

__all__ = [
    "AlgebraicTriangulation",
    "Method",
    "RansacTriangulation",
    "VolumetricTriangulation",
    "triangulate",
    "triangulate_robustly",
]
