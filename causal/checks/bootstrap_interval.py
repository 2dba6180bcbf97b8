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
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..analysis import with_rows
from ..estimators.linear_regression import usable_design
from ..estimators.two_stage_least_squares import STRONG
from ..nuisances import fold_of_rows
from ..question import CausalQuestion
from ._again import (
    FOLDS,
    NAMES,
    TESTED,
    Again,
    Estimator,
    estimator_again,
    group_column,
    run_regressions,
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
    standard deviation, `bias` their mean less the estimate on the same folds, `formula_error` the
    standard error that the estimator itself states; of a ratio these three are of its logarithm.
    `unit` is the estimates' scale, `no_effect` where there is none on it.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "real, or bootstrap for one draw of the rows",
        "draw": "number of the draw; 0 is the real estimate",
        "estimate": "the effect found, in the outcome's unit; or a ratio",
    }

    conf_low: float
    conf_high: float
    std_error: float
    bias: float
    formula_error: float
    unit: str = ""
    no_effect: float = 0.0

    def figure(self) -> Any:
        """The estimates in resampled rows, and the interval that holds 95 % of them."""
        drawn = self.frame.loc[self.frame["kind"] == "bootstrap", "estimate"]
        real = float(self.frame["estimate"].iloc[0])
        interval = (self.conf_low, self.conf_high)
        return histogram(drawn, real, x=self.unit, interval=interval, no_effect=self.no_effect)


@method("Bootstrap interval", page="robustness", weighs=True)
def bootstrap_interval(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[Estimator | None, TESTED] = None,
    repeats: Annotated[int, Range(50, 5000), "draws; AIPW takes about a second for each"] = 400,
    seed: int = 0,
    progress: Progress = silent,
) -> BootstrapInterval:
    """Whether resampling the rows gives the interval that the formula gives.

    Rows are drawn with replacement, everything is estimated anew (the nuisances of AIPW with the
    learners that won, copies of a row always in one fold), and the middle 95 % of the estimates are
    the interval (percentile). Rows keep their weights. Where a column has the role group, whole
    groups are drawn, as the formula takes groups as independent; with few of them the two may part.
    The check informs and does not judge; in small samples (some hundred rows) a percentile interval
    is a little short. Not for matching, whose bootstrap is wrong (Abadie & Imbens 2008), and with a
    weak instrument no better than the formula.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993); Cameron, Gelbach & Miller
    (2008) for groups.
    """
    again = estimator_again(question, estimator, seed, part(progress, 0.0, 0.1))
    clusters = again.analysis.clusters
    count = len(again.analysis) if clusters is None else int(clusters.max()) + 1
    if clusters is not None and count < FEWEST_GROUPS:
        raise NotApplicable(
            f"'{group_column(again.analysis)}' has {count} groups, too few to draw from.",
            f"At least {FEWEST_GROUPS} groups are needed; or take the role group from the column.",
        )
    rng = np.random.default_rng(seed)
    seeds = rng.integers(0, 2**63, repeats)

    def counts(of: np.int64) -> Rows:
        drawn = np.random.default_rng(int(of)).multinomial(count, np.full(count, 1 / count))
        return np.asarray(drawn if clusters is None else drawn[clusters])

    lap = part(progress, 0.1, 1.0, "Resampling")
    draws = {"linear_regression": _regressions, "aipw": _nuisances_again,
             "two_stage_least_squares": _stages_again}[again.estimator]  # fmt: skip
    return _result(question, again, np.array(draws(again, counts, seeds, lap)), count)


def _regressions(
    again: Again, counts: Callable[[np.int64], Rows], seeds: Rows, progress: Progress
) -> list[float]:
    """Weighted least squares: a row drawn twice counts twice as much."""
    analysis = again.analysis
    x = usable_design(analysis).matrix
    arm = analysis.arm
    everyone = np.ones(len(x), dtype=bool)
    asked = {"ATE": everyone, "ATT": arm, "ATC": ~arm}[analysis.question.estimand]
    over = np.where(asked, analysis.weight, 0.0)
    varies = analysis.question.estimand != "ATE"
    t = arm.astype(float) if varies else analysis.t
    design = np.column_stack([np.ones(len(x)), t, x, *([t[:, None] * x] if varies else [])])

    def step(seed: np.int64) -> float:
        drawn = counts(seed)
        weighted = design * (drawn * analysis.weight)[:, None]
        slopes = np.linalg.lstsq(weighted.T @ design, weighted.T @ analysis.y, rcond=None)[0]
        if not varies:
            return float(slopes[1] * analysis.step)
        centre = (drawn * over) @ x / (drawn @ over)
        return float(slopes[1] + slopes[2 + x.shape[1] :] @ centre)

    return run_regressions(step, list(seeds), progress)


