"""The interval of a mean of few large and many small losses, where the plain one is too short.

A squared error is skewed: most rows add little and a few add much, and where the few were not drawn
both the mean and its error look too small. So the upper end of value ± 1.96 errors is missed too
often. Two remedies are taken together, since each helps where the other does not: Hall's cubic
transformation of the studentized mean, which undoes the skewness, and the logarithm, which
stabilises the variance; the interval reaches from the lower of both lower ends to the upper of both
upper ends.

Source: Hall, "On the removal of skewness by transformation", JRSS B 54 (1992).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: The two-sided 95 % quantile of the normal distribution.
Z95 = 1.959963984540054
#: Below this skewness the transformation is the identity, up to rounding.
SMALLEST_SKEWNESS = 1e-6


def skewed_interval(value: float, influence: Floats) -> tuple[float, float]:
    """The 95 % interval of something positive, such as a mean squared error, from its value and
    every row's influence on it (mean zero); NaN where the rows say nothing about the error."""
    n = len(influence)
    error = float(influence.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    if not error > 0 or not value > 0:
        return float("nan"), float("nan")
    reach = float(np.exp(Z95 * error / value))
    spread = float(influence.std())
    skewness = float((influence**3).mean()) / spread**3
    low, high = (value - error * _hall(side, skewness, n) for side in (Z95, -Z95))
    return max(min(low, value / reach), 0.0), max(high, value * reach)


def _hall(quantile: float, skewness: float, n: int) -> float:
    """The studentized mean t with t + γt²/3√n + γ²t³/27n + γ/6√n = the quantile."""
    if abs(skewness) < SMALLEST_SKEWNESS:
        return quantile
    small = skewness / np.sqrt(n)
    return float((np.cbrt(1 + small * (quantile - small / 6)) - 1) * 3 / small)
