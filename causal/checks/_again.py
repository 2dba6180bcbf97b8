"""The estimate once more: the same estimator on other rows, other covariates, another treatment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import one_blas_thread, run_all
from workbench.figures import number
from workbench.progress import Progress, part, silent

from ..analysis import DIFFERENCES, Analysis, require_answer, require_one_effect
from ..design_matrix import DesignMatrix, Term
from ..effect import as_shown, reach_and_p
from ..estimators.aipw import (
    Nuisances,
    Scores,
    aipw_analysis,
    averaged,
    drawn_nuisances,
    learned_again,
)
from ..estimators.linear_regression import regression_analysis, regression_effect
from ..estimators.many_slopes import regressions_at_once
from ..estimators.two_stage_least_squares import stages_of, step_of, two_stages
from ..instrumental import Instrumental
from ..question import CausalQuestion

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Item = TypeVar("Item")
Made = TypeVar("Made")
Estimator = Literal["linear_regression", "aipw", "two_stage_least_squares"]
NAMES: dict[Estimator, str] = {
    "linear_regression": "linear regression",
    "aipw": "AIPW",
    "two_stage_least_squares": "two-stage least squares",
}
#: What the setting `estimator` of a check says of itself.
TESTED = "the estimator that is put to the test; automatic: the first that answers the question"
FOLDS = 5


@dataclass(frozen=True)
class Found:
    """An estimate with its standard error, of a ratio both of the logarithm, and the degrees of
    freedom of its t."""

    estimate: float
    std_error: float
    degrees: float = np.inf

    @property
    def t(self) -> float:
        """Estimate by standard error."""
        return self.estimate / self.std_error

    @property
    def reach(self) -> float:
        """Half its 95 % interval."""
        return reach_and_p(self.estimate, self.std_error, self.degrees)[0]


@dataclass(frozen=True)
class Again:
    """An estimator that has seen the real rows: `real` is what it found there, as the page of
    effects shows it. Nuisances are fitted anew on what is given, by the learners that won on the
    real rows; `drawn` are those of every draw of the folds, `given` the instruments."""

    estimator: Estimator
    analysis: Analysis
    real: Found
    seed: int = 0
    drawn: tuple[Nuisances, ...] = ()
    given: Instrumental | None = None

    def on(
        self,
        changed: Analysis,
        *,
        fold: Rows | None = None,
        seed: int | None = None,
        progress: Progress = silent,
    ) -> Found:
        """The estimate on changed rows, covariates or treatment; the folds of AIPW are drawn once,
        as `seed` says, by default as they first were."""
        if self.given is not None:
            return _by_two_stages(_with_instruments(self.given, changed))
        if not self.drawn:
            return Found(*regression_effect(changed))
        seed = self.seed if seed is None else seed
        made = learned_again(changed, self.drawn[0], seed, progress, fold).scores(changed)
        return Found(made.estimate, made.std_error, made.degrees)

    def strength(self, changed: Analysis) -> float:
        """The effective F of the instruments on changed rows; infinite where there are none."""
        if self.given is None:
            return np.inf
        return two_stages(_with_instruments(self.given, changed)).effective_f

    @property
    def once(self) -> Found:
        """The real estimate in the way in which `on` makes one: with the folds drawn once."""
        if len(self.drawn) < 2:
            return self.real
        made = self.drawn[0].scores(self.analysis)
        return Found(made.estimate, made.std_error, made.degrees)

    @property
    def scores(self) -> Scores:
        """AIPW's scores, over all draws of the folds."""
        return averaged([d.scores(self.analysis) for d in self.drawn], self.analysis.question)[0]

    def shown(self, estimates: Floats | float) -> Floats:
        """Estimates as tables have them: of a ratio not the logarithm."""
        return as_shown(self.analysis.question, estimates)

    def in_words(self, estimate: float) -> str:
        """The same of one, as a person writes it."""
        return number(float(self.shown(estimate)))

    def notes(self, replicate: str) -> tuple[str, ...]:
        """How the real estimate was made, where one of `replicate` is made in another way."""
        if len(self.drawn) < 2:
            return ()
        return (
            (
                f"The real estimate ({self.in_words(self.real.estimate)}) is the average over "
                f"{len(self.drawn)} draws of the folds, as AIPW gives it where an arm is small. "
                f"For each {replicate} they are drawn once, which would take five times as long "
                f"otherwise; the first draw alone gives {self.in_words(self.once.estimate)}."
            ),
        )


