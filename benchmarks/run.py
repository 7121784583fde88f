"""Measure hot paths against plain versions of themselves and against other packages.

    python benchmarks/run.py                      all, printed
    python benchmarks/run.py unprojection         some
    python benchmarks/run.py --output RESULTS.md  and written

Processor time is what counts: it hardly changes when others use the machine.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from importlib import import_module
from pathlib import Path

import torch
from measuring import (
    Machine,
    Row,
    Timing,
    describe_machine,
    measure_machine,
    threads_wait,
)

FOLDER = Path(__file__).parent
NAMES = (
    "weighted_dlt",
    "robust_voting",
    "many_points",
    "unprojection",
    "soft_argmax",
    "projection",
    "lifting",
    "neus_step",
    "head_mesh",
    "driving_frame",
    "clip_reading",
    "reenactment_step",
)


def install_peers() -> str:
    """Make the peers' environment once; says in a line what went wrong, if anything."""
    done = FOLDER / ".venv" / "installed"
    wanted = (FOLDER / "requirements.txt").read_text()
    if done.exists() and done.read_text() == wanted:
        return ""
    print("Installing the packages to compare with …", file=sys.stderr)
    venv.create(FOLDER / ".venv", with_pip=True)
    command = [str(FOLDER / ".venv/bin/python"), "-m", "pip", "install", "-q"]
    command += ["-r", str(FOLDER / "requirements.txt")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        return finished.stderr.strip().splitlines()[-1]
    done.write_text(wanted)
    return ""


def table(rows: list[Row]) -> str:
    """Markdown of one set of rows."""
    lines = [
        "| Work | Ours, ms CPU (wall) | Against | ms CPU (wall) | Ratio CPU (wall) "
        "| Goal | Remarks |",
        "| --- | ---: | --- | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        ratio = "–"
        if row.other is not None:
            factors = row.other.cpu / row.ours.cpu, row.other.wall / row.ours.wall
            ratio = f"**{factors[0]:.1f}×** ({factors[1]:.1f}×)"
        goal = "" if row.goal is None else f"{row.goal:g}×"
        cells = (
            row.what,
            _shown(row.ours),
            row.against,
            _shown(row.other),
            ratio,
            goal,
        )
        lines.append(f"| {' | '.join((*cells, row.note))} |")
    return "\n".join(lines)


def _shown(timing: Timing | None) -> str:
    if timing is None:
        return "–"
    digits = max(0, 2 - len(str(int(timing.cpu))) + (timing.cpu < 1))
    return f"{timing.cpu:,.{digits}f} ({timing.wall:,.{digits}f})"


def report(names: list[str], threads: list[int], machine: Machine) -> str:
    """The whole document.

    Args:
        names: Which measurements.
        threads: Every number of threads to measure with.
        machine: Its limits.
    """
    parts = [
        "# Benchmarks",
        f"Written by `make bench`. {describe_machine(machine)}",
        "Medians of runs that take turns. CPU is processor time of all threads, which "
        "other users of the machine disturb least; ratios say how many times as fast "
        "ours is.",
    ]
    for count in threads:
        parts.append(f"## {count} thread{'s' * (count > 1)}")
        if count > 1 and threads_wait(count):
            parts.append(
                "Not measured: other work kept the cores busy, and threads that wait "
                "for each other say nothing."
            )
            continue
        torch.set_num_threads(count)
        rows = []
        for name in names:
            print(f"{name}, {count} thread(s) …", file=sys.stderr)
            rows += import_module(name).rows(machine)
        parts.append(table(rows))
        if count == 1:
            limits = "\n".join(
                f"- {row.what}: {row.limit}." for row in rows if row.limit
            )
            parts += ["How far from the machine's limits:", limits]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; all if none")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    names = options.names or list(NAMES)
    problem = install_peers() if "many_points" in names else ""
    if problem:
        print(f"Peers cannot be installed: {problem}", file=sys.stderr)
    text = report(names, options.threads, measure_machine())
    print(text)
    if options.output:
        options.output.write_text(text)


if __name__ == "__main__":
    main()
