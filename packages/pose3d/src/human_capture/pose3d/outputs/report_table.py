"""The report on a captured motion, in the terminal."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table

from human_capture.pose3d.outputs.report import Fit, MotionReport


def print_report(report: MotionReport, console: Console | None = None) -> None:
    """Print the summary, and a table of the joints and one of the bones.

    Args:
        report: The measured quality.
        console: Where to print; standard output when absent.
    """
    console = console or Console()
    for line in summary(report):
        console.print(line, highlight=False)
    if report.views:
        console.print(joint_table(report))
    if report.bones:
        console.print(bone_table(report))


def summary(report: MotionReport) -> list[str]:
    """A few sentences on the whole motion."""
    seconds = report.frames / report.fps
    who = "1 person" if report.people == 1 else f"{report.people} people"
    lines = [
        f"{who} in {report.frames} frames ({seconds:.1f} s); "
        f"{report.frames_without_anybody} frames without anybody.",
        f"{report.unknown:.1%} of the joints are unknown; {report.gaps_filled} gaps "
        f"were filled, {report.filled:.1%} of the joints.",
    ]
    if report.overall is not None:
        fit = report.overall
        lines.append(
            f"Reprojection error: median {number(fit.median)} px, 95 % below "
            f"{number(fit.high)} px; {percent(fit.excluded)} of the 2D key points "
            "excluded."
        )
    return lines


def joint_table(report: MotionReport) -> Table:
    """Error of every joint: over all cameras, then the median in each."""
    table = Table(title="Reprojection error, px")
    table.add_column("joint")
    for heading in ("median", "95 %", "excluded", *report.views):
        table.add_column(heading, justify="right")
    rows = zip(report.joints, report.by_joint, report.by_joint_and_view, strict=True)
    for joint, fit, in_views in rows:
        table.add_row(joint.replace("_", " "), *_cells(fit, in_views))
    table.add_section()
    assert report.overall is not None
    table.add_row("all", *_cells(report.overall, report.by_view))
    table.add_row(
        "excluded", "", "", "", *(percent(fit.excluded) for fit in report.by_view)
    )
    return table


def bone_table(report: MotionReport) -> Table:
    """Length of every bone and how much it varies, which a real bone does not."""
    table = Table(title="Bone lengths")
    if report.people > 1:
        table.add_column("person", justify="right")
    table.add_column("bone")
    for heading in ("mean mm", "std mm", "variation", "of other side"):
        table.add_column(heading, justify="right")
    for bone in report.bones:
        cells = [
            bone.name,
            number(bone.mean_mm, 0),
            number(bone.spread_mm),
            percent(bone.variation),
            percent(bone.other_side),
        ]
        table.add_row(*([str(bone.person)] if report.people > 1 else []), *cells)
    return table


def number(value: float, decimals: int = 1) -> str:
    """The value rounded, or a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.{decimals}f}"


def percent(value: float) -> str:
    """A share in per cent, or a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.1%}"


def _cells(fit: Fit, in_views: tuple[Fit, ...]) -> list[str]:
    overall = [number(fit.median), number(fit.high), percent(fit.excluded)]
    return [*overall, *(number(view.median) for view in in_views)]
