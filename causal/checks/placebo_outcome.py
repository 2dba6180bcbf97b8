"""Does the analysis find an effect on what had happened before the treatment?"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import pandas as pd

from workbench.errors import NotApplicable, QuestionError
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Column

from ..analysis import Analysis, require_one_effect
from ..estimators.aipw import Nuisances
from ..question import CausalQuestion
from ._again import NAMES, TESTED, Estimator, tested
from ._earlier_outcomes import earlier_outcomes
from ._other_outcome import (
    OtherQuestion,
    as_found,
    estimated,
    estimated_again,
    of_outcome,
    rows_notes,
    scale_note,
)
from .no_effect import NoEffect, in_words, passes, table


@method("Placebo outcome", page="robustness", weighs=True)
def placebo_outcome(
    question: CausalQuestion,
    /,
    *,
    column: Annotated[
        str | None, Column(None), "the outcome measured before; automatic: found by its name"
    ] = None,
    estimator: Annotated[Estimator | None, TESTED] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> NoEffect:
    """Whether the analysis finds an effect on the outcome as it was before the treatment.

    Nothing can change what has already happened, so an effect there is bias: the arms differed
    before, in spite of what is adjusted for. The question is asked again with each earlier outcome
    in turn, of the rows whose real outcome is known, as they are weighted; the earlier one is then
    not adjusted for itself, nor what only repeats it. Columns are found by
    their names (re75 beside re78, baseline_score beside score), or one is chosen. Passes when no
    effect is away from zero at 5 %, for several columns together (Holm).

    For the LATE an effect is a cause that instrument and outcome share, or a way between them
    beside the treatment; its p-value is Anderson and Rubin's, which holds for a weak instrument. A
    ratio is looked at as a difference.

    Passing shows no bias of the size that would have been seen; where an earlier outcome is itself
    what decided the treatment, the check is stricter than the analysis, which adjusts for it.
    Source: Imbens & Rubin, Causal Inference (2015), chapter 21; Imbens & Xu (2024).
    """
    require_one_effect(question, "A placebo outcome")
    columns, by = _columns(question, column), tested(question, estimator)
    return placebos(question, columns, by, seed, progress)


@dataclass(frozen=True)
class Before:
    """What the estimator was asked before: its row of the real effect, and for AIPW the rows and
    the nuisances it was had from."""

    row: pd.Series
    analysis: Analysis
    learned: Nuisances | None


def placebos(
    question: CausalQuestion,
    found: dict[str, str],
    estimator: Estimator,
    seed: int,
    progress: Progress,
    before: Before | None = None,
) -> NoEffect:
    """The check for columns that were found, each with the reason why there can be no effect on it.

    With `before` the real effect is not estimated again, and AIPW learns by the learners that won.
    """
    share = 1 / (len(found) + 1)
    if before is None:
        lap = part(progress, 0.0, share)
        first = estimated(question, "real", question.outcome, estimator, seed, lap)
    else:
        first = as_found(before.analysis, "real", question.outcome, before.row)
    others = {c: of_outcome(question, c) for c in found}
    made = []
    for k, (c, other) in enumerate(others.items(), start=1):
        lap = part(progress, k * share, (k + 1) * share)
        if before is None or before.learned is None:
            made.append(estimated(other.question, "placebo", c, estimator, seed, lap))
        else:
            made.append(estimated_again(
                other.question, c, before.analysis, before.learned, seed, lap
            ))  # fmt: skip
    frame = table([*made, first])
    progress(1.0)
    return NoEffect(
        frame=frame,
        summary=in_words(frame, f"By {NAMES[estimator]} the effect of {question.treatment} on"),
        notes=(
            *rows_notes(first, made),
            *_notes(found, others),
            *_of_causes(question, others),
            *scale_note(question),
            *_weak(estimator),
        ),
        passed=passes(frame),
    )


def untouched(question: CausalQuestion, more: Iterable[str] = ()) -> dict[str, str]:
    """The columns on which there can be no effect, each with the reason: earlier outcomes by their
    names, and of the others named those that can be an outcome at all."""
    found = earlier_outcomes(question)
    for column in more:
        if column not in found and _can_be_outcome(question, column):
            found[column] = f"by the graph {question.treatment} cannot change it"
    return found


def _can_be_outcome(question: CausalQuestion, column: str) -> bool:
    try:
        of_outcome(question, column)
    except QuestionError:  # text with several levels, constant, or hardly ever measured
        return False
    return True


def _columns(question: CausalQuestion, column: str | None) -> dict[str, str]:
    if column is None:
        found = earlier_outcomes(question)
        if not found:
            raise NotApplicable(
                f"No column is named like '{question.outcome}' at an earlier time.",
                "Choose the column that holds the outcome before the treatment, if there is one.",
            )
        return found
    if column in (question.treatment, question.outcome):
        raise NotApplicable(
            f"'{column}' is the {'treatment' if column == question.treatment else 'outcome'} of "
            "the question itself.",
            "Choose a column that holds the outcome before the treatment.",
        )
    if column in question.graph.descendants(question.treatment):
        raise NotApplicable(
            f"By the graph {question.treatment} changes '{column}', so an effect there is no bias.",
            "Choose a column that was measured before the treatment.",
        )
    return {column: "chosen"}


def _weak(estimator: Estimator) -> tuple[str, ...]:
    if estimator != "two_stage_least_squares":
        return ()
    return (
        (
            "Intervals and p-values are Anderson and Rubin's. What would have been seen is by the "
            "standard error, which is too small where the instrument is weak."
        ),
    )


def _of_causes(question: CausalQuestion, others: dict[str, OtherQuestion]) -> list[str]:
    """What an effect on a cause of the treatment means, where the graph was drawn with one."""
    if not question.graph_was_drawn:
        return []
    causes = question.graph.ancestors(question.treatment)
    return [
        (
            f"By the graph {column} is a cause of {question.treatment}, which the analysis adjusts "
            "for and this check cannot: an effect on it is then no sign of bias."
        )
        for column, other in others.items()
        if column in causes and column in other.left_out
    ]


def _notes(found: dict[str, str], others: dict[str, OtherQuestion]) -> list[str]:
    notes = [f"{column}: {why}." for column, why in found.items()]
    for column, other in others.items():
        if other.left_out:
            notes.append(
                f"For {column} these are not adjusted for, being it or a repetition of it: "
                f"{', '.join(other.left_out)}."
            )
    return [
        *notes,
        (
            "A correct analysis fails by chance about 5 % of the time. Passing says nothing of "
            "causes of the outcome that did not show before."
        ),
    ]
