"""Small learners for nuisances: penalised regressions on plain or bent columns, and boosting.

Each learns a mean (of a number) or a probability (of 0/1) from a matrix, on one thread and without
shared state, so that many run side by side. Penalties are chosen inside: by generalised
cross-validation for means (Golub, Heath & Wahba 1979), by AIC with effective degrees of freedom
for probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import blocks

Floats = NDArray[np.float64]
#: What a learner becomes once it has learned: rows in, predictions out.
Predictor = Callable[[Floats], Floats]
#: Products of pairs of columns are taken only while there are at most this many.
MOST_PAIRS = 200
MEAN_PENALTIES = np.logspace(-4, 2, 13)  # per row, on standardised columns
CHANCE_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)  # per row, on standardised columns
NEWTON_STEPS = 50
#: A share of a step so small that no gain is left to be had.
SMALLEST_SHARE = 1e-6
#: Columns are made, and their products summed, for this many rows at a time, which then stay near
#: the processor; of a million rows there is never more than one copy of the columns.
BLOCK = 2_048


@dataclass(frozen=True)
class Learner:
    """A named way to learn; `fit(x, y, is_chance, seed)` gives the predictor."""

    title: str
    fit: Callable[[Floats, Floats, bool, int], Predictor]


@dataclass(frozen=True)
class _Columns:
    """What is made of the covariates: themselves, their splines, the products of pairs of them,
    and their squares."""

    knots: tuple[Floats, ...] = ()
    has_pairs: bool = False
    has_squares: bool = False

    @classmethod
    def bent(cls, x: Floats, *, has_squares: bool = False) -> _Columns:
        """Splines of every column with enough values, and the products while they are few."""
        pairs = x.shape[1] * (x.shape[1] - 1) // 2
        return cls(_knots(x), pairs <= MOST_PAIRS, has_squares)

    def __call__(self, x: Floats) -> Floats:
        """The columns (n, k) of rows (n, p)."""
        bends = [k for k, at in enumerate(self.knots) if len(at)]
        parts = [x, *(_natural_spline(x[:, k], self.knots[k]) for k in bends)]
        middle = np.array([at.mean() if len(at) else 0.0 for at in self.knots])
        if self.has_pairs:
            left, right = np.triu_indices(x.shape[1], 1)
            parts.append((x - middle)[:, left] * (x - middle)[:, right])
        if self.has_squares:
            parts.append((x[:, bends] - middle[bends]) ** 2)
        return np.hstack(parts)


@dataclass(frozen=True)
class _Basis:
    """Columns made of the covariates, standardised as in training; those that did not vary there
    are left out."""

    made_of: _Columns
    centre: Floats
    scale: Floats

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which of the columns that are made varied."""
        return self.scale > 0

    def columns(self, x: Floats) -> Floats:
        """The columns of other rows."""
        made = self.made_of(x)[:, self.kept]
        return np.asarray((made - self.centre[self.kept]) / self.scale[self.kept])

    def scores(self, x: Floats, slopes: Floats) -> Floats:
        """The columns of other rows times the slopes."""
        parts = [self.columns(x[at]) @ slopes for at in _blocks(x)]
        return np.concatenate(parts) if parts else np.empty(0)


def _linear(x: Floats, y: Floats, is_chance: bool, seed: int) -> Predictor:
    del seed  # nothing is drawn
    return _penalised(x, y, is_chance, _Columns())


def _bent(x: Floats, y: Floats, is_chance: bool, seed: int) -> Predictor:
    del seed  # nothing is drawn
    # Beyond its outer knots a spline is straight. A mean often goes on bending there, and a few
    # far rows, whose weights are the largest, then decide the effect. Of log odds that bend so
    # far out the data say nothing: they stay straight.
    return _penalised(x, y, is_chance, _Columns.bent(x, has_squares=not is_chance))


