"""Panels whose effects are known because they were made here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

#: The first year of every panel.
BEGINS = 2001


def panel(
    units: int = 60,
    years: int = 8,
    starts: Mapping[int, float] | None = None,
    effect: Callable[[int, int], float] = lambda _since, _start: 1.0,
    *,
    seed: int = 0,
    slope: float = 0.0,
    by_covariate: float = 0.0,
    memory: float = 0.5,
) -> pd.DataFrame:
    """Shops over years; `starts` says which share of them starts in which year (2004: 0.25).

    y = shop's level (higher by 1 in those that will be treated) + year + effect(since, start) +
    slope · year in the treated + by_covariate · x · year + noise that remembers `memory` of the
    year before. `x` is higher in the treated, by 1. `effect` in the table is the true one, `from`
    the first treated year (0: never), `on` whether it is in force.
    """
    rng = np.random.default_rng(seed)
    starts = {2004: 0.25, 2006: 0.25} if starts is None else starts
    first = np.zeros(units, dtype=int)
    at = 0
    for year, share in starts.items():
        count = round(share * units)
        first[at : at + count] = year
        at += count
    rng.shuffle(first)
    t = BEGINS + np.arange(years)
    treated = first > 0
    noise = np.zeros((units, years))
    noise[:, 0] = rng.normal(size=units)
    for k in range(1, years):
        fresh = rng.normal(size=units) * np.sqrt(1 - memory**2)
        noise[:, k] = memory * noise[:, k - 1] + fresh
    x = rng.normal(size=units) + treated
    since = t - first[:, None]
    on = treated[:, None] & (since >= 0)
    true = np.array(
        [[effect(int(since[u, k]), int(first[u])) if on[u, k] else 0.0 for k in range(years)]
         for u in range(units)]
    )  # fmt: skip
    passed = np.arange(years)
    y = (
        (rng.normal(size=units) + treated)[:, None]
        + rng.normal(size=years)
        + true
        + slope * treated[:, None] * passed
        + by_covariate * x[:, None] * passed
        + noise
    )
    return pd.DataFrame(
        {
            "shop": np.repeat([f"s{u:04d}" for u in range(units)], years),
            "year": np.tile(t, units),
            "y": y.ravel(),
            "x": np.repeat(x, years),
            "from": np.repeat(first, years),
            "on": on.ravel().astype(int),
            "effect": true.ravel(),
        }
    )
