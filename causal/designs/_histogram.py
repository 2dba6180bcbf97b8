"""A histogram on both sides of a cut-off, none of whose bins reaches over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._local import SHARED, Side
from .design import Floats

#: Rows farther from the cut-off than so many spreads of the running variable are not looked at.
FAR = 8.0


@dataclass(frozen=True)
class Histogram:
    """The density in bins `width` wide on both sides, as sides of a jump; `rows` (left, right) in
    each bin. `is_even` is False where values are shared but lie on no even grid."""

    left: Side
    right: Side
    width: float
    rows: tuple[NDArray[np.intp], NDArray[np.intp]]
    is_even: bool


def histogram(x: Floats) -> Histogram:
    """The histogram of a running variable that is 0 at the cut-off, in bins of 2 σ / √n (McCrary
    2008); where its values lie on a grid, bins hold whole steps of it."""
    n = len(x)
    low, high = np.quantile(x, [0.25, 0.75])
    spread = float(x.std(ddof=1))
    spread = min(spread, float(high - low) / 1.349) if high > low else spread
    width = 2 * spread / np.sqrt(n)
    values = np.unique(x)
    is_even, shift = True, 0.0
    if 1 - len(values) / n >= SHARED:
        step = float(np.diff(values).min())
        steps = np.diff(values) / step
        is_even = bool(np.abs(steps - np.round(steps)).max() < 1e-6)
        if is_even:
            width = max(1, round(width / step)) * step
            shift = step / 2 - float(values[values >= 0].min())
    left = _side(-(x + shift)[x < 0], width, n, FAR * spread)
    right = _side((x + shift)[x >= 0], width, n, FAR * spread)
    return Histogram(_mirrored(left[0]), right[0], width, (left[1][::-1], right[1]), is_even)


def _side(distance: Floats, width: float, n: int, far: float) -> tuple[Side, NDArray[np.intp]]:
    """Whole bins only: the last, which the values end within, would look sparse."""
    bins = max(int(min(float(distance.max()), far) / width), 1)
    place = (distance / width).astype(int)
    rows = np.bincount(place[place < bins], minlength=bins)
    middle = np.asarray(width * (np.arange(bins) + 0.5), dtype=float)
    return Side(middle, (rows / (n * width))[:, None], np.ones(bins), None, False), rows


def _mirrored(side: Side) -> Side:
    return Side(-side.x[::-1], side.d[::-1], side.weight, None, False)