def _nuisances_again(
    again: Again, counts: Callable[[np.int64], Rows], seeds: Rows, progress: Progress
) -> list[float]:
    analysis, share = again.analysis, 1 / len(seeds)
    fold = fold_of_rows(analysis.t, FOLDS, again.seed, analysis.clusters)
    made = []
    for k, seed in enumerate(seeds):
        rows = np.repeat(np.arange(len(analysis)), counts(seed))
        lap = part(progress, k * share, (k + 1) * share, f"Draw {k + 1} of {len(seeds)}")
        made.append(again.on(with_rows(analysis, rows), fold=fold[rows], progress=lap).estimate)
    return made


def _stages_again(
    again: Again, counts: Callable[[np.int64], Rows], seeds: Rows, progress: Progress
) -> list[float]:
    rows = np.arange(len(again.analysis))

    def step(seed: np.int64) -> float:
        return again.on(with_rows(again.analysis, np.repeat(rows, counts(seed)))).estimate

    return run_regressions(step, list(seeds), progress)


def _result(question: CausalQuestion, again: Again, made: Floats, count: int) -> BootstrapInterval:
    real, shown = again.real, again.shown
    low, high = (float(v) for v in shown(np.quantile(made, (0.025, 0.975))))
    error, bias = float(made.std(ddof=1)), float(made.mean()) - again.once.estimate
    frame = pd.DataFrame(
        {
            "kind": pd.Series(["real"] + ["bootstrap"] * len(made), dtype="str"),
            "draw": range(len(made) + 1),
            "estimate": shown(np.array([real.estimate, *made])),
        }
    )
    has_groups = again.analysis.clusters is not None
    what = f"groups of '{group_column(again.analysis)}'" if has_groups else "rows"
    summary = (
        f"Over {len(made):,} draws of {count:,} {what} the effect of {question.treatment} by "
        f"{NAMES[again.estimator]} ({again.in_words(real.estimate)}) has a 95 % interval of "
        f"{number(low)} to {number(high)}; by the formula it is "
        f"{again.in_words(real.estimate - real.reach)} to "
        f"{again.in_words(real.estimate + real.reach)}."
    )
    return BootstrapInterval(
        frame=frame, summary=summary,
        notes=(*again.analysis.notes, *_notes(again, len(made), error, bias)),
        conf_low=low, conf_high=high, std_error=error, bias=bias,
        formula_error=real.std_error, unit=question.unit_in_words, no_effect=question.no_effect,
    )  # fmt: skip


def _notes(again: Again, draws: int, error: float, bias: float) -> list[str]:
    ratio, ends = error / again.real.std_error, 2.7 * error / np.sqrt(draws)
    of_log = "" if again.analysis.question.scale == "difference" else " of their logarithms"
    notes = [
        (f"The ends of the interval have a Monte-Carlo error{of_log} of about {number(ends)}."),
        f"The draws' standard deviation is {ratio:.2f} times the formula's standard error.",
    ]
    if again.analysis.stood_for is not None:
        notes.append(
            "Rows keep the weights by which they stand for others: these are not learned anew."
        )
    if ratio > APART:
        notes.append(
            "Warning: resampling finds much more variation than the formula; its interval is too "
            "short, as where rows hang together or few rows decide."
        )
    if abs(bias / error) > 0.25:
        notes.append(
            f"The draws lie {abs(bias / error):.2f} standard errors "
            f"{'above' if bias > 0 else 'below'} the estimate on average: it may be biased, and so "
            "may this interval."
        )
    strength = again.strength(again.analysis)
    if strength < STRONG:
        notes.append(
            f"Warning: the instrument is weak (effective F {number(strength)}, below {STRONG}): "
            "neither interval can be relied on. The Anderson-Rubin set of two-stage least squares "
            "holds its level."
        )
    return [*notes, *again.notes("draw")]
