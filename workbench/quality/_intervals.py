"""The 95 % intervals of a share and of a mean over few rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..figures import number
from ..metrics import Z95, Floats, mean_of

#: What `mean_interval` covers.
STUDENT = (
    "The intervals are Student's, of a mean over the rows of a group; they cover which rows were "
    "drawn, not the training of another model."
)


def wilson(found: NDArray[Any], rows: NDArray[Any], z: float = Z95) -> tuple[Floats, Floats]:
    """The interval of a share: all p that a score test does not refuse; `z` is its quantile.

    Stays within 0 and 1 and is no point at 0 or 1. Source: Wilson, JASA 22 (1927).
    """
    share, square = found / rows, z**2 / rows
    centre = (share + square / 2) / (1 + square)
    reach = z / (1 + square) * np.sqrt(share * (1 - share) / rows + square / (4 * rows))
    # rounding must not leave a share of 0 or 1 outside
    return np.clip(centre - reach, 0.0, share), np.clip(centre + reach, share, 1.0)


def mean_interval(
    values: Floats, level: float = 0.05, weights: Floats | None = None
) -> tuple[float, float]:
    """The interval of a (weighted) mean by Student's t, missed in `level` of all cases; NaN for a
    single row.

    Of a weighted mean the error is that of a ratio of weighted sums, and the degrees of freedom
    are those of (Σ w)² / Σ w² rows.
    """
    from scipy.stats import t

    if len(values) < 2:
        return float("nan"), float("nan")
    mean = mean_of(values, weights)
    rows = len(values) if weights is None else float(weights.sum() ** 2 / (weights**2).sum())
    if not rows > 1:
        return float("nan"), float("nan")
    reach = float(t.ppf(1 - level / 2, rows - 1)) * mean.std_error
    return mean.value - reach, mean.value + reach


def interval_words(low: float, high: float) -> str:
    """95 % interval 0.6 to 0.7; or that there is none."""
    if low != low:  # NaN is the only value that differs from itself
        return "no interval: too few rows differ"
    return f"95 % interval {number(low, 3)} to {number(high, 3)}"
