"""The effect by least squares: the outcome on the treatment and what is adjusted for."""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.blocks import blocks
from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, silent

from ..analysis import DIFFERENCES, Analysis, analyse, outside_note, require_answer
from ..design_matrix import DesignMatrix, Term
from ..effect import CRUDE, EffectEstimate, effect_row
from ..independent_columns import independent_columns, is_clear
from ..influence import standard_error
from ..joint import covariance
from ..question import CausalQuestion
from ..real_move import is_real_move
from ._form import form_warning
from ._least_squares import BLOCK, LeastSquares, least_squares

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@method("Linear regression", page="effect", weighs=True)
def linear_regression(
    question: CausalQuestion,
    /,
    *,
    squares: Annotated[bool, "also adjust for the squares of numeric confounders"] = True,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes with the treatment, all else in the regression held fixed.

    ATE: the coefficient of the treatment, times the step of the contrast. Where the effect varies
    between rows this weights them by how much of the treatment is left unexplained (Angrist &
    Pischke 2009, section 3.3), and a note says what letting it vary would give. ATT and ATC: the
    effect varies with every covariate and is averaged over the treated or the untreated
    (regression adjustment). CATE: likewise, averaged over each group, also of an amount's slope.
    Unit: the outcome's; for a two-level outcome a difference in shares. Intervals are 95 %, from t
    and heteroscedasticity-robust (HC2) standard errors; with a column of the role `group` from sums
    over its groups (CR1). Levels of a treatment beside the two compared have an intercept of their
    own.

    Assumes that no common cause is missing and that the outcome is linear in the treatment and in
    what is adjusted for (and its squares). Not for outcomes that bend otherwise: use `aipw`.
    Raises `NotApplicable` where the effect is not identified by adjustment or the rows are too few.
    """
    progress(0.0, "Least squares")
    require_answer(question, "Linear regression", (*DIFFERENCES, "CATE"))
    whole = analyse(question)
    analysis = _two_levels_apart(whole)
    design = _Design.of(analysis, squares)
    covariates = design.covariates
    notes = (*_notes(analysis, squares, covariates, design.dropped), *outside_note(whole),
             *form_warning(whole))  # fmt: skip
    if analysis.groups is not None:
        estimates, joint, degrees, held = _effects_of_groups(analysis, covariates)
        progress(1.0)
        said = (*_VARIES, *held, *notes)
        return EffectEstimate.of_groups(analysis, estimates, joint, _how(analysis), said, degrees)
    if question.estimand == "ATE":
        frame, extra = _constant_effect(analysis, design)
    else:
        found = _varying_effect(analysis, design)
        frame, extra = effect_row(question, found[0], found[1], degrees=found[2]), _VARIES
    frame = pd.concat([frame, _crude(analysis)], ignore_index=True)
    progress(1.0)
    return EffectEstimate.of(question, frame, _how(analysis), (*analysis.notes, *extra, *notes))


_VARIES = (
    (
        "The effect was allowed to vary with every covariate and then averaged over the rows asked "
        "about."
    ),
)


def regression_analysis(question: CausalQuestion) -> Analysis:
    """The complete rows as a regression takes them, also for the checks of one.

    Of a treatment with several levels the coefficient compares the two that are asked about: a row
    has the one or counts as having the other, and levels beside these two are covariates, with an
    intercept each.
    """
    return _two_levels_apart(analyse(question))


def _two_levels_apart(analysis: Analysis) -> Analysis:
    question = analysis.question
    treated = question.treated
    if treated.levels is None or treated.is_binary:
        return analysis
    if question.estimand != "ATE":
        raise NotApplicable(
            f"Where '{question.treatment}' has several levels, linear regression answers the ATE "
            "only.",
            "Use AIPW, or ask for the ATE.",
        )
    others = [
        (code, level)
        for code, level in zip(treated.codes, treated.levels, strict=True)
        if code not in question.contrast and (analysis.t == code).any()
    ]
    columns = [np.asarray(analysis.t == code, dtype=float) for code, _ in others]
    matrix = np.column_stack([analysis.covariates.matrix, *columns])
    terms = tuple(Term(question.treatment, level) for _, level in others)
    covariates = DesignMatrix(matrix, analysis.covariates.terms + terms)
    start, to = question.contrast  # codes, whose distance is the step of the contrast
    return replace(analysis, t=np.where(analysis.arm, to, start), covariates=covariates)


def _constant_effect(analysis: Analysis, design: "_Design") -> tuple[pd.DataFrame, tuple[str, ...]]:
    covariates, fit = design.covariates, _fit(analysis, design.matrix)
    row = _row(analysis, fit, np.eye(len(fit.coefficients))[1])
    if not covariates.terms or not _can_vary(analysis, covariates):
        return row, ()
    if analysis.question.treated.is_amount:
        return row, ("One slope for all values of the treatment and for everyone is assumed.",)
    return row, (_weighting_note(analysis, design, fit),)


def _weighting_note(analysis: Analysis, design: "_Design", constant: LeastSquares) -> str:
    """What letting the effect vary would give; a warning where that differs beyond chance."""
    varying = _Varying.of(analysis, design, np.ones(len(analysis), bool))
    slope, influence = constant.coefficient(1)
    letting = f"letting it vary with every covariate gives {number(varying.estimate)}"
    own = (slope * analysis.step, influence * analysis.step)
    if is_real_move(own, (varying.estimate, varying.influence)):
        return (
            f"Warning: {letting} on average over everyone: the effect differs between rows, and "
            "one coefficient weights them by how much of the treatment is left unexplained, not "
            "equally. Use `standardisation` or `aipw`."
        )
    return (
        "If the effect differs between rows, this is a weighted average of it, not the plain one; "
        f"{letting}."
    )


@dataclass(frozen=True)
class _Varying:
    """An effect that varies with every covariate, averaged over some rows: the average with its
    influences, the `slopes` (p,) by which it varies along the standardised covariates, and the
    degrees of freedom."""

    estimate: float
    influence: Floats
    slopes: Floats
    degrees: int

    @classmethod
    def of(cls, analysis: Analysis, design: "_Design", over: Mask) -> "_Varying":
        """By one regression with the treatment times every covariate. Where rows of two arms are
        independent, the same numbers come from two without these products, one in each arm."""
        if analysis.question.treated.is_binary and analysis.clusters is None:
            return cls._apart(analysis, design, over)
        fit = _fit(analysis, _varying_design(analysis, design.covariates, over))
        slopes = fit.coefficients[design.matrix.shape[1] :]
        return cls(*fit.coefficient(1), slopes, fit.degrees)

    @classmethod
    def _apart(cls, analysis: Analysis, design: "_Design", over: Mask) -> "_Varying":
        columns = [0, *range(2, design.matrix.shape[1])]
        middle = np.average(design.matrix[over], axis=0, weights=analysis.weight[over])[columns]
        difference, influence = np.zeros(len(columns)), np.empty(len(analysis))
        for sign, arm in ((1, analysis.arm), (-1, ~analysis.arm)):
            rows = np.flatnonzero(arm)
            weight = analysis.weight[rows] if analysis.is_weighted else None
            fit = least_squares(design.matrix[np.ix_(rows, columns)], analysis.y[rows], weight)
            difference += sign * fit.coefficients
            influence[rows] = sign * fit.influence_on(middle)
        degrees = len(analysis) - 2 * len(columns)
        return cls(float(difference @ middle), influence, difference[1:], degrees)


def _varying_effect(analysis: Analysis, design: "_Design") -> tuple[float, float, int]:
    """Regression with the treatment times every covariate, averaged over the rows asked about;
    the average's own sampling is part of the error (Imbens & Wooldridge 2009, section 5.3). With
    the degrees of freedom."""
    _require_variation(analysis, design.covariates)
    over, n = analysis.asked[0].astype(bool), len(analysis)
    found, weight = _Varying.of(analysis, design, over), analysis.weight[over]
    variance = float(found.influence @ found.influence)
    if len(found.slopes):
        effects = design.matrix[over, 2:] @ found.slopes
        effects -= np.average(effects, weights=weight)
        varies = np.zeros(n)
        varies[over] = effects * weight / weight.mean() * n / over.sum()
        variance += standard_error(varies, analysis.clusters) ** 2
    return found.estimate, float(np.sqrt(variance)), found.degrees


def _effects_of_groups(
    analysis: Analysis, covariates: DesignMatrix
) -> tuple[list[float], Floats, list[float], tuple[str, ...]]:
    """The effects averaged over each group, their covariance (k, k), degrees of freedom and notes:
    all from one regression, in which the effect varies with every covariate, as far as both arms
    have rows to tell."""
    step = analysis.step if analysis.question.treated.is_amount else 1.0
    everyone = np.ones(len(analysis), bool)
    design = _varying_design(analysis, covariates, everyone)
    kept = independent_columns(design)
    fit = _fit(analysis, design[:, kept])
    p, slopes = len(covariates.terms), np.zeros(design.shape[1])
    slopes[kept] = fit.coefficients
    centred = _centred(analysis, covariates, everyone)
    estimates, influence, spread = [], [], []
    for over in analysis.asked:
        share = analysis.weight * over / (analysis.weight * over).mean()
        middle = np.r_[0.0, 1.0, np.zeros(p), (share @ centred) / len(share)]
        estimates.append(step * float(middle @ slopes))
        influence.append(step * fit.influence_on(middle[kept]))
        effects = centred @ slopes[2 + p :]
        spread.append(step * share * (effects - np.average(effects, weights=share)))
    joint = np.array(influence) @ np.array(influence).T
    joint += covariance(np.column_stack(spread), analysis.clusters)
    lost = [covariates.terms[k - 2 - p].label for k in range(2 + p, design.shape[1])
            if k not in kept]  # fmt: skip
    notes = (f"It was held the same over {', '.join(lost)}: one arm has too few rows to tell.",)
    return estimates, joint, [float(fit.degrees)] * len(estimates), notes if lost else ()


def _varying_design(analysis: Analysis, covariates: DesignMatrix, over: Mask) -> Floats:
    """Constant, treatment, covariates, and treatment times covariates centred over some rows."""
    centred = _centred(analysis, covariates, over)
    t = analysis.t if analysis.question.treated.is_amount else analysis.arm.astype(float)
    return np.column_stack([_design(t, centred), t[:, None] * centred])


def _centred(analysis: Analysis, covariates: DesignMatrix, over: Mask) -> Floats:
    x = covariates.matrix
    middle = np.average(x[over], axis=0, weights=analysis.weight[over])
    return np.asarray((x - middle) / x.std(axis=0))


def _crude(analysis: Analysis) -> pd.DataFrame | None:
    if not analysis.adjusted_for:
        return None
    terms = analysis.covariates.terms
    levels = [k for k, term in enumerate(terms) if term.column == analysis.question.treatment]
    fit = _fit(analysis, _design(analysis.t, analysis.covariates.take(levels).matrix))
    return _row(analysis, fit, np.eye(len(fit.coefficients))[1], CRUDE)


def _fit(analysis: Analysis, design: Floats) -> LeastSquares:
    weight = analysis.weight if analysis.is_weighted else None
    return least_squares(design, analysis.y, weight, analysis.clusters)


def _row(
    analysis: Analysis, fit: LeastSquares, weights: Floats, estimand: str | None = None
) -> pd.DataFrame:
    estimate, error = fit.combination(weights * analysis.step)
    return effect_row(analysis.question, estimate, error, degrees=fit.degrees, estimand=estimand)


def _design(t: Floats | None, covariates: Floats) -> Floats:
    """Constant, treatment (where one is given), covariates (standardised, which changes no effect
    and keeps digits). Made in one piece: of a million rows a copy is what takes time."""
    first = [np.ones(len(covariates)), *([] if t is None else [t])]
    made = np.empty((len(covariates), len(first) + covariates.shape[1]))
    for k, column in enumerate(first):
        made[:, k] = column
    mean, spread = covariates.mean(axis=0), covariates.std(axis=0)
    for at in blocks(len(made), BLOCK):
        made[at, len(first) :] = (covariates[at] - mean) / spread
    return made


def regression_effect(analysis: Analysis, *, squares: bool = True) -> tuple[float, float, int]:
    """The effect alone, for rows, covariates or a treatment that a check has changed, with its
    standard error and degrees of freedom."""
    _require_one_slope(analysis)
    design = _Design.of(analysis, squares)
    if analysis.question.estimand != "ATE":
        return _varying_effect(analysis, design)
    fit = _fit(analysis, design.matrix)
    estimate, error = fit.combination(np.eye(len(fit.coefficients))[1] * analysis.step)
    return estimate, error, fit.degrees


def regression_influence(analysis: Analysis) -> tuple[float, Floats]:
    """The constant effect of the default regression, and each row's influence (n,) on it, rows
    taken one by one: what moves the estimate when a row counts more or less."""
    apart = _two_levels_apart(analysis)
    fit = least_squares(_Design.of(apart, squares=True).matrix, apart.y, apart.weight)
    slope, influence = fit.coefficient(1)
    influence = len(apart) * apart.step * influence
    return apart.step * slope, influence - influence.mean()


def usable_covariates(analysis: Analysis) -> Floats:
    """The covariates of the default regression, squares included, none made up of the others."""
    return usable_design(analysis).matrix


def usable_design(analysis: Analysis, *, squares: bool = True) -> DesignMatrix:
    """The same with the terms they stand for; standardised."""
    _require_one_slope(analysis)
    design = _Design.of(analysis, squares)
    return DesignMatrix(design.matrix[:, 2:], design.covariates.terms)


def _require_one_slope(analysis: Analysis) -> None:
    """Codes of several levels are names, along which a slope says nothing; `regression_analysis`
    sets the levels apart."""
    treated = analysis.question.treated
    is_apart = np.isin(analysis.t, analysis.question.contrast).all()
    if not (treated.is_amount or treated.is_binary or is_apart):
        raise NotApplicable(
            f"This check of linear regression is for an amount or two levels, and "
            f"'{treated.name}' has several.",
            "Make a yes/no column of one of its levels, or take only the rows of two of them.",
        )


@dataclass(frozen=True)
class _Design:
    """What the outcome is regressed on: `matrix` (n, 2 + p), a constant, the treatment and the
    covariates, these standardised; the `covariates` as they are, none made up of the others, and
    the labels of those that were."""

    covariates: DesignMatrix
    dropped: tuple[str, ...]
    matrix: Floats

    @classmethod
    def of(cls, analysis: Analysis, squares: bool) -> "_Design":
        """Raises `NotApplicable` for too few rows, or covariates that make up the treatment."""
        made = analysis.covariates.with_squares if squares else analysis.covariates
        made = analysis.slopes_of_groups(made)
        matrix = _design(analysis.t, made.matrix)
        if is_clear(matrix):  # then they are without the treatment, too
            _require_rows(analysis, made)
            return cls(made, (), matrix)
        covariates = [0, *range(2, matrix.shape[1])]
        kept = [k - 1 for k in independent_columns(matrix[:, covariates]) if k]
        left = tuple(term.label for k, term in enumerate(made.terms)
                     if k not in kept and term.within is None)  # fmt: skip
        own, matrix = made.take(kept), matrix[:, [0, 1, *(k + 2 for k in kept)]]
        _require_rows(analysis, own)
        if len(independent_columns(matrix)) < matrix.shape[1]:
            raise NotApplicable(
                f"What is adjusted for determines '{analysis.question.treatment}' completely, so "
                "no rows are left to compare.",
                "Remove the columns that stand for the treatment.",
            )
        return cls(own, left, matrix)


def _require_rows(analysis: Analysis, covariates: DesignMatrix) -> None:
    needed = len(covariates.terms) + 4
    if len(analysis) < needed:
        raise NotApplicable(
            f"{len(analysis)} rows cannot carry a regression with {needed - 2} coefficients.",
            "Adjust for fewer columns or bring more rows.",
        )


def _can_vary(analysis: Analysis, covariates: DesignMatrix) -> bool:
    treated = analysis.question.treated
    if not treated.is_binary:
        return treated.is_amount
    smallest = min(int(analysis.arm.sum()), int((~analysis.arm).sum()))
    # about its mean: a column far from 0 would look as if it were the constant
    x = covariates.matrix - covariates.matrix.mean(axis=0)
    both = [
        np.column_stack([np.ones(part.sum()), x[part]]) for part in (analysis.arm, ~analysis.arm)
    ]
    return smallest > x.shape[1] + 2 and all(
        len(independent_columns(part)) == part.shape[1] for part in both
    )


def _require_variation(analysis: Analysis, covariates: DesignMatrix) -> None:
    if not _can_vary(analysis, covariates):
        raise NotApplicable(
            f"One of the two arms is too small for an effect that varies with "
            f"{len(covariates.terms)} covariates.",
            "Ask for the ATE, adjust for fewer columns, or bring more rows.",
        )


def _how(analysis: Analysis) -> str:
    count = len(analysis.adjusted_for)
    if not count:
        return "by linear regression without adjustment"
    return f"by linear regression adjusted for {count} column{'s' if count > 1 else ''}"


def _notes(
    analysis: Analysis, squares: bool, covariates: DesignMatrix, dropped: tuple[str, ...]
) -> list[str]:
    kind = "HC2" if analysis.clusters is None else "CR1, by group"
    notes = [f"Intervals are 95 %, from t and robust standard errors ({kind})."]
    curved = [t.label for t in covariates.terms if t.power == 2 and t.within is None]
    if any(t.within for t in covariates.terms):
        notes.append("What is adjusted for has slopes of its own in every group.")
    if squares and curved:
        notes.append(f"Squares are adjusted for as well: {', '.join(curved)}.")
    if dropped:
        notes.append(f"Left out, as other columns already say the same: {', '.join(dropped)}.")
    return notes
