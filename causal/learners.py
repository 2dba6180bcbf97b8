"""Small learners for nuisances: penalised regressions on plain or bent columns, and boosting.

Each learns a mean (of a number) or a probability (of 0/1) from a matrix of rows that may count
differently, on one thread and without shared state, so that many run side by side. Penalties are
chosen inside: by generalised cross-validation for means (Golub, Heath & Wahba 1979), by AIC with
effective degrees of freedom for probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bent_columns import Basis, Columns, Moments, Rows, standardised

Floats = NDArray[np.float64]
#: What a learner becomes once it has learned: rows in, predictions out.
Predictor = Callable[[Floats], Floats]
MEAN_PENALTIES = np.logspace(-4, 2, 13)  # per row, on standardised columns
CHANCE_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)  # per row, on standardised columns
NEWTON_STEPS = 50
#: A step so small that it is the last: what it leaves to be gained is its square.
SETTLED = 1e-4
#: A share of a step so small that no gain is left to be had.
SMALLEST_SHARE = 1e-6


@dataclass(frozen=True)
class Learner:
    """A named way to learn; `fit(x, y, weight, is_chance, seed)` gives the predictor. The weights
    add up to the number of rows they are worth, see `worth`."""

    title: str
    fit: Callable[[Floats, Floats, Floats, bool, int], Predictor]


def worth(weight: Floats) -> Floats:
    """Weights (n,) that add up to Kish's effective number of rows: of those that count differently
    as much is learned as of so many that count alike."""
    return np.asarray(weight * (weight.sum() / (weight**2).sum()))


def _linear(x: Floats, y: Floats, weight: Floats, is_chance: bool, seed: int) -> Predictor:
    del seed  # nothing is drawn
    return _penalised(x, y, weight, is_chance, Columns())


def _bent(x: Floats, y: Floats, weight: Floats, is_chance: bool, seed: int) -> Predictor:
    del seed  # nothing is drawn
    # Beyond its outer knots a spline is straight. A mean often goes on bending there, and a few
    # far rows, whose weights are the largest, then decide the effect. Of log odds that bend so
    # far out the data say nothing: they stay straight.
    return _penalised(x, y, weight, is_chance, Columns.bent(x, has_squares=not is_chance))


def _boosted(trees: int, leaves: int, rate: float) -> Callable[..., Predictor]:
    def fit(x: Floats, y: Floats, weight: Floats, is_chance: bool, seed: int) -> Predictor:
        import xgboost

        settings = {
            "objective": "binary:logistic" if is_chance else "reg:squarederror",
            "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": leaves,
            "max_depth": 0, "eta": rate, "min_child_weight": 2 if is_chance else 10,
            "nthread": 1, "seed": seed, "verbosity": 0,
        }  # fmt: skip
        centre, scale = (0.0, 1.0)
        if not is_chance:
            centre = float(np.average(y, weights=weight))
            scale = float(np.sqrt(np.average((y - centre) ** 2, weights=weight))) or 1.0
        counts = weight if np.ptp(weight) else None
        rows = xgboost.DMatrix(x, (y - centre) / scale, weight=counts, nthread=1)
        booster = xgboost.train(settings, rows, num_boost_round=trees)
        return lambda new: (
            centre + scale * booster.predict(xgboost.DMatrix(new, nthread=1)).astype(float)
        )

    return fit


#: From the stiffest to the most flexible.
LEARNERS = (
    Learner("linear", _linear),
    Learner("splines and products of pairs", _bent),
    Learner("small boosting (100 trees of 8 leaves)", _boosted(100, 8, 0.1)),
    Learner("boosting (300 trees of 16 leaves)", _boosted(300, 16, 0.1)),
)
#: Those without boosting.
REGRESSIONS = LEARNERS[:2]


def bent_columns(x: Floats, *, has_bends: bool = True) -> Floats:
    """The columns that the second learner works on: x, its splines and, while they are few, the
    products of pairs, each with mean 0 and variance 1; without bends x alone."""
    return standardised(x, Columns.bent(x) if has_bends else Columns())


def ridge_means(columns: Floats, y: Floats, weight: Floats) -> Callable[[Floats], Floats]:
    """Ridge regressions of several outcomes (n, k) on the same columns, the penalty of each chosen
    by generalised cross-validation; rows count by `weight` (n,), and as many as they are worth. New
    columns in, predictions out."""
    n, share = float(worth(weight).sum()), weight / weight.sum()
    constant, centre = share @ y, share @ columns
    away, left = columns - centre, y - constant
    values, vectors = np.linalg.eigh((away * share[:, None]).T @ away)
    values = np.clip(values, 0, None)[:, None]
    projected = vectors.T @ ((away * share[:, None]).T @ left)
    total = share @ left**2
    shrunk = [values / (values + penalty) for penalty in MEAN_PENALTIES]
    errors = [
        (total - (projected**2 / (values + penalty) * (2 - s)).sum(axis=0))
        / max(1 - (1 + float(s.sum())) / n, 1e-3) ** 2
        for penalty, s in zip(MEAN_PENALTIES, shrunk, strict=True)
    ]
    best = MEAN_PENALTIES[np.argmin(errors, axis=0)]
    slopes = vectors @ (projected / (values + best))
    return lambda new: constant + (new - centre) @ slopes


def _penalised(
    x: Floats, y: Floats, weight: Floats, is_chance: bool, made_of: Columns
) -> Predictor:
    moments = Moments.of(x, y, weight, made_of)
    basis = Basis.of(made_of, moments)
    if not is_chance:
        constant, slopes = _ridge_mean(moments)
        return lambda new: constant + basis.scores(new, slopes)
    constant, slopes = _ridge_chance(_Sample(Rows(x, basis), y, weight), moments)
    return lambda new: _logistic(constant + basis.scores(new, slopes))


def _ridge_mean(moments: Moments) -> tuple[float, Floats]:
    """Ridge with the penalty of the smallest generalised cross-validation error."""
    n, (constant, total) = moments.n, moments.outcome
    values, vectors = np.linalg.eigh(moments.correlations)
    values = np.clip(values, 0, None)
    projected = vectors.T @ moments.with_outcome

    def error(penalty: float) -> float:
        shrunk = values / (values + penalty)
        explained = float((projected**2 / (values + penalty) * (2 - shrunk)).sum())
        return (total - explained) / max(1 - (1 + float(shrunk.sum())) / n, 1e-3) ** 2

    best = min(MEAN_PENALTIES, key=error)
    return constant, vectors @ (projected / (values + best))


@dataclass(frozen=True)
class _Sample:
    """What a logit is fitted to: the columns, and of each row the outcome and the weight (n,)."""

    rows: Rows
    y: Floats
    weight: Floats

    def deviance(self, scores: Floats, at: slice = slice(None)) -> float:
        """Twice the negative log-likelihood of the outcomes given their log odds, of some rows."""
        y, weight = self.y[at], self.weight[at]
        return 2 * float(weight @ np.logaddexp(0, scores) - (weight * y) @ scores)


def _ridge_chance(sample: _Sample, moments: Moments) -> tuple[float, Floats]:
    """Ridge logit by Newton's method, with the penalty at which AIC stops to fall."""
    start = _Likelihood.of_the_rate(len(sample.y), moments)
    best, lowest = start.slopes, np.inf
    for penalty in reversed(CHANCE_PENALTIES):  # from the stiffest: each starts at the last
        found = _newton(sample, penalty * moments.n, start)
        if found.criterion >= lowest:
            break
        start, best, lowest = found.last, found.slopes, found.criterion
    return float(best[0]), best[1:]


