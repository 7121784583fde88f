"""What a person who waits sees: progress of long steps, and warnings in plain words.

A bar on a terminal, plain lines in a pipe or log file.
"""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

T = TypeVar("T")


def progress(
    items: Iterable[T],
    description: str,
    total: int | None = None,
    console: Console | None = None,
) -> Iterator[T]:
    """The same items, with their count shown on standard error.

    Args:
        items: What is worked through.
        description: What is being done, for the person who waits.
        total: How many items there will be; their length when absent.
        console: Where to show it; standard error when absent.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    console = console or Console(stderr=True)
    if console.is_terminal:
        yield from _with_bar(items, description, total, console)
    else:
        yield from _with_line(items, description, console)


def _with_bar(
    items: Iterable[T], description: str, total: int | None, console: Console
) -> Iterator[T]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(description, total=total)
        for item in items:
            yield item
            bar.advance(task)


def _with_line(items: Iterable[T], description: str, console: Console) -> Iterator[T]:
    start, count = time.monotonic(), 0
    for item in items:
        yield item
        count += 1
    seconds = time.monotonic() - start
    console.print(f"{description}: {count} in {seconds:.1f} s", highlight=False)


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Show warnings as one line on standard error, without file names and code."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        print(f"warning: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield


@contextmanager
def without_trainers_remarks() -> Iterator[None]:
    """Nothing of what Lightning says of its devices and loaders to a developer."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            yield
    finally:
        logger.setLevel(level)
