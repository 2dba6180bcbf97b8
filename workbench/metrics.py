"""How good a prediction is, each number with the part every row has in it.

A metric gives its value and, per row, its influence: the row's share in the metric's sampling
error. The standard error is sd(influence) / √n, of one metric or of the difference of two on the
same rows. So a held-out score has an interval, and so has a permutation importance, without
resampling.

With case weights a metric is that of the rows the weights stand for: every mean becomes
Σ w x / Σ w, and a row's influence grows with its weight. The standard error is that of a ratio of
sums over independently drawn rows (the usual linearisation for sampling weights): weights that are
all twice as large change nothing, and a weight of 5 is not five rows.

Source: Efron, "Nonparametric estimates of standard error" (1981) for the principle; DeLong, DeLong
& Clarke-Pearson, Biometrics 44 (1988) for the area under the curve; Särndal, Swensson & Wretman,
"Model Assisted Survey Sampling" (1992), section 5.6, for a ratio of weighted sums.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from .skewed import skewed_interval

Floats = NDArray[np.float64]
Task = Literal["regression", "binary", "multiclass"]
TASKS: tuple[Task, ...] = ("regression", "binary", "multiclass")
#: Probabilities are kept this far from 0 and 1 before a logarithm.
SMALLEST_PROBABILITY = 1e-15
#: The two-sided 95 % quantile of the normal distribution.
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Score:
    """A metric's value and every row's influence on it (mean zero)."""

    value: float
    influence: Floats

    @property
    def std_error(self) -> float:
        """The standard error from the sampling of rows."""
        n = len(self.influence)
        return float(self.influence.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")

    def interval(self, is_share: bool = False) -> tuple[float, float]:
        """The 95 % interval; for a share between 0 and 1 it is built on the logit scale, so that
        it stays inside. NaN where every row agrees and the rows say nothing about the error."""
        error = self.std_error
        if not error > 0 or (is_share and not 0 < self.value < 1):
            return float("nan"), float("nan")
        if not is_share:
            return self.value - Z95 * error, self.value + Z95 * error
        centre = np.log(self.value / (1 - self.value))
        reach = Z95 * error / (self.value * (1 - self.value))
        low, high = 1 / (1 + np.exp(-(centre + np.array([-reach, reach]))))
        return float(low), float(high)


#: The loss of one row: (y - prediction)², |y - prediction|, -log P(the class observed), and 1
#: where another class is the most probable.
RowLoss = Literal["squared", "absolute", "log", "zero_one"]


@dataclass(frozen=True)
class Average:
    """How a metric follows from a loss averaged over rows: `score(y, losses)`, both (n,)."""

    loss: RowLoss
    score: Callable[[Floats, Floats], Score]


class Measure(Protocol):
    """The score of a prediction; `weights` (n,) says how much every row counts."""

    def __call__(
        self, y: Floats, prediction: Floats, weights: Floats | None = None, /
    ) -> Score: ...


@dataclass(frozen=True)
class Metric:
    """A named measure. `measure(y, prediction, weights)` wants y as numbers (regression) or as
    class codes 0 … k - 1, and the prediction as values (n,) or as probabilities (n, k). `average`
    is None where the metric is no function of a mean over rows."""

    name: str
    title: str
    tasks: tuple[Task, ...]
    higher_is_better: bool
    measure: Measure
    is_share: bool = False
    average: Average | None = None
    interval_of: Callable[[Score], tuple[float, float]] | None = None

    def interval(self, score: Score) -> tuple[float, float]:
        """The 95 % interval of a score of this metric, on the scale that suits the metric."""
        if self.interval_of is not None:
            return self.interval_of(score)
        return score.interval(self.is_share)

    def gain(self, value: float, other: float) -> float:
        """How much better `value` is than `other`, whichever direction is good."""
        return value - other if self.higher_is_better else other - value


def mean_of(rows: Floats, weights: Floats | None = None) -> Score:
    """A metric that is a plain (weighted) mean over rows."""
    if weights is None:
        return Score(float(rows.mean()), rows - rows.mean())
    mean = float(np.average(rows, weights=weights))
    return Score(mean, weights / weights.mean() * (rows - mean))


def mean_absolute_error(y: Floats, prediction: Floats, weights: Floats | None = None) -> Score:
    """Mean of |y - prediction|, in the target's unit."""
    return mean_of(np.abs(y - prediction), weights)


def root_mean_squared_error(y: Floats, prediction: Floats, weights: Floats | None = None) -> Score:
    """√ mean (y - prediction)², in the target's unit."""
    return root_of_mean((y - prediction) ** 2, weights)


def root_of_mean(rows: Floats, weights: Floats | None = None) -> Score:
    """The root of a plain mean over rows."""
    squared = mean_of(rows, weights)
    root = float(np.sqrt(squared.value))
    return Score(root, squared.influence / (2 * root) if root > 0 else squared.influence)


def r2(y: Floats, prediction: Floats, weights: Floats | None = None) -> Score:
    """1 - MSE / Var(y): 1 is perfect, 0 is no better than the mean of these rows."""
    return explained_share(y, (y - prediction) ** 2, weights)


