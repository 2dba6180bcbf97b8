"""The mean outcome at every dose of a treatment that is an amount."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Range

from .analysis import Analysis, require_answer
from .dose_curve import (
    MOST_WEIGHT,
    CurveFit,
    DoseResponse,
    Spline,
    curve_result,
    dosed_analysis,
    require_spread,
)
from .nuisances import Nuisance, Race, fold_of_rows, race
from .propensity import effective_rows
from .question import CausalQuestion

Floats = NDArray[np.float64]
INTEGRATED, DENSITY = 60, 400
#: Below these the doubly robust curve's intervals were measured to be too short.
MANY, SCARCE = 2_000, 0.5


@method("Dose-response curve", page="effect", weighs=True)
def dose_response(
    question: CausalQuestion,
    /,
    *,
    model: Annotated[
        Literal["additive", "doubly robust"],
        "additive: the dose acts alike on every kind of row; the other lets it differ",
    ] = "additive",
    bends: Annotated[int, Range(1, 6), "how often the curve may bend"] = 4,
    folds: Annotated[int, Range(2, 20), "each part is predicted from the others"] = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> DoseResponse:
    """What the mean outcome would be if everyone had a given dose of the treatment.

    *Additive* (double machine learning with a spline): outcome and every piece of a natural spline
    of the dose are each predicted from the covariates, cross-fitted, by the winner of a race, and
    what is left of the one is regressed on what is left of the others. The dose may bend, but acts
    alike on every kind of row; where it does not, the curve is an average that gives more weight to
    rows whose dose the covariates leave open. *Doubly robust*: the outcome given dose and
    covariates, and the dose's distribution given the covariates (mean and spread, the shape of the
    rest by a kernel), give a score of every row, which is regressed on the spline. It lets the dose
    act differently, but needs many rows: with 500 rows of a world in which the covariates tell 40 %
    of the dose, it called a flat curve bent in 6 of 20 tables.

    Unit: the outcome's. Two bands: 95 % at each dose, and 95 % for the whole curve at once. The
    curve is drawn from the 2.5th to the 97.5th percentile of the doses; the sentence is about the
    contrast asked for, or where none is, from a quarter along the curve to three quarters.

    Assumes that no common cause is missing and that every kind of row could have had every dose.
    For a treatment that is an amount with at least eight distinct doses (`NotApplicable`
    otherwise).

    Source: Robinson (1988) and Chernozhukov et al. (2018); Kennedy, Ma, McHugh & Small (2017) and
    Semenova & Chernozhukov (2021).
    """
    require_answer(question, "The dose-response curve", ("ATE",))
    analysis = dosed_analysis(question)
    fold = fold_of_rows(_quarter(analysis.t), folds, seed, analysis.clusters)
    basis = Spline.of(analysis.t, bends)
    make = _additive if model == "additive" else _doubly_robust
    fit = make(analysis, basis, fold, seed, part(progress, 0.0, 0.98))
    progress(1.0)
    return curve_result(analysis, basis, fit, seed, f"by the {model} dose-response curve")


def dose_contrast(
    analysis: Analysis, doses: tuple[float, float], seed: int, progress: Progress
) -> tuple[float, Floats]:
    """What the additive curve, as it is by default, changes by from one dose to another, and each
    row's influence (n,) on it, its mean zero."""
    require_spread(analysis)
    fold = fold_of_rows(_quarter(analysis.t), 5, seed, analysis.clusters)
    basis = Spline.of(analysis.t, 4)
    fit = _additive(analysis, basis, fold, seed, progress)
    start, to = basis(np.array(doses))
    return float((to - start) @ fit.slopes), fit.influence @ (to - start)


