"""Several estimates at once: how they vary together, intervals that hold for all, and whether they
differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
#: Draws of the largest of several standardised errors.
DRAWS = 20_000


def covariance(influence: Floats, clusters: Codes | None) -> Floats:
    """The covariance (k, k) of estimates from each row's influence (n, k) on them."""
    n = len(influence)
    if clusters is not None:
        sums = np.column_stack([np.bincount(clusters, weights=psi) for psi in influence.T])
        return np.asarray(len(sums) / (len(sums) - 1) * sums.T @ sums / n**2)
    return np.asarray(influence.T @ influence / (n * (n - 1)))


def reach_at_once(joint: Floats, seed: int = 0) -> float:
    """How many standard errors the intervals of estimates with this covariance (k, k) reach to
    either side if all are to hold at once with 95 %: the quantile of the largest |t|, drawn from
    their joint normal distribution (Chernozhukov et al. 2013)."""
    size = np.sqrt(np.diag(joint))
    values, vectors = np.linalg.eigh(joint / np.outer(size, size))
    root = vectors * np.sqrt(np.clip(values, 0, None))
    drawn = np.random.default_rng(seed).normal(size=(DRAWS, len(size))) @ root.T
    return float(np.quantile(np.abs(drawn).max(axis=1), 0.95))


def p_differ(estimates: Floats, joint: Floats) -> float:
    """The p-value of all estimates (k,) being of the same value (Wald)."""
    from scipy.stats import chi2

    apart = estimates[1:] - estimates[0]
    against_first = np.column_stack([-np.ones(len(apart)), np.eye(len(apart))])
    spread = against_first @ joint @ against_first.T
    return float(chi2.sf(apart @ np.linalg.pinv(spread) @ apart, len(apart)))
