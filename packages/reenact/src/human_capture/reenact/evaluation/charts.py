"""Line charts as pictures."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from jaxtyping import UInt8

from human_capture.reenact.evaluation.results import Curve

WIDTH, HEIGHT = 960, 480
LEFT, RIGHT, TOP, BOTTOM = 90, 300, 30, 70
COLOURS = (
    (37, 99, 235), (217, 119, 6), (5, 150, 105), (219, 39, 119), (124, 58, 237),
    (8, 145, 178), (100, 116, 139),
)  # fmt: skip
_INK, _GRID = (51, 65, 85), (226, 232, 240)
_FINE = 4  # bits of the fraction of a pixel in OpenCV's drawing


def line_chart(
    lines: Mapping[str, Curve], x_title: str, y_title: str
) -> UInt8[np.ndarray, "height width 3"]:
    """Curves over a common axis; y starts at 0, or below where curves do.

    Args:
        lines: Curves by name; those without points are only named.
        x_title: What x is, with its unit. OpenCV draws ASCII letters only.
        y_title: What y is, with its unit.
    """
    points = np.array([point for line in lines.values() for point in line])
    points = points.reshape(-1, 2) if len(points) else np.array([[0.0, 0.0]])
    low = np.minimum(points.min(0), (np.inf, 0.0))
    high = np.maximum(points.max(0), low + 1e-9)
    chart = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    _draw_axes(chart, low, high, x_title, y_title)
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        if line:
            placed = _place(np.array(line, float), low, high)
            _draw_line(chart, placed, colour)
        row = TOP + 12 + 26 * number
        cv2.circle(chart, (WIDTH - RIGHT + 24, row - 5), 6, colour, -1, cv2.LINE_AA)
        _write(chart, name, (WIDTH - RIGHT + 40, row))
    return chart


def _place(points: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Pixels of points of the chart."""
    shares = (points - low) / (high - low)
    span = np.array([WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM])
    return np.asarray((LEFT, HEIGHT - BOTTOM) + shares * span * (1, -1))


def _draw_line(
    chart: np.ndarray, placed: np.ndarray, colour: tuple[int, int, int]
) -> None:
    fine = np.rint(placed * 2**_FINE).astype(np.int32)
    cv2.polylines(chart, [fine], False, colour, 2, cv2.LINE_AA, _FINE)
    for x, y in fine.tolist():
        cv2.circle(chart, (x, y), 4 << _FINE, colour, -1, cv2.LINE_AA, _FINE)


def _draw_axes(
    chart: np.ndarray, low: np.ndarray, high: np.ndarray, x_title: str, y_title: str
) -> None:
    for share in np.linspace(0, 1, 5):
        x, y = low + share * (high - low)
        column, row = _place(np.array([x, y]), low, high).round().astype(int).tolist()
        cv2.line(chart, (LEFT, row), (WIDTH - RIGHT, row), _GRID, 1, cv2.LINE_AA)
        _write(chart, f"{y:.3g}", (LEFT - 60, row + 5))
        _write(chart, f"{x:.3g}", (column - 10, HEIGHT - BOTTOM + 24))
    _write(chart, x_title, ((LEFT + WIDTH - RIGHT) // 2 - 60, HEIGHT - 16))
    _write(chart, y_title, (10, 18))


def _write(chart: np.ndarray, text: str, place: tuple[int, int]) -> None:
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(chart, text, place, font, 0.5, _INK, 1, cv2.LINE_AA)
