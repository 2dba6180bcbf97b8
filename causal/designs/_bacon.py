"""Which comparisons a two-way fixed-effects regression averages over: Goodman-Bacon,
Difference-in-Differences with Variation in Treatment Timing, Journal of Econometrics 225 (2021)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from .panel import Panel

NEVER, LATER, EARLIER = "never treated", "not yet treated", "already treated"


def comparisons(panel: Panel) -> pd.DataFrame:
    """Every pair of groups by start: `treated` (the number of its first period), `control`, which
    `kind` of comparison, its `weight` (they sum to 1) and its `estimate`.

    Exact for a balanced panel whose units count the same, without covariates; else the weights are
    those the groups' sizes and starts would have.
    """
    periods = len(panel.periods)
    starts, sizes = np.unique(panel.first, return_counts=True)
    on = {int(s): 1 - int(s) / periods for s in starts}
    size = {int(s): int(n) for s, n in zip(starts, sizes, strict=True)}
    means = {int(s): _means(panel, int(s)) for s in starts}
    rows = []
    for treated, control, kind, low, split, high in _pairs([int(s) for s in starts], periods):
        share = size[treated] * size[control]
        if kind == NEVER:
            weight = share * on[treated] * (1 - on[treated])
        else:
            early, late = (treated, control) if kind == LATER else (control, treated)
            rest = 1 - on[early] if kind == LATER else on[late]
            weight = share * (on[early] - on[late]) * rest
        change = [
            means[g][split:high].mean() - means[g][low:split].mean() for g in (treated, control)
        ]
        rows.append((treated, control, kind, weight, change[0] - change[1]))
    made = pd.DataFrame(rows, columns=["treated", "control", "kind", "weight", "estimate"])
    return made.assign(weight=made["weight"] / made["weight"].sum())


def share_of_already_treated(panel: Panel) -> float:
    """The weight of comparisons with units that are treated already."""
    found = comparisons(panel)
    return float(found["weight"][found["kind"] == EARLIER].sum())


def _pairs(starts: list[int], periods: int) -> Iterator[tuple[int, int, str, int, int, int]]:
    """Treated, control, kind, and the periods it runs from, splits at and ends before."""
    for early in starts:
        for late in (s for s in starts if s > early):
            if late == periods:
                yield early, late, NEVER, 0, early, periods
            else:
                yield early, late, LATER, 0, early, late
                yield late, early, EARLIER, early, late, periods


def _means(panel: Panel, start: int) -> np.ndarray:
    rows = panel.outcome[panel.first == start]
    counts = (~np.isnan(rows)).sum(axis=0)
    return np.asarray(np.where(counts, np.nansum(rows, axis=0), np.nan) / np.maximum(counts, 1))