@dataclass(frozen=True)
class _Likelihood:
    """A logit with a constant at some slopes (k + 1,): the log odds (n,) of the rows, the deviance,
    and of the log-likelihood the gradient and the information."""

    slopes: Floats
    scores: Floats
    deviance: float
    gradient: Floats
    information: Floats

    def curvature(self, ridge: Floats) -> Floats:
        """Of the penalised log-likelihood."""
        return np.asarray(self.information + np.diag(ridge + 1e-9))

    def criterion(self, ridge: Floats, step: Floats) -> float:
        """AIC a small step away, where the likelihood is what its parabola says."""
        moved = self.deviance - float(step @ (2 * self.gradient - self.information @ step))
        used = np.trace(np.linalg.solve(self.curvature(ridge), self.information))
        return moved + 2 * float(used)

    @classmethod
    def of_the_rate(cls, count: int, moments: Moments) -> _Likelihood:
        """Where all rows (so many) have the same chance, as often as the event occurs: there the
        products of the columns are all that is needed."""
        n, (rate, _) = moments.n, moments.outcome
        slopes = np.zeros(1 + len(moments.with_outcome))
        slopes[0] = np.log(rate / (1 - rate)) if 0 < rate < 1 else 20 * rate - 10
        chance = float(_logistic(slopes[:1])[0])
        information = np.zeros((len(slopes), len(slopes)))
        information[0, 0] = n * chance * (1 - chance)
        information[1:, 1:] = moments.correlations * information[0, 0]
        gradient = n * np.r_[rate - chance, moments.with_outcome]
        deviance = 2 * n * float(np.logaddexp(0, slopes[0]) - rate * slopes[0])
        return cls(slopes, np.full(count, slopes[0]), deviance, gradient, information)

    @classmethod
    def at(cls, sample: _Sample, slopes: Floats) -> _Likelihood:
        """One reading of the rows."""
        size, y, weight = len(slopes), sample.y, sample.weight
        scores, deviance = np.empty(len(y)), 0.0
        gradient, information = np.zeros(size), np.zeros((size, size))
        for at, columns in sample.rows:
            score = slopes[0] + slopes[1:] @ columns
            chance = _logistic(score)
            rest = weight[at] * (y[at] - chance)
            root = np.sqrt(weight[at] * chance * (1 - chance))
            gradient[0] += rest.sum()
            gradient[1:] += columns @ rest
            scaled = columns * root
            information[0, 0] += root @ root
            information[0, 1:] += scaled @ root
            information[1:, 1:] += scaled @ scaled.T
            scores[at] = score
            deviance += sample.deviance(score, at)
        information[1:, 0] = information[0, 1:]
        return cls(slopes, scores, deviance, gradient, information)


