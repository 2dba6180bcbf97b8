"""How far omitted variables can move an effect that machine learning estimated: the arithmetic of
Chernozhukov, Cinelli, Newey, Sharma & Syrgkanis, Long Story Short (2022), NBER 30302."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..effect import reach_and_p
from ..estimators.aipw import Scores
from ..influence import Codes, degrees_of
from ..question import Estimand

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Bounds:
    """`estimate`; `largest`, the bias per unit of a confounder's strength: the root of
    `outcome_left` (mean squared rest of the outcome) times `weight_size` (mean squared weight,
    ν²). `variances` are those of the influences on the estimate and on `largest`, and their
    covariance, over `rows` rows; `degrees` are those of the estimate's interval."""

    estimate: float
    outcome_left: float
    weight_size: float
    variances: tuple[float, float, float]
    rows: int
    degrees: float = np.inf

    @property
    def largest(self) -> float:
        """The bias of a confounder of strength 1."""
        return float(np.sqrt(self.outcome_left * self.weight_size))

    def end(self, strength: Floats | float, side: int) -> Floats:
        """The lowest (side -1) or highest (+1) effect under confounding of this strength."""
        return np.asarray(self.estimate + side * np.asarray(strength) * self.largest)

    def std_error(self, strength: Floats | float, side: int) -> Floats:
        """The standard error of that end."""
        s = np.asarray(strength, dtype=float)
        of_estimate, of_largest, both = self.variances
        variance = of_estimate + 2 * side * s * both + s**2 * of_largest
        return np.asarray(np.sqrt(variance / self.rows))

    def conf_end(self, strength: Floats | float, side: int) -> Floats:
        """The same with sampling: where there is no confounding, the end of the 95 % interval."""
        reach = reach_and_p(self.estimate, 1.0, self.degrees)[0]
        return np.asarray(self.end(strength, side) + side * reach * self.std_error(strength, side))

    @property
    def side_of_zero(self) -> int:
        """The end that reaches zero first: the lower one of a positive estimate."""
        return -1 if self.estimate > 0 else 1

    def robustness(self, rho: float = 1.0) -> float:
        """The shares, of treatment and outcome alike, at which the effect can be zero."""
        f = abs(self.estimate) / (self.largest * abs(rho))
        return float((np.sqrt(f**4 + 4 * f**2) - f**2) / 2)

    def robustness_of_interval(self, rho: float = 1.0) -> float:
        """The same for the 95 % interval; 0 where it holds zero already."""
        from scipy.optimize import brentq

        side = self.side_of_zero

        def distance(share: float) -> float:
            return float(-side * self.conf_end(strength(share, share, rho), side))

        if distance(0.0) <= 0:
            return 0.0
        return float(brentq(distance, 0.0, self.robustness(rho), xtol=1e-10))


def strength(of_treatment: Floats | float, of_outcome: Floats | float, rho: float) -> Floats:
    """The strength of a confounder: |ρ| √(c_y c_d / (1 - c_d))."""
    of_treatment, of_outcome = np.asarray(of_treatment, float), np.asarray(of_outcome, float)
    return np.asarray(abs(rho) * np.sqrt(of_outcome * of_treatment / (1 - of_treatment)))


@dataclass(frozen=True)
class Parts:
    """What bounds are made of: the estimate with each row's influence (n,), and each row's squared
    rest of the outcome and squared weight of the treatment, whose means over the rows, which count
    by `own` weights of mean one, make the largest bias."""

    estimate: float
    influence: Floats
    left: Floats
    size: Floats
    own: Floats

    @classmethod
    def of(
        cls, found: Scores, estimand: Estimand, arm: Mask, y: Floats, m: tuple[Floats, Floats],
        e: Floats, own: Floats,
    ) -> Parts:  # fmt: skip
        """From an estimate and predictions: outcomes m (from, to), chance of treatment e, (n,)."""
        t = arm.astype(float)
        over, bar = _population(estimand, t, e, own)
        weight = bar * (t / e - (1 - t) / (1 - e))
        size = 2 * over * bar * (1 / e + 1 / (1 - e)) - weight**2
        if own @ size <= 0:  # by sampling alone: then the plain mean square, which cannot be
            size = weight**2
        left = np.where(arm, y - m[1], y - m[0]) ** 2
        return cls(found.estimate, found.influence, left, size, own)

    def bounds(self, clusters: Codes | None) -> Bounds:
        """The bounds, with the variances of sums over clusters where there are any."""
        n, own = len(self.own), self.own
        left, size = float(own @ self.left) / n, float(own @ self.size) / n
        largest = np.sqrt(left * size)
        moved = own * (left * (self.size - size) + size * (self.left - left)) / 2 / largest
        both = np.column_stack([self.influence, moved])
        correction = 1.0
        if clusters is not None:
            both = np.array([np.bincount(clusters, each) for each in both.T]).T
            correction = len(both) / (len(both) - 1)
        products = both.T @ both * correction / n
        variances = (products[0, 0], products[1, 1], products[0, 1])
        return Bounds(
            self.estimate, left, size,
            tuple(float(v) for v in variances), n,  # type: ignore[arg-type]
            degrees_of(self.influence, clusters),
        )  # fmt: skip


def averaged_parts(draws: Sequence[Parts]) -> Parts:
    """The average over several draws of the folds."""
    means = [
        np.mean([getattr(each, of) for each in draws], axis=0)
        for of in ("influence", "left", "size")
    ]
    estimate = float(np.mean([each.estimate for each in draws]))
    return Parts(estimate, means[0], means[1], means[2], draws[0].own)


def _population(estimand: Estimand, t: Floats, e: Floats, own: Floats) -> tuple[Floats, Floats]:
    """Each row's weight in the average, and its expectation given the covariates."""
    if estimand == "ATE":
        return np.ones(len(t)), np.ones(len(t))
    treated = float(np.average(t, weights=own))
    if estimand == "ATT":
        return t / treated, e / treated
    return (1 - t) / (1 - treated), (1 - e) / (1 - treated)


@dataclass(frozen=True)
class Gain:
    """What a measured column adds: its shares of treatment and outcome, how well the two are
    aligned (ρ, NaN where it adds nothing to one of them), and by how much the estimate changes
    without it."""

    of_treatment: float
    of_outcome: float
    rho: float
    change: float


def gain(with_it: Bounds, without: Bounds, variance_of_outcome: float) -> Gain:
    """The benchmark that a column is, from the estimates with and without it."""
    r2_long = 1 - with_it.outcome_left / variance_of_outcome
    r2_short = 1 - without.outcome_left / variance_of_outcome
    of_weights = without.weight_size / with_it.weight_size
    change = without.estimate - with_it.estimate
    moved = np.sqrt(
        max(without.outcome_left - with_it.outcome_left, 0)
        * max(with_it.weight_size - without.weight_size, 0)
    )
    rho = np.sign(change) * min(abs(change) / moved, 1.0) if moved > 0 else np.nan
    return Gain(
        of_treatment=float(np.clip((1 - of_weights) / of_weights, 0, 1)),
        of_outcome=float(np.clip((r2_long - r2_short) / (1 - r2_long), 0, 1)),
        rho=float(rho),
        change=float(change),
    )
