"""The effect on those whom an instrument moves, by two-stage least squares."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, silent

from ..analysis import Analysis, outside_note, require_answer
from ..design_matrix import DesignMatrix, Term
from ..effect import EffectEstimate, effect_row, number, p_in_words
from ..independent_columns import independent_columns
from ..influence import Codes
from ..instrumental import Instrumental, instrumental
from ..question import CausalQuestion
from ..real_move import is_real_move
from ._anderson_rubin import ConfidenceSet, confidence_set, has_no_effect
from ._form import are_too_many, product_pairs, products_of

Floats = NDArray[np.float64]
#: Below this effective F the bias may exceed a tenth of the worst case (Montiel Olea & Pflueger
#: 2013, table 1, one instrument; the value falls to 11 to 13 for many).
STRONG = 23.1


@method("Two-stage least squares", page="effect", weighs=True)
def two_stage_least_squares(
    question: CausalQuestion,
    /,
    *,
    interval: Annotated[
        Literal["Anderson-Rubin", "Wald"], "the first holds however weak the instrument is"
    ] = "Anderson-Rubin",
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes with the treatment for those whom the instrument moves.

    The instrument's effect on the outcome by its effect on the treatment, both adjusted linearly
    for the confounders that were named; several instruments are combined by two-stage least
    squares. It answers the LATE: the average over compliers, weighted by how much each is moved
    where the treatment has several values. Unit: the outcome's, per step of the contrast.

    Standard errors are heteroscedasticity-robust (HC1), or by group. The 95 % interval is by
    default the Anderson-Rubin set, which holds its level with weak instruments too and may be open
    to one side or both; `Wald` is estimate ± 1.96 standard errors. p-values match the interval.
    Notes give the strength of the instruments (effective F), whether several of them agree
    (Hansen's J), least squares beside it and whether the two part (Durbin-Wu-Hausman).

    Assumes that the instrument shares no cause with the outcome, reaches it only through the
    treatment, and moves nobody the other way; and that effects of covariates are linear: else the
    estimate is no average over compliers (Blandhol, Bonney, Mogstad & Torgovitsky 2022), and a note
    warns where squares and products of the covariates would move it.

    Source: Angrist & Imbens (1995); Anderson & Rubin (1949); Andrews, Stock & Sun (2019).
    """
    progress(0.0, "Two-stage least squares")
    given = stages_of(question)
    fit = two_stages(given)
    band = fit.confidence_set()
    frame = _row(question, fit, band if interval == "Anderson-Rubin" else None)
    how = f"by two-stage least squares with {', '.join(given.names)} as instrument"
    notes = (*given.analysis.notes, *outside_note(given.analysis),
             *_notes(question, fit, band, interval), *_of_form(given, fit))  # fmt: skip
    progress(1.0)
    return EffectEstimate.of(question, frame, how, notes)


def stages_of(question: CausalQuestion) -> Instrumental:
    """The rows and instruments; raises `NotApplicable` for a question that the two stages do not
    answer."""
    require_answer(question, "Two-stage least squares", ("LATE",))
    _require_amount_or_two(question)
    return instrumental(question)


