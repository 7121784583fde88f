"""Times and memory, measured side by side on a machine that others may use too."""

from __future__ import annotations

import multiprocessing
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch

Run = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Medians over repeats, in milliseconds.

    Attributes:
        cpu: Processor time of all threads.
        wall: Time that went by.
    """

    cpu: float
    wall: float


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: The work.
        ours: How long this repository takes.
        other: How long what it is compared with takes; None if it cannot be run.
        against: What it is compared with.
        goal: The wanted ratio of processor times, or none.
        note: Accuracy, memory, or why there is no comparison.
        limit: How far from what the machine can do.
    """

    what: str
    ours: Timing
    other: Timing | None
    against: str
    goal: float | None = None
    note: str = ""
    limit: str = ""


def timed(run: Run) -> Timing:
    """One run."""
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    run()
    return Timing(
        (time.process_time_ns() - cpu) / 1e6, (time.perf_counter_ns() - wall) / 1e6
    )


def interleaved(
    runs: Mapping[str, Callable[[], Timing]], repeats: int
) -> dict[str, Timing]:
    """Medians of runs that take turns, so that a busy machine disturbs all alike.

    Args:
        runs: Each does its work once and says how long that took.
        repeats: Rounds after one round of warming up.
    """
    times: dict[str, list[Timing]] = {name: [] for name in runs}
    for turn in range(repeats + 1):
        for name, run in runs.items():
            timing = run()
            if turn:
                times[name].append(timing)
    return {
        name: Timing(
            statistics.median(t.cpu for t in all_),
            statistics.median(t.wall for t in all_),
        )
        for name, all_ in times.items()
    }


def compared(ours: Run, other: Run, repeats: int) -> tuple[Timing, Timing]:
    """Both medians, taking turns.

    Args:
        ours: Work of this repository.
        other: The same work done otherwise.
        repeats: Rounds.
    """
    runs = {"ours": lambda: timed(ours), "other": lambda: timed(other)}
    medians = interleaved(runs, repeats)
    return medians["ours"], medians["other"]


def repeated(run: Run, times: int) -> Run:
    """The work that many times over, for what is too short to be timed alone.

    Args:
        run: The work.
        times: How often.
    """

    def work() -> None:
        for _ in range(times):
            run()

    return work


def per_run(timing: Timing, times: int) -> Timing:
    """Time of one run of :func:`repeated` work."""
    return Timing(timing.cpu / times, timing.wall / times)


def peak_memory_mb(prepare: Callable[[], Run]) -> float:
    """Memory the work needs at its peak beyond its input, in a fresh process.

    Args:
        prepare: Makes the input and returns the work; a function of a module.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure_peak, args=(prepare, theirs))
    process.start()
    peak: float = ours.recv()
    process.join()
    return peak


def _measure_peak(
    prepare: Callable[[], Run], answer: multiprocessing.connection.Connection
) -> None:
    torch.set_num_threads(1)
    run = prepare()
    before = _status_mb("VmRSS")
    run()
    answer.send(_status_mb("VmHWM") - before)


def _status_mb(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith(field))
    return int(line.split()[1]) / 1024


@dataclass(frozen=True)
class Machine:
    """What one thread of this machine can do at best.

    Attributes:
        bandwidth: Bytes a second that a large copy reads and writes.
        flops: Float32 operations a second of a large product of matrices.
    """

    bandwidth: float
    flops: float

    def limit(self, timing: Timing, bytes_: float, flops: float) -> str:
        """How far from the memory's and the arithmetic's limit, as one line.

        Args:
            timing: How long the work took.
            bytes_: What it must at least read and write.
            flops: What it must at least compute.
        """
        seconds = timing.cpu / 1e3
        memory = bytes_ / self.bandwidth / seconds
        arithmetic = flops / self.flops / seconds
        return f"{memory:.1%} of memory bandwidth, {arithmetic:.1%} of peak arithmetic"


def measure_machine() -> Machine:
    """Bandwidth and arithmetic of one thread, best of several tries."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    source, target = torch.rand(2**25), torch.rand(2**25)
    matrix = torch.rand(1024, 1024)
    copy = min(timed(lambda: target.copy_(source)).cpu for _ in range(8))
    product = min(timed(lambda: matrix @ matrix).cpu for _ in range(8))
    torch.set_num_threads(threads)
    return Machine(2 * 4 * 2**25 / copy * 1e3, 2 * 1024**3 / product * 1e3)


def threads_wait(count: int) -> bool:
    """Whether that many threads only wait for each other, the cores being busy."""
    numbers = torch.rand(2**18)
    times = {}
    for threads in (1, count):
        torch.set_num_threads(threads)
        times[threads] = interleaved({"": lambda: timed(numbers.square)}, 50)[""].wall
    return times[count] > 3 * times[1]


def describe_machine(machine: Machine) -> str:
    """Processor, versions and limits, as a sentence or two."""
    names = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("torch", "numpy", "numba", "scipy")
    )
    return (
        f"{len(names)} × {names[0] if names else platform.machine()}, "
        f"Python {platform.python_version()}, {versions}. One thread copies "
        f"{machine.bandwidth / 1e9:.1f} GB/s (read and write) and multiplies matrices "
        f"at {machine.flops / 1e9:.0f} GFLOP/s."
    )
