"""Unit and period effects taken out of a panel: least squares with both, weighted, with holes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from .panel import Panel

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Periods times covariates whose effects are solved for together.
MOST_EFFECTS = 3_000


@dataclass(frozen=True)
class TwoWay:
    """What is taken out: an effect of every unit, and one of every period for each column of `x`
    (N, K), the first being 1: so trends may differ by what units were like before."""

    weight: Floats
    x: Floats
    inverse: Floats | None

    @classmethod
    def of(cls, panel: Panel, x: Floats) -> TwoWay:
        """From the cells that were seen. Raises `NotApplicable` for more periods and covariates
        than can be solved for."""
        weight = np.where(panel.seen, panel.weight, 0.0)
        full = np.column_stack([np.ones(len(panel.units)), x])
        if full.shape[1] == 1 and np.ptp(weight) == 0:
            return cls(weight, full, None)
        effects = full.shape[1] * weight.shape[1]
        if effects > MOST_EFFECTS:
            raise NotApplicable(
                f"{weight.shape[1]:,} periods and {full.shape[1] - 1} covariates are {effects:,} "
                f"effects to solve for, more than {MOST_EFFECTS:,}.",
                "Make the periods wider: months instead of days.",
            )
        return cls(weight, full, _inverse(weight, full))

    @property
    def count(self) -> int:
        """How many effects beside those of the units."""
        return int(self.x.shape[1] * (self.weight.shape[1] - 1))

    def rest(self, values: Floats) -> Floats:
        """What is left of values (N, T); 0 where nothing was seen."""
        if self.inverse is None:
            mean = values.mean(axis=1, keepdims=True)
            return np.asarray(values - mean - values.mean(axis=0) + values.mean())
        filled = np.where(self.weight > 0, values, 0.0)
        centred = self._centred(filled)
        scores = self.x.T @ (self.weight * centred)
        effects = (self.inverse @ scores.ravel()).reshape(scores.shape)
        return np.where(self.weight > 0, centred - self._centred(self.x @ effects), 0.0)

    def _centred(self, values: Floats) -> Floats:
        total = self.weight.sum(axis=1, keepdims=True)
        return np.asarray(values - (self.weight * values).sum(axis=1, keepdims=True) / total)


def _inverse(weight: Floats, x: Floats) -> Floats:
    """Of the normal equations of period effects after the units' are out: they have no unique
    solution (a unit's effect is the sum of its periods'), so the smallest is taken."""
    columns, periods = x.shape[1], weight.shape[1]
    total = weight.sum(axis=1)
    gram = np.zeros((columns, periods, columns, periods))
    for k in range(columns):
        for m in range(columns):
            both = x[:, k] * x[:, m]
            block = -(weight * (both / total)[:, None]).T @ weight
            block[np.diag_indices(periods)] += both @ weight
            gram[k, :, m] = block
    square = gram.reshape(columns * periods, columns * periods)
    scale = np.sqrt(np.maximum(np.diag(square), 1e-300))
    inverse = np.linalg.pinv(square / np.outer(scale, scale), rcond=1e-10, hermitian=True)
    return np.asarray(inverse / np.outer(scale, scale))


@dataclass(frozen=True)
class Fitted:
    """One coefficient by least squares: of `shift` (N, T), after the effects are out, with what is
    left of the outcome and of the treatment."""

    estimate: float
    treatment: Floats
    outcome: Floats
    weight: Floats

    @property
    def shares(self) -> Floats:
        """How the estimate is made up of the cells' outcomes, (N, T)."""
        size = (self.weight * self.treatment**2).sum()
        return np.asarray(self.weight * self.treatment / size)

    @property
    def influence(self) -> Floats:
        """Each unit's influence (N,), its mean 0."""
        left = self.outcome - self.estimate * self.treatment
        scores = (self.weight * self.treatment * left).sum(axis=1)
        return np.asarray(scores * len(scores) / (self.weight * self.treatment**2).sum())


def fitted(two_way: TwoWay, outcome: Floats, treatment: Floats) -> Fitted:
    """The coefficient of the treatment. Raises `NotApplicable` where nothing of it is left."""
    left = two_way.rest(treatment)
    size = float((two_way.weight * left**2).sum())
    if not size > 1e-9 * float((two_way.weight * treatment).sum()):
        raise NotApplicable(
            "Unit and period effects explain the treatment entirely, so nothing is left.",
            "Add units that are not treated, or leave covariates out.",
        )
    rest = two_way.rest(outcome)
    estimate = float((two_way.weight * left * rest).sum()) / size
    return Fitted(estimate, left, rest, two_way.weight)
