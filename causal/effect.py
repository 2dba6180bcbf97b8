"""An estimated effect with its interval: the one table every estimator gives back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from workbench.figures import BLUE, GREY, LIGHT_GREY, escape, new_figure
from workbench.figures import number as _number
from workbench.metrics import Z95
from workbench.result import Result

from .analysis import Analysis
from .influence import MeanOutcomes, degrees_of, standard_error
from .joint import covariance, p_differ, reach_at_once
from .question import WHOM, CausalQuestion

Floats = NDArray[np.float64]
#: The estimand's name of the row that adjusts for nothing.
CRUDE = "crude difference, not adjusted"
#: Groups are said to differ below this p-value.
LEVEL = 0.05
#: A note stands where fewer rows than this, counting alike, would tell the standard error.
FEW_DEGREES = 30


@dataclass(frozen=True, kw_only=True)
class EffectEstimate(Result):
    """The effect, and below it for comparison the crude difference where something was adjusted;
    of the CATE one row for each group.

    `unit` says the scale of the estimates, for axes; `no_effect` is 0 for a difference and 1 for a
    ratio, whose standard error is that of its logarithm. `p_differ` is the p-value of all groups
    having the same effect (Wald), NaN for other estimands.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "estimand": "ATE, ATT, ATC, ATO, LATE or CATE; or that the row is the crude difference, "
        "which is no effect",
        "contrast": "the treatment's value compared with which other (+1: one unit more)",
        "group": "whom the average runs over; of the CATE the kind of row",
        "estimate": "outcome under the one value minus outcome under the other, in its unit; or "
        "their ratio",
        "std_error": "standard error from the sampling of rows; of a ratio, that of its logarithm",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end of the 95 % interval",
        "p_value": "two-sided p-value of no effect",
    }

    unit: str = ""
    no_effect: float = 0.0
    p_differ: float = float("nan")

    @classmethod
    def of(
        cls, question: CausalQuestion, frame: pd.DataFrame, how: str, notes: Iterable[str]
    ) -> Self:
        """The result of an estimator: its rows (the first is the answer), how it was had (the end
        of the sentence), and its notes."""
        frame = frame.reset_index(drop=True)
        return cls(
            frame=frame,
            summary=effect_summary(question, frame, how),
            notes=tuple(notes),
            unit=question.unit_in_words,
            no_effect=question.no_effect,
        )

    @classmethod
    def of_means(
        cls,
        analysis: Analysis,
        means: Sequence[MeanOutcomes],
        how: str,
        notes: Iterable[str],
    ) -> Self:
        """The result of an estimator from the two mean outcomes of those asked about: of one
        population, or for the CATE of every group."""
        question = analysis.question
        if analysis.groups is not None:
            pairs = [each.compared(question.scale) for each in means]
            influence = np.column_stack([psi for _, psi in pairs])
            joint = covariance(influence, analysis.clusters)
            free = [degrees_of(psi, analysis.clusters) for _, psi in pairs]
            found = [estimate for estimate, _ in pairs]
            return cls.of_groups(analysis, found, joint, how, notes, free)
        (only,) = means
        frame = pd.concat([row_of_means(analysis, only), crude_row(analysis)])
        said = (
            *analysis.notes,
            means_note(analysis, only),
            *notes,
            *few_note(analysis, only.compared(question.scale)[1]),
        )
        return cls.of(question, frame, how, said)

    @classmethod
    def of_groups(
        cls,
        analysis: Analysis,
        estimates: Sequence[float],
        joint: NDArray[np.float64],
        how: str,
        notes: Iterable[str],
        degrees: Sequence[float] | None = None,
    ) -> Self:
        """The answer for the CATE: the groups' effects with their covariance (k, k), on a ratio's
        scale of the logarithms; intervals from t where degrees of freedom are given."""
        question, names = analysis.question, _names(analysis)
        errors = np.sqrt(np.diag(joint))
        rows = [
            effect_row(question, estimate, float(error), degrees=free).assign(group=name)
            for estimate, error, free, name in zip(
                estimates, errors, degrees or [np.inf] * len(names), names, strict=True
            )
        ]
        frame = pd.concat(rows, ignore_index=True)
        differ = p_differ(np.asarray(estimates), joint)
        return cls(
            frame=frame,
            summary=_groups_summary(question, frame, differ, how),
            notes=(*analysis.notes, *_at_once(question, frame, joint, differ), *notes),
            unit=question.unit_in_words,
            no_effect=question.no_effect,
            p_differ=differ,
        )

    def figure(self) -> Any:
        """Estimates and intervals on one axis, with a line where there is no effect."""
        shown = self.frame.iloc[::-1]
        names = [_label(row) for _, row in shown.iterrows()]
        figure = new_figure(height=130 + 60 * len(shown), x=self.unit, showlegend=False)
        figure.add_vline(x=self.no_effect, line={"color": LIGHT_GREY, "width": 2})
        if self.no_effect:
            figure.update_xaxes(type="log")
        colours = [GREY if e == CRUDE else BLUE for e in shown["estimand"]]
        for at, ((_, row), name, colour) in enumerate(
            zip(shown.iterrows(), names, colours, strict=True)
        ):
            figure.add_scatter(
                x=[row["estimate"]],
                y=[at],
                error_x=_bar(row, colour),
                mode="markers+text",
                text=[_in_words(row)],
                textposition="top center",
                marker={"size": 11, "color": colour},
                name=name,
                hovertemplate=f"{name}<br>%{{x:.4g}}<extra></extra>",
            )  # fmt: skip
        figure.update_yaxes(
            tickvals=list(range(len(names))), ticktext=names, range=[-0.6, len(names) - 0.3],
            showgrid=False, ticks="", zeroline=False,
        )  # fmt: skip
        return figure