@dataclass(frozen=True)
class TwoStages:
    """Treatment, outcome and instruments after the covariates were taken out (all times the root
    of the weights): t, y (n,), z (n, k), and p, the covariates taken out with the constant."""

    t: Floats
    y: Floats
    z: Floats
    p: int
    clusters: Codes | None

    @property
    def first_stage(self) -> Floats:
        """The treatment as far as the instruments explain it (n,)."""
        return np.asarray(self.z @ np.linalg.lstsq(self.z, self.t, rcond=None)[0])

    @property
    def estimate(self) -> float:
        """The effect of one unit of the treatment."""
        moved = self.first_stage
        return float(moved @ self.y / (moved @ self.t))

    @property
    def std_error(self) -> float:
        """HC1, or CR1 where rows come in clusters."""
        moved = self.first_stage
        scores = moved * (self.y - self.estimate * self.t) / (moved @ moved)
        return float(np.sqrt(self.covariance(scores[:, None])[0, 0]))

    @property
    def influence(self) -> Floats:
        """What each row, or each cluster, moves the estimate by; the squares sum to its variance
        but for corrections of small samples."""
        moved = self.first_stage
        scores = moved * (self.y - self.estimate * self.t) / (moved @ moved)
        return np.asarray(scores if self.clusters is None else np.bincount(self.clusters, scores))

    @property
    def effective_f(self) -> float:
        """The first stage's strength, robust (Montiel Olea & Pflueger 2013)."""
        inverse = np.linalg.inv(self.z.T @ self.z)
        slopes = inverse @ (self.z.T @ self.t)
        rest = self.t - self.z @ slopes
        spread = self.covariance((self.z * rest[:, None]) @ inverse)
        size = self.z.T @ self.z
        return float(slopes @ size @ slopes) / float(np.trace(spread @ size))

    @property
    def first_stage_f(self) -> float:
        """The classical F of the instruments in the first stage."""
        k = self.z.shape[1]
        rest = self.t - self.first_stage
        explained = float(self.first_stage @ self.first_stage)
        return float(explained / k / (rest @ rest) * (len(self.t) - self.p - k))

    def covariance(self, scores: Floats) -> Floats:
        """The sum of outer products of scores (n, q), in clusters where there are, corrected for
        the coefficients that were estimated."""
        n, q = scores.shape
        free = n - self.p - 1
        if self.clusters is None:
            return np.asarray(scores.T @ scores * (n / free))
        groups = int(self.clusters.max()) + 1
        sums = np.zeros((groups, q))
        np.add.at(sums, self.clusters, scores)
        return np.asarray(sums.T @ sums * (groups / (groups - 1) * (n - 1) / free))

    def reduced_form(self) -> tuple[Floats, Floats, Floats]:
        """Slopes of the outcome and of the treatment on the instruments, (k,) each, and their joint
        covariance (2k, 2k)."""
        inverse = np.linalg.inv(self.z.T @ self.z)
        on_y, on_t = inverse @ (self.z.T @ self.y), inverse @ (self.z.T @ self.t)
        scores = np.hstack(
            [
                (self.z * (self.y - self.z @ on_y)[:, None]) @ inverse,
                (self.z * (self.t - self.z @ on_t)[:, None]) @ inverse,
            ]
        )
        return on_y, on_t, self.covariance(scores)

    def confidence_set(self) -> ConfidenceSet:
        """The effects that the instruments do not speak against (95 %)."""
        return confidence_set(*self.reduced_form(), start=self.estimate, step=self.std_error)

    @property
    def p_of_no_effect(self) -> float:
        """Anderson and Rubin's test that the effect is zero."""
        on_y, _, spread = self.reduced_form()
        k = len(on_y)
        return has_no_effect(on_y, spread[:k, :k])

    def disagreement(self) -> float | None:
        """The p-value of Hansen's J, that all instruments tell the same effect; None for one."""
        from scipy.special import chdtrc

        k = self.z.shape[1]
        if k == 1:
            return None
        rest = self.y - self.estimate * self.t
        weight = np.linalg.inv(self.covariance(self.z * rest[:, None]))
        on_t, on_y = self.z.T @ self.t, self.z.T @ self.y
        best = float(on_t @ weight @ on_y / (on_t @ weight @ on_t))
        left = on_y - best * on_t
        return float(chdtrc(k - 1, left @ weight @ left))

    def parts_from_least_squares(self) -> tuple[float, float]:
        """Least squares' slope, and the p-value that it and this estimate differ by chance alone:
        the first stage's residual explains nothing more (Durbin, Wu & Hausman)."""
        from scipy.special import ndtr

        plain = float(self.t @ self.y / (self.t @ self.t))
        design = np.column_stack([self.t, self.t - self.first_stage])
        inverse = np.linalg.inv(design.T @ design)
        slopes = inverse @ (design.T @ self.y)
        scores = (design * (self.y - design @ slopes)[:, None]) @ inverse
        error = float(np.sqrt(self.covariance(scores)[1, 1]))
        return plain, float(2 * ndtr(-abs(slopes[1] / error)))


def stages_covariates(analysis: Analysis) -> DesignMatrix:
    """What both stages are adjusted for beside a constant, (n, p): standardised, no column made up
    of the others."""
    x = _scaled(analysis.covariates.matrix)
    kept = independent_columns(np.column_stack([np.ones(len(x)), x]))
    return DesignMatrix(x, analysis.covariates.terms).take([k - 1 for k in kept if k])


def two_stages(given: Instrumental) -> TwoStages:
    """Treatment, outcome and instruments without what the covariates explain of them.

    Raises `NotApplicable` where the covariates determine the instruments."""
    analysis = given.analysis
    n = len(analysis)
    root = np.sqrt(analysis.weight)
    x = np.column_stack([np.ones(n), _scaled(analysis.covariates.matrix)]) * root[:, None]
    kept = independent_columns(x)
    q, _ = np.linalg.qr(x[:, kept])
    if n < len(kept) + len(given.z.terms) + 3:
        raise NotApplicable(
            f"{n} rows cannot carry two stages with {len(kept)} covariates.",
            "Adjust for fewer columns or bring more rows.",
        )

    def rest(values: Floats) -> Floats:
        return np.asarray(values - q @ (q.T @ values))

    z = rest(_scaled(given.z.matrix) * root[:, None])
    size = np.linalg.norm(z, axis=0) / np.sqrt(n)
    chosen = independent_columns(z[:, size > 1e-8])
    z = z[:, size > 1e-8][:, chosen]
    if not z.shape[1]:
        raise NotApplicable(
            f"The covariates determine the instrument {', '.join(given.names)} completely.",
            "Adjust for fewer columns.",
        )
    return TwoStages(
        rest(analysis.t * root), rest(analysis.y * root), z, len(kept), analysis.clusters
    )


