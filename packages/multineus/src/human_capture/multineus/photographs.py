"""Photos of one person as :class:`Portraits`: face, mask and camera of each."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from human_capture.common.cameras import Cameras, stack
from human_capture.common.detectors.face_finder import FaceFinder
from human_capture.common.detectors.face_landmarks import DetectedFace
from human_capture.common.detectors.person_mask import PersonSegmenter
from human_capture.common.errors import InputError
from human_capture.common.images import focal_from_exif, read_image
from human_capture.multineus.canonical import find_camera, sphere_in_metres
from human_capture.multineus.datasets.synthetic import RADIUS_M
from human_capture.multineus.portraits import Portraits

_ROOM = 1.05  # of the picture over the unit sphere
_NECK, _RIM = -0.55, 0.92
_NOBODY, _SMALLEST_FACE = 0.01, 24


@dataclass(frozen=True)
class PhotoOptions:
    """How photos are read.

    Attributes:
        size: Width and height of the part about the head, in pixels.
        face: Number of the face, the largest is 0; asked for where there are several.
        field_of_view: Of the photo's longer side, in degrees. If absent, the focal
            length that the camera wrote into the photo counts, and if there is none a
            distance of 1.7 metres is assumed.
    """

    size: int = 256
    face: int | None = None
    field_of_view: float | None = None


def read_photos(
    paths: Sequence[Path],
    options: PhotoOptions,
    finder: FaceFinder | None = None,
    segmenter: PersonSegmenter | None = None,
) -> Portraits:
    """Photos of one person without cameras.

    Masks are found by a network, or read from the folder ``mask`` beside the photos,
    where a file has the same name as the photo.

    Args:
        paths: The photos.
        options: How they are read.
        finder: Of faces.
        segmenter: Of people.

    Raises:
        InputError: A file is no image, shows no face, or a mask is not usable.
    """
    finder, segmenter = finder or FaceFinder(), segmenter or PersonSegmenter()
    parts = [_read_photo(path, options, finder, segmenter) for path in paths]
    images, masks, cameras = zip(*parts, strict=True)
    portraits = Portraits(
        torch.stack(images), torch.stack(masks), stack(cameras), sphere_in_metres()
    )
    return without_body(portraits)


def without_body(portraits: Portraits) -> Portraits:
    """The same pictures, of which nothing is learned where the body goes on.

    Args:
        portraits: In the frame that all heads share.
    """
    trust = torch.stack([_trust(portraits, view) for view in range(len(portraits))])
    return replace(portraits, trust=trust)


def _read_photo(
    path: Path, options: PhotoOptions, finder: FaceFinder, segmenter: PersonSegmenter
) -> tuple[UInt8[Tensor, "3 size size"], UInt8[Tensor, "size size"], Cameras]:
    image = read_image(path)
    face = _chosen(finder(image), path, options.face)
    mask = _mask(path, image, face, segmenter)
    height, width = image.shape[:2]
    focal = focal_from_exif(path, width, height)
    if options.field_of_view is not None:
        half = np.deg2rad(options.field_of_view) / 2
        focal = max(height, width) / 2 / float(np.tan(half))
    camera = find_camera(face.landmarks, width, height, focal)
    middle = camera.project(torch.zeros(1, 3))[0][0]
    distance = float(camera.translation.norm())
    reach = (
        float(camera.intrinsics[0, 0]) * RADIUS_M / (distance**2 - RADIUS_M**2) ** 0.5
    )
    low = (middle - _ROOM * reach).numpy()
    scale = options.size / (2 * _ROOM * reach)
    # from pixels of the part, whose centres are whole numbers, to those of the photo
    shift = low + 0.5 / scale - 0.5
    matrix = np.array([[1 / scale, 0, shift[0]], [0, 1 / scale, shift[1]]])
    # what is left of detail should not alias when shrinking
    blur = max(0.0, 0.4 * (1 / scale - 1))
    smooth = cv2.GaussianBlur(image, (0, 0), blur) if blur > 0.1 else image
    size = (options.size, options.size)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(
        smooth, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    soft = cv2.GaussianBlur(mask, (0, 0), blur) if blur > 0.1 else mask
    cover = cv2.warpAffine(soft, matrix, size, flags=flags)
    if cover.mean() < 255 * _NOBODY:
        raise InputError(
            f"The mask of {str(path)!r} covers nothing of the head; give a mask that "
            "does, or none."
        )
    box = torch.tensor([low[0], low[1], 0, 0], dtype=torch.float32)
    return (
        torch.from_numpy(part).permute(2, 0, 1).contiguous(),
        torch.from_numpy(cover),
        camera.crop(box).resize(float(scale)),
    )


def _chosen(faces: list[DetectedFace], path: Path, number: int | None) -> DetectedFace:
    if not faces:
        raise InputError(
            f"There is no face in {str(path)!r}; give a photo that shows one, upright "
            "and not from the side."
        )
    if number is not None and not 0 <= number < len(faces):
        raise InputError(
            f"There are {len(faces)} faces in {str(path)!r}, so there is no face "
            f"{number}; the largest is 0."
        )
    if number is None and len(faces) > 1:
        warnings.warn(
            f"{path.name} shows {len(faces)} faces; the largest is taken, --face N "
            "takes another.",
            stacklevel=2,
        )
    face = faces[number or 0]
    if face.box[3] - face.box[1] < _SMALLEST_FACE:
        raise InputError(
            f"The face in {str(path)!r} is only {face.box[3] - face.box[1]:.0f} pixels "
            f"high; at least {_SMALLEST_FACE} are needed."
        )
    return face


def _mask(
    path: Path,
    image: UInt8[np.ndarray, "height width 3"],
    face: DetectedFace,
    segmenter: PersonSegmenter,
) -> UInt8[np.ndarray, "height width"]:
    given = next(iter((path.parent / "mask").glob(f"{path.stem}.*")), None)
    if given is None:
        return np.asarray(np.rint(255 * segmenter(image, face.head)), np.uint8)
    mask = read_image(given)[..., 0]
    if mask.shape != image.shape[:2]:
        raise InputError(
            f"The mask {str(given)!r} is {mask.shape[1]}x{mask.shape[0]} pixels, but "
            f"its photo is {image.shape[1]}x{image.shape[0]}."
        )
    return np.ascontiguousarray(mask)


def _trust(portraits: Portraits, view: int) -> UInt8[Tensor, "height width"]:
    """Nothing where the person is seen at the rim of the sphere, or below the neck.

    There the body goes on outside of the sphere.
    """
    height, width = portraits.masks.shape[1:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    pixel = torch.stack((x, y), -1).flatten(0, 1)
    origins, directions = portraits.rays(torch.full((len(pixel),), view), pixel)
    nearest = origins - (origins * directions).sum(-1, keepdim=True) * directions
    outside: Float[Tensor, " pixel"] = (nearest[:, 2] < _NECK) | (
        nearest.norm(dim=-1) > _RIM
    )
    unsure = outside.view(height, width) & (portraits.masks[view] > 12)
    return torch.where(unsure, 0, 255).to(torch.uint8)
