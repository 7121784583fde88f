"""The body: shape, expression and pose in; a skinned mesh and its joints out.

Axes: metres, z up. At rest the person faces -y with its left towards +x, the origin is
near the pelvis and the soles are below it. The data come from MakeHuman (CC0) and are
described in ``assets/NOTICE.md``.

A *coefficient* vector holds the body-shape components, then the 52 facial actions, then
two entries (positive, negative part) for every face shape; vertices and joints are
linear in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from human_capture.common.errors import InputError
from human_capture.common.people.anatomy.phenotype import variation_weights

PARTS = (
    "body", "tights", "skirt", "hair", "left_eye", "right_eye", "upper_teeth",
    "lower_teeth", "tongue", "left_lashes", "right_lashes",
)  # fmt: skip


@dataclass(frozen=True)
class Posed:
    """Bodies in the world, in metres.

    Attributes:
        vertices: The whole base mesh, helper meshes (clothes, hair) included.
        joints: The head of every bone.
    """

    vertices: Float[Tensor, "batch vertex 3"]
    joints: Float[Tensor, "batch bone 3"]


class Body(nn.Module):
    """The body model, differentiable in everything it is given.

    Skinning repeats anny 0.6.2 to 0.03 mm at worst. The compressed body shape lies
    0.02 mm from the full one on average, 0.1 mm at the 99th percentile and 1.6 mm at
    worst, over adults drawn uniformly from the whole range.

    Args:
        path: A baked ``body.npz``; the one inside the package when omitted.
    """

    template: Tensor
    canonical: Tensor
    dominant_bone: Tensor
    fingertips: Tensor
    landmarks_478: Tensor
    coco_vertices: Tensor
    coco_weights: Tensor
    phenotype_mask: Tensor
    phenotype_projection: Tensor
    phenotype_offset: Tensor
    variation_phenotype: Tensor
    variation_anchor: Tensor
    phenotype_basis: Tensor
    joint_template: Tensor
    joint_basis: Tensor
    face_vertices: Tensor
    face_basis: Tensor
    bone_weights: Tensor
    ancestors: Tensor
    parents: Tensor

    def __init__(self, path: str | Path | None = None) -> None:
        super().__init__()
        arrays = _read(path)
        self.bone_names = tuple(str(name) for name in arrays["bone_names"])
        self.bone_parents = tuple(int(parent) for parent in arrays["bone_parents"])
        self.phenotype_names = tuple(str(name) for name in arrays["phenotype_names"])
        self.face_shape_names = tuple(str(name) for name in arrays["face_shape_names"])
        self.facial_action_names = tuple(
            str(name) for name in arrays["facial_action_names"]
        )
        self.coco_names = tuple(str(name) for name in arrays["coco_names"])
        self._register_surface(arrays)
        self._register_shape(arrays)
        self._register_skeleton(arrays)

    def _register_surface(self, arrays: dict[str, np.ndarray]) -> None:
        self._buffer("template", arrays["template"])
        self._buffer("canonical", arrays["canonical"])
        self._buffer("dominant_bone", arrays["dominant_bone"].astype(np.int64))
        self._buffer("fingertips", arrays["fingertips"].astype(np.int64))
        self._buffer("landmarks_478", arrays["landmarks_478"].astype(np.int64))
        regressor = arrays["coco_regressor"]
        used = np.flatnonzero(regressor.any(0))
        self._buffer("coco_vertices", used)
        self._buffer("coco_weights", np.ascontiguousarray(regressor[:, used]))
        self.faces = {
            part: torch.from_numpy(arrays[f"faces_{part}"].astype(np.int64))
            for part in PARTS
        }

    def _register_shape(self, arrays: dict[str, np.ndarray]) -> None:
        self._buffer("phenotype_mask", arrays["phenotype_mask"].astype(np.float32))
        self._buffer("phenotype_projection", arrays["phenotype_projection"])
        self._buffer("phenotype_offset", arrays["phenotype_offset"])
        self._buffer("variation_phenotype", arrays["variation_phenotype"].astype(int))
        self._buffer("variation_anchor", arrays["variation_anchor"])
        step = arrays["phenotype_step"][:, None, None]
        self._buffer("phenotype_basis", arrays["phenotype_basis"] * step)
        self._buffer("joint_template", arrays["joint_template"])
        joints = (arrays["phenotype_joints"], arrays["face_joints"])
        self._buffer("joint_basis", np.concatenate(joints))
        vertices, basis = _dense_face_basis(arrays)
        self._buffer("face_vertices", vertices)
        self._buffer("face_basis", basis)

    def _register_skeleton(self, arrays: dict[str, np.ndarray]) -> None:
        bones = len(self.bone_names)
        weights = np.zeros((bones, len(self.template)), np.float32)
        vertex = np.arange(len(self.template))[:, None]
        values = arrays["bone_weights"].astype(np.float32)
        np.add.at(weights, (arrays["bone_indices"], vertex), values)
        self._buffer("bone_weights", weights / weights.sum(0))
        parents = np.array(self.bone_parents)
        above = np.eye(bones, dtype=np.float32)
        for bone in range(1, bones):  # parents come before their children
            above[bone] += above[parents[bone]]
        above[:, 0] = 0  # the root bone has no offset from a parent
        self._buffer("ancestors", above)
        self._buffer("parents", np.maximum(parents, 0))

    def _buffer(self, name: str, array: np.ndarray) -> None:
        tensor = torch.from_numpy(np.asarray(array))
        self.register_buffer(name, tensor, persistent=False)

    def bone(self, name: str) -> int:
        """Index of a bone."""
        if name not in self.bone_names:
            raise InputError(f"The body has no bone {name!r}.")
        return self.bone_names.index(name)

    def shape(
        self,
        phenotype: Float[Tensor, "batch phenotype"],
        face_shapes: Float[Tensor, "batch face_shape"] | None = None,
        expressions: Float[Tensor, "batch action"] | None = None,
    ) -> Float[Tensor, "batch coefficient"]:
        """Coefficients of people.

        Args:
            phenotype: Values in [0, 1] in the order of ``phenotype_names``.
            face_shapes: Values in [-1, 1] in the order of ``face_shape_names``.
            expressions: Values in [0, 1] in the order of ``facial_action_names``.
        """
        batch = len(phenotype)
        if face_shapes is None:
            face_shapes = phenotype.new_zeros(batch, len(self.face_shape_names))
        if expressions is None:
            expressions = phenotype.new_zeros(batch, len(self.facial_action_names))
        present = variation_weights(
            phenotype, self.variation_phenotype, self.variation_anchor
        )
        # a shape of the data set is fully on where all its variations are
        mask = self.phenotype_mask
        on = (present[:, None] * mask + (1 - mask)).prod(-1)
        components = on @ self.phenotype_projection + self.phenotype_offset
        # products, unlike relu and clamp, have a slope at exactly zero
        positive = (face_shapes >= 0).to(face_shapes)
        signs = (face_shapes * positive, face_shapes * (positive - 1))
        signed = torch.stack(signs, -1).flatten(1)
        return torch.cat((components, expressions, signed), -1)

    def rest(
        self, coefficients: Float[Tensor, "batch coefficient"]
    ) -> tuple[Float[Tensor, "batch vertex 3"], Float[Tensor, "batch bone 3"]]:
        """Vertices and joints of people at rest."""
        components = len(self.phenotype_basis)
        face = coefficients[:, components:] @ self.face_basis.flatten(1)
        body = coefficients[:, :components] @ self.phenotype_basis.flatten(1)
        vertices = self.template + body.reshape(len(body), -1, 3)
        face = face.reshape(len(face), -1, 3)
        vertices = vertices.index_add(1, self.face_vertices, face)
        joints = coefficients @ self.joint_basis.flatten(1)
        return vertices, self.joint_template + joints.reshape(len(joints), -1, 3)

    def skin(
        self,
        vertices: Float[Tensor, "#batch vertex 3"],
        joints: Float[Tensor, "#batch bone 3"],
        rotations: Float[Tensor, "batch bone 3 3"],
        root: Float[Tensor, "batch 3"],
    ) -> Posed:
        """People at rest moved into a pose by linear blend skinning.

        Args:
            vertices: At rest; one person may take many poses.
            joints: At rest.
            rotations: Of every bone, in the world, away from rest.
            root: World position of the root bone.
        """
        placed, shifts = self.articulate(joints, rotations, root)
        transforms = torch.cat((rotations, shifts[..., None]), -1)
        rows = transforms.flatten(2).mT.flatten(0, 1)
        blended = (rows @ self.bone_weights).reshape(len(root), 3, 4, -1)
        flat = vertices.mT[:, None]
        moved = (blended[:, :, :3] * flat).sum(2) + blended[:, :, 3]
        return Posed(moved.mT.contiguous(), placed)

    def articulate(
        self,
        joints: Float[Tensor, "#batch bone 3"],
        rotations: Float[Tensor, "batch bone 3 3"],
        root: Float[Tensor, "batch 3"],
    ) -> tuple[Float[Tensor, "batch bone 3"], Float[Tensor, "batch bone 3"]]:
        """Where the head of every bone goes, and the shift of what it carries.

        A bone carries a point p at rest to ``rotation @ p + shift``.

        Args:
            joints: At rest.
            rotations: Of every bone, in the world, away from rest.
            root: World position of the root bone.
        """
        offsets = joints - joints[:, self.parents]
        turned = (rotations[:, self.parents] @ offsets[..., None])[..., 0]
        placed = root[:, None] + self.ancestors @ turned
        return placed, placed - (rotations @ joints[..., None])[..., 0]

    def pose(
        self,
        coefficients: Float[Tensor, "#batch coefficient"],
        rotations: Float[Tensor, "batch bone 3 3"],
        root: Float[Tensor, "batch 3"],
    ) -> Posed:
        """People of given coefficients in given poses; see :meth:`skin`."""
        vertices, joints = self.rest(coefficients)
        return self.skin(vertices, joints, rotations, root)

    def coco(
        self, vertices: Float[Tensor, "batch vertex 3"]
    ) -> Float[Tensor, "batch joint 3"]:
        """The 17 COCO joints and six points of the feet, as means of the surface."""
        return self.coco_weights @ vertices[:, self.coco_vertices]


@lru_cache(maxsize=1)
def default_body() -> Body:
    """The body inside the package, loaded once in each process."""
    return Body()


def _read(path: str | Path | None) -> dict[str, np.ndarray]:
    if path is None:
        with as_file(
            files("human_capture.common.people") / "assets" / "body.npz"
        ) as inside:
            return _read(inside)
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise InputError(
            f"{str(path)!r} is not a baked body ({error}); make one with "
            "tools/bake_body.py."
        ) from error


def _dense_face_basis(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The vertices that any face shape moves, and the offsets of those alone."""
    vertices, position = np.unique(arrays["face_indices"], return_inverse=True)
    counts = arrays["face_counts"].astype(int)
    basis = np.zeros((len(counts), len(vertices), 3), np.float32)
    shape = np.repeat(np.arange(len(counts)), counts)
    basis[shape, position] = arrays["face_offsets"] * arrays["face_step"]
    return vertices.astype(np.int64), basis
