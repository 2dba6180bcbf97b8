"""Every slice of rows by one or two conditions, its mean loss beside that of all other rows.

Whether a row is in a condition is a matrix of 0 and 1; the sums over the rows of all slices by two
conditions are products of it with itself, added up over row blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..metrics import Floats
from ..progress import Progress
from ..several_tests import holm
from ._against_rest import AgainstRest, Losses, Sums, against_rest
from .conditions import Conditions

#: A slice by two columns is told only where its difference is larger than that of either alone by
#: this factor.
WORSE_TOGETHER = 1.1
#: A wider slice is not told where a slice within it carries this share of its excess.
SAME_EXCESS = 0.75
ROWS_AT_A_TIME = 20_000


@dataclass(frozen=True)
class Searched(AgainstRest):
    """The slices with enough rows, one entry each: the one or two conditions (the second −1 where
    there is one), and what is known of them against the other rows."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]

    def corrected(self) -> Floats:
        """The chance of such a difference or a larger one, of any of the slices, were none worse:
        Welch's one-sided t with Holm's correction (Scandinavian Journal of Statistics 6, 1979)."""
        from scipy.stats import t

        if not len(self):
            return np.empty(0)
        return holm(t.sf(self.difference / self.std_error, self.freedom))

    def at_least(self) -> Floats:
        """By how much each slice is worse at the least: all of these limits hold at once in 95 of
        100 tables (one-sided, Bonferroni). There is no upper limit: of losses with a long right
        tail the few rows of a slice do not show how large the mean may be."""
        from scipy.stats import t

        limit: Floats = t.ppf(1 - 0.05 / max(len(self), 1), self.freedom) * self.std_error
        return self.difference - limit


def search(
    found: Conditions, losses: Losses, fewest: int, progress: Progress, *, pairs: bool = True
) -> Searched:
    """All slices by one condition, and with `pairs` by two of different columns, that hold
    `fewest` rows or more inside and outside, and in which not all losses are the same."""
    sums = _products(found.holds, losses, progress, pairs)
    first, second = np.triu_indices(len(found))
    differ = (first == second) | (found.column[first] != found.column[second])
    wanted = differ if pairs else first == second
    first, second = first[wanted], second[wanted]
    rows = np.rint(sums[0][first, second])
    enough = (rows >= fewest) & (len(losses) - rows >= fewest)
    first, second = first[enough], second[enough]
    of = Sums.of([each[first, second] for each in sums])
    compared = against_rest(of, losses)
    with np.errstate(divide="ignore", invalid="ignore"):
        differs = of.variance + of.outside(losses).variance > 0
    known = differs & np.isfinite(compared.std_error)
    return Searched(
        compared.rows[known], compared.share[known], compared.inside[known],
        compared.outside[known], compared.std_error[known], compared.freedom[known],
        first[known], np.where(first == second, -1, second)[known],
    )  # fmt: skip


def told(found: Searched) -> NDArray[np.bool_]:
    """Which slices to tell: by two conditions only where that is worse than by either alone, and by
    one only where no slice within it carries most of its excess."""
    at = {
        (int(f), int(s)): i for i, (f, s) in enumerate(zip(found.first, found.second, strict=True))
    }
    excess = found.difference * found.share
    kept = np.ones(len(found), dtype=bool)
    for (f, s), i in at.items():
        if s < 0:
            continue
        wider = [at[c, -1] for c in (f, s) if (c, -1) in at]
        most = max((found.difference[w] for w in wider), default=0.0)
        kept[i] = found.difference[i] > WORSE_TOGETHER * max(most, 0.0)
        if kept[i]:
            for w in wider:
                kept[w] &= excess[i] < SAME_EXCESS * excess[w]
    return kept


def _products(
    holds: NDArray[np.bool_], losses: Losses, progress: Progress, pairs: bool
) -> list[Floats]:
    """Of what is added up over rows (`Losses.columns`) the sums over the rows of every two
    conditions, (conditions, conditions) each; without pairs the diagonals alone."""
    columns, k = losses.columns(), holds.shape[1]
    sums = [np.zeros((k, k)) for _ in columns]
    for start in range(0, len(losses), ROWS_AT_A_TIME):
        progress(start / len(losses), "Comparing slices")
        part = holds[start : start + ROWS_AT_A_TIME].astype(float)
        for place, column in enumerate(columns):
            of_rows = part * column[start : start + ROWS_AT_A_TIME, None]
            sums[place] += part.T @ of_rows if pairs else np.diag(of_rows.sum(axis=0))
    return sums
