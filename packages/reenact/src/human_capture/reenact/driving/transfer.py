"""Which pose the avatar takes when the driver takes one."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from human_capture.common.one_euro import OneEuro


class PoseTransfer:
    """The avatar's pose from the driver's.

    It is ``own + strength * (driver - origin)``. In absolute driving the origin is the
    avatar's own pose: at strength 1 the avatar takes the driver's pose, at 0 it keeps
    its own. In relative driving the origin is a pose of the driver: the avatar starts
    from its own pose and goes as far from it as the driver goes from there.

    Args:
        own: Descriptor of the avatar's picture.
        relative: Move as the driver moves, rather than be posed alike.
        strength: 1 does what the driver does, less does less, more exaggerates.
        neutral: Descriptor of the driver that relative motion starts from; that of the
            first call if absent.
        smooth: Smooths the driver's descriptors.
    """

    def __init__(
        self,
        own: Float[Tensor, " pose"],
        relative: bool = False,
        strength: float = 1.0,
        neutral: Float[Tensor, " pose"] | None = None,
        smooth: OneEuro[Tensor] | None = None,
    ) -> None:
        self.own = own
        self.strength = strength
        self.smooth = smooth
        self._origin = neutral if relative else own

    def __call__(
        self, driver: Float[Tensor, " pose"], time: float
    ) -> Float[Tensor, " pose"]:
        """The avatar's descriptor at a moment.

        Args:
            driver: The driver's.
            time: In seconds, rising from call to call.
        """
        if self.smooth is not None:
            driver = self.smooth(driver, time)
        if self._origin is None:
            self._origin = driver
        return self.own + self.strength * (driver - self._origin)
