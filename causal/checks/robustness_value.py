"""How strong would a confounder that nobody measured have to be to undo the regression?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable, ParameterError
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..analysis import DIFFERENCES, Analysis, require_answer, require_one_effect
from ..design_matrix import DesignMatrix
from ..estimators.linear_regression import regression_analysis, usable_design
from ..estimators.partial_slope import PartialSlope
from ..estimators.two_stage_least_squares import stages_covariates, stages_of
from ..question import CausalQuestion
from ._cinelli_hazlett import Coefficient, as_strong_as
from ._contours import Panel, contours
from .times import times_in_words, times_until_gone

Floats = NDArray[np.float64]
#: Benchmarks: once, twice, three times as strong as a measured column.
TIMES = (1, 2, 3)
NOBODY = "none"


@dataclass(frozen=True, kw_only=True)
class RobustnessValue(CheckResult):
    """The estimate as it is, and as it would be had a confounder been left out that is as strong
    as a measured column, or several times as strong.

    `value`: the share of what is left unexplained of both treatment and outcome that a confounder
    must explain to take away the part `q` of the estimate; `value_of_interval`: the same for the
    interval at level 1 - `alpha` to reach that. `partial_r2`: the share of the outcome that the
    treatment explains; a confounder that explains all the rest of the outcome would have to explain
    as much of the treatment. `degrees` of freedom, and the `unit` of the estimates.
    `times`: the smallest multiple of a measured column's strength at which the interval reaches
    that, at worst; `strongest` is that column ('none' without columns). `widened`: by how much
    wider than the classical error that of groups is, with `free` degrees of freedom.

    For the LATE all of it is about the instrument's effect on the outcome, and
    `value_of_first_stage` says what the interval of its effect on the treatment bears: beyond that
    nothing can be said of the effect. It is NaN otherwise.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "confounder": "the measured column that the confounder left out is as strong as, or 'none'",
        "times": "how many times as strong; 0 for the estimate as it is",
        "share_of_treatment": "share of the rest of the treatment that it explains (partial R²)",
        "share_of_outcome": "share of the rest of the outcome that it explains (partial R²)",
        "estimate": "the effect with such a confounder held fixed, in the outcome's unit",
        "std_error": "its classical standard error; by group, widened in the proportion of theirs",
        "t_statistic": "estimate by standard error",
        "conf_low": "lower end of the interval",
        "conf_high": "upper end of the interval",
    }

    value: float
    value_of_interval: float
    partial_r2: float
    degrees: int
    q: float = 1.0
    alpha: float = 0.05
    unit: str = ""
    strongest: str = NOBODY
    times: float = float("inf")
    widened: float = 1.0
    free: int | None = None
    value_of_first_stage: float = float("nan")

    def figure(self) -> Any:
        """Contours of the estimate and of its t statistic over the strength of a confounder, with
        the measured columns as benchmarks."""
        first = self.frame.iloc[0]
        found = Coefficient(
            float(first["estimate"]), float(first["std_error"]) / self.widened, self.degrees,
            self.widened, self.free,
        )  # fmt: skip
        critical = float(found.reach(np.asarray(1.0), self.alpha))
        level = np.sign(found.estimate) * critical
        left = (1 - self.q) * found.estimate

        def t(x: Floats, y: Floats) -> Floats:
            return np.asarray((found.estimate_under(x, y) - left) / found.std_error_under(x, y))

        return contours(
            self.frame.iloc[1:],
            [
                Panel("estimate", found.estimate_under, left, number(left)),
                Panel("t statistic", t, level, number(level)),
            ],
            least=max(0.05, 1.25 * self.value),
            x=f"share of the rest of the {self.cause} it explains",
            y="share of the rest of the outcome it explains",
        )

    @property
    def cause(self) -> str:
        """What the effect is of."""
        return "treatment" if np.isnan(self.value_of_first_stage) else "instrument"


