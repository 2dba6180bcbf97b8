"""The mean outcome as a generalised linear model, with each row's influence on what is made of
it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

Floats = NDArray[np.float64]
Family = Literal["linear", "logit", "poisson"]
NEWTON_STEPS = 60
CLOSE = 1e-9


@dataclass(frozen=True)
class OutcomeModel:
    """Coefficients (p,) fitted by (weighted) maximum likelihood on a `design` (m, p).

    `residuals` (m,) are weighted, and divided by √(1 - leverage) as HC2 has it (MacKinnon & White
    1985; of other families than the linear one with the leverages of the last step); `inverse` is
    that of the information per row."""

    family: Family
    coefficients: Floats
    design: Floats
    residuals: Floats
    inverse: Floats

    def means(self, design: Floats) -> Floats:
        """The mean outcome (n,) of the rows of a design."""
        return _mean(self.family, design @ self.coefficients)

    def gradient(self, design: Floats, share: Floats) -> Floats:
        """How Σ share · mean over the rows of a design changes with the coefficients, (p,)."""
        slope = _slope(self.family, self.means(design))
        return np.asarray(design.T @ (share * slope))

    def influence(self, gradient: Floats) -> Floats:
        """The influence (m,) of the rows it was fitted to on a value that changes so with the
        coefficients; its mean is about zero."""
        return np.asarray((self.design @ (self.inverse @ gradient)) * self.residuals)


def outcome_model(
    family: Family, design: Floats, y: Floats, weight: Floats, *, has_clusters: bool
) -> OutcomeModel:
    """The model of y (m,) on a design of independent columns, a constant the first of them.

    Raises `NotApplicable` where no largest likelihood is found, as where columns tell without doubt
    who has the event.
    """
    slopes = _fitted(family, design, y, weight)
    mean = _mean(family, design @ slopes)
    curve = weight * _slope(family, mean)
    inverse = np.asarray(np.linalg.inv((design.T * curve) @ design / len(y)), dtype=float)
    residuals = weight * (y - mean)
    if not has_clusters:
        leverage = curve * ((design @ inverse) * design).sum(axis=1) / len(y)
        residuals = residuals / np.sqrt(1 - np.clip(leverage, 0, 1 - 1e-10))
    return OutcomeModel(family, slopes, design, residuals, inverse)


def _fitted(family: Family, design: Floats, y: Floats, weight: Floats) -> Floats:
    slopes = np.zeros(design.shape[1])
    average = float(np.average(y, weights=weight))
    if family == "logit":
        slopes[0] = np.log(average / (1 - average)) if 0 < average < 1 else np.inf
    elif family == "poisson":
        slopes[0] = np.log(average) if average > 0 else -np.inf
    if not np.isfinite(slopes[0]):
        raise _no_maximum(family)
    likelihood = _likelihood(family, design @ slopes, y, weight)
    for count in range(NEWTON_STEPS):
        mean = _mean(family, design @ slopes)
        if family != "linear" or count == 0:  # the linear model's does not change
            information = (design.T * (weight * _slope(family, mean))) @ design
        try:
            step = np.linalg.solve(information, design.T @ (weight * (y - mean)))
        except np.linalg.LinAlgError:
            break
        size = 1.0
        while size > 1e-4:
            reached = _likelihood(family, design @ (slopes + size * step), y, weight)
            if reached >= likelihood - 1e-10 * abs(likelihood):
                break
            size /= 2
        slopes, likelihood = slopes + size * step, reached
        if np.abs(step).max() < CLOSE * max(1.0, float(np.abs(slopes).max())):
            return np.asarray(slopes)
    raise _no_maximum(family)


def _no_maximum(family: Family) -> NotApplicable:
    return NotApplicable(
        f"No {family} model of the outcome fits best: some columns tell without doubt who has "
        "which outcome.",
        "Merge rare levels, adjust for fewer columns, let the effect vary with fewer, or choose "
        "the linear model.",
    )


def _mean(family: Family, score: Floats) -> Floats:
    if family == "linear":
        return score
    if family == "logit":
        return np.asarray(1 / (1 + np.exp(-np.clip(score, -500, 500))))
    return np.asarray(np.exp(np.clip(score, -500, 500)))


def _slope(family: Family, mean: Floats) -> Floats:
    """How the mean changes with the score; the variance of a natural family."""
    if family == "linear":
        return np.ones(len(mean))
    return np.asarray(mean * (1 - mean)) if family == "logit" else mean


def _likelihood(family: Family, score: Floats, y: Floats, weight: Floats) -> float:
    if family == "linear":
        return -float(weight @ (y - score) ** 2)
    if family == "logit":
        return float(weight @ (y * score - np.logaddexp(0, score)))
    return float(weight @ (y * score - np.exp(np.clip(score, -500, 500))))
