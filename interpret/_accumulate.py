"""Accumulated local effects of one column, added up, centred, and with their sampling error.

Numbers: bins between values that occur, m_k the mean change of the answer across bin k over its
rows. The curve at edge b is Σ_{k≤b} m_k less its own mean over the rows (straight between edges):

    ALE(z_b) = Σ_k c_bk m_k,   c_bk = 1[k ≤ b] − w_k,   w_k = share of bin k passed by a mean row

Two things are sampled: the rows within a bin, on which m_k rests, and which rows the mean is taken
over. Given where the rows lie the m_k are independent, so to first order the two add up:

    Var ALE(z_b) = Σ_k c_bk² s_k² / n_k + Var(ALE(x)) / n

Source: Apley & Zhu, JRSS-B 82 (2020), eqs. 13-16; the mean is taken at the rows' own values, where
the paper takes it at the upper edges of their bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.progress import Progress, part, silent
from workbench.transform import Floats

from ._engine import Engine, Means, Places, Target

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Bins:
    """Edges (K + 1,) that are values of the column; each row's bin `of_row`, -1 where it has no
    value; and `passed`, how much of its bin lies below it, 0 to 1."""

    edges: Floats
    of_row: Places
    passed: Floats

    @property
    def rows(self) -> Counts:
        """How many rows each bin holds, (K,)."""
        inside = self.of_row[self.of_row >= 0]
        return np.bincount(inside, minlength=len(self.edges) - 1).astype(np.int64)


@dataclass(frozen=True)
class Accumulated:
    """The centred effect at each code of the column, its standard error, and the rows behind it:
    those in the bin that ends there, or those at the level. `spread` is the standard deviation of
    the effect over the rows."""

    codes: Floats
    effect: Floats
    std_error: Floats
    rows: Counts
    spread: float


def varies(column: Floats) -> bool:
    """Whether a column holds two different values."""
    present = column[~np.isnan(column)]
    return bool(len(present)) and bool(present.min() < present.max())


def make_bins(column: Floats, most: int) -> Bins:
    """At most `most` bins (z_{k-1}, z_k] with about the same number of rows; the first holds its
    lower edge too. Few distinct values: one bin between each two neighbours."""
    present = ~np.isnan(column)
    edges = np.unique(column[present])
    if len(edges) - 1 > most:
        shares = np.linspace(0, 1, most + 1)
        edges = np.unique(np.quantile(column[present], shares, method="inverted_cdf"))
    last = max(0, len(edges) - 2)
    of_row = np.clip(np.searchsorted(edges, column) - 1, 0, last)
    return Bins(
        edges,
        np.where(present, of_row, -1),
        _passed(edges, of_row, column) if len(edges) > 1 else np.where(present, 0.0, np.nan),
    )


def _passed(edges: Floats, of_row: Places, column: Floats) -> Floats:
    # halves, so that two large values do not overflow
    low, high = edges[of_row] / 2, edges[of_row + 1] / 2
    return np.asarray((column / 2 - low) / (high - low))


def accumulate(steps: Means, bins: Bins) -> Accumulated:
    """The curve of a number from the mean change across each bin."""
    weight, count = _passed_shares(bins), len(steps.mean)
    uncentred = np.concatenate([[0.0], np.cumsum(steps.mean)])
    effect = uncentred - weight @ steps.mean
    # c[b, k]: what bin k adds to the curve at edge b
    c = np.tri(count + 1, count, -1) - weight
    spread, n = _spread(effect, bins), int(steps.rows.sum())
    of_centre = spread**2 / (n - 1) if n > 1 else np.nan
    error = np.sqrt(c**2 @ _squared_errors(steps) + of_centre)
    return Accumulated(bins.edges, effect, error, np.append(0, steps.rows), spread)


def _passed_shares(bins: Bins) -> Floats:
    """How much of each bin the rows have passed on average: 1 above it, 0 below it, (K,)."""
    inside = bins.of_row >= 0
    rows = bins.rows
    within = np.bincount(bins.of_row[inside], bins.passed[inside], len(rows))
    above = rows.sum() - np.cumsum(rows)
    return np.asarray((above + within) / rows.sum())


def _squared_errors(steps: Means) -> Floats:
    """Of each bin's mean; a bin of one row is taken to vary as the others do within themselves."""
    varies = np.where(steps.rows > 1, steps.std_error**2 * steps.rows, 0.0)
    free = np.maximum(steps.rows - 1, 0)
    pooled = (varies @ free) / free.sum() if free.sum() else np.nan
    return np.where(steps.rows > 1, steps.std_error**2, pooled)


def _spread(effect: Floats, bins: Bins) -> float:
    """The standard deviation of the effect at the rows' own values."""
    inside = bins.of_row >= 0
    at, passed = bins.of_row[inside], bins.passed[inside]
    of_rows = (1 - passed) * effect[at] + passed * effect[at + 1]
    return float(of_rows.std())


def accumulate_levels(
    engine: Engine,
    rows: Floats,
    feature: int,
    order: Floats,
    target: Target,
    progress: Progress = silent,
) -> Accumulated:
    """The same for levels in an order (codes): between two neighbours the mean change over the rows
    of both, of which those of the lower are moved up and those of the upper down."""
    column = rows[:, feature]
    inside = np.flatnonzero(~np.isnan(column))
    sorting = np.argsort(order)
    place = sorting[np.searchsorted(order, column[inside], sorter=sorting)]
    last = len(order) - 1

    def answer(level: Places, start: float) -> Floats:
        given = rows[inside]
        given[:, feature] = order[level]
        return engine.predict(given, target, part(progress, start, start + 1 / 3))

    here = answer(place, 0)
    up = np.where(place < last, answer(np.minimum(place + 1, last), 1 / 3) - here, 0.0)
    down = np.where(place > 0, here - answer(np.maximum(place - 1, 0), 2 / 3), 0.0)
    return _of_levels(order, place, up, down)


def _of_levels(order: Floats, place: Places, up: Floats, down: Floats) -> Accumulated:
    count, n = len(order), len(place)
    rows = np.bincount(place, minlength=count)
    # the rows of both neighbours: `up` from the lower level, `down` from the upper
    pairs = rows[:-1] + rows[1:]
    step = (np.bincount(place, up, count)[:-1] + np.bincount(place, down, count)[1:]) / pairs
    weight = (n - np.cumsum(rows))[:-1] / n
    effect = np.concatenate([[0.0], np.cumsum(step)]) - weight @ step
    # what one row more would add to the curve (its influence), at each level b: the variance is
    # the sum of their squares, had from each level's second moments
    c = (np.tri(count, count - 1, -1) - weight) / pairs
    none = np.zeros((count, 1))
    of_up, of_down = np.hstack([c, none]), np.hstack([none, c])
    off_up = up - np.append(step, 0)[place]
    off_down = down - np.insert(step, 0, 0)[place]
    of_centre = -effect / n

    def summed(values: Floats) -> Floats:
        return np.asarray(np.bincount(place, values, count), dtype=float)

    variance = (
        of_up**2 @ summed(off_up**2)
        + of_down**2 @ summed(off_down**2)
        + 2 * (of_up * of_down) @ summed(off_up * off_down)
        + 2 * (of_up * of_centre) @ summed(off_up)
        + 2 * (of_down * of_centre) @ summed(off_down)
        + of_centre**2 @ rows
    )
    error = np.sqrt(np.maximum(variance, 0)) if n > 1 else np.full(count, np.nan)
    spread = float(np.sqrt(effect**2 @ rows / n))
    return Accumulated(order, effect, error, rows.astype(np.int64), spread)
