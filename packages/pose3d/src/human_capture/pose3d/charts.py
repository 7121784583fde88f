"""Line charts as SVG, which every browser and README shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720.0, 420.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 250.0, 24.0, 52.0
COLOURS = ("#64748b", "#d97706", "#2563eb", "#059669", "#db2777", "#7c3aed", "#0891b2")


@dataclass(frozen=True)
class Line:
    """One curve of a chart.

    Attributes:
        name: For the legend.
        points: Pairs of x and y, by ascending x.
    """

    name: str
    points: Sequence[tuple[float, float]]


def line_chart(lines: Sequence[Line], x_title: str, y_title: str) -> str:
    """An SVG of curves over a common axis; y starts at zero.

    Args:
        lines: At least one, each with at least one point.
        x_title: What x is, with its unit.
        y_title: What y is, with its unit.
    """
    places = sorted({x for line in lines for x, _ in line.points})
    top = _round_up(max(y for line in lines for _, y in line.points))
    left, right = places[0], max(places[-1], places[0] + 1)

    def across(x: float) -> float:
        return LEFT + (x - left) / (right - left) * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        return HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" '
        'font-family="system-ui, sans-serif" font-size="13" fill="#334155">',
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="white"/>',
    ]
    for step in range(5):
        value, y = top * step / 4, down(top * step / 4)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#e2e8f0"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{value:g}", "end"))
    parts += [_text(across(x), HEIGHT - BOTTOM + 20, f"{x:g}") for x in places]
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x_title))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    turned = f'transform="rotate(-90 16 {middle})"'
    parts.append(_text(16.0, middle, y_title, "middle", turned))
    ordered = sorted(lines, key=lambda line: -line.points[-1][1])
    for number, line in enumerate(ordered):
        colour = COLOURS[number % len(COLOURS)]
        path = "L".join(f"{across(x):.1f} {down(y):.1f}" for x, y in line.points)
        stroke = f'fill="none" stroke="{colour}" stroke-width="2"'
        parts.append(f'<path d="M{path}" {stroke}/>')
        for x, y in line.points:
            dot = f'cx="{across(x):.1f}" cy="{down(y):.1f}" r="3.5" fill="{colour}"'
            parts.append(f"<circle {dot}/>")
        y = TOP + 14 + 22 * number
        x = WIDTH - RIGHT + 20
        parts.append(f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{colour}"/>')
        parts.append(_text(x + 12, y, line.name, "start"))
    return "\n".join([*parts, "</svg>\n"])


def _text(x: float, y: float, text: str, anchor: str = "middle", more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}'
    return f"<text {place}>{escape(text)}</text>"


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 5, 6, 8 or 10 times a power of ten."""
    power = 1.0
    while power * 10 < value:
        power *= 10
    while power > value:
        power /= 10
    return next(s * power for s in (1, 2, 3, 4, 5, 6, 8, 10) if s * power >= value)