def _boosted(trees: int, leaves: int, rate: float) -> Callable[..., Predictor]:
    def fit(x: Floats, y: Floats, is_chance: bool, seed: int) -> Predictor:
        import xgboost

        settings = {
            "objective": "binary:logistic" if is_chance else "reg:squarederror",
            "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": leaves,
            "max_depth": 0, "eta": rate, "min_child_weight": 2 if is_chance else 10,
            "nthread": 1, "seed": seed, "verbosity": 0,
        }  # fmt: skip
        centre, scale = (0.0, 1.0) if is_chance else (y.mean(), y.std() or 1.0)
        rows = xgboost.DMatrix(x, (y - centre) / scale, nthread=1)
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
    return _standardised(x, _Columns.bent(x) if has_bends else _Columns())[1]


def ridge_means(columns: Floats, y: Floats) -> Callable[[Floats], Floats]:
    """Ridge regressions of several outcomes (n, k) on the same columns, the penalty of each chosen
    by generalised cross-validation; new columns in, predictions out."""
    n, constant = len(y), y.mean(axis=0)
    centre = columns.mean(axis=0)
    values, vectors = np.linalg.eigh((columns - centre).T @ (columns - centre) / n)
    values = np.clip(values, 0, None)[:, None]
    projected = vectors.T @ ((columns - centre).T @ (y - constant)) / n
    total = ((y - constant) ** 2).mean(axis=0)
    shrunk = [values / (values + penalty) for penalty in MEAN_PENALTIES]
    errors = [
        (total - (projected**2 / (values + penalty) * (2 - s)).sum(axis=0))
        / max(1 - (1 + float(s.sum())) / n, 1e-3) ** 2
        for penalty, s in zip(MEAN_PENALTIES, shrunk, strict=True)
    ]
    best = MEAN_PENALTIES[np.argmin(errors, axis=0)]
    slopes = vectors @ (projected / (values + best))
    return lambda new: constant + (new - centre) @ slopes


def _penalised(x: Floats, y: Floats, is_chance: bool, made_of: _Columns) -> Predictor:
    basis, columns = _standardised(x, made_of)
    solve = _ridge_chance if is_chance else _ridge_mean
    constant, slopes = solve(columns, y)

    def predict(new: Floats) -> Floats:
        score = constant + basis.scores(new, slopes)
        return _logistic(score) if is_chance else score

    return predict


def _ridge_mean(columns: Floats, y: Floats) -> tuple[float, Floats]:
    """Ridge with the penalty of the smallest generalised cross-validation error."""
    n, constant = len(y), float(y.mean())
    values, vectors = np.linalg.eigh(columns.T @ columns / n)
    values = np.clip(values, 0, None)
    projected = vectors.T @ (columns.T @ (y - constant)) / n
    total = float(((y - constant) ** 2).mean())

    def error(penalty: float) -> float:
        shrunk = values / (values + penalty)
        explained = float((projected**2 / (values + penalty) * (2 - shrunk)).sum())
        return (total - explained) / max(1 - (1 + float(shrunk.sum())) / n, 1e-3) ** 2

    best = min(MEAN_PENALTIES, key=error)
    return constant, vectors @ (projected / (values + best))


def _ridge_chance(columns: Floats, y: Floats) -> tuple[float, Floats]:
    """Ridge logit by Newton's method, with the penalty at which AIC stops to fall."""
    start = np.zeros(1 + columns.shape[1])
    start[0] = np.log(y.mean() / (1 - y.mean())) if 0 < y.mean() < 1 else 20 * y.mean() - 10
    best, lowest = start, np.inf
    for penalty in reversed(CHANCE_PENALTIES):  # from the stiffest: each starts at the last
        start, criterion = _newton(columns, y, penalty * len(y), start)
        if criterion >= lowest:
            break
        best, lowest = start, criterion
    return float(best[0]), best[1:]