@method("Robustness value (unmeasured confounder, regression)", page="robustness", weighs=True)
def robustness_value(
    question: CausalQuestion,
    /,
    *,
    q: Annotated[float, Range(0.01, 1.0), "part of the estimate that is to be taken away"] = 1.0,
    alpha: Annotated[float, Range(0.001, 0.5), "1 minus the level of the interval"] = 0.05,
    squares: Annotated[bool, "also adjust for the squares of numeric confounders"] = True,
    progress: Progress = silent,
) -> RobustnessValue:
    """How strong a confounder that was left out must be to take the regression's effect away.

    Strength is the share of what the regression leaves unexplained that the confounder explains, of
    the treatment and of the outcome (partial R²). Each measured column is a benchmark: what would
    become of the estimate had a confounder one, two or three times as strong been left out, at
    worst. Whether one may exist is a matter of knowledge of the field: the check informs and does
    not judge. Unit: the outcome's.

    Exact for the coefficient of `linear_regression` for any confounder with a linear part, several
    taken together too; standard errors are the classical ones the formulas are made for. With
    weights all shares are weighted. With a column of the role group the errors are widened by what
    groups do to the regression's own, and a confounder is taken to leave that proportion. For the
    ATE; for others and for AIPW see `omitted_variable_bounds`.

    For the LATE of one instrument it is about the two regressions that the effect is made of: that
    of the outcome on the instrument, which a common cause of the two must take away to take the
    effect away, and that of the treatment on the instrument, without which nothing can be said. A
    way from the instrument to the outcome beside the treatment does the same as a common cause.
    Covariates are those of `two_stage_least_squares`, without squares.

    Source: Cinelli & Hazlett, Journal of the Royal Statistical Society B 82 (2020); for the
    instrument Cinelli & Hazlett, Biometrika 112 (2025).
    """
    if question.estimand == "LATE":
        return _of_instrument(question, q, alpha, progress)
    _require_one_coefficient(question)
    require_answer(question, "The robustness value", ("ATE",))
    progress(0.0, "Least squares")
    analysis = regression_analysis(question)
    design = usable_design(analysis, squares=squares)
    fit = _Fit.of(analysis, design, analysis.t, analysis.y, analysis.step)
    strengths = _benchmarks(fit, design, question.treatment)
    frame = _frame(fit.coefficient, strengths, alpha)
    asked = _Asked(fit.coefficient, q, alpha)
    found = asked.result(
        frame,
        asked.sentence(f"the effect of {question.treatment}") + _worst(frame),
        (*analysis.notes, *_notes(frame, fit.coefficient)),
        question.unit_in_words,
    )
    progress(1.0)
    return _with_strongest(found, asked, strengths)


def _require_one_coefficient(question: CausalQuestion) -> None:
    require_one_effect(question, "The robustness value")
    if question.scale != "difference":
        raise NotApplicable(
            f"Robustness values are made for a difference of means, not their {question.scale}.",
            "The E-value is made for ratios; or ask for the difference.",
        )
    if question.estimand != "ATE":
        has_bounds = question.estimand in DIFFERENCES
        raise NotApplicable(
            "Robustness values are about one coefficient of a regression; the "
            f"{question.estimand} is an average of several.",
            f"Ask for the ATE, or see {'the bounds for AIPW' if has_bounds else 'the E-value'}.",
        )


