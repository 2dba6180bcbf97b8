"""The estimate once more: the same estimator on other rows, other covariates, another treatment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import one_blas_thread, run_all
from workbench.progress import Progress, part, silent

from ..analysis import DIFFERENCES, Analysis, binary_analysis, require_answer
from ..design_matrix import DesignMatrix, Term
from ..estimators.aipw import Nuisances, learned_again, nuisances
from ..estimators.linear_regression import regression_analysis, regression_effect
from ..question import CausalQuestion

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Item = TypeVar("Item")
Made = TypeVar("Made")
Estimator = Literal["linear_regression", "aipw"]
NAMES: dict[Estimator, str] = {"linear_regression": "linear regression", "aipw": "AIPW"}
FOLDS = 5
#: Draws that wait at once.
AT_ONCE = 16


@dataclass(frozen=True)
class Found:
    """An estimate with its standard error."""

    estimate: float
    std_error: float

    @property
    def t(self) -> float:
        """Estimate by standard error."""
        return self.estimate / self.std_error


@dataclass(frozen=True)
class Again:
    """An estimator that has seen the real rows: `real` is what it found there. Nuisances are
    fitted anew on what is given, by the learners that won on the real rows."""

    analysis: Analysis
    real: Found
    first: Nuisances | None
    seed: int

    def on(
        self, changed: Analysis, *, fold: Rows | None = None, progress: Progress = silent
    ) -> Found:
        """The estimate on changed rows, covariates or treatment."""
        if self.first is None:
            row = regression_effect(changed).iloc[0]
            return Found(float(row["estimate"]), float(row["std_error"]))
        made = learned_again(changed, self.first, self.seed, progress, fold).scores(changed)
        return Found(made.estimate, made.std_error)


def estimator_again(
    question: CausalQuestion, estimator: Estimator, seed: int, progress: Progress = silent
) -> Again:
    """The estimator, run on the real rows.

    Raises `NotApplicable` for a question that it does not answer.
    """
    require_answer(question, f"This check of {NAMES[estimator]}", DIFFERENCES)
    if estimator == "linear_regression":
        analysis = regression_analysis(question)
        row = regression_effect(analysis).iloc[0]
        found = Found(float(row["estimate"]), float(row["std_error"]))
        return Again(analysis, found, None, seed)
    analysis = binary_analysis(question, "AIPW")
    first = nuisances(analysis, FOLDS, seed, progress)
    scores = first.scores(analysis)
    return Again(analysis, Found(scores.estimate, scores.std_error), first, seed)


def with_rows(analysis: Analysis, rows: Rows) -> Analysis:
    """Some rows, or rows several times; columns that no longer vary are not adjusted for."""
    parts = {f.name: getattr(analysis, f.name) for f in fields(analysis)}
    cut: dict[str, Any] = {
        name: value[rows]
        for name, value in parts.items()
        if isinstance(value, np.ndarray) and len(value) == len(analysis)
    }
    if analysis.clusters is not None:  # numbered anew: no group may be left without a row
        cut["clusters"] = np.unique(analysis.clusters[rows], return_inverse=True)[1]
    x = analysis.covariates.matrix[rows]
    kept = [k for k in range(x.shape[1]) if np.ptp(x[:, k]) > 0]
    covariates = DesignMatrix(x, analysis.covariates.terms).take(kept)
    return replace(analysis, covariates=covariates, **cut)


def with_column(analysis: Analysis, values: Floats, name: str) -> Analysis:
    """The same rows, one column more adjusted for."""
    x = analysis.covariates
    more = DesignMatrix(np.column_stack([x.matrix, values]), (*x.terms, Term(name)))
    return replace(analysis, covariates=more)


def run_regressions(
    step: Callable[[Item], Made], items: Sequence[Item], progress: Progress
) -> list[Made]:
    """`step` of every item, side by side, each on one thread."""
    with one_blas_thread():
        return list(run_all(step, items, progress=progress))


def run_draws(
    step: Callable[[Item], Made], draw: Callable[[], Item], repeats: int, progress: Progress
) -> list[Made]:
    """`step` of what is drawn so many times, side by side; the draws are made one after the other,
    so that a seed decides them, and a few at a time, so that they need no memory to speak of."""
    made: list[Made] = []
    with one_blas_thread():
        while len(made) < repeats:
            items = [draw() for _ in range(min(AT_ONCE, repeats - len(made)))]
            lap = part(progress, len(made) / repeats, (len(made) + len(items)) / repeats)
            made += run_all(step, items, progress=lap)
    return made


def groups_of_rows(analysis: Analysis) -> tuple[str, Rows] | None:
    """The column with the role group, and its number for every row; None where there is none."""
    data = analysis.question.data
    named = data.with_role("group")
    if not named:
        return None
    values = data.frame[named[0]].iloc[analysis.rows]
    return named[0], values.astype("str").fillna("").factorize()[0].astype(np.intp)
