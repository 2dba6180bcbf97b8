"""p-values of several tests, for all of them together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """p-values (n,) after Holm's correction: below 0.05 the chance of any false finding among them
    is 5 %, whichever of them are true and however the tests hang together.

    The smallest is multiplied by n, the next by n - 1 and so on, never falling and at most 1.
    Source: Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(steps, 1.0)
    return corrected
