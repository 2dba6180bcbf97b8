"""An order for levels that have none: neighbours are levels whose rows are alike otherwise.

For every other column the distance of two levels is that of the column's distributions among their
rows (Kolmogorov-Smirnov for numbers, total variation for categories, as in the R package ALEPlot of
Apley & Zhu, JRSS-B 82, 2020); the distances are summed over the columns and laid on a line by
one-dimensional scaling (Torgerson 1952). So a row that is given its neighbour's level stays a row
that could exist.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.model import FittedModel
from workbench.transform import Floats

Places = NDArray[np.intp]

#: Numbers are compared at so many of their quantiles.
QUANTILES = 20


@dataclass(frozen=True)
class LevelOrder:
    """The codes of the levels that occur, in their order, and where the order comes from."""

    codes: Floats
    words: str


def level_order(model: FittedModel, rows: Floats, feature: int) -> LevelOrder:
    """The order of a feature's levels among encoded rows (n, p).

    Yes-no columns and ordered categories keep their own order, and so do two levels.
    """
    column = rows[:, feature]
    codes = np.unique(column[~np.isnan(column)])
    name = model.features[feature]
    dtype = model.data.frame[name].dtype
    if name not in model.transform.levels or getattr(dtype, "ordered", False):
        return LevelOrder(codes, "Levels stand in their own order.")
    if len(codes) < 3:
        return LevelOrder(codes, "There are two levels, so their order does not matter.")
    inside = ~np.isnan(column)
    place = np.searchsorted(codes, column[inside])
    distance = _distances(model, rows[inside], feature, place, len(codes))
    words = (
        "The levels have no order of their own: neighbours are those whose rows are most alike in "
        "the other columns. In another order the effects would be others."
    )
    return LevelOrder(codes[_on_a_line(distance)], words)


def _distances(model: FittedModel, rows: Floats, feature: int, place: Places, count: int) -> Floats:
    """How unlike the rows of two levels are, summed over the other columns, (levels, levels)."""
    total = np.zeros((count, count))
    for j, is_category in enumerate(model.transform.is_category):
        if j != feature:
            shares = _shares(_bins(rows[:, j], is_category), place, count)
            total += _total_variation(shares) if is_category else _kolmogorov(shares)
    return total


def _bins(column: Floats, is_category: bool) -> Places:
    """Each row's level or stretch between quantiles; missing is the last."""
    present = column[~np.isnan(column)]
    if is_category or not len(present):
        borders = np.unique(present)
    else:
        borders = np.unique(np.quantile(present, np.arange(1, QUANTILES) / QUANTILES))
    return np.where(np.isnan(column), len(borders) + 1, np.searchsorted(borders, column))


def _shares(bins: Places, place: Places, count: int) -> Floats:
    """The distribution over the bins among the rows of each level, (levels, bins)."""
    width = int(bins.max()) + 1
    found = np.bincount(place * width + bins, minlength=count * width).reshape(count, width)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _total_variation(shares: Floats) -> Floats:
    apart = np.zeros((len(shares), len(shares)))
    for share in shares.T:
        apart += np.abs(share[:, None] - share)
    return apart / 2


def _kolmogorov(shares: Floats) -> Floats:
    apart = np.zeros((len(shares), len(shares)))
    for below in np.cumsum(shares, axis=1).T:
        np.maximum(apart, np.abs(below[:, None] - below), out=apart)
    return apart


def _on_a_line(distance: Floats) -> Places:
    """The order of the points on the line that keeps their distances best."""
    own = np.arange(len(distance)) - (len(distance) - 1) / 2
    if not distance.any():
        return np.arange(len(distance))
    squared = distance**2
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean()
    position = np.linalg.eigh(-centred / 2).eigenvectors[:, -1]
    # a line has two directions: the one that is nearer to the levels' names
    return np.argsort(position if position @ own >= 0 else -position, kind="stable")