def tested(question: CausalQuestion, estimator: Estimator | None) -> Estimator:
    """The estimator that was named, or the first that answers the question: linear regression,
    AIPW where it does not (the ATO, ratios), for the LATE two-stage least squares."""
    if estimator is not None:
        return estimator
    if question.estimand == "LATE":
        return "two_stage_least_squares"
    several = not (question.treated.is_amount or question.treated.is_binary)
    answered = ("ATE",) if several else DIFFERENCES
    is_answered = question.estimand in answered and question.scale == "difference"
    return "linear_regression" if is_answered else "aipw"


def estimator_again(
    question: CausalQuestion,
    estimator: Estimator | None,
    seed: int,
    progress: Progress = silent,
) -> Again:
    """The estimator, run on the real rows as it is on the page of effects.

    Raises `NotApplicable` for a question that it does not answer.
    """
    require_one_effect(question, "This check")
    name = tested(question, estimator)
    if name == "two_stage_least_squares":
        given = stages_of(question)
        return Again(name, given.analysis, _by_two_stages(given), seed, given=given)
    if name == "linear_regression":
        require_answer(question, "Linear regression", DIFFERENCES)
        analysis = regression_analysis(question)
        return Again(name, analysis, Found(*regression_effect(analysis)), seed)
    analysis = aipw_analysis(question)
    drawn = tuple(drawn_nuisances(analysis, FOLDS, None, seed, progress))
    scores = averaged([d.scores(analysis) for d in drawn], question)[0]
    return Again(
        name, analysis, Found(scores.estimate, scores.std_error, scores.degrees), seed, drawn
    )


def _by_two_stages(given: Instrumental) -> Found:
    fit, step = two_stages(given), step_of(given.analysis.question)
    return Found(fit.estimate * step, fit.std_error * abs(step))


def _with_instruments(given: Instrumental, changed: Analysis) -> Instrumental:
    """Rows that were changed, with the instruments they have in the table."""
    z = given.z.matrix[np.searchsorted(given.analysis.rows, changed.rows)]
    kept = [k for k in range(z.shape[1]) if np.ptp(z[:, k]) > 0]
    return replace(given, analysis=changed, z=DesignMatrix(z, given.z.terms).take(kept))


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
    step: Callable[[Floats], list[Found]],
    draw: Callable[[], Floats],
    rows: int,
    repeats: int,
    progress: Progress,
) -> list[Found]:
    """`step` of columns (k, n) that are drawn so many times, several at once and side by side; the
    draws are made one after the other, so that a seed decides them, and a few at a time, so that
    they need no memory to speak of."""
    made: list[Found] = []
    at_once = regressions_at_once(rows)
    with one_blas_thread():
        for start in range(0, repeats, 2 * at_once):
            end = min(start + 2 * at_once, repeats)
            items = [
                _drawn(draw, min(at_once, end - at), rows) for at in range(start, end, at_once)
            ]
            lap = part(progress, start / repeats, end / repeats)
            made += chain.from_iterable(run_all(step, items, progress=lap))
    return made


def _drawn(draw: Callable[[], Floats], count: int, rows: int) -> Floats:
    columns = np.empty((count, rows))
    for k in range(count):
        columns[k] = draw()
    return columns


def group_column(analysis: Analysis) -> str:
    """The column with the role group."""
    return analysis.question.data.with_role("group")[0]


def is_given_to_groups(analysis: Analysis, values: Floats) -> bool:
    """Whether values (n,) are the same for all rows of a cluster, so that whole clusters were
    given them; never where rows are independent."""
    if analysis.clusters is None:
        return False
    first = first_rows(analysis.clusters)
    return bool((values == values[first][analysis.clusters]).all())


def first_rows(clusters: Rows) -> Rows:
    """The first row of every cluster, (G,)."""
    return np.asarray(np.unique(clusters, return_index=True)[1], dtype=np.intp)