def _additive(
    analysis: Analysis, basis: Spline, fold: NDArray[np.intp], seed: int, progress: Progress
) -> CurveFit:
    x, y, w = analysis.covariates.matrix, analysis.y, analysis.weight
    columns = basis(analysis.t)
    everyone = np.ones(len(y), dtype=bool)
    name = analysis.question.treatment
    wanted = [Nuisance("Outcome given the covariates", y, everyone)]
    wanted += [
        Nuisance(f"Piece {k} of the spline of {name}", columns[:, k], everyone)
        for k in range(1, columns.shape[1])
    ]
    races = race(x, wanted, fold, weight=w, seed=seed, progress=progress)
    rest = np.column_stack([columns[:, k + 1] - r.predictions for k, r in enumerate(races[1:])])
    left = y - races[0].predictions
    q = (rest * w[:, None]).T @ rest / len(y)
    pieces = np.linalg.solve(q, (rest * w[:, None]).T @ left / len(y))
    of_pieces = np.linalg.solve(q, (rest * ((left - rest @ pieces) * w)[:, None]).T).T
    # The level: the curve averages to the mean outcome over the doses there are.
    middle = w @ columns[:, 1:] / w.sum()
    off = y - (columns[:, 1:] - middle) @ pieces
    level = float(w @ off / w.sum())
    of_level = w * (off - level) - of_pieces @ middle
    slopes = np.r_[level - middle @ pieces, pieces]
    own = columns[:, 1] - middle[0]
    explained = 1 - float(w @ rest[:, 0] ** 2 / (w @ own**2))
    told = f"The covariates tell {max(explained, 0):.0%} of the variance of {name}"
    notes = [
        f"{told}; the curve rests on what they leave open.",
        "The dose is taken to act alike on every kind of row.",
    ]
    return CurveFit(slopes, np.column_stack([of_level, of_pieces]), (*notes, races[0].says))


def _doubly_robust(
    analysis: Analysis, basis: Spline, fold: NDArray[np.intp], seed: int, progress: Progress
) -> CurveFit:
    learned = _learn(analysis, fold, seed, part(progress, 0.0, 0.6))
    scores = _scores(analysis, learned, fold, seed, part(progress, 0.6, 1.0))
    columns, w, n = basis(analysis.t), analysis.weight, len(analysis)
    q = (columns * w[:, None]).T @ columns / n
    sums = (columns * w[:, None]).T @ scores.values / n
    slopes: Floats = np.asarray(np.linalg.solve(q, sums), dtype=np.float64)
    rest = scores.values - columns @ slopes
    # A row speaks by its own score, and by being one of those the averages run over.
    over = scores.deviation @ (basis(scores.doses) * scores.shares[:, None])
    raw = (columns * rest[:, None] + over) * w[:, None]
    influence = np.linalg.solve(q, (raw - raw.mean(axis=0)).T).T
    return CurveFit(slopes, influence, tuple(_weight_notes(analysis, scores, learned)))


@dataclass(frozen=True)
class _Learned:
    """The outcome given dose and covariates; the dose's mean and variance given the covariates."""

    outcome: Race
    mean: Race
    variance: Race

    @property
    def spread(self) -> Floats:
        """The dose's standard deviation given the covariates, kept from zero."""
        variance = self.variance.predictions
        return np.sqrt(np.maximum(variance, 0.05 * float(variance.mean())))


@dataclass(frozen=True)
class _Scores:
    """Each row's doubly robust outcome (n,); at each of the `doses` (g,), which carry the `shares`
    (g,) of the population, the outcome predicted for each row if it had that dose, less its mean
    (n, g); and what rows weigh by their dose (n,), with how many of these weights were cut."""

    values: Floats
    doses: Floats
    shares: Floats
    deviation: Floats
    weights: Floats
    capped: int


def _quarter(t: Floats) -> NDArray[np.intp]:
    return np.searchsorted(np.quantile(t, (0.25, 0.5, 0.75)), t)


def _learn(analysis: Analysis, fold: NDArray[np.intp], seed: int, progress: Progress) -> _Learned:
    x, t = analysis.covariates.matrix, analysis.t
    everyone = np.ones(len(t), dtype=bool)
    name = analysis.question.treatment

    def learn(matrix: Floats, what: str, y: Floats, start: float, end: float) -> Race:
        lap = part(progress, start, end)
        wanted = Nuisance(what, y, everyone)
        return race(matrix, [wanted], fold, weight=analysis.weight, seed=seed, progress=lap)[0]

    outcome = learn(
        np.column_stack([x, t]), "Outcome given dose and covariates", analysis.y, 0.0, 0.5
    )
    mean = learn(x, f"Mean of {name}", t, 0.5, 0.75)
    squared = (t - mean.predictions) ** 2
    return _Learned(outcome, mean, learn(x, f"Variance of {name}", squared, 0.75, 1.0))


