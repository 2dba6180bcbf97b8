"""Least squares with weights that are not negative and add up to one, exactly."""

from __future__ import annotations

import numpy as np

from .design import Floats


def simplex_weights(
    donors: Floats, target: Floats, *, ridge: float = 0.0, intercept: bool = False
) -> Floats:
    """The weights w (J,), w ≥ 0, Σw = 1, that make ‖donors w − target‖² + ridge ‖w‖² least.

    `donors` is (n, J); with `intercept` a constant may be added. Since Σw = 1 the problem is to
    find the shortest vector in the hull of the columns of D = [donors − target; √ridge I]: a
    non-negative least squares problem of [D; 1] against (0, …, 0, 1), whose solution is that vector
    times a constant. Solved by an active set; the solution is exact. Source: Lawson & Hanson,
    Solving Least Squares Problems (1974), chapter 23.
    """
    from scipy.optimize import nnls

    apart = donors - target[:, None]
    if intercept:
        apart = apart - apart.mean(axis=0)
    if ridge > 0:
        apart = np.vstack([apart, np.sqrt(ridge) * np.eye(donors.shape[1])])
    size = float(np.sqrt((apart**2).sum(axis=0)).min()) or float(np.abs(apart).max()) or 1.0
    system = np.vstack([apart / size, np.ones(apart.shape[1])])
    found, _ = nnls(system, np.append(np.zeros(len(apart)), 1.0), maxiter=50 * len(system[0]) + 100)
    return np.asarray(found / found.sum())
