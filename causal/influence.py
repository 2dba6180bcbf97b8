"""From each row's influence on two mean outcomes to an effect with its standard error.

Every estimator that has influence functions ends here, so that scales, weights of rows and clusters
come from one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from .question import Scale

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def standard_error(influence: Floats, clusters: Codes | None = None) -> float:
    """The standard error of an estimate from the influence (n,) of each row, its mean zero.

    Without clusters √(Σ ψ² / (n (n - 1))); with clusters (n,), numbered from 0, their sums take the
    place of the rows (Liang & Zeger 1986), G / (G - 1) being the correction for few of them.
    """
    n = len(influence)
    if clusters is None:
        return float(influence.std(ddof=1) / np.sqrt(n))
    sums = np.bincount(clusters, weights=influence)
    groups = len(sums)
    return float(np.sqrt(groups / (groups - 1) * (sums**2).sum()) / n)


def degrees_of(influence: Floats, clusters: Codes | None = None) -> float:
    """How many rows (or clusters), counting alike, tell the standard error of an estimate with this
    influence (n,): (Σ ψ²)² / Σ ψ⁴, the degrees of freedom of its interval (after Satterthwaite;
    Bell & McCaffrey 2002). A thousand rows of which all count about alike give some hundreds, with
    which t is the normal distribution; where a handful of rows that hardly have a counterpart
    carries the error, it is known as badly as from that handful."""
    sums = influence if clusters is None else np.bincount(clusters, weights=influence)
    squares = (sums / max(float(np.abs(sums).max(initial=0)), 1e-300)) ** 2
    total = float((squares**2).sum())
    return max(1.0, float(squares.sum()) ** 2 / total) if total > 0 else float("inf")


@dataclass(frozen=True)
class MeanOutcomes:
    """The mean outcome under the value a contrast goes from, and under the one it goes to, with
    each row's influence (n, 2) on them, every column's mean zero."""

    start: float
    to: float
    influence: Floats

    @classmethod
    def of_rows(cls, start: Floats, to: Floats, over: Floats, weight: Floats) -> MeanOutcomes:
        """Means Σ rows / Σ over, both weighted: `start` and `to` (n,) hold what each row
        contributes to the mean, `over` (n,) how much of it belongs to the population asked
        about."""
        size = float((weight * over).mean())
        from_mean, to_mean = (float((weight * rows).mean()) / size for rows in (start, to))
        rest = [start - over * from_mean, to - over * to_mean]
        return cls(from_mean, to_mean, np.column_stack(rest) * weight[:, None] / size)

    @classmethod
    def average(cls, each: Sequence[MeanOutcomes]) -> MeanOutcomes:
        """The average of estimates from the same rows."""
        start, to = (float(np.mean([getattr(m, name) for m in each])) for name in ("start", "to"))
        return cls(start, to, np.mean([m.influence for m in each], axis=0))

    def compared(self, scale: Scale) -> tuple[float, Floats]:
        """The effect and its influence (n,); of a ratio, the logarithm (delta method).

        Raises `NotApplicable` where a mean has no logarithm.
        """
        from_start, from_to = self.influence.T
        if scale == "difference":
            return self.to - self.start, from_to - from_start
        self._require_positive(scale)
        if scale == "ratio":
            return float(np.log(self.to / self.start)), from_to / self.to - from_start / self.start
        odds = [mean / (1 - mean) for mean in (self.start, self.to)]
        slopes = [1 / (mean * (1 - mean)) for mean in (self.start, self.to)]
        return (
            float(np.log(odds[1] / odds[0])),
            from_to * slopes[1] - from_start * slopes[0],
        )

    def _require_positive(self, scale: Scale) -> None:
        least, most = min(self.start, self.to), max(self.start, self.to)
        if least <= 0 or (scale == "odds ratio" and most >= 1):
            raise NotApplicable(
                f"The mean outcomes were estimated as {self.start:.4g} and {self.to:.4g}, of which "
                f"no {scale} can be taken.",
                "Ask for the difference.",
            )
