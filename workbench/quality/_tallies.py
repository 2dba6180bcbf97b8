"""What rows weigh together, and the interval of a share of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..metrics import Z95, Floats
from ._intervals import wilson


@dataclass(frozen=True)
class Tally:
    """Of groups of rows, (groups,) each: the sum of their weights and of the squares of these."""

    weight: Floats
    squares: Floats

    @classmethod
    def of(cls, weight: Floats, group: NDArray[np.intp], groups: int) -> Tally:
        """The groups 0 … groups − 1 of rows."""
        sums = (np.bincount(group, each, groups) for each in (weight, weight**2))
        return cls(*(np.asarray(each, dtype=np.float64) for each in sums))

    @classmethod
    def all(cls, weight: Floats) -> Tally:
        """All rows as one group."""
        return cls(np.array([weight.sum()]), np.array([(weight**2).sum()]))

    @property
    def effective(self) -> Floats:
        """(Σ w)² / Σ w²: how many rows of one weight have such an error (Kish); 0 for none."""
        found: Floats = self.weight**2 / np.where(self.squares > 0, self.squares, 1.0)
        return found


@dataclass(frozen=True)
class Shares:
    """Shares of groups with their intervals, (groups,) each; NaN where a group has no rows."""

    value: Floats
    low: Floats
    high: Floats


def shares(found: Tally, of: Tally, z: float = Z95) -> Shares:
    """The share of each group's weight that is found, with Wilson's interval.

    Weighted rows tell less than as many rows of one weight. The interval is that of so many rows
    of one weight as have the share's own error, which is that of a ratio of weighted sums,
    Σ w² (y − p)² / (Σ w)²; and of no more than Kish's (Σ w)² / Σ w², so that a few rows that agree
    are not certain. Without weights both are the number of rows.

    Source: Korn & Graubard, Survey Methodology 24 (1998); Franco, Little, Louis & Slud, Journal of
    Survey Statistics and Methodology 7 (2019), for Wilson's with an effective number of rows.
    """
    some = of.weight > 0
    total = np.where(some, of.weight, 1.0)
    share = np.minimum(found.weight / total, 1.0)
    spread = share**2 * (of.squares - found.squares) + (1 - share) ** 2 * found.squares
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(spread > 0, total**2 * share * (1 - share) / spread, np.inf)
    rows = np.where(some, np.minimum(of.effective, own), 1.0)
    low, high = wilson(share * rows, rows, z)
    return Shares(*(np.where(some, each, np.nan) for each in (share, low, high)))


def middle(values: Floats, weights: Floats) -> float:
    """The median: half the weight lies at or below it, half at or above."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    # where a value ends exactly at the half, the median lies between it and the next
    half = below[-1] / 2
    last = len(order) - 1
    ends = (min(int(np.searchsorted(below, half, side)), last) for side in ("left", "right"))
    return float(np.mean([values[order[end]] for end in ends]))
