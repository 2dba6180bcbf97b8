"""The effect by g-estimation of a structural nested mean model."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, silent

from ..analysis import Analysis, analyse, outside_note, require_answer
from ..effect import EffectEstimate, crude_row, few_note, row_of_influence
from ..question import CausalQuestion
from ._choice_model import choice_model
from ._covariates import Covariates, covariates_of
from ._form import form_warning

Floats = NDArray[np.float64]
#: With less of the treatment's variance than this left, nothing is compared but errors.
LEAST_LEFT = 1e-3


@method("G-estimation", page="effect", weighs=True)
def g_estimation(
    question: CausalQuestion,
    /,
    *,
    squares: Annotated[bool, "squares of numbers help to predict the treatment"] = True,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes with the treatment, with a model of the treatment alone.

    If the effect is taken off every row's outcome, what is left is what the row would have had
    without treatment, and that has nothing to do with the treatment among rows alike. g-estimation
    is the effect for which it is so: nothing is said of how the outcome depends on what is adjusted
    for. The treatment is predicted by a logit of that (an amount by a straight line), with squares.
    Unit: the outcome's; for a two-level outcome a difference in shares. Intervals are 95 %, by
    stacked estimating equations: they count that the treatment was predicted.

    One effect is assumed for everyone. Where it varies, rows count by how much of their treatment
    is left open: of two levels by e(1 - e), so that the answer is over those whose treatment could
    have gone either way. Asked for the ATE, the row is called ATO, and a note says so. For an
    amount the contrast is times the effect of one unit.

    Assumes that no common cause is missing, and that the model of the treatment is right; a note
    warns where products of columns, which it does not hold, would move the effect. Raises
    `NotApplicable` for the ATT, ATC and CATE, for several levels, and for ratios.
    Source: Robins (1994); Hernán & Robins, What If, chapter 14.
    """
    progress(0.0, "Chance of treatment")
    require_answer(question, "G-estimation", ("ATE", "ATO"))
    if not question.treated.is_amount and not question.treated.is_binary:
        raise NotApplicable(
            f"G-estimation has one effect, and '{question.treatment}' has several levels.",
            "Use AIPW, or make a yes/no column of the treatment.",
        )
    analysis = analyse(question)
    is_binary = question.treated.is_binary
    covariates = covariates_of(analysis, squares)
    t = analysis.arm.astype(float) if is_binary else analysis.t
    estimate, influence = (_by_logit if is_binary else _by_line)(analysis, covariates, t)
    step = 1.0 if is_binary else analysis.step
    row = row_of_influence(
        analysis, step * estimate, step * influence, estimand="ATO" if is_binary else None
    )
    crude = crude_row(analysis) if is_binary else None
    progress(1.0)
    return EffectEstimate.of(
        question, pd.concat([row, crude]), "by g-estimation",
        (*analysis.notes, *covariates.notes, *_notes(question), *outside_note(analysis),
         *form_warning(analysis), *few_note(analysis, influence)),
    )  # fmt: skip


def _by_logit(analysis: Analysis, covariates: Covariates, t: Floats) -> tuple[float, Floats]:
    model = choice_model(
        covariates, analysis.arm.astype(np.intp), analysis.weight, analysis.question.treatment
    )
    left = t - model.chances[:, 1]
    estimate, own, size = _solved(analysis, t, left)
    slopes = np.zeros(model.chances.shape)
    slopes[:, 1] = -analysis.weight * (analysis.y - estimate * t)
    return estimate, (own + model.influence_through(slopes)) / size


def _by_line(analysis: Analysis, covariates: Covariates, t: Floats) -> tuple[float, Floats]:
    x, w, n = covariates.columns, analysis.weight, len(t)
    root = np.sqrt(w)
    left = t - x @ np.linalg.lstsq(x * root[:, None], t * root, rcond=None)[0]
    if float((left**2).mean()) < LEAST_LEFT * float(t.var()):
        raise NotApplicable(
            f"What is adjusted for tells '{analysis.question.treatment}' almost completely, so "
            "nothing is left to compare.",
            "Remove the columns that stand for the treatment.",
        )
    estimate, own, size = _solved(analysis, t, left)
    gradient = -(x * w[:, None]).T @ (analysis.y - estimate * t) / n
    moved = np.linalg.solve((x * w[:, None]).T @ x / n, gradient)
    return estimate, (own + w * left * (x @ moved)) / size


def _solved(analysis: Analysis, t: Floats, left: Floats) -> tuple[float, Floats, float]:
    """The effect at which what is `left` of the treatment (n,) goes with no outcome from which it
    is taken off; each row's part (n,) of that equation, and the equation's slope."""
    w = analysis.weight
    size = float((w * left * t).mean())
    estimate = float((w * left * analysis.y).mean()) / size
    return estimate, w * left * (analysis.y - estimate * t), size


def _notes(question: CausalQuestion) -> list[str]:
    notes = ["Intervals are 95 %, from stacked estimating equations."]
    if question.treated.is_binary and question.estimand == "ATE":
        notes.append(
            "Asked for the ATE, but if the effect varies this model answers for those whose "
            "treatment could have gone either way (ATO), and is named so. AIPW answers the ATE."
        )
    if question.treated.is_amount:
        notes.append(
            "One effect for each unit is assumed; if it varies, rows count by how much of their "
            "treatment is left unexplained."
        )
    return notes
