"""How much of a dependence curve rests on combinations of values that the data do not hold.

A curve gives every row every value of the grid. Where the feature moves with another column, many
of those rows do not exist, and the model was never asked about them in training.

What is computed, for each other column in turn: its rows are cut into up to twenty bins of equal
size (levels are bins of their own). A value of the grid, given to a row, is *outside* when no row
of the same bin is as low or as high (for levels: when none of the bin's rows has it, though five
or more would be expected if the two columns were independent). The share outside over all grid
values and rows is a lower bound on the extrapolation: it looks at one other column at a time.
Bins hold fifty rows or more, so that columns without any relation give a share of about 4 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.correlation import rank_correlation
from workbench.transform import Floats

from ._association import thinned
from ._grid import Grid

MOST_BINS, FEWEST_IN_BIN = 20, 50
#: Without any relation, a level is expected in a bin this often before its absence says something.
EXPECTED = 5
#: From this share outside, or from this rank correlation, a note is written.
SHARE_WORTH_A_NOTE, CORRELATION_WORTH_A_NOTE = 0.2, 0.7


@dataclass(frozen=True)
class Outside:
    """The other column that forbids most of the curve, and the share it forbids."""

    other: str
    share: float
    correlation: float

    @property
    def is_worth_a_note(self) -> bool:
        """Whether a reader of the curve should be told."""
        correlated = abs(self.correlation) > CORRELATION_WORTH_A_NOTE
        return self.share >= SHARE_WORTH_A_NOTE or (correlated and self.share > 0)


def worst_outside(
    names: tuple[str, ...], codes: Floats, feature: str, grid: Grid
) -> Outside | None:
    """The other column for which most of the grid lies outside; None without other columns.

    `codes` (n, p) are the rows the curve is about; columns that correlate above 0.7 go first.
    """
    codes = thinned(codes)
    at = names.index(feature)
    together = [rank_correlation(codes[:, at], other) for other in codes.T]
    correlation = np.nan_to_num(together)
    found = [
        Outside(name, _share_outside(codes[:, at], codes[:, j], grid), float(correlation[j]))
        for j, name in enumerate(names)
        if j != at
    ]
    return max(found, key=lambda o: (o.is_worth_a_note, o.share), default=None)


def _share_outside(column: Floats, other: Floats, grid: Grid) -> float:
    points = grid.codes[~np.isnan(grid.codes)]
    present = ~np.isnan(column)
    if not len(points) or not present.any():
        return 0.0
    bins = _bins(other)[present]
    outside = _beyond_range if grid.is_number else _absent_level
    # (bins, points): whether the point is outside for the rows of the bin
    forbidden = outside(column[present], bins, points)
    weights = np.bincount(bins, minlength=len(forbidden)) / len(bins)
    return float(weights @ forbidden.mean(axis=1))


def _beyond_range(column: Floats, bins: NDArray[np.intp], points: Floats) -> NDArray[np.bool_]:
    count = int(bins.max()) + 1
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, bins, column)
    np.maximum.at(high, bins, column)
    enough = np.bincount(bins, minlength=count) >= FEWEST_IN_BIN
    beyond = (points < low[:, None]) | (points > high[:, None])
    return np.asarray(beyond & enough[:, None])


def _absent_level(column: Floats, bins: NDArray[np.intp], points: Floats) -> NDArray[np.bool_]:
    counts = np.zeros((int(bins.max()) + 1, len(points)))
    np.add.at(counts, (bins, column.astype(int)), 1)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / len(column)
    return np.asarray((counts == 0) & (expected >= EXPECTED))


def _bins(other: Floats) -> NDArray[np.intp]:
    """Every row's bin of the other column; missing is a bin of its own, the last."""
    present = ~np.isnan(other)
    distinct = np.unique(other[present])
    if len(distinct) <= MOST_BINS:
        found = np.searchsorted(distinct, other)
        return np.where(present, found, len(distinct))
    count = int(np.clip(present.sum() // FEWEST_IN_BIN, 1, MOST_BINS))
    borders = np.unique(np.quantile(other[present], np.arange(1, count) / count))
    return np.where(present, np.searchsorted(borders, other, side="right"), len(borders) + 1)
