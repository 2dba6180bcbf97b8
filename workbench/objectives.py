"""What training makes small, in words: the loss of a number, its level or power, and its link.

Of classes there is no choice: the logistic loss (two) or that of the softmax (more).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from .errors import DataError, ParameterError
from .figures import number
from .metrics import Floats, Metric, Score, Task, mean_of, metrics_for

ObjectiveName = Literal["squared", "absolute", "quantile", "poisson", "tweedie"]
OBJECTIVES: tuple[ObjectiveName, ...] = get_args(ObjectiveName)


@dataclass(frozen=True)
class Objective:
    """The loss of a number. `level` belongs to the quantile, `power` to Tweedie."""

    name: ObjectiveName = "squared"
    level: float = 0.5
    power: float = 1.5

    @property
    def has_log_link(self) -> bool:
        """Whether what is added up is the logarithm of the prediction."""
        return self.name in ("poisson", "tweedie")

    def predicted(self, target: str) -> str:
        """What a model of it predicts: the median of y."""
        if self.name == "absolute" or (self.name == "quantile" and self.level == 0.5):
            return f"predicted median of {target}"
        if self.name == "quantile":
            return f"predicted {100 * self.level:g} % quantile of {target}"
        return f"predicted {target}"

    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that fit it; the first is that of the loss itself."""
        usual = metrics_for("regression")
        if self.name == "absolute":
            return tuple(sorted(usual, key=lambda metric: metric.name != "mae"))
        if self.name == "quantile":
            mae = tuple(m for m in usual if m.name == "mae" and self.level == 0.5)
            return (_pinball(self.level), *mae)
        if self.name == "poisson":
            return (_deviance("poisson_deviance", "Poisson deviance", 1.0), *usual)
        if self.name == "tweedie":
            title = f"Tweedie deviance (power {self.power:g})"
            return (_deviance("tweedie_deviance", title, self.power), *usual)
        return usual

    @property
    def title(self) -> str:
        """The loss of a row, in words."""
        return {
            "squared": "squared error",
            "absolute": "absolute error",
            "quantile": f"pinball loss ({100 * self.level:g} %)",
            "poisson": "Poisson deviance",
            "tweedie": f"Tweedie deviance (power {self.power:g})",
        }[self.name]

    def losses(self, y: Floats, prediction: Floats) -> Floats:
        """The loss of every row, (n,)."""
        if self.name == "squared":
            return (y - prediction) ** 2
        if self.name == "absolute":
            return np.abs(y - prediction)
        if self.name == "quantile":
            return _pinballs(y, prediction, self.level)
        return _deviances(y, prediction, 1.0 if self.name == "poisson" else self.power)

    def best_constant(self, y: Floats, weights: Floats | None) -> float:
        """What one would predict knowing no column."""
        if self.name not in ("absolute", "quantile"):
            return float(np.average(y, weights=weights))
        level = 0.5 if self.name == "absolute" else self.level
        if weights is None:
            return float(np.quantile(y, level))
        return float(np.quantile(y, level, weights=weights, method="inverted_cdf"))

    def notes(self, target: str, y: Floats) -> tuple[str, ...]:
        """What a reader has to know of a prediction made with it."""
        if self.name in ("absolute", "quantile"):
            what = self.predicted(target)
            return (f"The model gives the {what}, not its mean: do not add its predictions up.",)
        if not self.has_log_link or not (y % 1 != 0).any():
            return ()
        return (*self._no_counts(target), *_small_amounts(target, float(y.mean())))

    def _no_counts(self, target: str) -> tuple[str, ...]:
        if self.name != "poisson":
            return ()
        note = (
            f"'{target}' is not whole everywhere. The Poisson loss then fits a mean that is "
            "above 0 and whose spread grows with it; it is no distribution of counts."
        )
        return (note,)


def _small_amounts(target: str, mean: float) -> tuple[str, ...]:
    """That a unit is too large: a count has its own, an amount has not."""
    if mean >= SMALL_AMOUNT:
        return ()
    note = (
        f"The mean of '{target}' is {number(mean)} in its unit. Sums of it are held against the "
        "libraries' own penalties and least weights, so of such small amounts less is learned, "
        "down to nothing: give it in a smaller unit (times 1,000), which changes nothing else."
    )
    return (note,)


def read_objective(
    asked: ObjectiveName | None, level: float, power: float, task: Task, target: str, y: Floats
) -> Objective:
    """The objective that was asked for, held against the target it shall learn.

    Raises `ParameterError` for one that is not known or belongs to numbers where there are classes,
    `DataError` for a target it does not fit.
    """
    if asked is None or task != "regression":
        if asked is not None:
            raise ParameterError(
                f"objective = {asked!r} is the loss of a number, and '{target}' has classes.",
                "Leave objective out: of classes the logistic loss is made small (log loss).",
            )
        return Objective()
    if asked not in OBJECTIVES:
        raise ParameterError(
            f"objective = {asked!r} is not known.", f"Choose one of: {', '.join(OBJECTIVES)}."
        )
    if not 0.01 <= level <= 0.99:
        raise ParameterError(f"quantile = {level!r} is not allowed.", "Use 0.01 to 0.99.")
    if not 1.05 <= power <= 1.95:
        raise ParameterError(f"tweedie_power = {power!r} is not allowed.", "Use 1.05 to 1.95.")
    made = Objective(asked, level, power)
    if made.has_log_link:
        _require_amounts(asked, target, y)
    return made


def _require_amounts(asked: str, target: str, y: Floats) -> None:
    negative = int((y < 0).sum())
    title = asked.capitalize()
    if negative:
        raise DataError(
            f"'{target}' is below 0 in {negative:,} rows (the smallest is {y.min():g}), and the "
            f"{title} loss is for counts and amounts from 0 up.",
            "Use objective='squared', or another target.",
        )
    if not y.sum() > 0:
        raise DataError(
            f"'{target}' is 0 in every row, and the {title} loss needs something above 0.",
            "Choose another target.",
        )


def _pinball(level: float) -> Metric:
    def measure(y: Floats, prediction: Floats, weights: Floats | None = None, /) -> Score:
        return mean_of(_pinballs(y, prediction, level), weights)

    return Metric("pinball", f"Pinball loss ({100 * level:g} %)", ("regression",), False, measure)


def _pinballs(y: Floats, prediction: Floats, level: float) -> Floats:
    over = y - prediction
    return np.asarray(np.maximum(level * over, (level - 1) * over))


def _deviance(name: str, title: str, power: float) -> Metric:
    def measure(y: Floats, prediction: Floats, weights: Floats | None = None, /) -> Score:
        return mean_of(_deviances(y, prediction, power), weights)

    return Metric(name, title, ("regression",), False, measure)


def _deviances(y: Floats, prediction: Floats, power: float) -> Floats:
    from scipy.special import xlogy

    mean = np.maximum(prediction, SMALLEST_MEAN)
    if power == 1:
        return np.asarray(2 * (xlogy(y, y / mean) - y + mean))
    one, two = 1 - power, 2 - power
    return np.asarray(2 * (y**two / (one * two) - y * mean**one / one + mean**two / two))


#: Amounts with a smaller mean are in too large a unit: at 0.05 boosting begins to learn less.
SMALL_AMOUNT = 0.1
#: A mean is kept above 0 before a logarithm.
SMALLEST_MEAN = 1e-12
