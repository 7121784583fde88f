"""Work shared out to other processes, results in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

import cv2
import torch

from human_capture.common.errors import InputError

Job = TypeVar("Job")
Result = TypeVar("Result")


def ordered_map(
    work: Callable[[Job], Result], jobs: Iterable[Job], workers: int
) -> Iterator[Result]:
    """The results of jobs in the order of the jobs.

    Args:
        work: Does a job; can be pickled, as the job and the result.
        jobs: What is to be done.
        workers: Processes; with 0 or 1 the work happens in this one.

    Raises:
        InputError: A process has died.
    """
    if workers <= 1:
        yield from map(work, jobs)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_one_thread) as pool:
        try:
            yield from pool.map(work, jobs)
        except BrokenProcessPool as error:
            raise InputError(
                "A worker process has died, perhaps for want of memory; start again "
                "with fewer --workers: what was finished is kept."
            ) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one_thread() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
