"""How strongly two columns go together: one measure for each pair of kinds.

All three are taken over the rows that hold both values, exactly, in one pass over codes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._values import Codes, Floats


def dense(values: Floats) -> Codes:
    """The place of each value among the distinct ones, in their order; -1 where missing."""
    codes, _ = pd.factorize(values, sort=True)
    return np.asarray(codes, dtype=np.int64)


def mid_ranks(codes: Codes) -> Floats:
    """Average ranks from dense codes without a missing one, counted from 1."""
    counts = np.bincount(codes)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[codes]


def spearman(first: Codes, second: Codes) -> float:
    """Spearman's rank correlation of dense codes: Pearson's of the mid-ranks."""
    return pearson(mid_ranks(first), mid_ranks(second))


def pearson(first: Floats, second: Floats) -> float:
    """Pearson's correlation; NaN where one of the two does not vary."""
    if len(first) < 3:
        return np.nan
    if first.min() == first.max() or second.min() == second.max():
        return np.nan
    # scaled by the largest, so that no square overflows or vanishes
    a, b = (x / np.abs(x).max() for x in (first, second))
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt(a @ a) * np.sqrt(b @ b))
    return float(np.clip((a @ b) / size, -1, 1)) if size > 0 else np.nan


def correlation_ratio(codes: Codes, values: Floats) -> float:
    """η: the root of the share of a number's variance that lies between the levels."""
    if len(values) < 3 or codes.min() == codes.max() or values.min() == values.max():
        return np.nan
    scaled = values / np.abs(values).max()
    centred = scaled - scaled.mean()
    total = float(centred @ centred)
    counts = np.bincount(codes)
    sums = np.bincount(codes, weights=centred)
    held = counts > 0
    between = float((sums[held] ** 2 / counts[held]).sum())
    return float(np.sqrt(np.clip(between / total, 0, 1))) if total > 0 else np.nan


def cramers_v(first: Codes, second: Codes) -> float:
    """Cramér's V, corrected for its bias (Bergsma 2013).

    With φ² = χ²/n, r and k levels: φ̃² = max(0, φ² − (k−1)(r−1)/(n−1)), k̃ = k − (k−1)²/(n−1),
    r̃ likewise, Ṽ = √(φ̃² / min(k̃−1, r̃−1)). Only cells that hold rows are kept.
    """
    n = len(first)
    if n < 3:
        return np.nan
    a, b = pd.factorize(first)[0], pd.factorize(second)[0]
    rows, columns = np.bincount(a), np.bincount(b)
    r, k = len(rows), len(columns)
    if min(r, k) < 2:
        return np.nan
    cell, pairs = pd.factorize(a * k + b)
    counts = np.bincount(cell).astype(float)
    expected_twice = rows[pairs // k].astype(float) * columns[pairs % k]
    phi_squared = float((counts**2 / expected_twice).sum()) - 1
    corrected = max(0.0, phi_squared - (k - 1) * (r - 1) / (n - 1))
    smaller = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    # nearly every row a level of its own: nothing is left after the correction
    return float(np.sqrt(min(corrected / smaller, 1.0))) if smaller > 1e-9 else np.nan
