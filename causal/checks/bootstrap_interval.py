"""What interval does resampling the rows give, beside the formula's?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..estimators.linear_regression import usable_design
from ..nuisances import fold_of_rows
from ..question import CausalQuestion
from ._again import (
    FOLDS,
    NAMES,
    Again,
    Estimator,
    estimator_again,
    groups_of_rows,
    run_regressions,
    with_rows,
)
from ._draws import histogram

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
#: With fewer groups than this their resampling says little.
FEWEST_GROUPS = 10
#: The two standard errors are called different beyond this ratio.
APART = 1.25


@dataclass(frozen=True, kw_only=True)
class BootstrapInterval(CheckResult):
    """The estimate and those in resampled rows.

    `conf_low` and `conf_high` are the 2.5 % and 97.5 % quantiles of the draws, `std_error` their
    standard deviation, `bias` their mean less the estimate, `formula_error` the standard error that
    the estimator itself states. `unit` is the estimates' scale.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "real, or bootstrap for one draw of the rows",
        "draw": "number of the draw; 0 is the real estimate",
        "estimate": "the effect found, in the outcome's unit",
    }

    conf_low: float
    conf_high: float
    std_error: float
    bias: float
    formula_error: float
    unit: str = ""

    def figure(self) -> Any:
        """The estimates in resampled rows, and the interval that holds 95 % of them."""
        drawn = self.frame.loc[self.frame["kind"] == "bootstrap", "estimate"]
        real = float(self.frame["estimate"].iloc[0])
        return histogram(drawn, real, x=self.unit, interval=(self.conf_low, self.conf_high))


@method("Bootstrap interval", page="robustness")
def bootstrap_interval(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[
        Estimator, "the estimator whose interval is checked"
    ] = "linear_regression",
    repeats: Annotated[int, Range(50, 5000), "draws; AIPW takes about a second for each"] = 400,
    seed: int = 0,
    progress: Progress = silent,
) -> BootstrapInterval:
    """Whether resampling the rows gives the interval that the formula gives.

    Rows are drawn with replacement, everything is estimated anew (the nuisances of AIPW with the
    learners that won, copies of a row always in one fold), and the middle 95 % of the estimates are
    the interval (percentile). Where a column has the role group, whole groups are drawn: if rows of
    a group hang together, this interval is right and the formula's is too short. The check informs
    and does not judge; in small samples (some hundred rows) a percentile interval is a little
    short. Not for matching, whose bootstrap is wrong (Abadie & Imbens 2008).

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993); Cameron, Gelbach & Miller
    (2008) for groups.
    """
    again = estimator_again(question, estimator, seed, part(progress, 0.0, 0.1))
    groups = groups_of_rows(again.analysis)
    count = len(again.analysis) if groups is None else int(groups[1].max()) + 1
    if groups is not None and count < FEWEST_GROUPS:
        raise NotApplicable(
            f"'{groups[0]}' has {count} groups, too few to draw from.",
            f"At least {FEWEST_GROUPS} groups are needed; or take the role group from the column.",
        )
    rng = np.random.default_rng(seed)
    seeds = rng.integers(0, 2**63, repeats)

    def weights(of: np.int64) -> Rows:
        drawn = np.random.default_rng(int(of)).multinomial(count, np.full(count, 1 / count))
        return np.asarray(drawn if groups is None else drawn[groups[1]])

    lap = part(progress, 0.1, 1.0, "Resampling")
    draws = _regressions if again.first is None else _nuisances_again
    made = np.array(draws(again, weights, seeds, lap))
    return _result(question, estimator, again, made, groups[0] if groups else "", count)


def _regressions(
    again: Again, weights: Callable[[np.int64], Rows], seeds: Rows, progress: Progress
) -> list[float]:
    """Weighted least squares: a row drawn twice counts twice."""
    analysis = again.analysis
    x = usable_design(analysis).matrix
    arm = analysis.arm
    over = {"ATE": np.ones(len(x)), "ATT": arm, "ATC": ~arm}[analysis.question.estimand]
    varies = analysis.question.estimand != "ATE"
    t = arm.astype(float) if varies else analysis.t
    design = np.column_stack([np.ones(len(x)), t, x, *([t[:, None] * x] if varies else [])])

    def step(seed: np.int64) -> float:
        w = weights(seed).astype(float)
        weighted = design * w[:, None]
        slopes = np.linalg.lstsq(weighted.T @ design, weighted.T @ analysis.y, rcond=None)[0]
        if not varies:
            return float(slopes[1] * analysis.step)
        centre = (w * over) @ x / (w @ over)
        return float(slopes[1] + slopes[2 + x.shape[1] :] @ centre)

    return run_regressions(step, list(seeds), progress)


def _nuisances_again(
    again: Again, weights: Callable[[np.int64], Rows], seeds: Rows, progress: Progress
) -> list[float]:
    analysis, share = again.analysis, 1 / len(seeds)
    fold = fold_of_rows(analysis.arm, FOLDS, again.seed)
    made = []
    for k, seed in enumerate(seeds):
        rows = np.repeat(np.arange(len(analysis)), weights(seed))
        lap = part(progress, k * share, (k + 1) * share, f"Draw {k + 1} of {len(seeds)}")
        made.append(again.on(with_rows(analysis, rows), fold=fold[rows], progress=lap).estimate)
    return made


def _result(
    question: CausalQuestion,
    estimator: Estimator,
    again: Again,
    made: Floats,
    grouped_by: str,
    count: int,
) -> BootstrapInterval:
    real = again.real
    low, high = (float(v) for v in np.quantile(made, (0.025, 0.975)))
    error = float(made.std(ddof=1))
    frame = pd.DataFrame(
        {
            "kind": pd.Series(["real"] + ["bootstrap"] * len(made), dtype="str"),
            "draw": range(len(made) + 1),
            "estimate": [real.estimate, *made],
        }
    )
    what = f"{count:,} groups of '{grouped_by}'" if grouped_by else f"{count:,} rows"
    reach = Z95 * real.std_error
    summary = (
        f"Over {len(made):,} draws of {what} the effect of {question.treatment} by "
        f"{NAMES[estimator]} ({number(real.estimate)}) has a 95 % interval of {number(low)} to "
        f"{number(high)}; by the formula it is {number(real.estimate - reach)} to "
        f"{number(real.estimate + reach)}."
    )
    return BootstrapInterval(
        frame=frame, summary=summary,
        notes=(*again.analysis.notes, *_notes(made, real.estimate, error, real.std_error)),
        conf_low=low, conf_high=high, std_error=error, bias=float(made.mean()) - real.estimate,
        formula_error=real.std_error, unit=question.unit_in_words,
    )  # fmt: skip


def _notes(made: Floats, real: float, error: float, formula: float) -> list[str]:
    ratio = error / formula
    notes = [
        (
            f"The ends of the interval have a Monte-Carlo error of about "
            f"{number(2.7 * error / np.sqrt(len(made)))}."
        ),
        f"The draws' standard deviation is {ratio:.2f} times the formula's standard error.",
    ]
    if ratio > APART:
        notes.append(
            "Warning: resampling finds much more variation than the formula; its interval is too "
            "short, as where rows hang together or few rows decide."
        )
    bias = (made.mean() - real) / error
    if abs(bias) > 0.25:
        notes.append(
            f"The draws lie {abs(bias):.2f} standard errors {'above' if bias > 0 else 'below'} the "
            "estimate on average: it may be biased, and so may this interval."
        )
    return notes
