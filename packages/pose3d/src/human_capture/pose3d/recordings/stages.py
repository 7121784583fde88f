"""How long each stage of a pipeline takes.

Stages pull from one another: a detector asks for an image, which is decoded then. The
clock gives every second to one stage only, the innermost at work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class StageClock:
    """Seconds spent in each stage.

    Args:
        now: Seconds since some moment.

    Attributes:
        seconds: For every stage, in the order in which they first gave way.
    """

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        self._now = now
        self._since = 0.0
        self._open: list[str] = []

    @property
    def shares(self) -> dict[str, float]:
        """Share of each stage in the time of all."""
        total = sum(self.seconds.values())
        return {name: spent / total for name, spent in self.seconds.items() if total}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of the block, without that of stages inside it.

        Args:
            name: Of the stage; it may be entered often.
        """
        self._settle()
        self._open.append(name)
        try:
            yield
        finally:
            self._settle()
            self._open.pop()

    def timed(self, name: str, items: Iterable[T]) -> Iterator[T]:
        """The same items; the time until each is there is the stage's.

        Args:
            name: Of the stage that makes them.
            items: Made one by one, when they are asked for.
        """
        iterator = iter(items)
        while True:
            with self.stage(name):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    def _settle(self) -> None:
        """Give the time since the last change to the stage that was at work."""
        now = self._now()
        if self._open:
            name = self._open[-1]
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now
