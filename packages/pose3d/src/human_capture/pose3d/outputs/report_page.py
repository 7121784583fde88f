"""The report on a captured motion as a standalone HTML page."""

from __future__ import annotations

import html
import math
from pathlib import Path

from human_capture.common.files import atomic_path
from human_capture.pose3d.outputs.palette import hexadecimal, person_colours
from human_capture.pose3d.outputs.report import Bone, Fit, MotionReport
from human_capture.pose3d.outputs.report_table import number, percent, summary

_BAR_WIDTH, _BAR_HEIGHT = 84, 10  # pixels
_BLUE, _RED = "#2f7ff0", "#e5484d"
_STYLE = """
:root { color-scheme: light dark; --soft: #5b6876; --edge: #8884; --track: #8882; }
@media (prefers-color-scheme: dark) { :root { --soft: #93a1b0; } }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
  padding: 0 1rem; }
h1 { font-size: 1.35rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
.note { color: var(--soft); max-width: 44rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 600; color: var(--soft); padding: 4px 12px; }
td { text-align: right; padding: 2px 12px; border-top: 1px solid var(--edge);
  white-space: nowrap; }
th { white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr.all td { font-weight: 600; border-top-width: 2px; }
svg { vertical-align: -1px; margin-left: 8px; }
svg .track { fill: var(--track); }
"""


def write_report_page(
    path: str | Path, report: MotionReport, title: str = "Captured motion"
) -> None:
    """Write the report as one HTML file that needs no network.

    Args:
        path: File to write.
        report: The measured quality.
        title: Heading of the page.
    """
    sections = [
        f"<h1>{html.escape(title)}: report</h1>",
        *(f"<p>{html.escape(line)}</p>" for line in summary(report)),
        *_joints(report),
        *_bones(report),
    ]
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}: report</title><style>{_STYLE}</style></head>\n"
        "<body>\n" + "\n".join(sections) + "\n</body></html>\n"
    )
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _joints(report: MotionReport) -> list[str]:
    if not report.views or report.overall is None:
        return []
    fits = [fit for row in report.by_joint_and_view for fit in row]
    limit = _largest([fit.median for fit in (*fits, *report.by_joint)])
    views = [f"<th>{html.escape(view)}</th>" for view in report.views]
    rows = [
        _joint_row(joint.replace("_", " "), fit, in_views, limit)
        for joint, fit, in_views in zip(
            report.joints, report.by_joint, report.by_joint_and_view, strict=True
        )
    ]
    last = _joint_row("all joints", report.overall, report.by_view, limit, "all")
    excluded = [f"<td>{_share(fit.excluded)}</td>" for fit in report.by_view]
    return [
        "<h2>Reprojection error</h2>",
        '<p class="note">Distance between a 2D key point and its 3D joint seen in that '
        "camera, in pixels. Excluded are key points that disagree with the other "
        "cameras; the 3D does not rest on them.</p>",
        '<div class="scroll"><table>',
        "<tr><th>joint</th><th>median</th><th>95 %</th><th>excluded</th>",
        *views,
        "</tr>",
        *rows,
        last,
        f"<tr><td>excluded</td><td></td><td></td><td></td>{''.join(excluded)}</tr>",
        "</table></div>",
    ]


def _joint_row(
    name: str, fit: Fit, in_views: tuple[Fit, ...], limit: float, kind: str = ""
) -> str:
    cells = [
        f"<td>{html.escape(name)}</td>",
        f"<td>{_pixels(fit.median, limit)}</td>",
        f"<td>{number(fit.high)}</td>",
        f"<td>{_share(fit.excluded)}</td>",
        *(_view_cell(view, limit) for view in in_views),
    ]
    return f'<tr class="{kind}">{"".join(cells)}</tr>'


def _view_cell(fit: Fit, limit: float) -> str:
    """The median; the rest shows when the pointer rests on it."""
    more = f"95 % below {number(fit.high)} px, {percent(fit.excluded)} excluded"
    return f'<td title="{more}">{_pixels(fit.median, limit)}</td>'


def _bones(report: MotionReport) -> list[str]:
    if not report.bones:
        return []
    limit = _largest([bone.variation for bone in report.bones])
    return [
        "<h2>Bone lengths</h2>",
        '<p class="note">A real bone keeps its length: the less it varies, the better '
        "the motion. The last column compares it with the same bone on the other side."
        "</p>",
        '<div class="scroll"><table>',
        "<tr><th>bone</th><th>person</th><th>mean mm</th><th>std mm</th>"
        "<th>variation</th><th>of other side</th></tr>",
        *(_bone_row(bone, limit) for bone in report.bones),
        "</table></div>",
    ]


def _bone_row(bone: Bone, limit: float) -> str:
    colour = hexadecimal(person_colours(bone.person - 1).middle)
    cells = [
        html.escape(bone.name),
        str(bone.person),
        number(bone.mean_mm, 0),
        number(bone.spread_mm),
        percent(bone.variation) + _bar(bone.variation / limit, colour),
        percent(bone.other_side),
    ]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _pixels(value: float, limit: float) -> str:
    return number(value) + _bar(value / limit, _BLUE)


def _share(value: float) -> str:
    return percent(value) + _bar(value, _RED)


def _bar(share: float, colour: str) -> str:
    """A small drawing of a share between 0 and 1."""
    filled = 0.0 if math.isnan(share) else min(share, 1.0) * _BAR_WIDTH
    size = f'height="{_BAR_HEIGHT}" rx="2"'
    return (
        f'<svg width="{_BAR_WIDTH}" height="{_BAR_HEIGHT}" aria-hidden="true">'
        f'<rect class="track" width="{_BAR_WIDTH}" {size}/>'
        f'<rect width="{filled:.1f}" {size} fill="{colour}"/></svg>'
    )


def _largest(values: list[float]) -> float:
    """The end of a scale; never zero."""
    return max((value for value in values if value > 0), default=1.0)
