"""The second-order accumulated local effect of two columns: what they do together and not alone.

The mean second differences of the cells are added up in both directions; from that the accumulated
local effect of each column alone is taken away, and the mean over the rows, so that nothing of one
column's own effect is left. Between the edges everything is straight, and means are taken at the
rows' own values (Apley & Zhu, JRSS-B 82, 2020, eqs. 17-20, which take them at their cells' upper
edges). A cell without rows borrows the second difference of the nearest cell with rows, as in the
authors' R package ALEPlot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.transform import Floats

from ._accumulate import Bins

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class SecondOrder:
    """`effect` at every pair of edges (K + 1, L + 1), the `rows` of each cell (K, L), and the
    effect at each row's own values `of_rows`."""

    effect: Floats
    rows: Counts
    of_rows: Floats

    @property
    def size(self) -> float:
        """Its standard deviation over the rows, in the unit of the answer."""
        return float(self.of_rows.std())

    @property
    def support(self) -> Counts:
        """The rows in the up to four cells that meet at each pair of edges."""
        padded = np.pad(self.rows, 1)
        return padded[1:, 1:] + padded[:-1, 1:] + padded[1:, :-1] + padded[:-1, :-1]


def second_order(steps: Floats, bins: tuple[Bins, Bins]) -> SecondOrder:
    """From the mean second difference of every cell, NaN where it holds no row.

    Both bins are of the same rows, all of which have both values.
    """
    cell = np.ravel_multi_index((bins[0].of_row, bins[1].of_row), steps.shape)
    rows = np.bincount(cell, minlength=steps.size).reshape(steps.shape).astype(np.int64)
    effect = np.zeros((steps.shape[0] + 1, steps.shape[1] + 1))
    effect[1:, 1:] = _borrowed(steps, bins).cumsum(axis=0).cumsum(axis=1)
    first = _alone(effect, bins[0], bins[1])
    second = _alone(effect.T, bins[1], bins[0])
    effect = effect - first[:, None] - second
    effect -= _at_rows(effect, bins).mean()
    return SecondOrder(effect, rows, _at_rows(effect, bins))


def _borrowed(steps: Floats, bins: tuple[Bins, Bins]) -> Floats:
    """Every empty cell gets what the nearest cell with rows has, as a share of both ranges."""
    empty = np.isnan(steps)
    if not empty.any():
        return steps
    from scipy.interpolate import NearestNDInterpolator

    middle = np.meshgrid(*(_middles(each.edges) for each in bins), indexing="ij")
    places = np.column_stack([m.ravel() for m in middle])
    nearest = NearestNDInterpolator(places[~empty.ravel()], steps[~empty])
    filled = steps.copy()
    filled[empty] = nearest(places[empty.ravel()])
    return filled


def _middles(edges: Floats) -> Floats:
    # halves, so that two large values do not overflow
    half = edges / 2
    return np.asarray((half[:-1] - half[0] + half[1:] - half[0]) / (2 * (half[-1] - half[0])))


def _alone(surface: Floats, own: Bins, other: Bins) -> Floats:
    """The surface's accumulated local effect of its first column, uncentred, at its edges."""
    change = np.diff(surface, axis=0)
    k, m = own.of_row, other.of_row
    steps = (1 - other.passed) * change[k, m] + other.passed * change[k, m + 1]
    mean = np.bincount(k, steps, len(change)) / own.rows
    return np.concatenate([[0.0], np.cumsum(mean)])


def _at_rows(surface: Floats, bins: tuple[Bins, Bins]) -> Floats:
    """The surface at the rows' own values, straight in both directions within a cell."""
    (k, u), (m, v) = ((each.of_row, each.passed) for each in bins)
    low = (1 - v) * surface[k, m] + v * surface[k, m + 1]
    high = (1 - v) * surface[k + 1, m] + v * surface[k + 1, m + 1]
    return np.asarray((1 - u) * low + u * high)