def _scores(
    analysis: Analysis, learned: _Learned, fold: NDArray[np.intp], seed: int, progress: Progress
) -> _Scores:
    t, y = analysis.t, analysis.y
    # Points that carry equal shares of the rows, and both ends, where the curve must reach too.
    middles = (np.arange(INTEGRATED) + 0.5) / INTEGRATED
    doses = np.asarray(np.quantile(t, np.r_[0.0, middles, 1.0]), dtype=np.float64)
    predicted = _at_doses(analysis, learned.outcome, fold, doses, seed, progress)
    weight = analysis.weight / analysis.weight.mean()
    curve = (weight[:, None] * predicted).mean(axis=0)
    weights = _stabilised(analysis, learned)
    capped = int((weights > MOST_WEIGHT).sum())
    weights = np.minimum(weights, MOST_WEIGHT)
    values = (y - learned.outcome.predictions) * weights + np.interp(t, *_distinct(doses, curve))
    deviation = (predicted - curve)[:, 1:-1]
    nearest = np.searchsorted(np.quantile(t, np.arange(1, INTEGRATED) / INTEGRATED), t)
    shares = np.bincount(nearest, weights=weight, minlength=INTEGRATED) / len(t)
    return _Scores(values, doses[1:-1], shares, deviation, weights, capped)


def _distinct(doses: Floats, curve: Floats) -> tuple[Floats, Floats]:
    kept, first = np.unique(doses, return_index=True)
    return kept, curve[first]


def _at_doses(
    analysis: Analysis,
    outcome: Race,
    fold: NDArray[np.intp],
    doses: Floats,
    seed: int,
    progress: Progress,
) -> Floats:
    """What the winner, learned without a row's fold, says of the row at every dose (n, g)."""
    x, t, y = analysis.covariates.matrix, analysis.t, analysis.y
    predicted = np.empty((len(t), len(doses)))
    folds = int(fold.max()) + 1
    for k in range(folds):
        seen, held_out = fold != k, np.flatnonzero(fold == k)
        given = np.column_stack([x[seen], t[seen]])
        fitted = outcome.learn(given, y[seen], analysis.weight[seen], seed)
        for g, dose in enumerate(doses):
            progress((k + g / len(doses)) / folds, "Predicting every row at every dose")
            same = np.full(len(held_out), dose)
            predicted[held_out, g] = fitted(np.column_stack([x[held_out], same]))
    return predicted


def _stabilised(analysis: Analysis, learned: _Learned) -> Floats:
    """How common a row's dose is overall, by how common it is among rows like it (n,)."""
    from scipy.stats import gaussian_kde

    t, mean, spread = analysis.t, learned.mean.predictions, learned.spread
    rest = (t - mean) / spread
    at = np.linspace(rest.min() - 1, rest.max() + 1, DENSITY)
    shape = gaussian_kde(rest, weights=analysis.weight)(at)

    def given(dose: Floats, centre: Floats, scale: Floats) -> Floats:
        return np.asarray(np.interp((dose - centre) / scale, at, shape, left=0, right=0) / scale)

    grid = np.quantile(t, np.linspace(0, 1, DENSITY))
    share = analysis.weight / analysis.weight.sum()
    overall = np.array([float(share @ given(np.full(len(t), d), mean, spread)) for d in grid])
    grid, overall = _distinct(grid, overall)
    own = given(t, mean, spread)
    weights = np.interp(t, grid, overall) / np.maximum(own, 1e-12)
    return weights / float((analysis.weight * weights).mean())


def _weight_notes(analysis: Analysis, scores: _Scores, learned: _Learned) -> list[str]:
    worth = effective_rows(analysis.weight * scores.weights) / len(analysis)
    text = (
        "Rows are weighted by how common their dose is overall and among rows like them; they "
        f"count like {worth:.0%} of their number."
    )
    notes = [text]
    if scores.capped:
        notes.append(f"{scores.capped:,} rows' weights were cut to {MOST_WEIGHT:g}.")
    if worth < SCARCE or effective_rows(analysis.weight) < MANY:
        notes.append(
            f"Warning: with fewer than {MANY:,} rows, or rows that count like less than "
            f"{SCARCE:.0%} of their number, intervals of the doubly robust curve are too short; "
            "compare the additive one."
        )
    races = (learned.outcome, learned.mean, replace(learned.variance, is_chance=False))
    return notes + [r.says for r in races]
