"""Does the estimate stay where it is when a column of pure noise is adjusted for as well?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..analysis import Analysis
from ..effect import p_in_words
from ..estimators.linear_regression import usable_covariates
from ..estimators.many_slopes import slopes_beside_noise
from ..estimators.partial_slope import PartialSlope
from ..question import CausalQuestion
from ._again import (
    NAMES,
    TESTED,
    Again,
    Estimator,
    Found,
    estimator_again,
    run_draws,
    with_column,
)
from ._draws import histogram

Floats = NDArray[np.float64]
#: A mean shift up to this share of the standard error changes no conclusion.
HARMLESS = 0.1
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class RandomCommonCause(CheckResult):
    """The real estimate and those with a random column adjusted for as well.

    `shift`: the mean change in standard errors of the estimate, `shift_error` its Monte-Carlo
    error, `p_value` whether it differs from none (two-sided). `unit` is the estimates' scale,
    `no_effect` where there is none on it.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "real, or random for one with a random column",
        "draw": "number of the draw; 0 is the real estimate",
        "estimate": "the effect found, in the outcome's unit; or a ratio",
        "std_error": "its standard error; of a ratio, that of its logarithm",
        "t_statistic": "estimate (of a ratio its logarithm) by standard error",
        "change": "estimate less the real one on the same folds, in standard errors of that",
    }

    shift: float
    shift_error: float
    p_value: float
    unit: str = ""
    no_effect: float = 0.0

    def figure(self) -> Any:
        """The estimates with a random column, and the real one."""
        drawn = self.frame.loc[self.frame["kind"] == "random", "estimate"]
        real = float(self.frame["estimate"].iloc[0])
        return histogram(drawn, real, x=self.unit, no_effect=self.no_effect)


@method("Random common cause", page="robustness", weighs=True)
def random_common_cause(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[Estimator | None, TESTED] = None,
    repeats: Annotated[int, Range(5, 500), "random columns, one after the other"] = 20,
    seed: int = 0,
    progress: Progress = silent,
) -> RandomCommonCause:
    """Whether a column of pure noise, adjusted for as well, leaves the estimate where it is.

    Noise is no cause of anything. What moves with it is an estimator that fits noise: too many
    columns for the rows, or nuisances that overfit. The nuisances of AIPW are fitted anew with the
    column, on the same folds; for the LATE both stages of two-stage least squares are adjusted for
    it. Passes unless the mean shift is away from zero (two-sided, 5 %) and
    larger than a tenth of a standard error; so a right analysis fails in less than 5 % of cases.

    It says nothing about real confounders that are missing.
    """
    again = estimator_again(question, estimator, seed, part(progress, 0.0, 0.3))
    drawn = _draws(again, repeats, seed, part(progress, 0.3, 1.0, "Random columns"))
    frame = _frame(again, drawn)
    change = frame["change"].iloc[1:]
    error = float(change.std() / np.sqrt(repeats))
    shift, p = float(change.mean()), _p(float(change.mean()), error, repeats)
    progress(1.0)
    return RandomCommonCause(
        frame=frame,
        summary=_summary(question, again, frame, p),
        notes=(*again.analysis.notes, *_notes(error, again)),
        passed=not (p < LEVEL and abs(shift) > HARMLESS),
        shift=shift,
        shift_error=error,
        p_value=p,
        unit=question.unit_in_words,
        no_effect=question.no_effect,
    )


def _draws(again: Again, repeats: int, seed: int, progress: Progress) -> list[Found]:
    rng = np.random.default_rng(seed)
    analysis = again.analysis

    def drawn() -> Floats:
        return rng.normal(size=len(analysis))

    def on(column: Floats, lap: Progress) -> Found:
        lap(0.0)
        return again.on(with_column(analysis, column, "random column"), progress=lap)

    if again.estimator == "linear_regression" and analysis.question.estimand == "ATE":
        first = on(drawn(), progress)  # the whole way, which refuses where rows are too few
        step = _one_more(analysis)
        return [first, *run_draws(step, drawn, len(analysis), repeats - 1, progress)]
    share = 1 / repeats
    laps = [part(progress, k * share, (k + 1) * share) for k in range(repeats)]
    return [on(drawn(), lap) for lap in laps]


def _one_more(analysis: Analysis) -> Callable[[Floats], list[Found]]:
    """Least squares with one random column more, and its square as of every number; for several
    such columns (k, n)."""
    partial = PartialSlope.of_rows(analysis, usable_covariates(analysis))
    rest, step = partial.rest(analysis.t), analysis.step

    def found(columns: Floats) -> list[Found]:
        estimates, errors = slopes_beside_noise(partial, rest, columns)
        return [
            Found(float(e), float(s))
            for e, s in zip(estimates * step, errors * abs(step), strict=True)
        ]

    return found


def _frame(again: Again, drawn: list[Found]) -> pd.DataFrame:
    found, once = [again.real, *drawn], again.once
    return pd.DataFrame(
        {
            "kind": pd.Series(["real"] + ["random"] * len(drawn), dtype="str"),
            "draw": range(len(found)),
            "estimate": again.shown(np.array([f.estimate for f in found])),
            "std_error": [f.std_error for f in found],
            "t_statistic": [f.t for f in found],
            "change": [(f.estimate - once.estimate) / once.std_error for f in (once, *drawn)],
        }
    )


def _p(shift: float, error: float, repeats: int) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(repeats - 1, -abs(shift) / error)) if error > 0 else 1.0


def _summary(question: CausalQuestion, again: Again, frame: pd.DataFrame, p: float) -> str:
    change = frame["change"].iloc[1:]
    return (
        f"With a random column adjusted for as well, the effect of {question.treatment} by "
        f"{NAMES[again.estimator]} ({again.in_words(again.real.estimate)}) shifts by "
        f"{number(change.mean(), 2)} standard errors on average over {len(change)} columns "
        f"(Monte-Carlo error {change.std() / np.sqrt(len(change)):.3f}, {p_in_words(p)}) and by at "
        f"most {change.abs().max():.2f}."
    )


def _notes(error: float, again: Again) -> list[str]:
    notes = [
        "This tests for fitting of noise. A real confounder that is missing stays unseen.",
        (
            f"A mean shift of {2.8 * error:.3f} standard errors would have been seen with 80 % "
            "probability."
        ),
    ]
    if again.estimator == "aipw":
        notes.append(
            "The nuisances were fitted anew with every column; DoWhy's refuter keeps the "
            "propensities it had, and so cannot see anything."
        )
    return [*notes, *again.notes("random column")]
