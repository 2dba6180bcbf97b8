"""The same question of another outcome, or of another treatment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.progress import Progress

from ..adjustment import used_set
from ..analysis import DIFFERENCES, Analysis, require_answer, require_one_effect
from ..estimators.aipw import Nuisances, aipw, aipw_analysis, aipw_of, learned_again
from ..estimators.linear_regression import linear_regression
from ..question import CausalQuestion
from ._again import FOLDS, Estimator
from .no_effect import One


@dataclass(frozen=True)
class OtherQuestion:
    """A question that was changed, and the columns that are no longer adjusted for."""

    question: CausalQuestion
    left_out: tuple[str, ...]


def of_outcome(question: CausalQuestion, column: str) -> OtherQuestion:
    """The same for another outcome; neither it nor what only repeats it is adjusted for."""
    require_one_effect(question, "This check")
    used = used_set(question)
    left_out = tuple(c for c in used if c == column or _repeats(question, c, column))
    kept = [c for c in used if c not in left_out]
    changed = CausalQuestion(
        question.data, treatment=question.treatment, outcome=column, confounders=kept,
        estimand=question.estimand, contrast=question.contrast_as_given,
    )  # fmt: skip
    return OtherQuestion(changed, left_out)


def of_treatment(question: CausalQuestion, column: str) -> OtherQuestion:
    """The same outcome for another treatment; the real one is adjusted for as well."""
    used = used_set(question)
    kept = [c for c in used if c != column]
    changed = CausalQuestion(
        question.data, treatment=column, outcome=question.outcome,
        confounders=[*kept, question.treatment],
    )  # fmt: skip
    return OtherQuestion(changed, tuple(c for c in used if c == column))


def estimated(
    question: CausalQuestion, kind: str, column: str, estimator: Estimator, seed: int,
    progress: Progress,
) -> One:  # fmt: skip
    """What the estimator finds; effects are compared with their outcome's spread, so that only
    differences are asked for."""
    require_answer(question, "This check", (*DIFFERENCES, "ATO"))
    if estimator == "aipw":
        frame = aipw(question, seed=seed, progress=progress).frame
    else:
        frame = linear_regression(question, progress=progress).frame
    return as_found(question, kind, column, frame.iloc[0])


def estimated_again(
    question: CausalQuestion, column: str, before: Analysis, first: Nuisances, seed: int,
    progress: Progress,
) -> One:  # fmt: skip
    """What AIPW finds for another outcome with the learners that won for the real one."""
    analysis = aipw_analysis(question)
    is_same = analysis.adjusted_for == before.adjusted_for
    keeps = is_same and np.array_equal(analysis.rows, before.rows)
    learned = learned_again(analysis, first, seed, progress, keeps_chance=keeps)
    row = aipw_of(analysis, learned, FOLDS).frame.iloc[0]
    return as_found(question, "placebo", column, row)


def as_found(question: CausalQuestion, kind: str, column: str, row: pd.Series) -> One:
    """An estimator's row, with the spread of the outcome it is about."""
    columns = [question.treatment, question.outcome, *question.confounders]
    whole = question.data.frame[columns].notna().all(axis=1).to_numpy()
    spread = float(question.response.as_effect_scale[whole].std(ddof=1))
    return One(kind, column, row, spread)


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
