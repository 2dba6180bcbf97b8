"""A p-value for few clusters: Cameron, Gelbach & Miller, Bootstrap-Based Improvements for Inference
with Clustered Errors, Review of Economics and Statistics 90 (2008); and one by placebos where too
few are treated for it (MacKinnon & Webb 2018, Econometrics Journal 21)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workbench.progress import Progress

from ._few_clusters import cluster_sums
from ._two_way import Fitted, TwoWay
from .panel import Panel

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
#: With fewer clusters than this, signs alone have too few combinations: six values are drawn.
FEW_FOR_SIGNS = 12
_SIX = np.sign([-1, -1, -1, 1, 1, 1]) * np.sqrt([1.5, 1.0, 0.5, 0.5, 1.0, 1.5])


def wild_bootstrap(
    two_way: TwoWay, fit: Fitted, clusters: Codes, draws: int, seed: int, progress: Progress
) -> float:
    """The p-value of no effect: the residuals under no effect change sign cluster by cluster, and
    the t-statistic is taken anew (Webb's six values where there are fewer than 12 clusters)."""
    rng = np.random.default_rng(seed)
    count = int(clusters.max()) + 1
    values = _SIX if count < FEW_FOR_SIGNS else np.array([-1.0, 1.0])
    real = abs(_t(fit, clusters))
    size = float((fit.weight * fit.treatment**2).sum())
    larger = 0
    for k in range(draws):
        if k % 25 == 0:
            progress(k / draws, "wild cluster bootstrap")
        drawn = rng.choice(values, count)
        rest = two_way.rest(fit.outcome * drawn[clusters, None])
        estimate = float((fit.weight * fit.treatment * rest).sum()) / size
        again = Fitted(estimate, fit.treatment, rest, fit.weight)
        larger += abs(_t(again, clusters)) >= real * (1 - 1e-9)
    return (larger + 1) / (draws + 1)


def placebo_units(
    panel: Panel, x: Floats, draws: int, seed: int, progress: Progress
) -> NDArray[np.float64]:
    """The estimates that the treatment has where it was given to others instead: to each of the
    never treated in turn where one is treated, else to `draws` random sets of as many. The treated
    themselves are left out, so their effect is in none of them (Conley & Taber, Inference with
    Difference in Differences with a Small Number of Policy Changes, Review of Economics and
    Statistics 93, 2011)."""
    rng = np.random.default_rng(seed)
    pattern, hidden = panel.on[~panel.never].astype(float), panel.reacting[~panel.never]
    others = panel.take(panel.never)
    outcomes = _Outcomes.of(others, x[panel.never])
    n, several = len(others.units), len(pattern) > 1
    sets = draws if several else n
    chosen = [rng.permutation(n)[: len(pattern)] if several else np.array([k]) for k in range(sets)]
    found = []
    for k, units in enumerate(chosen):
        if k % 25 == 0:
            progress(k / len(chosen), "placebo units")
        on = np.zeros(others.outcome.shape)
        on[units] = pattern
        if hidden.any():
            outcomes = _Outcomes.of(_hiding(others, units, hidden), x[panel.never])
        two_way = outcomes.two_way
        left = two_way.rest(on)
        size = float((two_way.weight * left**2).sum())
        if size > 0:
            found.append(float((two_way.weight * left * outcomes.rest).sum()) / size)
    return np.array(found)


@dataclass(frozen=True)
class _Outcomes:
    """What is left of the outcome when unit and period effects are out."""

    two_way: TwoWay
    rest: Floats

    @classmethod
    def of(cls, panel: Panel, x: Floats) -> _Outcomes:
        two_way = TwoWay.of(panel, x)
        return cls(two_way, two_way.rest(np.where(panel.seen, panel.outcome, 0.0)))


def _hiding(panel: Panel, units: Codes, hidden: NDArray[np.bool_]) -> Panel:
    outcome = panel.outcome.copy()
    outcome[units] = np.where(hidden, np.nan, outcome[units])
    return replace(panel, outcome=outcome)


def _t(fit: Fitted, clusters: Codes) -> float:
    sums = cluster_sums(fit.influence, clusters)
    error = float(np.sqrt((sums**2).sum()))
    return fit.estimate / error if error > 0 else float("inf")
