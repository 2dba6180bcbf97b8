"""Correlations of values and of ranks: the one place where they are taken.

Everything here rests on values that were centred and brought to length one: a correlation is then
a product of two of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def dense(values: Floats) -> Codes:
    """The place of each value among the distinct ones, in their order; -1 where it is NaN."""
    order = np.argsort(values)  # NaN is sorted to the end
    ordered = values[order]
    is_new = np.empty(len(values), dtype=bool)
    is_new[:1] = False
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    places = np.cumsum(is_new)
    places[np.isnan(ordered)] = -1
    codes = np.empty(len(values), dtype=np.int64)
    codes[order] = places
    return codes


def mid_ranks(codes: Codes) -> Floats:
    """Average ranks from dense codes without a missing one, counted from 1."""
    counts = np.bincount(codes)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[codes]


def unit(values: Floats) -> Floats | None:
    """The finite values, centred and brought to length one; None where nothing varies."""
    if not len(values) or values.min() == values.max():
        return None
    # scaled by the largest, so that no square overflows or vanishes
    scaled = values / np.abs(values).max()
    scaled -= scaled.mean()
    length = float(np.sqrt(_dot(scaled, scaled)))
    return scaled / length if length > 0 else None


def product(first: Floats | None, second: Floats | None) -> float:
    """The correlation of two columns of `unit`; NaN where one does not vary, or of two rows."""
    if first is None or second is None or len(first) < 3:
        return np.nan
    # digits beyond the twelfth are rounding, and would make two equal columns differ
    return float(np.clip(round(_dot(first, second), 12), -1, 1))


def _dot(first: Floats, second: Floats) -> float:
    # BLAS would wake its threads for each of many short products, which takes ten times as long
    return float(np.einsum("i,i->", first, second))


def pearson(first: Floats, second: Floats) -> float:
    """Pearson's correlation of finite values; NaN where one of the two does not vary."""
    return product(unit(first), unit(second))


def spearman(first: Codes, second: Codes) -> float:
    """Spearman's (1904) rank correlation of dense codes: Pearson's of the mid-ranks."""
    return product(unit(mid_ranks(first)), unit(mid_ranks(second))) if len(first) else np.nan


def rank_correlation(first: Floats, second: Floats) -> float:
    """Spearman's rank correlation over the rows that hold both values, ranked among these."""
    both = ~(np.isnan(first) | np.isnan(second))
    return spearman(dense(first[both]), dense(second[both]))


def rank_correlations(values: Floats) -> Floats:
    """Spearman's rank correlation of every pair of columns of (n, p), as (p, p), at the price of a
    few products of matrices.

    Of columns without NaN they are exact. Where values are missing, each column is ranked among its
    own and a pair is correlated over the rows that hold both: near `rank_correlation`, which ranks
    these rows anew. NaN where a column does not vary there.
    """
    present = ~np.isnan(values)
    ranks = np.zeros_like(values, dtype=np.float64)
    for j in range(values.shape[1]):
        held = present[:, j]
        if held.any():
            ranks[held, j] = mid_ranks(dense(values[held, j]))
    # the scale does not matter and large squares would cost digits
    ranks = np.where(present, ranks / len(values) - 0.5, 0.0)
    both = present.astype(float)
    n = both.T @ both
    sums, squares = ranks.T @ both, (ranks**2).T @ both
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = squares - sums**2 / n
        together = ranks.T @ ranks - sums * sums.T / n
        constant = (spread < 1e-12) | (spread.T < 1e-12)
        found = together / np.sqrt(spread * spread.T)
    return np.where(constant | (n < 3), np.nan, np.clip(found, -1, 1))