def _newton(columns: Floats, y: Floats, penalty: float, start: Floats) -> tuple[Floats, float]:
    """The slopes of the largest penalised likelihood, and their AIC. A step that overshoots is
    halved until it gains: where the event is rare, full steps never settle."""
    ridge = np.full(len(start), penalty)
    ridge[0] = 1e-9
    slopes, scores = start, start[0] + columns @ start[1:]
    lost = _penalised_deviance(y, scores, slopes, ridge)
    for _ in range(NEWTON_STEPS):
        gradient, curvature = _slope_and_curvature(columns, y, scores)
        step = np.linalg.solve(curvature + np.diag(ridge + 1e-9), gradient - ridge * slopes)
        along = step[0] + columns @ step[1:]
        size, tried = 1.0, np.inf
        while size > SMALLEST_SHARE:
            tried = _penalised_deviance(y, scores + size * along, slopes + size * step, ridge)
            if tried <= lost:
                break
            size /= 2
        if tried > lost:
            break  # as low as the digits go
        slopes, scores, lost = slopes + size * step, scores + size * along, tried
        if np.abs(size * step).max() < 1e-4:
            break
    used = np.trace(np.linalg.solve(curvature + np.diag(ridge + 1e-9), curvature))
    return slopes, _deviance(y, scores) + 2 * float(used)


def _penalised_deviance(y: Floats, scores: Floats, slopes: Floats, ridge: Floats) -> float:
    return _deviance(y, scores) + float(ridge @ slopes**2)


def _deviance(y: Floats, scores: Floats) -> float:
    """Twice the negative log-likelihood of 0/1 outcomes given their log odds."""
    return 2 * float(np.logaddexp(0, scores).sum() - y @ scores)


def _slope_and_curvature(columns: Floats, y: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Of the log-likelihood of a logit with a constant, at the log odds `scores`: its gradient,
    and the information."""
    size = columns.shape[1] + 1
    gradient, curvature = np.zeros(size), np.zeros((size, size))
    room = np.empty((min(len(columns), BLOCK), columns.shape[1]))
    for at in _blocks(columns):
        rows = columns[at]
        chance = _logistic(scores[at])
        rest, root = y[at] - chance, np.sqrt(chance * (1 - chance))
        gradient[0] += rest.sum()
        gradient[1:] += rest @ rows
        scaled = np.multiply(rows, root[:, None], out=room[: len(rows)])
        curvature[0, 0] += root @ root
        curvature[0, 1:] += root @ scaled
        curvature[1:, 1:] += scaled.T @ scaled
    curvature[1:, 0] = curvature[0, 1:]
    return gradient, curvature


def _standardised(x: Floats, made_of: _Columns) -> tuple[_Basis, Floats]:
    """The columns made of the rows that are learned from, and how to make them of others."""
    made = np.empty((len(x), made_of(x[:1]).shape[1]))
    for at in _blocks(x):
        made[at] = made_of(x[at])
    centre = made.mean(axis=0)
    squares, largest = np.zeros(len(centre)), np.zeros(len(centre))
    for at in _blocks(x):
        largest = np.maximum(largest, np.abs(made[at]).max(axis=0))
        made[at] -= centre
        squares += (made[at] ** 2).sum(axis=0)
    scale = np.sqrt(squares / len(x))
    scale[scale < 1e-10 * np.maximum(largest, 1e-300)] = 0.0
    basis = _Basis(made_of, centre, scale)
    if not basis.kept.all():
        made = made[:, basis.kept]
    for at in _blocks(x):
        made[at] /= scale[basis.kept]
    return basis, made


def _blocks(rows: Floats) -> list[slice]:
    return blocks(len(rows), BLOCK)


def _knots(x: Floats) -> tuple[Floats, ...]:
    """Five quantiles of every column with enough values; none for the others."""
    shares = (0.05, 0.275, 0.5, 0.725, 0.95)
    found = [np.unique(np.quantile(x[:, k], shares)) for k in range(x.shape[1])]
    return tuple(at if len(at) >= 3 else np.empty(0) for at in found)


def _natural_spline(values: Floats, knots: Floats) -> Floats:
    """Restricted cubic splines, straight beyond the outer knots (Stone & Koo 1985)."""
    beyond = np.maximum((values[:, None] - knots) / (knots[-1] - knots[0]), 0)
    cubes = beyond * beyond * beyond
    last, before = knots[-1], knots[-2]
    return np.asarray(
        cubes[:, :-2]
        - cubes[:, -2:-1] * ((last - knots[:-2]) / (last - before))
        + cubes[:, -1:] * ((before - knots[:-2]) / (last - before))
    )


def _logistic(score: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(score, -35, 35))))