def _of_form(given: Instrumental, straight: TwoStages) -> list[str]:
    """A warning where squares and products of what is adjusted for move the estimate beyond chance:
    the instrument then goes with these columns along curves that straight lines miss."""
    analysis = given.analysis
    made, pairs = analysis.covariates.with_squares, product_pairs(analysis.covariates.terms)
    left_out = are_too_many(pairs, len(analysis))
    if pairs and not left_out:
        x = _scaled(analysis.covariates.matrix)
        terms = analysis.covariates.terms
        named = tuple(Term(f"{terms[j].label} × {terms[k].label}") for j, k in pairs)
        made = made.beside(DesignMatrix(products_of(x, pairs), named))
    if len(made.terms) == len(analysis.covariates.terms):
        return []
    what = "squares" if left_out or not pairs else "squares and products"
    try:
        bent = two_stages(replace(given, analysis=replace(analysis, covariates=made)))
    except NotApplicable as error:
        return [f"Whether {what} of the covariates matter was not looked at: {error.message}"]
    if not is_real_move((straight.estimate, straight.influence), (bent.estimate, bent.influence)):
        return []
    return [
        (
            f"Warning: adjusted for {what} of the covariates as well, the estimate per unit would "
            f"be {number(bent.estimate)} rather than {number(straight.estimate)}. The instrument "
            "goes with them along curves here, which two straight stages miss: compare the doubly "
            "robust LATE."
        )
    ]


def _scaled(matrix: Floats) -> Floats:
    """Standardised: it changes no estimate and keeps digits."""
    return np.asarray((matrix - matrix.mean(axis=0)) / matrix.std(axis=0))


def _require_amount_or_two(question: CausalQuestion) -> None:
    if not (question.treated.is_amount or question.treated.is_binary):
        raise NotApplicable(
            f"'{question.treatment}' has several levels, and one instrument cannot tell their "
            "effects apart.",
            "Make a yes/no column of the level you mean.",
        )


def _row(question: CausalQuestion, fit: TwoStages, band: ConfidenceSet | None) -> pd.DataFrame:
    step = step_of(question)
    row = effect_row(question, fit.estimate * step, fit.std_error * abs(step))
    if band is None:
        return row
    ends = sorted((band.low * step, band.high * step))
    return row.assign(conf_low=ends[0], conf_high=ends[1], p_value=fit.p_of_no_effect)


def step_of(question: CausalQuestion) -> float:
    """How many units of the treatment, as the stages have it, the contrast spans."""
    low, high = question.contrast
    if question.treated.is_amount:
        return high - low
    values = question.treated.values
    return float(np.sign(high - low) * (values[1] - values[0]))


def _notes(
    question: CausalQuestion, fit: TwoStages, band: ConfidenceSet, interval: str
) -> list[str]:
    f = fit.effective_f
    strength = (
        f"Strength: effective F {number(f)} (classical first-stage F {number(fit.first_stage_f)})."
    )
    if f < STRONG:
        strength += (
            f" Below {STRONG} the estimate is drawn towards least squares and estimate ± 1.96 "
            "standard errors cannot be relied on; the Anderson-Rubin set holds its level."
        )
    wald = [fit.estimate + side * Z95 * fit.std_error for side in (-1, 1)]
    other = (
        f"Estimate ± 1.96 standard errors would be {number(wald[0])} to {number(wald[1])} per unit."
        if interval == "Anderson-Rubin"
        else f"The Anderson-Rubin set is {band.in_words} per unit."
    )
    plain, p = fit.parts_from_least_squares()
    errors = "HC1" if fit.clusters is None else "by group"
    notes = [
        f"Intervals are 95 %: {interval}. Errors are robust, {errors}.",
        strength,
        other,
        (
            f"Least squares with the same covariates gives {number(plain)} per unit; that the two "
            f"differ by chance alone has {p_in_words(p)} (Durbin-Wu-Hausman)."
        ),
    ]
    if interval == "Anderson-Rubin" and not band.is_plain:
        notes.append(f"The Anderson-Rubin set is {band.in_words} per unit.")
    disagreement = fit.disagreement()
    if disagreement is not None:
        notes.append(
            f"That {fit.z.shape[1]} instruments tell one effect has {p_in_words(disagreement)} "
            "(Hansen's J). Instruments that move other people may differ with all of them valid."
        )
    if question.treated.is_amount:
        notes.append("The effect is taken to be the same for each unit of the treatment.")
    return notes