def effect_row(
    question: CausalQuestion,
    estimate: float,
    std_error: float,
    *,
    degrees: float = np.inf,
    estimand: str | None = None,
) -> pd.DataFrame:
    """One row of the table: interval and p-value from the normal distribution, or from t with
    the given degrees of freedom. On a ratio's scale `estimate` is the logarithm."""
    reach, p = reach_and_p(estimate, std_error, degrees)
    name = estimand or question.estimand
    found = as_shown(question, np.array([estimate, estimate - reach, estimate + reach]))
    return pd.DataFrame(
        {
            "estimand": [name],
            "contrast": [question.contrast_in_words],
            "group": [WHOM.get(name, "everyone")],
            "estimate": found[:1],
            "std_error": [std_error],
            "conf_low": found[1:2],
            "conf_high": found[2:],
            "p_value": [p],
        }
    )


def as_shown(question: CausalQuestion, estimates: ArrayLike) -> Floats:
    """Estimates as tables have them: of a ratio, which is estimated by its logarithm, the ratio."""
    found = np.asarray(estimates, dtype=float)
    return found if question.scale == "difference" else np.asarray(np.exp(found))


def row_of_means(
    analysis: Analysis, means: MeanOutcomes, *, estimand: str | None = None
) -> pd.DataFrame:
    """The row of two mean outcomes, on the question's scale, clusters taken together."""
    return row_of_influence(analysis, *means.compared(analysis.question.scale), estimand=estimand)


def row_of_influence(
    analysis: Analysis, estimate: float, influence: Floats, *, estimand: str | None = None
) -> pd.DataFrame:
    """The row of an estimate on which each row of the table has this influence (n,), clusters taken
    together; the interval is from t with as many degrees of freedom as rows tell the error."""
    error = standard_error(influence, analysis.clusters)
    degrees = degrees_of(influence, analysis.clusters)
    return effect_row(analysis.question, estimate, error, degrees=degrees, estimand=estimand)


def few_note(analysis: Analysis, influence: Floats) -> list[str]:
    """Where few rows, or clusters, carry the standard error of an estimate with this influence
    (n,), that they do and what follows."""
    degrees = degrees_of(influence, analysis.clusters)
    if degrees >= FEW_DEGREES:
        return []
    rows = "rows" if analysis.clusters is None else "groups"
    return [
        (
            f"The standard error rests on few {rows}, as on {degrees:.0f} that count alike: the "
            "interval is from t with so many degrees of freedom."
        )
    ]


def crude_row(analysis: Analysis) -> pd.DataFrame | None:
    """What two arms differ by when nothing is adjusted for; None where nothing was, and for an
    amount, which has no arms."""
    if not analysis.adjusted_for or analysis.question.treated.is_amount:
        return None
    weight, y = analysis.weight, analysis.y
    shares = [weight * rows / (weight * rows).mean() for rows in (analysis.control, analysis.arm)]
    start, to = (float((share * y).mean()) for share in shares)
    influence = np.column_stack([shares[0] * (y - start), shares[1] * (y - to)])
    return row_of_means(analysis, MeanOutcomes(start, to, influence), estimand=CRUDE)


def means_note(analysis: Analysis, means: MeanOutcomes) -> str:
    """The two mean outcomes behind an effect, in words."""
    question = analysis.question
    what = question.outcome_in_words
    if question.contrast_in_words == "+1":
        return (
            f"Mean of {what}: {number(means.start)} with {question.treatment} as it is, "
            f"{number(means.to)} with one unit more for every row."
        )
    start, to = question.compared
    return (
        f"Mean of {what}: {number(means.to)} under {question.treatment} = {to}, "
        f"{number(means.start)} under {start}."
    )


