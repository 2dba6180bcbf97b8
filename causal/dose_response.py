"""The mean outcome at every dose of a treatment that is an amount."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BAND, BLUE, GREY, LIGHT_GREY, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import Range

from .analysis import Analysis, analyse, require_answer
from .effect import p_in_words
from .influence import standard_error
from .nuisances import Nuisance, Race, fold_of_rows, race
from .question import CausalQuestion

Floats = NDArray[np.float64]
#: The curve is drawn between these shares of the doses: beyond them hardly a row speaks.
ENDS = (0.025, 0.975)
SHOWN, INTEGRATED, DENSITY = 41, 60, 400
#: With fewer distinct doses the treatment has levels rather than an amount.
FEWEST_DOSES = 8
#: A row counts at most for this many.
MOST_WEIGHT = 20.0
DRAWS = 4_000
#: Below these the doubly robust curve's intervals were measured to be too short.
MANY, SCARCE = 2_000, 0.5


@dataclass(frozen=True, kw_only=True)
class DoseResponse(Result):
    """The mean outcome if everyone had a dose, with a pointwise and a simultaneous 95 % band.

    `dose` and `outcome` name the axes. `p_flat` is the p-value that no dose differs from another,
    `p_straight` that the curve is a straight line.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "dose": "the treatment's value",
        "estimate": "mean outcome if everyone had this dose, in its unit",
        "std_error": "its standard error",
        "conf_low": "lower end of the 95 % interval at this dose",
        "conf_high": "upper end of the 95 % interval at this dose",
        "band_low": "lower end of the band that holds the whole curve with 95 %",
        "band_high": "upper end of that band",
        "rows_near": "rows whose dose is nearer to this one than to any other shown",
    }

    dose: str = ""
    outcome: str = ""
    p_flat: float = float("nan")
    p_straight: float = float("nan")

    def figure(self) -> Any:
        """The curve in its two bands, and below it how many rows there are."""
        frame = self.frame
        figure = new_figure(height=420, x=self.dose, y=f"mean of {self.outcome}", showlegend=True)
        for low, high, colour, name in (
            ("band_low", "band_high", "rgba(127, 127, 127, 0.18)", "95 % band of the whole curve"),
            ("conf_low", "conf_high", BAND, "95 % interval at each dose"),
        ):
            figure.add_scatter(
                x=[*frame["dose"], *frame["dose"][::-1]], y=[*frame[low], *frame[high][::-1]],
                fill="toself", fillcolor=colour, line={"width": 0}, name=name, hoverinfo="skip",
            )  # fmt: skip
        figure.add_scatter(
            x=frame["dose"], y=frame["estimate"], mode="lines", name="mean outcome",
            line={"color": BLUE, "width": 3}, customdata=frame[["rows_near"]],
            hovertemplate="%{x:.4g}: %{y:.4g}, %{customdata[0]} rows near<extra></extra>",
        )  # fmt: skip
        figure.add_bar(
            x=frame["dose"], y=frame["rows_near"], yaxis="y2", marker={"color": LIGHT_GREY},
            name="rows", hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        figure.update_layout(
            yaxis={"domain": [0.2, 1]},
            yaxis2={"domain": [0, 0.14], "showticklabels": False, "showgrid": False,
                    "anchor": "x", "title": {"text": "rows", "font": {"color": GREY}}},
            bargap=0,
        )  # fmt: skip
        return figure


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
    curve is drawn from the 2.5th to the 97.5th percentile of the doses.

    Assumes that no common cause is missing and that every kind of row could have had every dose.
    For a treatment that is an amount with at least eight distinct doses (`NotApplicable`
    otherwise).

    Source: Robinson (1988) and Chernozhukov et al. (2018); Kennedy, Ma, McHugh & Small (2017) and
    Semenova & Chernozhukov (2021).
    """
    require_answer(question, "The dose-response curve", ("ATE",))
    analysis = dosed_analysis(question)
    fold = fold_of_rows(_quarter(analysis.t), folds, seed, analysis.clusters)
    basis = _Basis.of(analysis.t, bends)
    make = _additive if model == "additive" else _doubly_robust
    fit = make(analysis, basis, fold, seed, part(progress, 0.0, 0.98))
    curve = _Curve.of(analysis, basis, fit, seed)
    progress(1.0)
    return DoseResponse(
        frame=curve.frame,
        summary=_summary(question, curve, model),
        notes=(*analysis.notes, *_notes(curve), *fit.notes),
        dose=question.treatment,
        outcome=question.outcome_in_words,
        p_flat=curve.p_flat,
        p_straight=curve.p_straight,
    )


def dose_contrast(
    analysis: Analysis, doses: tuple[float, float], seed: int, progress: Progress
) -> tuple[float, Floats]:
    """What the additive curve, as it is by default, changes by from one dose to another, and each
    row's influence (n,) on it, its mean zero."""
    fold = fold_of_rows(_quarter(analysis.t), 5, seed, analysis.clusters)
    basis = _Basis.of(analysis.t, 4)
    fit = _additive(analysis, basis, fold, seed, progress)
    start, to = basis(np.array(doses))
    return float((to - start) @ fit.slopes), fit.influence @ (to - start)


@dataclass(frozen=True)
class _Fit:
    """The slopes (p,) of the curve on the basis, each row's influence on them (n, p), notes."""

    slopes: Floats
    influence: Floats
    notes: tuple[str, ...]


def _additive(
    analysis: Analysis, basis: "_Basis", fold: NDArray[np.intp], seed: int, progress: Progress
) -> _Fit:
    x, y, w = analysis.covariates.matrix, analysis.y, analysis.weight
    columns = basis(analysis.t)
    everyone = np.ones(len(y), dtype=bool)
    name = analysis.question.treatment
    wanted = [Nuisance("Outcome given the covariates", y, everyone)]
    wanted += [
        Nuisance(f"Piece {k} of the spline of {name}", columns[:, k], everyone)
        for k in range(1, columns.shape[1])
    ]
    races = race(x, wanted, fold, seed=seed, progress=progress)
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
    explained = 1 - rest.var(axis=0)[0] / columns[:, 1].var()
    told = f"The covariates tell {max(explained, 0):.0%} of the variance of {name}"
    notes = [
        f"{told}; the curve rests on what they leave open.",
        "The dose is taken to act alike on every kind of row.",
    ]
    return _Fit(slopes, np.column_stack([of_level, of_pieces]), (*notes, races[0].says))


def _doubly_robust(
    analysis: Analysis, basis: "_Basis", fold: NDArray[np.intp], seed: int, progress: Progress
) -> _Fit:
    learned = _learn(analysis, fold, seed, part(progress, 0.0, 0.6))
    scores = _scores(analysis, learned, fold, seed, part(progress, 0.6, 1.0))
    columns, w, n = basis(analysis.t), analysis.weight, len(analysis)
    q = (columns * w[:, None]).T @ columns / n
    sums = (columns * w[:, None]).T @ scores.values / n
    slopes: Floats = np.asarray(np.linalg.solve(q, sums), dtype=np.float64)
    rest = scores.values - columns @ slopes
    # A row speaks by its own score, and by being one of those the averages run over.
    over = scores.deviation @ basis(scores.doses) / len(scores.doses)
    raw = (columns * rest[:, None] + over) * w[:, None]
    influence = np.linalg.solve(q, (raw - raw.mean(axis=0)).T).T
    return _Fit(slopes, influence, tuple(_weight_notes(scores, learned)))


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
    """Each row's doubly robust outcome (n,); at each of the `doses` (g,), which carry equal shares
    of the rows, the outcome predicted for each row if it had that dose, less its mean (n, g)."""

    values: Floats
    doses: Floats
    deviation: Floats
    weights: Floats
    capped: int


def dosed_analysis(question: CausalQuestion) -> Analysis:
    """The complete rows of a question whose treatment has doses enough for a curve; refuses
    others."""
    if not question.treated.is_amount:
        raise NotApplicable(
            f"'{question.treatment}' has levels, not doses.", "Use AIPW, which compares two levels."
        )
    analysis = analyse(question)
    doses = len(np.unique(analysis.t))
    if doses < FEWEST_DOSES:
        raise NotApplicable(
            f"'{question.treatment}' takes {doses} values, too few for a curve.",
            "Give the column the kind 'category' and compare its levels by AIPW.",
        )
    return analysis


def _quarter(t: Floats) -> NDArray[np.intp]:
    return np.searchsorted(np.quantile(t, (0.25, 0.5, 0.75)), t)


def _learn(analysis: Analysis, fold: NDArray[np.intp], seed: int, progress: Progress) -> _Learned:
    x, t = analysis.covariates.matrix, analysis.t
    everyone = np.ones(len(t), dtype=bool)
    name = analysis.question.treatment
    wanted = [Nuisance("Outcome given dose and covariates", analysis.y, everyone)]
    (outcome,) = race(
        np.column_stack([x, t]), wanted, fold, seed=seed, progress=part(progress, 0.0, 0.5)
    )
    (mean,) = race(x, [Nuisance(f"Mean of {name}", t, everyone)], fold, seed=seed,
                   progress=part(progress, 0.5, 0.75))  # fmt: skip
    squared = (t - mean.predictions) ** 2
    (variance,) = race(x, [Nuisance(f"Variance of {name}", squared, everyone)], fold, seed=seed,
                       progress=part(progress, 0.75, 1.0))  # fmt: skip
    return _Learned(outcome, mean, variance)


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
    return _Scores(values, doses[1:-1], deviation, weights, capped)


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
        fitted = outcome.winner.fit(
            np.column_stack([x[seen], t[seen]]), y[seen], outcome.is_chance, seed
        )
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


@dataclass(frozen=True)
class _Curve:
    """The curve, the influence of every row on its points (n, g), and what it was made of."""

    frame: pd.DataFrame
    influence: Floats
    p_flat: float
    p_straight: float
    clusters: NDArray[np.intp] | None
    draws_seed: int

    @classmethod
    def of(cls, analysis: Analysis, basis: "_Basis", fit: _Fit, seed: int) -> "_Curve":
        t = analysis.t
        low, high = (float(end) for end in np.quantile(t, ENDS))
        doses = np.linspace(low, high, SHOWN)
        influence = fit.influence @ basis(doses).T
        errors = np.array([standard_error(column, analysis.clusters) for column in influence.T])
        estimate = basis(doses) @ fit.slopes
        reach = _simultaneous(influence, analysis.clusters, seed) * errors
        nearest = np.searchsorted((doses[1:] + doses[:-1]) / 2, t)
        inside = (t >= doses[0]) & (t <= doses[-1])
        frame = pd.DataFrame(
            {
                "dose": doses,
                "estimate": estimate,
                "std_error": errors,
                "conf_low": estimate - Z95 * errors,
                "conf_high": estimate + Z95 * errors,
                "band_low": estimate - reach,
                "band_high": estimate + reach,
                "rows_near": np.bincount(nearest[inside], minlength=len(doses)),
            }
        )
        covariance, slopes = _covariance(fit.influence, analysis.clusters), fit.slopes
        return cls(
            frame,
            influence,
            _p_of_zero(slopes[1:], covariance[1:, 1:]),
            _p_of_zero(slopes[2:], covariance[2:, 2:]),
            analysis.clusters,
            seed,
        )

    def step(self) -> tuple[float, float, float, float]:
        """From a quarter along the curve to three quarters: doses, difference, its error."""
        a, b = SHOWN // 4, SHOWN - 1 - SHOWN // 4
        error = standard_error(self.influence[:, b] - self.influence[:, a], self.clusters)
        doses, means = self.frame["dose"], self.frame["estimate"]
        return float(doses[a]), float(doses[b]), float(means[b] - means[a]), error


@dataclass(frozen=True)
class _Basis:
    """Constant, dose, and natural cubic pieces; the dose measured from its middle."""

    knots: Floats

    @classmethod
    def of(cls, t: Floats, bends: int) -> "_Basis":
        shares = np.linspace(*ENDS, bends + 1)
        return cls(np.unique(np.quantile(t, shares)))

    def __call__(self, t: Floats) -> Floats:
        middle, width = float(self.knots.mean()), float(np.ptp(self.knots)) or 1.0
        columns = [np.ones(len(t)), (t - middle) / width]
        last, before = self.knots[-1], self.knots[-2]

        def cube(at: float) -> Floats:
            return np.asarray(np.maximum((t - at) / width, 0) ** 3)

        for at in self.knots[:-2]:
            columns.append(
                cube(at)
                - cube(before) * (last - at) / (last - before)
                + cube(last) * (before - at) / (last - before)
            )
        return np.column_stack(columns)


def _covariance(influence: Floats, clusters: NDArray[np.intp] | None) -> Floats:
    n = len(influence)
    if clusters is None:
        return np.asarray(influence.T @ influence / (n * (n - 1)))
    groups = int(clusters.max()) + 1
    sums = np.zeros((groups, influence.shape[1]))
    np.add.at(sums, clusters, influence)
    return np.asarray(sums.T @ sums * groups / (groups - 1) / n**2)


def _simultaneous(influence: Floats, clusters: NDArray[np.intp] | None, seed: int) -> float:
    """How many standard errors hold the whole curve with 95 %: the largest of correlated normal
    deviates, by simulation."""
    covariance = _covariance(influence, clusters)
    errors = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(errors, errors))
    root = vectors * np.sqrt(np.clip(values, 0, None))
    drawn = np.random.default_rng(seed).normal(size=(DRAWS, len(errors))) @ root.T
    return float(np.quantile(np.abs(drawn).max(axis=1), 0.95))


