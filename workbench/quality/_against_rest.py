"""The mean loss of some rows against that of all others, for many such groups at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..metrics import Floats

#: How a difference of two means has its interval.
WELCH = (
    "The interval of a difference is Welch's, of two means, with an error no smaller than if the "
    "losses varied everywhere as they do over all rows; it covers which rows were drawn, not the "
    "training of another model."
)


@dataclass(frozen=True)
class AgainstRest:
    """Of every group, (groups,) each: its rows, its mean loss, that of the rest, their difference
    with an interval, and the two-sided p-value of no difference, not corrected."""

    rows: NDArray[np.int64]
    loss: Floats
    rest: Floats
    excess: Floats
    low: Floats
    high: Floats
    p_value: Floats


def against_rest(
    rows: NDArray[np.integer[Any]], sums: Floats, squares: Floats, losses: Floats, level: float
) -> AgainstRest:
    """Each group against the rows outside it, from its number of rows, the sum of its losses and
    the sum of squares of its losses less the mean of all.

    Welch's t, with the larger of two standard errors: Welch's own, and that of a group whose losses
    vary as those of all rows do. Losses have a long tail, so a small group that drew none of it
    varies too little and would seem better for certain (measured where no group is better: in 9 %
    of searches with |N(0, 1)|, in 23 % with shares of a tenth, instead of 2.5 %). NaN where either
    side has fewer than two rows. Source: Welch, Biometrika 34 (1947).
    """
    from scipy.stats import t

    n, total, centre = len(losses), float(losses.sum()), float(losses.mean())
    others = n - rows
    # squares about one common value lose no digits where the losses are large
    all_squares = float(((losses - centre) ** 2).sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, rest = sums / rows, (total - sums) / others
        of_group = _variance(squares, mean - centre, rows) / rows
        of_rest = _variance(all_squares - squares, rest - centre, others) / others
        welch = of_group + of_rest
        freedom = welch**2 / (of_group**2 / (rows - 1) + of_rest**2 / (others - 1))
        alike = all_squares / (n - 1) * (1 / rows + 1 / others)
        error = np.sqrt(np.maximum(welch, alike))
        freedom = np.where(welch > 0, freedom, n - 2)
        known = (rows > 1) & (others > 1) & (error > 0)
        reach = np.where(known, t.ppf(1 - level / 2, freedom) * error, np.nan)
        p_value = np.where(known, 2 * t.sf(np.abs(mean - rest) / error, freedom), np.nan)
    excess = mean - rest
    return AgainstRest(
        np.asarray(rows, dtype=np.int64), mean, rest, excess, excess - reach, excess + reach,
        p_value,
    )  # fmt: skip


def _variance(squares: Any, shift: Floats, rows: Any) -> Floats:
    found: Floats = np.maximum(squares - rows * shift**2, 0) / (rows - 1)
    return found
