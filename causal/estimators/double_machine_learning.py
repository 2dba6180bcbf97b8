"""The effect in a partially linear model: what is left of the outcome on what is left of the
treatment."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Range

from ..analysis import Analysis, analyse, outside_note, require_answer
from ..effect import EffectEstimate, crude_row, few_note, row_of_influence
from ..nuisances import Nuisance, Race, fold_of_rows, race
from ..propensity import treatment_nuisance
from ..question import CausalQuestion

Floats = NDArray[np.float64]
#: With less of the treatment's variance than this left, nothing is compared but errors.
LEAST_LEFT = 1e-3


@method("Double machine learning (partially linear)", page="effect", weighs=True)
def double_machine_learning(
    question: CausalQuestion,
    /,
    *,
    folds: Annotated[int, Range(2, 20), "each part is predicted from the others"] = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes with the treatment, the rest learned without straight lines.

    Outcome and treatment are each predicted from what is adjusted for (cross-fitted, by the winner
    of a race of learners); what is left of the outcome is regressed on what is left of the
    treatment. One slope is assumed for everyone. Where the effect varies, rows count by how much of
    their treatment is left: for a treatment of two levels by e(1 - e), so that what is answered is
    the effect over those whose treatment could have gone either way. Asked for the ATE of such a
    treatment, the row is called ATO, and a note says so. For a numeric treatment the contrast is
    times the slope. Unit: the outcome's; for a two-level outcome a difference in shares. Intervals
    are 95 %, from the influence function and t, as those of `aipw`.

    Assumes that no common cause is missing, and for a numeric treatment that the outcome is linear
    in it. Raises `NotApplicable` for the ATT and ATC, for several levels, and for ratios.
    Source: Robinson (1988); Chernozhukov et al., Econometrics Journal 21 (2018), section 4.1.
    """
    require_answer(question, "The partially linear model", ("ATE", "ATO"))
    if not question.treated.is_amount and not question.treated.is_binary:
        raise NotApplicable(
            f"The partially linear model has one slope, and '{question.treatment}' has several "
            "levels.",
            "Use AIPW, or make a yes/no column of the treatment.",
        )
    analysis = analyse(question)
    learned = _Learned.of(analysis, folds, seed, part(progress, 0.0, 0.98))
    estimate, influence = partially_linear(
        analysis.y - learned.outcome.predictions, learned.left, analysis.weight
    )
    is_binary = question.treated.is_binary
    step = 1.0 if is_binary else analysis.step
    row = row_of_influence(
        analysis, step * estimate, step * influence, estimand="ATO" if is_binary else None
    )
    crude = crude_row(analysis) if is_binary else None
    progress(1.0)
    return EffectEstimate.of(
        question, pd.concat([row, crude]), f"by double machine learning over {folds} folds",
        (*analysis.notes, *outside_note(analysis), *_notes(analysis, learned),
         *few_note(analysis, influence)),
    )  # fmt: skip


def partially_linear(outcome: Floats, treatment: Floats, weight: Floats) -> tuple[float, Floats]:
    """The slope of what is left of the outcome (n,) on what is left of the treatment (n,), and each
    row's influence (n,) on it."""
    size = float((weight * treatment**2).mean())
    slope = float((weight * treatment * outcome).mean()) / size
    return slope, weight * treatment * (outcome - slope * treatment) / size


@dataclass(frozen=True)
class _Learned:
    """Both predictions, and what is `left` (n,) of the treatment."""

    outcome: Race
    treatment: Race
    left: Floats

    @classmethod
    def of(cls, analysis: Analysis, folds: int, seed: int, progress: Progress) -> "_Learned":
        question, everyone = analysis.question, np.ones(len(analysis), dtype=bool)
        is_binary = question.treated.is_binary
        t = analysis.arm.astype(float) if is_binary else analysis.t
        of_treatment = (
            treatment_nuisance(analysis) if is_binary
            else Nuisance(f"{question.treatment} given the rest", t, everyone)
        )  # fmt: skip
        wanted = [Nuisance(f"{question.outcome} given the rest", analysis.y, everyone),
                  of_treatment]  # fmt: skip
        strata = t if is_binary else np.zeros(len(t))
        fold = fold_of_rows(strata, folds, seed, analysis.clusters)
        x = analysis.covariates.matrix
        outcome, treatment = race(
            x, wanted, fold, weight=analysis.weight, seed=seed, progress=progress
        )
        left = t - treatment.predictions
        if float((left**2).mean()) < LEAST_LEFT * float(t.var()):
            raise NotApplicable(
                f"What is adjusted for predicts '{question.treatment}' almost completely, so "
                "nothing is left to compare.",
                "Remove the columns that stand for the treatment.",
            )
        return cls(outcome, treatment, left)


def _notes(analysis: Analysis, learned: _Learned) -> list[str]:
    question = analysis.question
    notes = ["Intervals are 95 %, from each row's influence on the slope."]
    if question.treated.is_binary and question.estimand == "ATE":
        notes.append(
            "Asked for the ATE, but if the effect varies this model answers for those whose "
            "treatment could have gone either way (ATO), and is named so. AIPW answers the ATE."
        )
    if question.treated.is_amount:
        notes.append(
            "One slope for all values of the treatment is assumed; if the effect varies, rows "
            "count by how much of their treatment is left unexplained."
        )
    t = analysis.arm.astype(float) if question.treated.is_binary else analysis.t
    share = float((learned.left**2).mean() / t.var())
    if analysis.adjusted_for:
        notes += [learned.outcome.says, learned.treatment.says]
        notes.append(f"{number(100 * share)} % of the treatment's variance is left to compare.")
    return notes
