"""Intervals for several estimates at once, from each unit's influence on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.metrics import Z95
from workbench.progress import Progress

from ._few_clusters import cluster_sums
from ._group_time import Average

Floats = NDArray[np.float64]
#: Multipliers drawn at once.
BLOCK = 1_000_000


def t_reach(degrees: float, normal: float = Z95) -> float:
    """So many standard errors have, by t, the chance that `normal` has by the normal distribution:
    half the 95 % interval."""
    from scipy.special import ndtr, stdtrit

    return normal if np.isinf(degrees) else -float(stdtrit(degrees, ndtr(-normal)))


def covariance(averages: Sequence[Average]) -> Floats:
    """Of the estimates (E, E), clusters taken together."""
    sums = _sums(averages)
    groups = len(sums)
    return np.asarray(groups / (groups - 1) * sums.T @ sums)


def simultaneous_reach(
    averages: Sequence[Average], draws: int, seed: int, progress: Progress
) -> float:
    """So many standard errors around every estimate hold all of them at once in 95 % of samples:
    the multiplier bootstrap of Callaway & Sant'Anna (2021), each cluster times one normal number (a
    sign would not do: few clusters have few signs, and never reach far). Where few clusters tell an
    error, its band is to reach as far by t (`t_reach`)."""
    rng = np.random.default_rng(seed)
    sums = _sums(averages)
    sums = sums / np.sqrt((sums**2).sum(axis=0))
    largest = np.empty(draws)
    block = max(1, BLOCK // len(sums))
    for start in range(0, draws, block):
        progress(start / draws, "simultaneous bands")
        size = min(block, draws - start)
        signs = rng.normal(size=(size, len(sums)))
        largest[start : start + size] = np.abs(signs @ sums).max(axis=1)
    return max(float(np.quantile(largest, 0.95)), Z95)


def _sums(averages: Sequence[Average]) -> Floats:
    columns = [cluster_sums(a.influence, a.clusters) / len(a.influence) for a in averages]
    return np.column_stack(columns)
