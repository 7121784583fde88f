"""The soft shadow under people: dark and sharp where they touch the floor.

It is drawn from above, in layers by height, each more blurred and paler than the one
below, and then laid onto the floor as the camera sees it.
"""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, Float32

from human_capture.common.cameras import Cameras

_CELL = 0.02  # metres
_MARGIN = 0.6  # metres around people
_LONGEST = 1024  # cells
_SPREAD = 2.6  # width of a shadow over the radius of its limb
_SHIFT = 4  # OpenCV takes parts of cells as fixed-point numbers
_LAYERS = ((0.0, 0.03), (0.25, 0.09), (0.9, 0.22))
"""Height and blur, in metres; what is between two heights shares itself out."""

_DARKNESS, _FADING = 0.62, 0.25  # at the floor; metres until half of it is left


class Shadow:
    """Of one moment, seen from above.

    Args:
        limbs: Ends of the people's limbs in the world, in metres; no NaN.
        radii: Of the ends, in metres.
    """

    def __init__(
        self, limbs: Float[np.ndarray, "limb 2 3"], radii: Float[np.ndarray, "limb 2"]
    ) -> None:
        low = limbs[..., :2].min((0, 1)) - _MARGIN
        high = limbs[..., :2].max((0, 1)) + _MARGIN
        self.corner = low
        self.cell = max(_CELL, float((high - low).max()) / _LONGEST)
        columns, rows = np.ceil((high - low) / self.cell).astype(int).tolist()
        self.light = np.ones((rows, columns), np.float32)
        heights = (limbs[..., 2].mean(1) - radii.mean(1)).clip(0)
        dark = _DARKNESS / (1 + heights / _FADING)
        levels, blurs = zip(*_LAYERS, strict=True)
        for share, blur in zip(np.eye(len(levels)), blurs, strict=True):
            shades = dark * np.interp(heights, levels, share)
            if shades.any():
                self.light *= 1 - self._layer(limbs, radii, shades, blur)

    def _layer(
        self, limbs: np.ndarray, radii: np.ndarray, shades: np.ndarray, blur: float
    ) -> Float32[np.ndarray, "row column"]:
        """Limbs as blurred lines; where they cross the darkest counts."""
        layer = np.zeros_like(self.light)
        spots = (limbs[..., :2] - self.corner) / self.cell - 0.5
        spots = np.rint(spots * 2**_SHIFT).astype(int)
        widths = np.rint(_SPREAD * radii.mean(1) / self.cell).clip(1).astype(int)
        for limb in np.argsort(shades):
            if shades[limb] > 0:
                start, stop = spots[limb].tolist()
                shade, width = float(shades[limb]), int(widths[limb])
                cv2.line(layer, start, stop, shade, width, cv2.LINE_8, _SHIFT)
        return np.asarray(cv2.GaussianBlur(layer, (0, 0), blur / self.cell))

    def fall_on(
        self, picture: Float32[np.ndarray, "height width 3"], camera: Cameras
    ) -> None:
        """Darken the floor of a picture.

        Args:
            picture: RGB of nothing but floor and sky; drawn into.
            camera: Without batch axes and without lens distortion.
        """
        if float(camera.centre[2]) <= 0:
            return
        to_floor = np.array([[1.0, 0, 0.5], [0, 1, 0.5], [0, 0, 1 / self.cell]])
        to_floor *= self.cell
        to_floor[:2, 2] += self.corner
        floor_to_image = camera.projection.double().numpy()[:, [0, 1, 3]]
        to_cells = np.linalg.inv(floor_to_image @ to_floor)
        centres = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
        light = cv2.warpPerspective(
            self.light,
            to_cells @ centres,
            picture.shape[1::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=1.0,
        )
        picture *= light[..., None]