@dataclass(frozen=True)
class _Largest:
    """Where a penalised likelihood is largest: the slopes, their AIC, and the likelihood where it
    was computed last, less than a settled step away."""

    slopes: Floats
    criterion: float
    last: _Likelihood


def _newton(sample: _Sample, penalty: float, start: _Likelihood) -> _Largest:
    """The largest penalised likelihood. A step that overshoots is halved until it gains: where the
    event is rare, full steps never settle."""
    ridge = np.full(len(start.slopes), penalty)
    ridge[0] = 1e-9
    here = start
    for _ in range(NEWTON_STEPS):
        lack = here.gradient - ridge * here.slopes
        step = np.asarray(np.linalg.solve(here.curvature(ridge), lack), dtype=float)
        if np.abs(step).max() < SETTLED:
            return _Largest(here.slopes + step, here.criterion(ridge, step), here)
        there = _Likelihood.at(sample, here.slopes + step)
        size = _share(sample, here, there, ridge)
        if size is None:
            break  # as low as the digits go
        here = there if size == 1 else _Likelihood.at(sample, here.slopes + size * step)
    return _Largest(here.slopes, here.criterion(ridge, np.zeros_like(ridge)), here)


def _share(sample: _Sample, here: _Likelihood, there: _Likelihood, ridge: Floats) -> float | None:
    """The largest share of a step, halved again and again, that does not lose; none if none."""
    lost, step = here.deviance + float(ridge @ here.slopes**2), there.slopes - here.slopes
    if there.deviance + float(ridge @ there.slopes**2) <= lost:
        return 1.0
    along, size = there.scores - here.scores, 0.5
    while size > SMALLEST_SHARE:
        slopes = here.slopes + size * step
        if sample.deviance(here.scores + size * along) + float(ridge @ slopes**2) <= lost:
            return size
        size /= 2
    return None


def _logistic(score: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(score, -35, 35))))
