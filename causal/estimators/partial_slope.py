"""The treatment's coefficient in many regressions that have nearly everything in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._least_squares import orthogonal

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PartialSlope:
    """What the covariates leave of the outcome (n,), they being factorised once: `q` (n, p) are
    their orthogonal columns, a constant among them, and `leverage` (n,) is theirs. The treatment's
    coefficient is that of what they leave of it on this (Frisch & Waugh 1933)."""

    q: Floats
    leverage: Floats
    rest_of_y: Floats

    @classmethod
    def of(cls, covariates: Floats, y: Floats) -> PartialSlope:
        """After a constant and these covariates (n, p - 1), which are independent."""
        q = orthogonal(np.column_stack([np.ones(len(y)), covariates]))
        return cls(q, np.einsum("ij,ij->i", q, q), y - q @ (q.T @ y))

    def rest(self, values: Floats) -> Floats:
        """What the covariates leave of other values, (n,) or (n, k)."""
        return np.asarray(values - self.q @ (self.q.T @ values))

    def slope(self, rest: Floats, more: Floats | None = None) -> tuple[float, float]:
        """The coefficient of the treatment of which they leave `rest` (n,), and its HC2 error;
        `more` (n, k) is what they leave of further covariates, independent ones."""
        rest_of_y, leverage = self.rest_of_y, self.leverage
        if more is not None:
            e = orthogonal(more)
            rest, rest_of_y = rest - e @ (e.T @ rest), rest_of_y - e @ (e.T @ rest_of_y)
            leverage = leverage + np.einsum("ij,ij->i", e, e)
        size = float(rest @ rest)
        estimate = float(rest @ rest_of_y) / size
        scores = rest * (rest_of_y - estimate * rest)
        left = np.maximum(1 - leverage - rest * rest / size, 1e-10)
        return estimate, float(np.sqrt((scores / left) @ scores)) / size
