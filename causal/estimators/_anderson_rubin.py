"""The effects that instruments do not speak against, however weak they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..effect import number

Floats = NDArray[np.float64]
#: Where the edges of the set are looked for; between two of them none is assumed to lie.
POINTS = 4_001


@dataclass(frozen=True)
class ConfidenceSet:
    """The set as pieces, each (low, high) and in order; the ends may be infinite. Empty where every
    effect is spoken against: the instruments contradict each other."""

    pieces: tuple[tuple[float, float], ...]

    @property
    def low(self) -> float:
        """The lowest effect of the set; NaN where it is empty."""
        return self.pieces[0][0] if self.pieces else float("nan")

    @property
    def high(self) -> float:
        """The highest effect of the set; NaN where it is empty."""
        return self.pieces[-1][1] if self.pieces else float("nan")

    @property
    def is_plain(self) -> bool:
        """It is one interval with two ends."""
        return len(self.pieces) == 1 and bool(np.isfinite(self.pieces[0]).all())

    @property
    def in_words(self) -> str:
        """The pieces, for a sentence."""
        if not self.pieces:
            return "empty: no effect fits all instruments"
        if self.pieces == ((-np.inf, np.inf),):
            return "the whole line: the instruments tell nothing"
        return " and ".join(f"{number(low)} to {number(high)}" for low, high in self.pieces)


def has_no_effect(on_y: Floats, spread: Floats) -> float:
    """The p-value that the instruments do not move the outcome: slopes (k,), covariance (k, k)."""
    from scipy.special import chdtrc

    return float(chdtrc(len(on_y), on_y @ np.linalg.solve(spread, on_y)))


def confidence_set(
    on_y: Floats, on_t: Floats, spread: Floats, *, start: float, step: float
) -> ConfidenceSet:
    """Effects b at which the slopes on_y - b on_t (k,) are within chance of zero (95 %).

    `spread` (2k, 2k) is the joint covariance of both slopes, `start` and `step` say where and how
    finely to look. For one instrument the edges are the roots of a quadratic (Fieller 1954); for
    more, edges are found along the whole line, laid on a half circle.
    """
    from scipy.special import chdtri

    k = len(on_y)
    most = float(chdtri(k, 0.05))
    if k == 1:
        return _quadratic(float(on_y[0]), float(on_t[0]), spread, most)

    def excess(angle: float) -> float:
        # The slopes and their covariance at b = start + step tan(angle), times cos(angle), so that
        # the end of the line is a point like any other.
        cosine, sine = np.cos(angle), np.sin(angle)
        along = cosine * start + sine * step
        slopes = cosine * on_y - along * on_t
        both = np.hstack([cosine * np.eye(k), -along * np.eye(k)])
        return float(slopes @ np.linalg.solve(both @ spread @ both.T, slopes)) - most

    return _pieces(excess, start, step)


def _quadratic(on_y: float, on_t: float, spread: Floats, most: float) -> ConfidenceSet:
    """(on_y - b on_t)² ≤ most (v_yy - 2 b v_yt + b² v_tt)."""
    a = on_t**2 - most * spread[1, 1]
    b = on_y * on_t - most * spread[0, 1]
    c = on_y**2 - most * spread[0, 0]
    root = b**2 - a * c
    if root < 0:  # a > 0 cannot be: the estimate itself always belongs to the set
        return ConfidenceSet(((-np.inf, np.inf),))
    ends = sorted(((b - np.sqrt(root)) / a, (b + np.sqrt(root)) / a))
    if a > 0:
        return ConfidenceSet(((ends[0], ends[1]),))
    return ConfidenceSet(((-np.inf, ends[0]), (ends[1], np.inf)))


def _pieces(excess: Callable[[float], float], start: float, step: float) -> ConfidenceSet:
    from scipy.optimize import brentq

    angles = np.linspace(-np.pi / 2, np.pi / 2, POINTS)
    inside = np.array([excess(angle) <= 0 for angle in angles])
    edges = [-np.inf] if inside[0] else []
    for k in np.flatnonzero(inside[1:] != inside[:-1]):
        at = brentq(excess, angles[k], angles[k + 1])
        edges.append(start + step * float(np.tan(at)))
    if inside[-1]:
        edges.append(np.inf)
    return ConfidenceSet(tuple(zip(edges[::2], edges[1::2], strict=True)))
