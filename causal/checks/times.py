"""How many times as strong as a measured column a confounder has to be to take an effect away."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Beyond this multiple a column says nothing of what a confounder would have to be.
MOST_TIMES = 100.0
POINTS = 200


def times_until_gone(left: Callable[[float], float]) -> float:
    """The smallest multiple at which nothing is left of an effect: `left` says how far its interval
    is from where it would be gone, at a multiple of 0 or more, and is NaN where no confounder can
    be that strong.

    0 where nothing is left from the start, infinite where something is at every multiple up to
    `MOST_TIMES`. A multiple that cannot be is taken for one that would do.
    """
    from scipy.optimize import brentq

    if not left(0.0) > 0:
        return 0.0
    before = 0.0
    for times in np.geomspace(0.01, MOST_TIMES, POINTS):
        value = left(float(times))
        if not value > 0:
            exact = np.isfinite(value)
            return float(brentq(left, before, float(times)) if exact else times)
        before = float(times)
    return float("inf")


def times_in_words(times: float) -> str:
    """A multiple as the beginning of `… times as strong`."""
    return f"more than {MOST_TIMES:.0f}" if np.isinf(times) else f"{times:.2g}"
