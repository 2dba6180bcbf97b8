"""Does the analysis find an effect where there is none: with a shuffled treatment?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..analysis import Analysis
from ..dowhy_bridge import dowhy_placebo_effect, dowhy_version
from ..effect import as_shown, p_in_words
from ..estimators.linear_regression import usable_covariates
from ..estimators.many_slopes import slopes_of
from ..estimators.partial_slope import PartialSlope
from ..estimators.two_stage_least_squares import stages_covariates, stages_of
from ..question import CausalQuestion
from ._again import (
    TESTED,
    Again,
    Estimator,
    Found,
    estimator_again,
    first_rows,
    group_column,
    is_given_to_groups,
    run_draws,
    tested,
)

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Asked = Literal["small tables", "always", "never"]
#: Up to so many rows DoWhy makes the first draw as well, unless it is asked to or not to: it takes
#: as long for it as we for hundreds.
DOWHY_ROWS = 2_000
#: A false alarm is accepted this often.
LEVEL = 0.05
#: With fewer ways to give the treatment to whole groups no p-value can fall below the level.
FEWEST_WAYS = 20


@dataclass(frozen=True, kw_only=True)
class PlaceboTreatment(CheckResult):
    """The real estimate and those with shuffled treatments.

    `p_value`: how often a shuffled treatment gives a t statistic as far from zero as the real one
    (two-sided), `p_value_error` its Monte-Carlo standard error. `most_found`: the check passes
    with so many shuffles that find an effect. `unit` is the estimates' scale, `no_effect` where
    there is none on it: 0, of a ratio 1.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "real, or placebo for a shuffled treatment",
        "draw": "number of the draw; 0 is the real treatment",
        "estimate": "the effect found, in the outcome's unit; or a ratio",
        "std_error": "its standard error; of a ratio, that of its logarithm",
        "t_statistic": "estimate (of a ratio its logarithm) by standard error",
        "finds_effect": "the 95 % interval leaves out no effect",
    }

    p_value: float = float("nan")
    p_value_error: float = float("nan")
    most_found: int = 0
    unit: str = ""
    no_effect: float = 0.0

    def figure(self) -> Any:
        """The distribution of placebo effects, and where the real estimate lies."""
        placebo = self.frame.loc[self.frame["kind"] == "placebo", "estimate"]
        real = float(self.frame.loc[self.frame["kind"] == "real", "estimate"].iloc[0])
        figure = new_figure(height=360, x=self.unit, y="draws", showlegend=False)
        figure.update_layout(margin_t=50)  # the words above the line stand below the buttons
        figure.add_histogram(
            x=placebo, nbinsx=30, marker={"color": GREY, "line": {"color": "#fff", "width": 1}},
            hovertemplate="%{x}: %{y} draws<extra></extra>",
        )  # fmt: skip
        figure.add_vline(x=self.no_effect, line={"color": LIGHT_GREY, "width": 2})
        figure.add_vline(
            x=real, line={"color": BLUE, "width": 3},
            annotation_text=f"real estimate {number(real)}", annotation_position="top",
        )  # fmt: skip
        low, high = (f([placebo.min(), placebo.max(), real, self.no_effect]) for f in (min, max))
        figure.update_xaxes(range=[low - 0.12 * (high - low), high + 0.12 * (high - low)])
        figure.update_layout(margin={"t": 40})
        return figure


