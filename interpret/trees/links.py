"""What turns the sum of the trees into the library's prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Link:
    """`apply` takes sums (…, outputs) to predictions; of two classes to P(the second), (…, 1)."""

    name: str
    apply: Callable[[Floats], Floats]

    def one(self, sums: Floats, output: int) -> Floats:
        """The prediction of one output, from sums (outputs, …)."""
        if self.name != "softmax":
            return self.apply(sums[output])
        with np.errstate(over="ignore"):  # a class that much likelier leaves nothing
            return np.asarray(1 / np.exp(sums - sums[output]).sum(axis=0))

    @property
    def is_identity(self) -> bool:
        """Whether the sum is already the prediction, so that predictions add up over trees."""
        return self.name == "identity"


def _identity(margin: Floats) -> Floats:
    return margin


def _logistic(margin: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-margin)))


def _softmax(margin: Floats) -> Floats:
    powers = np.exp(margin - margin.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


IDENTITY = Link("identity", _identity)
LOGISTIC = Link("logistic", _logistic)
#: AdaBoost's loss: half the log-odds are summed (Friedman, Hastie & Tibshirani 2000).
HALF_LOGISTIC = Link("half logistic", lambda margin: _logistic(2 * margin))
SOFTMAX = Link("softmax", _softmax)
EXPONENTIAL = Link("exponential", np.exp)
#: A hard decision at zero.
STEP = Link("step", lambda margin: (margin > 0).astype(float))
