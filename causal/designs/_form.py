"""Does an effect over a panel hang on trends that run straight along the covariates? Where they run
along a square or a product of two, both the regression of the change and the chance of treatment
miss it, and doubly robust is wrong in silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from ..effect import number
from ..real_move import is_real_move
from ._few_clusters import cluster_sums
from .panel import Panel

Floats = NDArray[np.float64]
#: An effect, and each unit's influence (N,) on it.
Estimate = tuple[float, Floats]
#: Comparison units for each square or product; with fewer they would fit noise.
UNITS_PER_COLUMN = 10
#: Squares and products that are looked at, and numbers in them: it must not cost much more than the
#: estimate.
MOST_COLUMNS, MOST_NUMBERS = 60, 50_000_000


def form_notes(
    panel: Panel, clusters: NDArray[np.intp], both: Callable[[Panel], tuple[Estimate, Estimate]]
) -> list[str]:
    """A warning where the squares of the covariates and the products of every two of them move the
    effect beyond chance (Hausman's test). `both` makes of a panel that has these as covariates,
    too, the effect as it was and the one with them, with influences of the units in `clusters`.
    """
    columns = panel.covariates.shape[2]
    if not columns:
        return []
    more = columns * (columns + 1) // 2
    others = int(panel.never.sum()) or int((panel.first == panel.cohorts[-1]).sum())
    if more > min(MOST_COLUMNS, others // UNITS_PER_COLUMN):
        return [_not_looked_at(f"{more:,} are too many for {others:,} units to compare with")]
    if panel.outcome.size * more > MOST_NUMBERS:
        return [_not_looked_at(f"{more:,} of {panel.outcome.size:,} cells are too many")]
    try:
        straight, bent = both(with_bends(panel))
    except NotApplicable as error:
        return [_not_looked_at(error.message.rstrip("."))]
    one, other = ((effect, _sums(influence, clusters)) for effect, influence in (straight, bent))
    if not is_real_move(one, other):
        return []
    return [
        (
            "Warning: with the squares and products of the covariates, too, the effect is "
            f"{number(bent[0])}, with the covariates alone {number(straight[0])}. Trends run along "
            "curves or products here, which are not adjusted for: make columns of them and name "
            "them as covariates."
        )
    ]


def with_bends(panel: Panel) -> Panel:
    """The panel with the squares of its covariates and the products of every two as more of them,
    each about its mean and in its spread, so that numbers far from zero lose nothing."""
    x = panel.covariates
    spread = np.nanstd(x, axis=(0, 1))
    x = (x - np.nanmean(x, axis=(0, 1))) / np.where(spread > 0, spread, 1.0)
    pairs = zip(*np.triu_indices(x.shape[2]), strict=True)
    bends = np.stack([x[:, :, j] * x[:, :, k] for j, k in pairs], axis=2)
    return replace(panel, covariates=np.concatenate([x, bends], axis=2))


def _sums(influence: Floats, clusters: NDArray[np.intp]) -> Floats:
    """What the clusters do to the effect: their squares sum to its variance."""
    sums = cluster_sums(influence, clusters)
    return np.asarray(sums / len(influence) * np.sqrt(len(sums) / (len(sums) - 1)))


def _not_looked_at(why: str) -> str:
    return f"Whether squares and products of the covariates matter was not looked at: {why}."