def _of_instrument(
    question: CausalQuestion, q: float, alpha: float, progress: Progress
) -> RobustnessValue:
    """The reduced form, with what the first stage bears."""
    progress(0.0, "Least squares")
    given = stages_of(question)
    if len(given.z.terms) > 1:
        raise NotApplicable(
            f"The instruments {', '.join(term.label for term in given.z.terms)} are several, and "
            "robustness values are about one coefficient.",
            "Name one instrument at a time.",
        )
    analysis, z, name = given.analysis, given.z.matrix[:, 0], given.z.terms[0].label
    design = stages_covariates(analysis)
    reduced = _Fit.of(analysis, design, z, analysis.y, 1.0)
    first = _Fit.of(analysis, design, z, analysis.t, 1.0).coefficient
    strengths = _benchmarks(reduced, design, question.treatment)
    frame = _frame(reduced.coefficient, strengths, alpha)
    asked = _Asked(reduced.coefficient, q, alpha, "instrument")
    bears = first.robustness(1.0, alpha)
    says = (
        f"{asked.sentence(f'the effect of {name} on {question.outcome}')}{_worst(frame)} To bring "
        f"the interval of its effect on {question.treatment} ({number(first.estimate)}) to zero it "
        f"takes {bears:.1%}."
    )
    notes = (
        (
            f"Estimates are effects of one unit of {name} on {question.outcome}: without that "
            f"there is no effect of {question.treatment} either; without its effect on "
            f"{question.treatment} nothing can be said."
        ),
        (
            f"A way from {name} to {question.outcome} beside {question.treatment} does the same as "
            "a common cause of the two."
        ),
    )
    found = asked.result(
        frame, says, (*analysis.notes, *notes, *_notes(frame, reduced.coefficient, "instrument")),
        f"effect of {name} on {question.outcome_in_words}",
    )  # fmt: skip
    progress(1.0)
    return replace(_with_strongest(found, asked, strengths), value_of_first_stage=bears)


def robustness_value_of(
    estimate: float, std_error: float, degrees: int, *, q: float = 1.0, alpha: float = 0.05
) -> RobustnessValue:
    """The robustness values of a published regression, from the three numbers its table prints.

    `estimate` and `std_error` of the treatment's coefficient, `degrees` of freedom (rows less
    coefficients). Without the data there are no benchmarks. Raises `ParameterError` for numbers
    that no regression gives.

    Source: Cinelli & Hazlett (2020).
    """
    if not (np.isfinite(estimate) and std_error > 0 and degrees > 1):
        raise ParameterError(
            f"estimate = {estimate}, std_error = {std_error}, degrees = {degrees} come from no "
            "regression.",
            "Give a finite estimate, a positive standard error and at least 2 degrees of freedom.",
        )
    if not (0 < q <= 1 and 0 < alpha < 1):
        raise ParameterError(
            f"q = {q}, alpha = {alpha} are not allowed.", "Use 0 < q ≤ 1 and 0 < alpha < 1."
        )
    found = Coefficient(estimate, std_error, degrees)
    asked = _Asked(found, q, alpha)
    summary = asked.sentence("the estimate") + "."
    return asked.result(_frame(found, [], alpha), summary, (_CLASSICAL,), "effect")


@dataclass(frozen=True)
class _Asked:
    """A coefficient, and what a confounder is to do to it."""

    found: Coefficient
    q: float
    alpha: float
    cause: str = "treatment"

    def result(
        self, frame: pd.DataFrame, summary: str, notes: tuple[str, ...], unit: str
    ) -> RobustnessValue:
        found = self.found
        return RobustnessValue(
            frame=frame, summary=summary, notes=notes, unit=unit, q=self.q, alpha=self.alpha,
            value=found.robustness(self.q), value_of_interval=self.of_interval,
            partial_r2=found.share_of_outcome, degrees=found.degrees, widened=found.widened,
            free=found.free,
        )  # fmt: skip

    @property
    def of_interval(self) -> float:
        return self.found.robustness(self.q, self.alpha)

    def left(self, strength: "_Strength", times: float) -> float:
        """How far the interval stays from what is asked, with a confounder several times as strong
        as a column; NaN where none can be."""
        x, y = as_strong_as(strength.of_treatment, strength.of_outcome, times)
        found = self.found
        under = abs(found.estimate) - abs(found.estimate - found.estimate_under(x, y))
        reach = found.reach(found.std_error_under(x, y), self.alpha)
        return float(under - reach - (1 - self.q) * abs(found.estimate))

    def sentence(self, what: str) -> str:
        """Both robustness values in words, without the full stop."""
        aim = "to zero" if self.q == 1 else f"down by {self.q:.0%}"
        text = (
            f"An unmeasured confounder would have to explain {self.found.robustness(self.q):.1%} "
            f"of what is left unexplained of both the {self.cause} and the outcome to bring {what} "
            f"({number(self.found.estimate)}) {aim}"
        )
        interval = f"its {1 - self.alpha:.0%} interval"
        if self.of_interval == 0:
            return f"{text}; {interval} reaches that already"
        return f"{text}, and {self.of_interval:.1%} for {interval} to reach that"


