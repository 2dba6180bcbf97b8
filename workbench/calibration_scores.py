"""Numbers on calibration: the slope and the intercept of the chances, their error by groups, and a
test. All of them are of chances (n,) beside what happened, 0 or 1 (n,), and count rows by their
weights (n,), if there are any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .groups import equal_groups
from .metrics import Floats, Score
from .models.calibrated import log_odds

GROUPS = 10
#: Newton's steps for two numbers: if these are not enough, there is no solution.
_STEPS, _CLOSE, _FARTHEST = 60, 1e-10, 1e4


@dataclass(frozen=True)
class Recalibration:
    """Cox's logistic recalibration: slope (1 where calibrated; below, the chances are too extreme)
    and intercept at slope 1 (0 where calibrated; below, the chances are too high)."""

    slope: Score
    intercept: Score


def recalibration(chance: Floats, happened: Floats, weights: Floats | None = None) -> Recalibration:
    """The logistic regression of what happened on the log-odds of the chances, and that of the
    intercept alone with the log-odds as offset. NaN where there is no solution.

    The influences are those of the estimating equations, so the standard errors are the sandwich's.
    Source: Cox, Biometrika 45 (1958); Van Calster et al., BMC Medicine 17 (2019).
    """
    odds = log_odds(chance)
    one = np.ones_like(odds)
    weight = one if weights is None else weights / weights.mean()
    both = _logistic(np.column_stack([one, odds]), happened, np.zeros_like(odds), weight)
    alone = _logistic(one[:, None], happened, odds, weight)
    return Recalibration(slope=both[1], intercept=alone[0])


def _logistic(x: Floats, y: Floats, offset: Floats, weight: Floats) -> tuple[Score, ...]:
    found = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-(x @ found + offset)))
        curvature = (x * (weight * said * (1 - said))[:, None]).T @ x
        if not np.isfinite(curvature).all() or np.linalg.cond(curvature) > 1 / np.finfo(float).eps:
            break
        step = np.linalg.solve(curvature, x.T @ (weight * (y - said)))
        if np.abs(found + step).max() > _FARTHEST:
            break
        found = found + step
        if np.abs(step).max() < _CLOSE:
            parts = (x * (weight * (y - said))[:, None]).T
            influence = np.linalg.solve(curvature / len(y), parts)
            return tuple(Score(float(v), i) for v, i in zip(found, influence, strict=True))
    return tuple(Score(float("nan"), np.zeros(len(y))) for _ in found)


@dataclass(frozen=True)
class GroupedError:
    """The expected calibration error, and what it would be by chance alone."""

    value: float
    by_chance: float


def grouped_error(
    chance: Floats, happened: Floats, weights: Floats | None = None, groups: int = GROUPS
) -> GroupedError:
    """Σ over groups of (rows of the group / n) · |share that came true − mean chance|, the groups
    being of about equal size by the chance.

    The size of a difference is never below zero, so noise alone makes it positive: `by_chance` is
    its mean if every chance were right, √(2/π) times each group's standard error, weighted alike.
    Source: Naeini, Cooper & Hauskrecht, AAAI (2015); for the bias Roelofs et al., AISTATS (2022).
    """
    group = equal_groups(chance, groups, weights)
    weight = np.ones_like(chance) if weights is None else weights
    apart = np.abs(np.bincount(group, weight * (happened - chance)))
    noise = np.sqrt(np.bincount(group, weight**2 * chance * (1 - chance)) * 2 / np.pi)
    return GroupedError(float(apart.sum() / weight.sum()), float(noise.sum() / weight.sum()))


def spiegelhalter(chance: Floats, happened: Floats, weights: Floats | None = None) -> float:
    """z of the hypothesis that every chance is right: what the Brier score is beyond what it would
    be, in standard errors. Infinite where what was impossible happened, and nothing else can tell.

    Source: Spiegelhalter, Statistics in Medicine 5 (1986).
    """
    weight = np.ones_like(chance) if weights is None else weights
    beyond = float((weight * (happened - chance) * (1 - 2 * chance)).sum())
    variance = float((weight**2 * (1 - 2 * chance) ** 2 * chance * (1 - chance)).sum())
    if variance > 0:
        return beyond / float(np.sqrt(variance))
    return float(np.sign(beyond) * np.inf) if abs(beyond) > 1e-9 else 0.0