def _p_of_zero(slopes: Floats, covariance: Floats) -> float:
    from scipy.special import chdtrc

    if not len(slopes):
        return float("nan")
    return float(chdtrc(len(slopes), slopes @ np.linalg.solve(covariance, slopes)))


def _summary(question: CausalQuestion, curve: _Curve, model: str) -> str:
    start, to, change, error = curve.step()
    return (
        f"If everyone's {question.treatment} were {number(to)} rather than {number(start)}, "
        f"{question.outcome_in_words} would change by {number(change)} on average "
        f"(95 % interval {number(change - Z95 * error)} to {number(change + Z95 * error)}); "
        f"that no dose differs from another has {p_in_words(curve.p_flat)}, by the {model} "
        "dose-response curve."
    )


def _notes(curve: _Curve) -> list[str]:
    notes = [
        f"The band of the whole curve is from {DRAWS:,} simulated curves; seed {curve.draws_seed}.",
        f"The curve is drawn from the {ENDS[0]:.1%} to the {ENDS[1]:.1%} quantile of the doses.",
    ]
    if not np.isnan(curve.p_straight):
        notes.append(f"That the curve is a straight line has {p_in_words(curve.p_straight)}.")
    return notes


def _weight_notes(scores: _Scores, learned: _Learned) -> list[str]:
    worth = float(scores.weights.sum() ** 2 / (scores.weights**2).sum() / len(scores.weights))
    text = (
        "Rows are weighted by how common their dose is overall and among rows like them; they "
        f"count like {worth:.0%} of their number."
    )
    notes = [text]
    if scores.capped:
        notes.append(f"{scores.capped:,} rows' weights were cut to {MOST_WEIGHT:g}.")
    if worth < SCARCE or len(scores.weights) < MANY:
        notes.append(
            f"Warning: with fewer than {MANY:,} rows, or rows that count like less than "
            f"{SCARCE:.0%} of their number, intervals of the doubly robust curve are too short; "
            "compare the additive one."
        )
    races = (learned.outcome, learned.mean, replace(learned.variance, is_chance=False))
    return notes + [r.says for r in races]
