"""The treatment's coefficient in many regressions that have nearly everything in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..analysis import Analysis
from ..influence import Codes
from ._least_squares import orthogonal

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PartialSlope:
    """What the covariates leave of the outcome (n,), they being factorised once: `q` (n, p) are
    their orthogonal columns, a constant among them, and `leverage` (n,) is theirs. The treatment's
    coefficient is that of what they leave of it on this (Frisch & Waugh 1933). All are times
    `root`, the root of the rows' weights; with `clusters` errors are from their sums."""

    q: Floats
    leverage: Floats
    rest_of_y: Floats
    root: Floats | None = None
    clusters: Codes | None = None

    @classmethod
    def of(
        cls, covariates: Floats, y: Floats, weight: Floats | None = None,
        clusters: Codes | None = None,
    ) -> PartialSlope:  # fmt: skip
        """After a constant and these covariates (n, p - 1), which are independent."""
        root = None if weight is None else np.sqrt(weight)
        q = orthogonal(_times(root, np.column_stack([np.ones(len(y)), covariates])))
        y = _times(root, y)
        return cls(q, np.einsum("ij,ij->i", q, q), y - q @ (q.T @ y), root, clusters)

    @classmethod
    def of_rows(cls, analysis: Analysis, covariates: Floats) -> PartialSlope:
        """The same with the outcome, the weights and the clusters of an analysis."""
        weight = analysis.weight if analysis.is_weighted else None
        return cls.of(covariates, analysis.y, weight, analysis.clusters)

    @property
    def degrees(self) -> int:
        """The degrees of freedom of the coefficient's t: n - p - 1, or G - 1 of G clusters."""
        if self.clusters is not None:
            return int(self.clusters.max())
        return int(len(self.q) - self.q.shape[1] - 1)

    def rest(self, values: Floats) -> Floats:
        """What the covariates leave of other values, (n,) or (n, k)."""
        values = _times(self.root, values)
        return np.asarray(values - self.q @ (self.q.T @ values))

    def slope(self, rest: Floats, more: Floats | None = None) -> tuple[float, float]:
        """The coefficient of the treatment of which they leave `rest` (n,), and its HC2 error, by
        cluster its CR1 error; `more` (n, k) is what they leave of further covariates, independent
        ones."""
        rest_of_y, leverage, p = self.rest_of_y, self.leverage, self.q.shape[1] + 1
        if more is not None:
            e = orthogonal(more)
            rest, rest_of_y = rest - e @ (e.T @ rest), rest_of_y - e @ (e.T @ rest_of_y)
            leverage, p = leverage + np.einsum("ij,ij->i", e, e), p + e.shape[1]
        size = float(rest @ rest)
        estimate = float(rest @ rest_of_y) / size
        scores = rest * (rest_of_y - estimate * rest)
        if self.clusters is not None:
            sums, n = np.bincount(self.clusters, scores), len(scores)
            correction = len(sums) / (len(sums) - 1) * (n - 1) / (n - p)
            return estimate, float(np.sqrt(correction * (sums @ sums))) / size
        left = np.maximum(1 - leverage - rest * rest / size, 1e-10)
        return estimate, float(np.sqrt((scores / left) @ scores)) / size

    def changes(self, rest: Floats) -> Floats:
        """What becomes of that coefficient without each row (n,), exactly (DFBETA: Belsley, Kuh &
        Welsch 1980)."""
        size = float(rest @ rest)
        scores = rest * (self.rest_of_y - float(rest @ self.rest_of_y) / size * rest)
        left = np.maximum(1 - self.leverage - rest * rest / size, 1e-10)
        return np.asarray(-scores / left / size)


def _times(root: Floats | None, values: Floats) -> Floats:
    if root is None:
        return values
    return np.asarray(values * (root if values.ndim == 1 else root[:, None]))
