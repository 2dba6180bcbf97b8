"""The same question of another outcome, or of another treatment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.dataset import Dataset
from workbench.errors import NotApplicable
from workbench.progress import Progress

from ..adjustment import used_set
from ..analysis import DIFFERENCES, Analysis, require_answer, require_one_effect
from ..effect import effect_row
from ..estimators.aipw import Nuisances, aipw_analysis, aipw_of, drawn_scores, learned_again
from ..estimators.linear_regression import regression_analysis, regression_effect
from ..estimators.two_stage_least_squares import stages_of, two_stage_least_squares
from ..question import CausalQuestion
from ..variables import read_variable
from ._again import FOLDS, Estimator
from .no_effect import One


@dataclass(frozen=True)
class OtherQuestion:
    """A question that was changed, and the columns that are no longer adjusted for."""

    question: CausalQuestion
    left_out: tuple[str, ...]


def as_difference(question: CausalQuestion) -> CausalQuestion:
    """The same question on the scale of differences: effects are compared with their outcome's
    spread, and one that is none is none on every scale."""
    return question.but(scale="difference")


def scale_note(question: CausalQuestion) -> tuple[str, ...]:
    """That differences are looked at, where the question asks for a ratio."""
    if question.scale == "difference":
        return ()
    return (
        (
            f"The question asks for the {question.scale}; effects here are differences, by which "
            "they can be compared: what is none on one scale is none on every one."
        ),
    )


def of_outcome(question: CausalQuestion, column: str) -> OtherQuestion:
    """The same for another outcome, as a difference, where the real one is known: who was lost
    before that could be measured may be what the analysis is wrong by. Neither it nor what only
    repeats it is adjusted for."""
    require_one_effect(question, "This check")
    used, instruments = _ways(question)
    if column in instruments:
        raise NotApplicable(
            f"'{column}' is the instrument, which moves with itself.",
            "Choose a column that neither instrument nor treatment can have changed.",
        )
    left_out = tuple(c for c in used if c == column or _repeats(question, c, column))
    kept = [c for c in used if c not in left_out]
    changed = question.adjusting_for(
        *kept, outcome=column, instruments=instruments, scale="difference",
        data=_where_known(question, column),
    )  # fmt: skip
    return OtherQuestion(changed, left_out)


def _where_known(question: CausalQuestion, column: str) -> Dataset:
    """The table with a column as numbers, of the rows alone whose outcome is known."""
    data = question.data
    known = data.frame[question.outcome].notna().to_numpy()
    if known.all() or data.frame.loc[~known, column].isna().all():
        return data
    values = read_variable(data.frame[column], data.kinds[column], "outcome").numbers
    return replace(data, frame=data.frame.assign(**{column: np.where(known, values, np.nan)}))


def _ways(question: CausalQuestion) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is adjusted for, and for the LATE the instruments."""
    if question.estimand != "LATE":
        return used_set(question), ()
    given = stages_of(question)
    return given.analysis.adjusted_for, given.names


def of_treatment(question: CausalQuestion, column: str) -> OtherQuestion:
    """The same outcome for another treatment; the real one is adjusted for as well."""
    if question.estimand == "LATE":
        raise NotApplicable(
            "A negative control exposure would need an instrument of its own for the LATE.",
            "Choose a negative control outcome.",
        )
    used = used_set(question)
    kept = [c for c in used if c != column]
    changed = question.adjusting_for(
        *kept, question.treatment, treatment=column, contrast=None, estimand="ATE",
        scale="difference",
    )  # fmt: skip
    return OtherQuestion(changed, tuple(c for c in used if c == column))


@dataclass(frozen=True)
class OnRows(One):
    """An effect with the rows that it was found on, as they are weighted."""

    analysis: Analysis


def estimated(
    question: CausalQuestion, kind: str, column: str, estimator: Estimator, seed: int,
    progress: Progress,
) -> OnRows:  # fmt: skip
    """What the estimator finds, as a difference."""
    plain = as_difference(question)
    if estimator == "two_stage_least_squares":
        row = two_stage_least_squares(plain, progress=progress).frame.iloc[0]
        return as_found(stages_of(plain).analysis, kind, column, row)
    require_answer(plain, "This check", (*DIFFERENCES, "ATO"))
    if estimator == "aipw":
        analysis = aipw_analysis(plain)
        learned, found, said = drawn_scores(analysis, FOLDS, None, seed, progress)
        row = aipw_of(analysis, learned, FOLDS, found, said).frame.iloc[0]
        return as_found(analysis, kind, column, row)
    require_answer(plain, "Linear regression", DIFFERENCES)
    analysis = regression_analysis(plain)
    estimate, error, degrees = regression_effect(analysis)
    row = effect_row(plain, estimate, error, degrees=degrees).iloc[0]
    return as_found(analysis, kind, column, row)


def estimated_again(
    question: CausalQuestion, column: str, before: Analysis, first: Nuisances, seed: int,
    progress: Progress,
) -> OnRows:  # fmt: skip
    """What AIPW finds for another outcome with the learners that won for the real one."""
    analysis = aipw_analysis(question)
    is_same = analysis.adjusted_for == before.adjusted_for
    keeps = is_same and np.array_equal(analysis.rows, before.rows)
    learned = learned_again(analysis, first, seed, progress, keeps_chance=keeps)
    row = aipw_of(analysis, learned, FOLDS).frame.iloc[0]
    return as_found(analysis, "placebo", column, row)


def as_found(analysis: Analysis, kind: str, column: str, row: pd.Series) -> OnRows:
    """An estimator's row, with the spread of the outcome it is about over the rows it was found on,
    as they are weighted: by their own weights, and for the rows that they stand for."""
    y, w = analysis.y, analysis.weight
    squares = np.average((y - np.average(y, weights=w)) ** 2, weights=w)
    return OnRows(kind, column, row, float(np.sqrt(squares * len(y) / (len(y) - 1))), analysis)


def rows_notes(real: OnRows, placebos: Sequence[OnRows]) -> list[str]:
    """What is to be said of the rows of the real effect, and of those of the others where they are
    not the same."""
    notes, rows = list(real.analysis.notes), real.analysis.rows
    for placebo in placebos:
        own, stands = placebo.analysis.rows, placebo.analysis.stood_for is not None
        if not np.array_equal(own, rows):
            note = (
                f"The effect with {placebo.column} is of {len(own):,} rows, the real one of "
                f"{len(rows):,}."
            )
            notes.append(f"{note} Its rows stand for the others as well." if stands else note)
    return notes


def _repeats(question: CausalQuestion, column: str, other: str) -> bool:
    """Whether a column is a function of the other that only rises or only falls: its square, or
    whether it is zero."""
    frame = question.data.frame[[column, other]].dropna()
    if not all(pd.api.types.is_numeric_dtype(frame[c]) for c in frame) or len(frame) < 3:
        return False
    made = frame.astype(float).groupby(other)[column].agg(["min", "max"]).to_numpy()
    is_function = bool((made[:, 0] == made[:, 1]).all())
    # Where nearly every row has a value of its own, any column is a function: it must be in order.
    steps = np.diff(made[:, 0])
    in_order = bool((steps >= 0).all() or (steps <= 0).all())
    return is_function and in_order and bool((steps != 0).any())
