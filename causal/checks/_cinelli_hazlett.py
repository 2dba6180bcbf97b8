"""What a confounder left out of a regression could have done: the arithmetic of Cinelli & Hazlett,
Journal of the Royal Statistical Society B 82 (2020). Shares are partial R², between 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of least squares with its classical standard error and its degrees of
    freedom (rows less coefficients).

    Where rows hang together in groups, `widened` is by how much wider than the classical error
    theirs is, and `free` are its degrees of freedom (groups less one); a confounder is taken to
    leave the two in this proportion."""

    estimate: float
    std_error: float
    degrees: int
    widened: float = 1.0
    free: int | None = None

    @property
    def t(self) -> float:
        """Estimate by classical standard error."""
        return self.estimate / self.std_error

    @property
    def share_of_outcome(self) -> float:
        """The partial R² of the treatment with the outcome: t² / (t² + degrees)."""
        return self.t**2 / (self.t**2 + self.degrees)

    def robustness(self, q: float = 1.0, alpha: float | None = None) -> float:
        """RV_q: the share of both treatment and outcome that a confounder must explain to take
        away `q` of the estimate; with `alpha`, RV_{q,alpha}: for its interval to reach that."""
        f = q * abs(self.t) / np.sqrt(self.degrees)
        if alpha is None:
            return _equal_shares(f)
        least = self.widened * self._critical(alpha) / np.sqrt(self.degrees - 1)
        if f <= least:
            return 0.0
        if f > 1 / least:  # the bound on the outcome's share, which is at most 1, is what binds
            return float((f**2 - least**2) / (1 + f**2))
        return _equal_shares(f - least)

    def estimate_under(self, treatment: Floats | float, outcome: Floats | float) -> Floats:
        """The estimate with a confounder of these shares, one that pulls from zero, held fixed."""
        treatment, outcome = np.asarray(treatment, float), np.asarray(outcome, float)
        bias = np.sqrt(outcome * treatment / (1 - treatment) * self.degrees) * self.std_error
        return np.asarray(np.sign(self.estimate) * (abs(self.estimate) - bias))

    def std_error_under(self, treatment: Floats | float, outcome: Floats | float) -> Floats:
        """Its standard error, one degree of freedom less being left; of groups, theirs."""
        treatment, outcome = np.asarray(treatment, float), np.asarray(outcome, float)
        scale = (1 - outcome) / (1 - treatment) * self.degrees / (self.degrees - 1)
        return np.asarray(self.widened * self.std_error * np.sqrt(scale))

    def reach(self, std_error: Floats, alpha: float = 0.05) -> Floats:
        """Half the interval around an estimate with such a confounder."""
        return np.asarray(self._critical(alpha) * std_error)

    def _critical(self, alpha: float) -> float:
        from scipy.special import stdtrit

        free = self.degrees - 1 if self.free is None else self.free
        return float(stdtrit(free, 1 - alpha / 2))


def as_strong_as(treatment: float, outcome: float, times: float) -> tuple[float, float]:
    """The most that a confounder can explain of treatment and outcome if it is `times` as strong
    as measured columns that explain these shares of them, all other columns being held fixed.

    The outcome's share is cut at 1. Where a confounder cannot be that strong, as the shares would
    pass 1 already with the treatment, both are NaN.
    """
    of_treatment = times * treatment / (1 - treatment)
    together = times * treatment**2 / ((1 - times * treatment) * (1 - treatment))
    if not (of_treatment < 1 and 0 <= together < 1):
        return float("nan"), float("nan")
    rise = (np.sqrt(times) + np.sqrt(together)) / np.sqrt(1 - together)
    return float(of_treatment), float(min(rise**2 * outcome / (1 - outcome), 1.0))


def _equal_shares(f: float) -> float:
    return float((np.sqrt(f**4 + 4 * f**2) - f**2) / 2)