@method("Placebo treatment", page="robustness", weighs=True)
def placebo_treatment(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[Estimator | None, TESTED] = None,
    repeats: Annotated[int, Range(20, 2000), "shuffles; AIPW takes about a second for each"] = 100,
    dowhy: Annotated[
        Asked, "whether DoWhy's refuter makes the first shuffle as well; small: 2,000 rows at most"
    ] = "small tables",
    seed: int = 0,
    progress: Progress = silent,
) -> PlaceboTreatment:
    """Whether the analysis stays silent when the treatment is shuffled and can have no effect.

    The treatment is permuted over the rows, everything is estimated anew (the nuisances of AIPW
    too, with the learners that won on the real data), and this is repeated. Where a column has the
    role `group` and the treatment is the same within each group, it is permuted between the groups,
    as it was given to them. Passes when the mean of the placebo t statistics is no further from
    zero than chance allows (two-sided, 5 %) and the intervals do not leave out no effect too often.
    The p-value compares the real t statistic with the placebo ones, since a shuffled treatment has
    another variance than the real one.

    For the LATE the instrument is shuffled, one alone, and what is estimated is its effect on the
    outcome (the reduced form): a shuffled instrument moves no treatment, so that the effect on
    those whom it moves would be nothing by nothing.

    It tests the machinery. It cannot see a missing confounder: shuffling removes that too.

    For linear regression (ATE, rows that count alike and are independent) DoWhy's placebo refuter
    makes the first draw as well, up to 2,000 rows or where `dowhy` says so, and a note says whether
    it agrees; its own p-value is not used (one-sided, from the draws alone).
    """
    if tested(question, estimator) == "two_stage_least_squares":
        made = _of_instrument(question, repeats, seed, progress)
    else:
        again = estimator_again(question, estimator, seed, part(progress, 0.0, 0.1))
        made = _of_treatment(again, repeats, dowhy, seed, part(progress, 0.1, 1.0))
    verdict = _Verdict.of(made.found)
    progress(1.0)
    return PlaceboTreatment(
        frame=_frame(made.found, question),
        summary=verdict.summary(made, repeats),
        notes=(*made.analysis.notes, *verdict.notes(made), *made.notes),
        passed=verdict.passed,
        p_value=verdict.p_value,
        p_value_error=verdict.p_value_error,
        most_found=verdict.most_found,
        unit=made.unit,
        no_effect=question.no_effect,
    )


@dataclass(frozen=True)
class _Made:
    """The real estimate and the placebo ones after it, of the column `shuffled`."""

    analysis: Analysis
    shuffled: str
    found: list[Found]
    notes: tuple[str, ...]
    unit: str

    @property
    def is_ratio(self) -> bool:
        return self.analysis.question.scale != "difference"

    def in_words(self, estimate: float) -> str:
        return number(float(np.exp(estimate)) if self.is_ratio else estimate)


def _of_treatment(again: Again, repeats: int, dowhy: Asked, seed: int, progress: Progress) -> _Made:
    analysis, question = again.analysis, again.analysis.question
    draw, notes = _shuffles(analysis, analysis.t, question.treatment, seed)
    is_constant = again.estimator == "linear_regression" and question.estimand == "ATE"
    if is_constant:
        design = usable_covariates(analysis)
        partial = PartialSlope.of_rows(analysis, design)
        made = _slopes(partial, analysis.t, analysis.step, draw, repeats,
                       part(progress, 0.0, 0.7, "Shuffling"))  # fmt: skip
        progress(0.7, "Asking DoWhy")
        notes += _compared_with_dowhy(analysis, design, made, dowhy, seed)
    else:
        made = _anew(again, draw, repeats, seed, progress)
        notes += (_NOT_DOWHYS,)
    found = [again.real, *made]
    return _Made(analysis, question.treatment, found, (*notes, *again.notes("shuffle")),
                 question.unit_in_words)  # fmt: skip


_NOT_DOWHYS = (
    "The draws are ours: DoWhy's placebo under propensity weighting was seen to reject correct "
    "analyses, and for linear regression it answers the ATE alone."
)


def _anew(
    again: Again, draw: Callable[[], Rows], repeats: int, seed: int, progress: Progress
) -> list[Found]:
    """Everything fitted anew for every shuffle, the folds drawn anew as well."""
    analysis, made = again.analysis, []
    for k in range(repeats):
        lap = part(progress, k / repeats, (k + 1) / repeats, f"Shuffle {k + 1} of {repeats}")
        lap(0.0)
        changed = analysis.with_treatment(analysis.t[draw()])
        made.append(again.on(changed, seed=seed + k + 1, progress=lap))
    return made


def _slopes(
    partial: PartialSlope,
    values: Floats,
    step: float,
    draw: Callable[[], Rows],
    repeats: int,
    progress: Progress,
) -> list[Found]:
    """The coefficients of shuffled values, the covariates being factorised once."""

    def found(columns: Floats) -> list[Found]:
        estimates, errors = slopes_of(partial, columns)
        return [
            Found(float(estimate), float(error), partial.degrees)
            for estimate, error in zip(estimates * step, errors * abs(step), strict=True)
        ]

    return run_draws(found, lambda: values[draw()], len(values), repeats, progress)


