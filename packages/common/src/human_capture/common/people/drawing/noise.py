# ruff: noqa: ANN001, ANN201, ANN202  (compiled functions infer their types)
"""Smooth random fields from a small table: the grain of skin, cloth, hair and walls.

Value noise: random numbers on the integer lattice, smoothly interpolated between;
the field repeats after 32 units and is the same in every process.
"""

from __future__ import annotations

from functools import cache
from typing import no_type_check

import numpy as np
from jaxtyping import Float, Float32

from human_capture.common.people.drawing.kernel import inlined, kernel

PERIOD = 32  # a power of two, so that wrapping is a bit mask


@cache
def noise_table() -> Float32[np.ndarray, " node"]:
    """Uniform random numbers in [0, 1] on the lattice, the last axis fastest."""
    return np.random.default_rng(20240229).random(PERIOD**3, np.float32)


def noise(points: Float[np.ndarray, "*batch 3"]) -> Float32[np.ndarray, "*batch"]:
    """The field in [0, 1] at points given in lattice units.

    Args:
        points: Where; one unit is the size of one blob.
    """
    flat = np.ascontiguousarray(points, np.float32).reshape(-1, 3)
    out = np.empty(len(flat), np.float32)
    _noise_at(noise_table(), flat, out)
    return out.reshape(points.shape[:-1])


@inlined
@no_type_check
def floor(x):
    """The largest whole number not above x (compiled, without a library call)."""
    i = int(x)
    return i - 1 if x < i else i


@inlined
@no_type_check
def noise3(table, x, y, z):
    """The field at one point (compiled; the table is passed in)."""
    i, j, k = floor(x), floor(y), floor(z)
    x, y, z = x - i, y - j, z - k
    x, y, z = x * x * (3 - 2 * x), y * y * (3 - 2 * y), z * z * (3 - 2 * z)
    k1 = (k + 1) & 31
    k &= 31
    i1, j1 = ((i + 1) & 31) << 10, ((j + 1) & 31) << 5
    i, j = (i & 31) << 10, (j & 31) << 5
    p, q, r, s = i | j, i1 | j, i | j1, i1 | j1
    a = table[p | k] + (table[q | k] - table[p | k]) * x
    b = table[r | k] + (table[s | k] - table[r | k]) * x
    c = table[p | k1] + (table[q | k1] - table[p | k1]) * x
    d = table[r | k1] + (table[s | k1] - table[r | k1]) * x
    a += (b - a) * y
    c += (d - c) * y
    return a + (c - a) * z


@kernel
@no_type_check
def _noise_at(table, points, out):
    for n in range(points.shape[0]):
        out[n] = noise3(table, points[n, 0], points[n, 1], points[n, 2])
