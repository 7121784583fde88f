"""Ctrl-C as the way to end a recording."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

Item = TypeVar("Item")


@contextmanager
def until_interrupted(items: Iterable[Item]) -> Iterator[Iterator[Item]]:
    """The items up to the first Ctrl-C; the one that is being worked on is finished.

    A second Ctrl-C interrupts as usual. Outside of the main thread, which alone hears
    of Ctrl-C, all items come.

    Args:
        items: Such as the frames of a camera.
    """
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, before)

    def passing() -> Iterator[Item]:
        for item in items:
            if stopped.is_set():
                return
            yield item

    if threading.current_thread() is not threading.main_thread():
        yield passing()
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield passing()
    finally:
        signal.signal(signal.SIGINT, before)
