"""Whether drawn heads shake more than those that drive them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor


def unsteadiness(
    drawn: Float[Tensor, "frame 68 2"], driver: Float[Tensor, "frame 68 2"]
) -> tuple[float, float]:
    """Mean acceleration of landmarks, of the drawn head and of its driver.

    Second differences over the frames in which both faces were found three times in a
    row, in sides of the picture; NaN if there are none.

    Args:
        drawn: Landmarks in successive frames; NaN where no face was found.
        driver: The same of the driver.
    """
    both = [landmarks.double().diff(n=2, dim=0) for landmarks in (drawn, driver)]
    sizes = [change.norm(dim=-1).mean(-1) for change in both]
    known = sizes[0].isfinite() & sizes[1].isfinite()
    found, true = (float(size[known].mean()) for size in sizes)
    return found, true


def smoothness_ratio(
    clips: Sequence[tuple[Float[Tensor, "_ 68 2"], Float[Tensor, "_ 68 2"]]],
) -> float:
    """Acceleration of drawn heads' landmarks over that of their drivers'.

    1 when heads move as their drivers do, more when they shake, less when they lag.

    Args:
        clips: Landmarks of the drawn head and of its driver in successive frames; NaN
            where no face was found. Clips without enough faces do not count.

    Returns:
        NaN when no clip counts, or no driver moves.
    """
    pairs = [unsteadiness(drawn, driver) for drawn, driver in clips]
    known = [pair for pair in pairs if not math.isnan(pair[0])]
    found, true = (sum(pair[side] for pair in known) for side in range(2))
    return found / true if true else math.nan