@dataclass(frozen=True)
class _Strength:
    """How much of treatment and outcome the terms of a column explain, all else held fixed."""

    column: str
    of_treatment: float
    of_outcome: float


def _with_strongest(
    found: RobustnessValue, asked: _Asked, strengths: list[_Strength]
) -> RobustnessValue:
    """The same with the column of which the smallest multiple would do."""
    times = {s.column: times_until_gone(partial(asked.left, s)) for s in strengths}
    if not times:
        return found
    strongest = min(times, key=lambda column: times[column])
    note = (
        f"A confounder {times_in_words(times[strongest])} times as strong as {strongest} is the "
        "least, in multiples of a measured column, that would do for the interval."
    )
    notes = (*found.notes, note) if times[strongest] > 0 else found.notes
    return replace(found, strongest=strongest, times=times[strongest], notes=notes)


@dataclass(frozen=True)
class _Fit:
    """The regressions of the outcome (treatment included) and of the treatment."""

    coefficient: Coefficient
    outcome: "_Regression"
    treatment: "_Regression"

    @classmethod
    def of(
        cls, analysis: Analysis, design: DesignMatrix, cause: Floats, y: Floats, step: float
    ) -> "_Fit":
        """Of y (n,) on a cause (n,); both as if every row were there by its weight."""
        root = np.sqrt(analysis.weight)
        x = np.column_stack([np.ones(len(analysis)), design.matrix]) * root[:, None]
        outcome = _Regression.of(np.column_stack([x, cause * root]), y * root)
        treatment = _Regression.of(x, cause * root)
        degrees = len(analysis) - x.shape[1] - 1
        if outcome.left <= 1e-20 * float((y * root) @ (y * root)):
            raise NotApplicable(
                "The regression explains the outcome completely, so nothing is left for a "
                "confounder.",
                "Check that no confounder is a copy of the outcome.",
            )
        error = float(np.sqrt(outcome.left / degrees * outcome.inverse[-1, -1]))
        widened, free = 1.0, None
        if analysis.clusters is not None:
            weight = analysis.weight if analysis.is_weighted else None
            partial = PartialSlope.of(design.matrix, y, weight, analysis.clusters)
            widened, free = partial.slope(partial.rest(cause))[1] / error, partial.degrees
        estimate = float(outcome.slopes[-1]) * step
        found = Coefficient(estimate, error * abs(step), degrees, widened, free)
        return cls(found, outcome, treatment)

    def strength(self, column: str, terms: list[int]) -> _Strength:
        at = [1 + k for k in terms]  # after the constant
        return _Strength(column, self.treatment.share(at), self.outcome.share(at))


@dataclass(frozen=True)
class _Regression:
    """Slopes, the inverse of X'X, and the sum of squares left unexplained."""

    slopes: Floats
    inverse: Floats
    left: float

    @classmethod
    def of(cls, x: Floats, y: Floats) -> "_Regression":
        q, r = np.linalg.qr(x)
        slopes = np.linalg.solve(r, q.T @ y)
        back = np.linalg.inv(r)
        return cls(slopes, back @ back.T, float(((y - x @ slopes) ** 2).sum()))

    def share(self, at: list[int]) -> float:
        """The partial R² of some columns: what the rest of the sum of squares would rise by
        without them, as a share of it."""
        slopes = self.slopes[at]
        rise = float(slopes @ np.linalg.solve(self.inverse[np.ix_(at, at)], slopes))
        return rise / (rise + self.left)