def over_everyone(question: CausalQuestion, estimate: float) -> str:
    """An effect over all who are asked about as a number, on a ratio's scale from its logarithm;
    where effects of groups are asked, it says that this one is over everyone."""
    value = number(estimate if question.scale == "difference" else float(np.exp(estimate)))
    return value if question.by is None else f"{value} over everyone"


def effect_summary(question: CausalQuestion, frame: pd.DataFrame, how: str) -> str:
    """The estimate as a sentence a person can quote."""
    row = frame.iloc[0]
    is_step = row["contrast"] == "+1"
    change = (
        f"One unit more of {question.treatment}"
        if is_step
        else f"{question.treatment} {row['contrast']}"
    )
    return (
        f"{change}: {question.effect_in_words(number(row['estimate']))} on average "
        f"over {row['group']} "
        f"(95 % interval {number(row['conf_low'])} to {number(row['conf_high'])}, "
        f"{p_in_words(row['p_value'])}), {how}."
    )


def _groups_summary(question: CausalQuestion, frame: pd.DataFrame, p: float, how: str) -> str:
    """The smallest and the largest effect, and whether the groups differ."""
    order = frame["estimate"].argsort()
    low, high = (
        f"{number(row['estimate'])} ({row['group']}; {number(row['conf_low'])} to "
        f"{number(row['conf_high'])})"
        for row in (frame.iloc[int(order.iloc[0])], frame.iloc[int(order.iloc[-1])])
    )
    tail = "the groups differ" if p < LEVEL else "the data do not show that the groups differ"
    return (
        f"{question.treatment} {question.contrast_in_words}, by {question.by}: "
        f"{question.effect_in_words(f'{low} to {high}')}, 95 % intervals, {how}; {tail} "
        f"({p_in_words(p)})."
    )


def _at_once(
    question: CausalQuestion, frame: pd.DataFrame, joint: NDArray[np.float64], p: float
) -> tuple[str, ...]:
    """What is to be minded where several effects are looked at."""
    reach = reach_at_once(joint)
    half = reach * frame["std_error"]
    effect = frame["estimate"]
    effect = effect if question.scale == "difference" else np.log(effect)
    found = frame.loc[effect.abs() > half, "group"]
    named = f": {', '.join(found)}" if len(found) else ""
    count = len(frame)
    at_once = (
        f"Each interval is its group's own. Those that hold for all {count} groups at once with "
        f"95 % reach {reach:.2f} standard errors to either side; by them {len(found)} of {count} "
        f"groups have an effect{named}."
    )
    return f"Test of one effect for all {count} groups (Wald): {p_in_words(p)}.", at_once


def _names(analysis: Analysis) -> tuple[str, ...]:
    return () if analysis.groups is None else analysis.groups.names


def number(value: float) -> str:
    """A number as a person writes it; an interval may be open to one side."""
    return ("−∞" if value < 0 else "∞") if np.isinf(value) else _number(value)


def p_in_words(p: float) -> str:
    """A p-value as a person writes it."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def reach_and_p(estimate: float, std_error: float, degrees: float) -> tuple[float, float]:
    """Half the length of the 95 % interval and the two-sided p-value of no effect, from the normal
    distribution (infinite degrees of freedom) or from t; NaN where no error is known."""
    from scipy.special import ndtr, stdtr, stdtrit

    if not std_error > 0:
        return float("nan"), float("nan")
    z = abs(estimate / std_error)
    if np.isinf(degrees):
        return Z95 * std_error, float(2 * ndtr(-z))
    return float(stdtrit(degrees, 0.975)) * std_error, float(2 * stdtr(degrees, -z))


def _label(row: pd.Series) -> str:
    if row["estimand"] == CRUDE:
        return "crude difference,<br>not adjusted"
    whom = escape(row["group"])
    prefix = "" if row["estimand"] == "CATE" else f"{row['estimand']}: "
    return f"{prefix}{whom}<br>{escape(row['contrast'], 30)}"


def _in_words(row: pd.Series) -> str:
    low, high = number(row["conf_low"]), number(row["conf_high"])
    return f"{number(row['estimate'])}  ({low} to {high})"


def _bar(row: pd.Series, colour: str) -> dict[str, Any]:
    # An interval that is open to one side runs off the picture.
    reach = [abs(row["conf_high"] - row["estimate"]), abs(row["estimate"] - row["conf_low"])]
    far = 20 * row["std_error"]
    return {
        "type": "data",
        "symmetric": False,
        "array": [min(reach[0], far)],
        "arrayminus": [min(reach[1], far)],
        "color": colour,
        "thickness": 2,
        "width": 6,
    }