def _of_instrument(question: CausalQuestion, repeats: int, seed: int, progress: Progress) -> _Made:
    """The reduced form: the outcome on the instrument and the covariates."""
    given = stages_of(question)
    if len(given.z.terms) > 1:
        raise NotApplicable(
            f"The instruments {', '.join(term.label for term in given.z.terms)} are several, and "
            "their effects on the outcome are not one estimate that could be compared.",
            "Name one instrument at a time.",
        )
    analysis, z, name = given.analysis, given.z.matrix[:, 0], given.z.terms[0].label
    partial = PartialSlope.of_rows(analysis, stages_covariates(analysis).matrix)
    draw, notes = _shuffles(analysis, z, name, seed)
    real = Found(*partial.slope(partial.rest(z)), partial.degrees)
    made = [real, *_slopes(partial, z, 1.0, draw, repeats, progress)]
    says = (
        f"The estimates are effects of one unit of {name} on {question.outcome}, not of "
        f"{question.treatment}: without a move of the treatment there is nothing to divide by."
    )
    unit = f"effect of {name} on {question.outcome_in_words}"
    return _Made(analysis, name, made, (says, *notes), unit)


def _shuffles(
    analysis: Analysis, values: Floats, name: str, seed: int
) -> tuple[Callable[[], Rows], tuple[str, ...]]:
    """What draws an order of the rows (n,) in which values (n,) are given to them, and how that is
    done in words: between whole clusters where they are the same within each.

    Raises `NotApplicable` where there are too few clusters to shuffle."""
    # The permutations DoWhy makes of the same seed, so that draws can be compared one by one.
    random, clusters = np.random.RandomState(seed), analysis.clusters
    if clusters is None:
        return lambda: random.permutation(len(analysis)), ()
    column = group_column(analysis)
    if not is_given_to_groups(analysis, values):
        return lambda: random.permutation(len(analysis)), (
            (
                f"{name} varies within the groups of '{column}', so that it is shuffled over the "
                "rows; errors are by group."
            ),
        )
    first = first_rows(clusters)
    ways = _ways(values[first])
    if ways < FEWEST_WAYS:
        raise NotApplicable(
            f"{name} is the same within each of {len(first)} groups of '{column}', and there are "
            f"only {ways:.0f} ways to give it to them: chance cannot be told from effect.",
            f"Bring more groups: at least {FEWEST_WAYS} ways are needed.",
        )
    return lambda: first[random.permutation(len(first))][clusters], (
        (
            f"{name} is the same within each of {len(first)} groups of '{column}', so that it is "
            f"shuffled between them, as it was given{_few(ways)}."
        ),
    )


def _ways(values: Floats) -> float:
    """In how many different orders values can stand: G! by the factorials of their counts."""
    from scipy.special import gammaln

    counts = np.unique(values, return_counts=True)[1]
    return float(np.round(np.exp(gammaln(len(values) + 1) - gammaln(counts + 1).sum())))


def _few(ways: float) -> str:
    return f"; there are {ways:,.0f} ways, so that draws repeat" if ways < 1_000 else ""


def _frame(found: list[Found], question: CausalQuestion) -> pd.DataFrame:
    estimates = np.array([f.estimate for f in found])
    return pd.DataFrame(
        {
            "kind": pd.Series(["real"] + ["placebo"] * (len(found) - 1), dtype="str"),
            "draw": range(len(found)),
            "estimate": as_shown(question, estimates),
            "std_error": [f.std_error for f in found],
            "t_statistic": [f.t for f in found],
            "finds_effect": [abs(f.estimate) > f.reach for f in found],
        }
    )