def _benchmarks(fit: _Fit, design: DesignMatrix, treatment: str) -> list[_Strength]:
    """Every measured column, its levels and its square together, the strongest first."""
    columns = dict.fromkeys(term.column for term in design.terms)
    columns.pop(treatment, None)  # its levels that are not asked about
    found = [
        fit.strength(c, [k for k, term in enumerate(design.terms) if term.column == c])
        for c in columns
    ]
    return sorted(found, key=lambda s: -s.of_treatment * s.of_outcome)


def _frame(found: Coefficient, strengths: list[_Strength], alpha: float) -> pd.DataFrame:
    rows = [(NOBODY, 0, 0.0, 0.0)]
    rows += [
        (s.column, k, *as_strong_as(s.of_treatment, s.of_outcome, k))
        for s in strengths
        for k in TIMES
    ]
    frame = pd.DataFrame(rows, columns=list(RobustnessValue.columns)[:4])
    frame = frame.astype({"confounder": "str", "times": int})
    x, y = frame["share_of_treatment"].to_numpy(), frame["share_of_outcome"].to_numpy()
    estimate, error = found.estimate_under(x, y), found.std_error_under(x, y).copy()
    error[0] = found.std_error * found.widened
    reach = found.reach(error, alpha)
    return frame.assign(
        estimate=estimate,
        std_error=error,
        t_statistic=estimate / np.where(error > 0, error, np.nan),
        conf_low=estimate - reach,
        conf_high=estimate + reach,
    )


def _worst(frame: pd.DataFrame) -> str:
    """What the most dangerous of the measured columns would leave, as the end of a sentence."""
    once = frame[(frame["times"] == 1) & frame["estimate"].notna()]
    if once.empty:
        return "."
    worst = once.loc[(once["estimate"] * np.sign(frame["estimate"].iloc[0])).idxmin()]
    if worst["share_of_outcome"] >= 1:  # nothing is left that could make an interval
        return (
            f"; one as strong as {worst['confounder']}, the worst of the measured columns, would "
            f"explain all that is left of the outcome and leave {number(worst['estimate'])}."
        )
    return (
        f"; one as strong as {worst['confounder']}, the worst of the measured columns, would leave "
        f"{number(worst['estimate'])} ({number(worst['conf_low'])} to "
        f"{number(worst['conf_high'])})."
    )


_CLASSICAL = (
    "Standard errors here are the classical ones that the formulas need; a regression's robust "
    "interval may be wider."
)


def _by_group(found: Coefficient) -> str:
    return (
        f"Standard errors are the classical ones that the formulas need times {found.widened:.2f}, "
        "by which groups make the regression's own error wider; a confounder is taken to leave "
        "that so."
    )


def _notes(frame: pd.DataFrame, found: Coefficient, cause: str = "treatment") -> list[str]:
    notes = [
        _CLASSICAL if found.free is None else _by_group(found),
        (
            f"A confounder that explains all of what is left of the outcome would have to explain "
            f"{found.share_of_outcome:.1%} of what is left of the {cause} to bring the effect to "
            "zero."
        ),
        (
            "Benchmarks are worst cases; levels and squares of a column count together. In the "
            "picture a large dot is a confounder as strong as a column, smaller dots are two and "
            "three times as strong."
        ),
    ]
    impossible = frame.loc[frame["estimate"].isna(), "confounder"].unique()
    if len(impossible):
        notes.append(
            f"No confounder can be several times as strong as {', '.join(impossible)}: these rows "
            "are empty."
        )
    cut = frame.loc[frame["share_of_outcome"] >= 1, "confounder"].unique()
    if len(cut):
        notes.append(
            f"One as strong as {', '.join(cut)}, or so many times as strong, would explain more "
            "than all that is left of the outcome: that share is cut at 1, no error is left, and "
            "such intervals are points."
        )
    if len(frame) == 1:
        notes.append("Nothing is adjusted for, so there is no measured column to compare with.")
    return notes