def explained_share(y: Floats, squares: Floats, weights: Floats | None = None) -> Score:
    """R² from the rows' squared errors."""
    centre = np.average(y, weights=weights)
    squared, spread = mean_of(squares, weights), mean_of((y - centre) ** 2, weights)
    if spread.value == 0:
        return Score(float("nan"), np.zeros_like(y))
    ratio = squared.value / spread.value
    return Score(1 - ratio, -(squared.influence - ratio * spread.influence) / spread.value)


def interval_of_root(score: Score) -> tuple[float, float]:
    """The 95 % interval of the root of a mean, from that of the mean (see `workbench.skewed`)."""
    low, high = skewed_interval(score.value**2, 2 * score.value * score.influence)
    return float(np.sqrt(low)), float(np.sqrt(high))


def interval_of_explained(score: Score) -> tuple[float, float]:
    """The 95 % interval of R², from that of the share that is left (see `workbench.skewed`)."""
    low, high = skewed_interval(1 - score.value, -score.influence)
    return 1 - high, 1 - low


def log_loss(y: Floats, prediction: Floats, weights: Floats | None = None) -> Score:
    """Mean of -log P(the class observed), in nats."""
    observed = prediction[np.arange(len(y)), y.astype(int)]
    return mean_of(-np.log(np.clip(observed, SMALLEST_PROBABILITY, None)), weights)


def brier(y: Floats, prediction: Floats, weights: Floats | None = None) -> Score:
    """Mean squared distance of P(positive class) from what happened (0 or 1)."""
    return mean_of((prediction[:, 1] - y) ** 2, weights)


def accuracy(y: Floats, prediction: Floats, weights: Floats | None = None) -> Score:
    """Share of rows whose most probable class is the one observed."""
    return mean_of((prediction.argmax(axis=1) == y).astype(float), weights)


def roc_auc(y: Floats, prediction: Floats, weights: Floats | None = None) -> Score:
    """Chance that a row of the class has a higher probability than a row of another; with more
    than two classes the mean over classes, each against the rest (classes absent are left out)."""
    classes = [1] if prediction.shape[1] == 2 else range(prediction.shape[1])
    counted = np.ones(len(y), dtype=bool) if weights is None else weights > 0
    scores = [
        area_under_roc(y == k, prediction[:, k], weights)
        for k in classes
        if 0 < (counted & (y == k)).sum() < counted.sum()
    ]
    if not scores:
        return Score(float("nan"), np.zeros_like(y))
    return Score(
        float(np.mean([s.value for s in scores])), np.mean([s.influence for s in scores], axis=0)
    )


def area_under_roc(
    positive: NDArray[np.bool_], score: Floats, weights: Floats | None = None
) -> Score:
    """The chance that one of the positive rows has a higher score than one of the others.

    Mann–Whitney with ties at a half; the influence is DeLong's structural components, scaled so
    that the standard error is DeLong's to the last digit (he divides by each class's rows less
    one). With weights both rows of a pair are drawn by their weights.
    """
    weight = np.ones(len(score)) if weights is None else weights
    of_class, others = np.where(positive, weight, 0.0), np.where(positive, 0.0, weight)
    place = np.unique(score, return_inverse=True)[1]
    n, n_positive = int((weight > 0).sum()), int((of_class > 0).sum())
    beaten = np.where(positive, _below(place, others), 1 - _below(place, of_class))
    value = float(np.average(beaten[positive], weights=weight[positive]))
    share = np.where(
        positive,
        _delong(n, n_positive) * n_positive / of_class.sum() * weight,
        _delong(n, n - n_positive) * (n - n_positive) / others.sum() * weight,
    )
    return Score(value, share * (beaten - value))


def _below(place: NDArray[np.intp], weight: Floats) -> Floats:
    """For every row the share of the weight at lower places, that at its own counted half."""
    at = np.bincount(place, weight)
    below: Floats = (np.cumsum(at) - at / 2)[place] / weight.sum()
    return below


def _delong(n: int, of_class: int) -> float:
    """What makes Σ influence² / (n (n − 1)) the sum of DeLong's S / rows of both classes."""
    return float(np.sqrt(n * (n - 1) / (of_class * max(of_class - 1, 1))))


def _mean(_: Floats, losses: Floats) -> Score:
    return mean_of(losses)


def _root(_: Floats, losses: Floats) -> Score:
    return root_of_mean(losses)


def _share_without(_: Floats, losses: Floats) -> Score:
    return mean_of(1 - losses)


METRICS = (
    Metric("r2", "R²", ("regression",), True, r2, average=Average("squared", explained_share),
           interval_of=interval_of_explained),
    Metric("rmse", "RMSE", ("regression",), False, root_mean_squared_error,
           average=Average("squared", _root), interval_of=interval_of_root),
    Metric("mae", "MAE", ("regression",), False, mean_absolute_error,
           average=Average("absolute", _mean)),
    Metric("roc_auc", "ROC AUC", ("binary", "multiclass"), True, roc_auc, True),
    Metric("log_loss", "Log loss", ("binary", "multiclass"), False, log_loss,
           average=Average("log", _mean)),
    Metric("brier", "Brier score", ("binary",), False, brier, True, Average("squared", _mean)),
    Metric("accuracy", "Accuracy", ("binary", "multiclass"), True, accuracy, True,
           Average("zero_one", _share_without)),
)  # fmt: skip


def metrics_for(task: Task) -> tuple[Metric, ...]:
    """The metrics that make sense for a task; the first is the default."""
    return tuple(m for m in METRICS if task in m.tasks)
