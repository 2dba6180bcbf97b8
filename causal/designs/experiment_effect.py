"""What did the experiment find?"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd

from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, silent

from ..effect import EffectEstimate, number, p_in_words
from ._arms import Adjustment, Arms, arms_of, notes_of
from .design import estimate_row
from .experiment import ExperimentQuestion

ADJUSTED, PLAIN, STRATIFIED = (
    "ATE, adjusted for covariates", "ATE, difference in means", "ATE, by strata",
)  # fmt: skip
#: A ratio is told of means that are so many standard errors above zero.
CLEAR = 3.0


@method("Experiment's effect", page="experiment", weighs=True)
def experiment_effect(
    question: ExperimentQuestion,
    /,
    *,
    adjustment: Annotated[
        Adjustment,
        "lin: each arm its own slopes; cuped: one slope for all; none: strata at most",
    ] = "lin",
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome differs between the arms, which chance made alike.

    With covariates the first row is adjusted for them, each arm with its own slopes (Lin), which is
    never worse than the plain difference in a large experiment, however wrong the straight lines;
    `cuped` takes one slope for all arms. With strata, effects are taken within each and averaged by
    its size. The plain difference stands below. Unit: the outcome's, of two levels a share.

    Intervals are 95 %, for the population the rows were drawn from: HC2 and t (without covariates
    Neyman's and Welch's), or with a column of the role group over its groups, G − 2 degrees of
    freedom. Missing covariates become their mean, and that they were missing a covariate.

    Assumes that chance alone decided the arm. Raises `NotApplicable` for too many covariates, and
    for strata with fewer than two rows of an arm. Source: Lin, Annals of Applied Statistics 7
    (2013); Deng, Xu, Kohavi & Walker (2013); Negi & Wooldridge, Econometric Reviews 40 (2021).
    """
    progress(0.0, "Comparing arms")
    plain = arms_of(question, adjustment="none")
    is_adjusted = bool(question.covariates) and adjustment != "none"
    best = arms_of(question, adjustment=adjustment) if is_adjusted else plain
    progress(0.8, "Comparing arms")
    name = ADJUSTED if is_adjusted else STRATIFIED if question.strata else PLAIN
    below = STRATIFIED if question.strata else PLAIN
    others = range(1, len(question.levels))
    rows = [_row(question, best, k, name) for k in others]
    if is_adjusted:
        rows += [_row(question, plain, k, below) for k in others]
    frame = pd.concat(rows, ignore_index=True)
    progress(1.0)
    return EffectEstimate(
        frame=frame,
        summary=_summary(question, frame, name),
        notes=tuple(_notes(question, best, plain, is_adjusted)),
        unit=question.outcome_in_words,
    )


def _row(question: ExperimentQuestion, made: Arms, level: int, name: str) -> pd.DataFrame:
    estimate, error, degrees = made.effect(level)
    return estimate_row(
        estimand=name, contrast=f"{question.levels[level]} vs {question.levels[0]}",
        group="everyone", estimate=estimate, std_error=error, degrees=degrees,
    )  # fmt: skip


def _summary(question: ExperimentQuestion, frame: pd.DataFrame, name: str) -> str:
    own = frame[frame["estimand"] == name]
    row = own.iloc[0] if len(own) == 1 else own.iloc[int(own["p_value"].argmin())]
    how = name.removeprefix("ATE, ")
    several = f"; of {len(own)} arms it is the clearest" if len(own) > 1 else ""
    return (
        f"{question.arm} {row['contrast']} changes {question.outcome_in_words} by "
        f"{number(row['estimate'])} on average (95 % interval {number(row['conf_low'])} to "
        f"{number(row['conf_high'])}, {p_in_words(row['p_value'])}), {how}{several}."
    )


def _notes(question: ExperimentQuestion, best: Arms, plain: Arms, is_adjusted: bool) -> list[str]:
    rows = np.bincount(best.arm, minlength=len(question.levels))
    shown = ", ".join(
        f"{number(m)} in {n} ({r:,} rows)"
        for m, n, r in zip(best.means, question.levels, rows, strict=True)
    )
    notes = [f"{question.mean_in_words(question.outcome)}: {shown}.", *_ratio(question, best)]
    if is_adjusted:
        gain = (plain.effect(1)[1] / best.effect(1)[1]) ** 2
        notes.append(
            f"Adjusted for {', '.join(question.covariates)}. It is worth {gain:.2f} times as many "
            "rows without."
        )
    if question.covariates and question.data.frame[list(question.covariates)].isna().any().any():
        notes.append("Missing covariates are taken as their mean, and as a covariate of their own.")
    if len(question.levels) > 2:
        notes.append(
            "Each p-value is for itself; multiple_outcomes corrects those of several arms."
        )
    return [*notes, *notes_of(question, best)]


def _ratio(question: ExperimentQuestion, made: Arms) -> list[str]:
    errors = [made.error_of(influence) for influence in made.influence.T]
    if len(question.levels) > 2 or (made.means < CLEAR * np.array(errors)).any():
        return []
    log, influence = made.compared(1).compared("ratio")
    error = made.error_of(influence)
    low, high, middle = (np.exp(log + k * Z95 * error) - 1 for k in (-1, 1, 0))
    return [
        f"Relative to the control that is {middle:+.1%} (95 % interval {low:+.1%} to {high:+.1%})."
    ]