def _compared_with_dowhy(
    analysis: Analysis, covariates: Floats, made: list[Found], dowhy: Asked, seed: int
) -> tuple[str, ...]:
    """What DoWhy's refuter gives for the first shuffle, where it can be asked and is."""
    if analysis.is_weighted or analysis.clusters is not None:
        return ("The draws are ours: DoWhy's placebo refuter knows neither weights nor groups.",)
    if dowhy == "never" or (dowhy == "small tables" and len(analysis) > DOWHY_ROWS):
        why = "" if dowhy == "never" else f" beyond {DOWHY_ROWS:,} rows, where it is slow"
        return (
            (
                f"The draws are ours: DoWhy's placebo refuter was not asked{why} (`dowhy='always'` "
                "asks it for the first shuffle)."
            ),
        )
    theirs = dowhy_placebo_effect(
        analysis.t, analysis.y, covariates, analysis.question.contrast, seed
    )
    apart = abs(theirs - made[0].estimate)
    spread = float(np.std([f.estimate for f in made], ddof=1))
    if apart <= 1e-6 * max(spread, 1e-300):
        return (
            (
                f"DoWhy {dowhy_version()}'s placebo refuter gives the same effect for the first "
                "shuffle; p-value and verdict are ours (two-sided, with its Monte-Carlo error, on "
                "t statistics)."
            ),
        )
    return (
        (
            f"DoWhy {dowhy_version()}'s placebo refuter gives another effect for the first shuffle "
            f"({number(apart)} apart); ours are shown."
        ),
    )


@dataclass(frozen=True)
class _Verdict:
    """What the draws say: of the placebo, and of the real estimate beside it; of ratios `mean` is
    that of the logarithms."""

    mean: float
    mean_error: float
    mean_p: float
    found: int
    repeats: int
    most_found: int
    p_value: float

    @classmethod
    def of(cls, found: list[Found]) -> "_Verdict":
        from scipy.special import stdtr
        from scipy.stats import binom

        real, placebo = found[0], found[1:]
        t, n = np.array([f.t for f in placebo]), len(placebo)
        estimates = np.array([f.estimate for f in placebo])
        z = float(t.mean() / (t.std(ddof=1) / np.sqrt(n)))
        return cls(
            mean=float(estimates.mean()),
            mean_error=float(estimates.std(ddof=1) / np.sqrt(n)),
            mean_p=float(2 * stdtr(n - 1, -abs(z))),
            found=sum(abs(f.estimate) > f.reach for f in placebo),
            repeats=n,
            most_found=int(binom.ppf(0.999, n, LEVEL)),
            p_value=(1 + int((np.abs(t) >= abs(real.t)).sum())) / (1 + n),
        )

    @property
    def passed(self) -> bool:
        return self.mean_p >= LEVEL and self.found <= self.most_found

    @property
    def p_value_error(self) -> float:
        return float(np.sqrt(self.p_value * (1 - self.p_value) / self.repeats))

    def summary(self, made: _Made, repeats: int) -> str:
        of_log = "of its logarithm " if made.is_ratio else ""
        return (
            f"With {made.shuffled} shuffled {repeats:,} times the analysis finds "
            f"{made.in_words(self.mean)} on average (Monte-Carlo error {of_log}"
            f"{number(self.mean_error)}, {p_in_words(self.mean_p)}), and {self.found} of "
            f"{self.repeats:,} intervals leave out {'one' if made.is_ratio else 'zero'}; a placebo "
            f"is as far from {'one' if made.is_ratio else 'zero'} as the real estimate with p = "
            f"{self.p_value:.3f} ± {self.p_value_error:.3f}."
        )

    def notes(self, made: _Made) -> list[str]:
        nothing = "one" if made.is_ratio else "zero"
        bias = 2.8 * self.mean_error
        seen = f"bias by a factor of {number(float(np.exp(bias)))}" if made.is_ratio else (
            f"bias of {number(bias)}"
        )  # fmt: skip
        return [
            (
                "This tests the machinery, not the assumptions: a missing confounder is shuffled "
                "away as well and stays unseen."
            ),
            (
                f"Passes when the mean placebo t statistic is within chance of zero (two-sided p "
                f"at least {LEVEL}) and at most {self.most_found} of {self.repeats:,} intervals "
                f"leave out {nothing}. A correct analysis fails by chance about {LEVEL:.0%} of the "
                "time."
            ),
            f"A built-in {seen} would have been seen with 80 % probability.",
        ]
