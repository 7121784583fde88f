"""The 68 face landmarks among the 468 that the detector sees.

In iBUG's order (https://ibug.doc.ic.ac.uk/resources/300-W): 0-16 jaw, 17-26 brows,
27-35 nose, 36-47 eyes, 48-67 lips, each from the picture's left to its right in a face
that looks at the camera. Jaw points are those of the surface, not of the outline: they
stay with the skin when the head turns.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from human_capture.common.people.anatomy.body_keypoints import FACE68_OF_478

_POINTS = np.array(FACE68_OF_478)  # all below 468; the last ten of 478 are the irises


def face68(
    landmarks: Float[np.ndarray, "*batch point 2"],
) -> Float[np.ndarray, "*batch 68 2"]:
    """The 68 points in iBUG's order.

    Args:
        landmarks: MediaPipe's 468, or 478 with the irises, in any unit.
    """
    return np.asarray(landmarks[..., _POINTS, :])
