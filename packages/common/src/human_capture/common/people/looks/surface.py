"""The parts of the body mesh that drawing needs: triangles, masks, rest coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from jaxtyping import Bool, Float32, Int32

VERTICES = 19158
BODY_VERTICES = 13380  # the skin comes first, then tongue, eyes, lashes, teeth, clothes


@dataclass(frozen=True)
class Surface:
    """What does not depend on identity or pose.

    Args:
        canonical: Rest coordinates without identity: metres, z up, facing -y; the
            same value means the same place on everybody.
        faces: Triangles of each part: body, tights, skirt, hair, left_eye, ...
        masks: Share of each vertex in lips, ears, eyelids, face, fingernails,
            inside_mouth.
        head: Vertices that move with the head or neck.
        hand: Vertices of hands and fingers.
        thigh: Vertices of hips and upper thighs.
    """

    canonical: Float32[np.ndarray, "vertex 3"]
    faces: dict[str, Int32[np.ndarray, "face 3"]]
    masks: dict[str, Float32[np.ndarray, " vertex"]]
    head: Bool[np.ndarray, " vertex"]
    hand: Bool[np.ndarray, " vertex"]
    thigh: Bool[np.ndarray, " vertex"]


@cache
def body_surface() -> Surface:
    """The packaged mesh, read once a process."""
    asset = files("human_capture.common.people") / "assets" / "body.npz"
    with asset.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        names = archive.files
        bones = archive["bone_names"][archive["dominant_bone"]]
        return Surface(
            canonical=archive["canonical"],
            faces={
                name.removeprefix("faces_"): archive[name].astype(np.int32)
                for name in names
                if name.startswith("faces_")
            },
            masks={
                name.removeprefix("mask_"): archive[name].astype(np.float32) / 255
                for name in names
                if name.startswith("mask_")
            },
            head=_starts(bones, "head", "neck"),
            hand=_starts(bones, "finger", "metacarpal", "wrist"),
            thigh=_starts(bones, "upperleg01", "pelvis"),
        )


def _starts(bones: np.ndarray, *prefixes: str) -> Bool[np.ndarray, " vertex"]:
    hits = [np.char.startswith(bones, prefix) for prefix in prefixes]
    return np.asarray(np.logical_or.reduce(hits))
