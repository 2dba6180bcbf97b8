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
from ..estimators.partial_slope import PartialSlope
from ..question import CausalQuestion
from ._again import NAMES, Again, Estimator, Found, estimator_again, run_draws, with_column
from ._draws import histogram

Floats = NDArray[np.float64]
#: A mean shift up to this share of the standard error changes no conclusion.
HARMLESS = 0.1
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class RandomCommonCause(CheckResult):
    """The real estimate and those with a random column adjusted for as well.

    `shift`: the mean change in standard errors of the estimate, `shift_error` its Monte-Carlo
    error, `p_value` whether it differs from none (two-sided). `unit` is the estimates' scale.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "real, or random for one with a random column",
        "draw": "number of the draw; 0 is the real estimate",
        "estimate": "the effect found, in the outcome's unit",
        "std_error": "its standard error",
        "t_statistic": "estimate by standard error",
        "change": "estimate less the real one, in standard errors of the real one",
    }

    shift: float
    shift_error: float
    p_value: float
    unit: str = ""

    def figure(self) -> Any:
        """The estimates with a random column, and the real one."""
        drawn = self.frame.loc[self.frame["kind"] == "random", "estimate"]
        return histogram(drawn, float(self.frame["estimate"].iloc[0]), x=self.unit)


@method("Random common cause", page="robustness")
def random_common_cause(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[Estimator, "the estimator that is put to the test"] = "linear_regression",
    repeats: Annotated[int, Range(5, 500), "random columns, one after the other"] = 20,
    seed: int = 0,
    progress: Progress = silent,
) -> RandomCommonCause:
    """Whether a column of pure noise, adjusted for as well, leaves the estimate where it is.

    Noise is no cause of anything. What moves with it is an estimator that fits noise: too many
    columns for the rows, or nuisances that overfit. The nuisances of AIPW are fitted anew with the
    column, on the same folds. Passes unless the mean shift is away from zero (two-sided, 5 %) and
    larger than a tenth of a standard error; so a right analysis fails in less than 5 % of cases.

    It says nothing about real confounders that are missing.
    """
    again = estimator_again(question, estimator, seed, part(progress, 0.0, 0.3))
    drawn = _draws(again, repeats, seed, part(progress, 0.3, 1.0, "Random columns"))
    frame = _frame(again.real, drawn)
    change = frame["change"].iloc[1:]
    error = float(change.std() / np.sqrt(repeats))
    shift, p = float(change.mean()), _p(float(change.mean()), error, repeats)
    progress(1.0)
    return RandomCommonCause(
        frame=frame,
        summary=_summary(question, estimator, again, frame, p),
        notes=(*again.analysis.notes, *_notes(error, estimator)),
        passed=not (p < LEVEL and abs(shift) > HARMLESS),
        shift=shift,
        shift_error=error,
        p_value=p,
        unit=question.unit_in_words,
    )


def _draws(again: Again, repeats: int, seed: int, progress: Progress) -> list[Found]:
    rng = np.random.default_rng(seed)
    analysis = again.analysis

    def drawn() -> Floats:
        return rng.normal(size=len(analysis))

    def on(column: Floats, lap: Progress) -> Found:
        lap(0.0)
        return again.on(with_column(analysis, column, "random column"), progress=lap)

    if again.first is None and analysis.question.estimand == "ATE":
        first = on(drawn(), progress)  # the whole way, which refuses where rows are too few
        step = _one_more(analysis)
        return [first, *run_draws(step, drawn, repeats - 1, progress)]
    share = 1 / repeats
    laps = [part(progress, k * share, (k + 1) * share) for k in range(repeats)]
    return [on(drawn(), lap) for lap in laps]


def _one_more(analysis: Analysis) -> Callable[[Floats], Found]:
    """Least squares with one random column more, and its square as of every number."""
    partial = PartialSlope.of(usable_covariates(analysis), analysis.y)
    rest, step = partial.rest(analysis.t), analysis.step

    def found(column: Floats) -> Found:
        both = np.column_stack([column, (column - column.mean()) ** 2])
        estimate, error = partial.slope(rest, partial.rest(both - both.mean(axis=0)))
        return Found(estimate * step, error * abs(step))

    return found


def _frame(real: Found, drawn: list[Found]) -> pd.DataFrame:
    found = [real, *drawn]
    return pd.DataFrame(
        {
            "kind": pd.Series(["real"] + ["random"] * len(drawn), dtype="str"),
            "draw": range(len(found)),
            "estimate": [f.estimate for f in found],
            "std_error": [f.std_error for f in found],
            "t_statistic": [f.t for f in found],
            "change": [(f.estimate - real.estimate) / real.std_error for f in found],
        }
    )


def _p(shift: float, error: float, repeats: int) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(repeats - 1, -abs(shift) / error)) if error > 0 else 1.0


def _summary(
    question: CausalQuestion, estimator: Estimator, again: Again, frame: pd.DataFrame, p: float
) -> str:
    change = frame["change"].iloc[1:]
    return (
        f"With a random column adjusted for as well, the effect of {question.treatment} by "
        f"{NAMES[estimator]} ({number(again.real.estimate)}) shifts by {number(change.mean(), 2)} "
        f"standard errors on average over {len(change)} columns (Monte-Carlo error "
        f"{change.std() / np.sqrt(len(change)):.3f}, {p_in_words(p)}) and by at most "
        f"{change.abs().max():.2f}."
    )


def _notes(error: float, estimator: Estimator) -> list[str]:
    notes = [
        "This tests for fitting of noise. A real confounder that is missing stays unseen.",
        (
            f"A mean shift of {2.8 * error:.3f} standard errors would have been seen with 80 % "
            "probability."
        ),
    ]
    if estimator == "aipw":
        notes.append(
            "The nuisances were fitted anew with every column; DoWhy's refuter keeps the "
            "propensities it had, and so cannot see anything."
        )
    return notes
