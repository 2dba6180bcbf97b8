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


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """p-values (n,) after Benjamini and Hochberg's correction: of those below 0.05 at most 5 % are
    false findings on average, where the tests are independent or go the same way.

    The largest stays, the next is multiplied by n / (n - 1) and so on, never rising, at most 1.
    Source: Benjamini & Hochberg, JRSS B 57 (1995).
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return corrected
