"""The standard errors of stacked estimating equations, by numerical derivatives: an independent
way to what estimators have in closed form."""

from collections.abc import Callable

import numpy as np


def covariance(
    equations: Callable[[np.ndarray], np.ndarray],
    solution: np.ndarray,
    clusters: np.ndarray | None = None,
) -> np.ndarray:
    """A⁻¹ B A⁻ᵀ / n of equations θ → (n, p) at their solution (p,)."""
    rows = equations(solution)
    assert np.abs(rows.mean(axis=0)).max() < 1e-5 * max(1.0, np.abs(rows).mean()), "not solved"
    n, p = rows.shape
    bread = np.empty((p, p))
    for k in range(p):
        step = 1e-5 * max(1.0, abs(solution[k]))
        up, down = solution.copy(), solution.copy()
        up[k] += step
        down[k] -= step
        bread[:, k] = (equations(up) - equations(down)).mean(axis=0) / (2 * step)
    if clusters is not None:
        groups = np.unique(clusters)
        rows = np.array([rows[clusters == g].sum(axis=0) for g in groups])
    meat = rows.T @ rows / n
    inverse = np.linalg.inv(bread)
    return inverse @ meat @ inverse.T / n
