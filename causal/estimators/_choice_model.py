"""Which level of the treatment a row has, by a multinomial logit (of two levels: the logit)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from ._covariates import Covariates

Floats = NDArray[np.float64]
NEWTON_STEPS = 40
#: A step this small in every coefficient (of standardised columns) ends the search.
CLOSE = 1e-9


@dataclass(frozen=True)
class ChoiceModel:
    """Fitted by (weighted) maximum likelihood: the `chances` (n, K) of every level for every row,
    the first level being the reference of the coefficients."""

    design: Floats
    chances: Floats
    is_level: Floats
    weight: Floats

    @cached_property
    def _information(self) -> Floats:
        return _information(self.design, self.chances, self.weight)

    def influence_through(self, slopes: Floats) -> Floats:
        """The part of each row's influence (n,) on a mean of rows that comes from the chances
        having been estimated: `slopes` (n, K) is how each row's share of the mean changes with its
        chance of each level (stacked estimating equations; Stefanski & Boos 2002)."""
        e, x, n = self.chances, self.design, len(self.design)
        moved = e * (slopes - (slopes * e).sum(axis=1, keepdims=True))
        gradient = (moved[:, 1:].T @ x / n).ravel()
        solved = np.linalg.solve(self._information / n, gradient)
        directions = solved.reshape(e.shape[1] - 1, x.shape[1])
        residuals = (self.is_level - e)[:, 1:] * self.weight[:, None]
        return np.asarray((residuals * (x @ directions.T)).sum(axis=1))


def choice_model(
    covariates: Covariates, level: NDArray[np.intp], weight: Floats, treatment: str
) -> ChoiceModel:
    """The model of levels numbered from 0, by Newton's method.

    Raises `NotApplicable` where the columns tell some level apart without doubt, for which no
    largest likelihood exists.
    """
    count, design = int(level.max()) + 1, covariates.columns
    is_level = np.asarray(level[:, None] == np.arange(count), dtype=float)
    slopes = np.zeros((count - 1, design.shape[1]))
    step = slopes
    shares = (weight[:, None] * is_level).mean(axis=0)
    slopes[:, 0] = np.log(shares[1:] / shares[0])
    chances, likelihood = _at(design, is_level, weight, slopes)
    for _ in range(NEWTON_STEPS):
        gradient = ((is_level - chances)[:, 1:] * weight[:, None]).T @ design
        information = _information(design, chances, weight)
        information[np.diag_indices_from(information)] *= 1 + 1e-12  # never exactly singular
        try:
            solved = np.linalg.solve(information, gradient.ravel())
        except np.linalg.LinAlgError:
            break
        step = np.asarray(solved.reshape(slopes.shape), dtype=float)
        size = 1.0
        while True:
            tried, reached = _at(design, is_level, weight, slopes + size * step)
            if reached >= likelihood - 1e-10 * abs(likelihood) or size < 1e-4:
                break
            size /= 2
        slopes, chances, likelihood = slopes + size * step, tried, reached
        if np.abs(step).max() < CLOSE:
            return ChoiceModel(design, chances, is_level, weight)
    raise _told_apart(covariates, step, treatment)


def _told_apart(covariates: Covariates, step: Floats, treatment: str) -> NotApplicable:
    """The column whose slope still grew when the search was given up."""
    growing = np.abs(step[:, 1:]).max(axis=0, initial=0)
    named = (
        f" ({covariates.terms[int(growing.argmax())].label} most of all)" if len(growing) else ""
    )
    return NotApplicable(
        f"What is adjusted for{named} tells some rows' '{treatment}' without doubt, so that its "
        "chance is 0 or 1 and those rows have no counterpart.",
        "Remove columns that stand for the treatment, merge rare levels, or ask of the rows where "
        "both occur.",
    )


def _at(design: Floats, is_level: Floats, weight: Floats, slopes: Floats) -> tuple[Floats, float]:
    scores = np.column_stack([np.zeros(len(design)), design @ slopes.T])
    scores -= scores.max(axis=1, keepdims=True)
    total = np.log(np.exp(scores).sum(axis=1))
    likelihood = float(weight @ ((scores * is_level).sum(axis=1) - total))
    return np.exp(scores - total[:, None]), likelihood


def _information(design: Floats, chances: Floats, weight: Floats) -> Floats:
    """The information matrix of all slopes, level by level."""
    levels = range(1, chances.shape[1])
    blocks = [
        [
            (design.T * (weight * chances[:, k] * ((k == m) - chances[:, m]))) @ design
            for m in levels
        ]
        for k in levels
    ]
    return np.block(blocks)
