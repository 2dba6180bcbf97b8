"""How strongly two columns go together where one of them is levels.

Both are taken over the rows that hold both values, exactly, in one pass over codes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..correlation import Codes, Floats

#: Tables of so many cells are counted cell by cell; of larger ones only cells that hold rows.
MOST_CELLS = 1_000_000


def correlation_ratio(codes: Codes, values: Floats | None) -> float:
    """η: the root of the share of a number's variance that lies between the levels.

    `values` are of `unit`: their squares add up to one, which is the whole variance.
    """
    if values is None or len(values) < 3 or codes.min() == codes.max():
        return np.nan
    counts = np.bincount(codes)
    sums = np.bincount(codes, weights=values)
    held = counts > 0
    between = float((sums[held] ** 2 / counts[held]).sum())
    return float(np.sqrt(np.clip(between, 0, 1)))


def cramers_v(first: Codes, second: Codes) -> float:
    """Cramér's V, corrected for its bias (Bergsma 2013).

    With φ² = χ²/n, r and k levels: φ̃² = max(0, φ² − (k−1)(r−1)/(n−1)), k̃ = k − (k−1)²/(n−1),
    r̃ likewise, Ṽ = √(φ̃² / min(k̃−1, r̃−1)). Only cells that hold rows are kept.
    """
    n = len(first)
    if n < 3:
        return np.nan
    rows, columns = np.bincount(first), np.bincount(second)
    width = len(columns)
    r, k = int((rows > 0).sum()), int((columns > 0).sum())
    if min(r, k) < 2:
        return np.nan
    pairs, counts = _held_cells(first * width + second, len(rows) * width)
    expected_twice = rows[pairs // width].astype(float) * columns[pairs % width]
    phi_squared = float((counts**2 / expected_twice).sum()) - 1
    corrected = max(0.0, phi_squared - (k - 1) * (r - 1) / (n - 1))
    smaller = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    # nearly every row a level of its own: nothing is left after the correction
    return float(np.sqrt(min(corrected / smaller, 1.0))) if smaller > 1e-9 else np.nan


def _held_cells(cells: Codes, size: int) -> tuple[Codes, Floats]:
    """The cells of a table of `size` that hold rows, and how many each holds."""
    if size <= MOST_CELLS:
        counts = np.bincount(cells, minlength=size)
        held = np.flatnonzero(counts)
        return held, counts[held].astype(float)
    codes, held = pd.factorize(cells)
    return held, np.bincount(codes).astype(float)
