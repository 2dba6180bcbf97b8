"""Does the conclusion hang on a few rows?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BLUE, LIGHT_GREY, VERMILION, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ..analysis import with_rows
from ..estimators.linear_regression import usable_design
from ..estimators.partial_slope import PartialSlope
from ..estimators.two_stage_least_squares import step_of, two_stages
from ..question import CausalQuestion
from ._again import (
    NAMES,
    TESTED,
    Again,
    Estimator,
    estimator_again,
    group_column,
    tested,
)

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
#: Rows listed: at least and at most.
FEWEST, MOST = 20, 500
#: A conclusion that a smaller share of the rows can turn is said to hang on them.
FEW = 0.01


@dataclass(frozen=True, kw_only=True)
class InfluentialRows(CheckResult):
    """The rows that hold the estimate up, the one that does most first.

    `to_lose`: how many of them must be left out for the 95 % interval to reach zero (with its
    length as it is), `to_flip`: for the sign to turn; None where no rows do. `without_them`: the
    estimate really computed anew without the rows of `to_flip` (or of `to_lose`). `unit` is the
    estimates' scale, `no_effect` where there is none on it, `rows` how many there are.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "removed": "how many rows are left out, this one and all above",
        "row": "number of the row in the table",
        "treatment": "its treatment, as a number",
        "outcome": "its outcome, on the effect's scale",
        "change": "how the estimate changes without this row alone, in the outcome's unit; a ratio "
        "is multiplied by it",
        "estimate_without": "the estimate without this row and all above, to first order",
    }

    to_lose: int | None
    to_flip: int | None
    without_them: float | None
    rows: int
    unit: str = ""
    no_effect: float = 0.0

    def figure(self) -> Any:
        """The estimate as the most influential rows are left out one after the other."""
        frame, is_ratio = self.frame, bool(self.no_effect)
        first = frame.iloc[0]
        start = (
            first["estimate_without"] / first["change"]
            if is_ratio
            else first["estimate_without"] - first["change"]
        )
        figure = new_figure(height=360, x="rows left out, the most influential first", y=self.unit,
                            showlegend=False)  # fmt: skip
        figure.add_hline(y=self.no_effect, line={"color": LIGHT_GREY, "width": 2})
        figure.add_scatter(
            x=[0, *frame["removed"]], y=[start, *frame["estimate_without"]], mode="lines",
            line={"color": BLUE, "width": 2.5}, hovertemplate="without %{x} rows: %{y:.4g}"
            "<extra></extra>",
        )  # fmt: skip
        for count, words in self._turns:
            if count is not None and count <= len(frame):
                figure.add_scatter(
                    x=[count], y=[frame["estimate_without"].iloc[count - 1]],
                    mode="markers+text", text=[f"{words}: {count}"], textposition="top right",
                    marker={"color": VERMILION, "size": 10}, hoverinfo="skip",
                )  # fmt: skip
        figure.update_xaxes(range=[0, 1.25 * len(frame)])
        return figure

    @property
    def _turns(self) -> tuple[tuple[int | None, str], ...]:
        reaches, turns = "interval reaches zero", "sign turns"
        if self.no_effect:
            reaches, turns = "interval reaches one", "direction turns"
        return (self.to_lose, reaches), (self.to_flip, turns)


@method("Influential rows", page="robustness", weighs=True)
def influential_rows(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[Estimator | None, TESTED] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> InfluentialRows:
    """How many rows would have to be left out to turn the conclusion, and which.

    Each row's influence says how the estimate changes without it (for regression exactly, for AIPW
    with nuisances as they are, for two-stage least squares with the first stage as it is); a row
    with weight counts by it. Left out in the order of their influence they show the smallest
    number of rows that makes the interval reach zero, and that turns the sign, to first order; the
    estimate is then computed anew without them. A conclusion that 1 % of the rows can turn is true
    of these rows rather than of everybody. Where a column has the role group, a note says which
    whole group does most. The check informs and does not judge. Unit: the outcome's.

    Linear regression is looked at for the ATE alone, of which it has one coefficient; AIPW for the
    ATE, ATT, ATC and ATO and for ratios, two-stage least squares for the LATE. Left to choose, it
    is the first of these that answers.

    Source: Broderick, Giordano & Meager, An Automatic Finite-Sample Robustness Metric (2020);
    Belsley, Kuh & Welsch (1980) for DFBETA.
    """
    estimator = _whose(question, estimator)
    again = estimator_again(question, estimator, seed, progress)
    real, sign = again.real, np.sign(again.real.estimate)
    changes = _changes(again)
    order = np.argsort(sign * changes, kind="stable")
    order = order[sign * changes[order] < 0]
    path = real.estimate + np.cumsum(changes[order])
    to_lose = _first(np.abs(path) <= real.reach, abs(real.estimate) > real.reach)
    to_flip = _first(np.sign(path) != sign, True)
    turning = to_flip or to_lose
    anew = _without(again, order[:turning]) if turning else None
    frame = _frame(again, changes, order[: _shown(turning)], path)
    progress(1.0)
    return InfluentialRows(
        frame=frame,
        summary=_summary(question, again, to_lose, to_flip, anew),
        notes=(*again.analysis.notes, *_notes(again, changes, frame, turning, len(order))),
        to_lose=to_lose,
        to_flip=to_flip,
        without_them=anew,
        rows=len(again.analysis),
        unit=question.unit_in_words,
        no_effect=question.no_effect,
    )


def _whose(question: CausalQuestion, estimator: Estimator | None) -> Estimator:
    """The estimator whose rows are looked at: where none was named the first that answers, but for
    the ATT and ATC, of which a regression has several coefficients, AIPW."""
    name = tested(question, estimator)
    if name != "linear_regression" or question.estimand == "ATE":
        return name
    if estimator is None:
        return "aipw"
    raise NotApplicable(
        "The influence of rows on a regression is that on one coefficient, and the "
        f"{question.estimand} is an average of several.",
        "Choose AIPW, or ask for the ATE.",
    )


def _changes(again: Again) -> Floats:
    """What becomes of the estimate without each row, (n,)."""
    if again.given is not None:
        return _of_stages(again)
    return _of_aipw(again) if again.drawn else _of_regression(again)


def _of_regression(again: Again) -> Floats:
    analysis = again.analysis
    partial = PartialSlope.of_rows(analysis, usable_design(analysis).matrix)
    return analysis.step * partial.changes(partial.rest(analysis.t))


def _of_aipw(again: Again) -> Floats:
    """Exactly those of the mean over everyone, the nuisances as they are."""
    influence = again.scores.influence
    return np.asarray(-influence / (len(influence) - again.analysis.weight))


def _of_stages(again: Again) -> Floats:
    if again.given is None:
        raise AssertionError("two stages have instruments")
    fit = two_stages(again.given)
    moved = fit.first_stage
    scores = moved * (fit.y - fit.estimate * fit.t) / float(moved @ fit.t)
    return -step_of(again.analysis.question) * scores


def _without(again: Again, gone: Rows) -> float | None:
    """The estimate anew; None where too few rows are left for one."""
    kept = np.setdiff1d(np.arange(len(again.analysis)), gone)
    try:
        return float(again.shown(again.on(with_rows(again.analysis, kept)).estimate))
    except NotApplicable:  # what is left cannot carry the estimator: there is no number to show
        return None


def _first(holds: NDArray[np.bool_], is_asked: bool) -> int | None:
    """How many rows until it holds; None where it never does, or did from the start."""
    return int(np.argmax(holds)) + 1 if is_asked and holds.any() else None


def _shown(turning: int | None) -> int:
    return min(max(turning or 0, FEWEST), MOST)


def _frame(again: Again, changes: Floats, rows: Rows, path: Floats) -> pd.DataFrame:
    analysis = again.analysis
    return pd.DataFrame(
        {
            "removed": np.arange(1, len(rows) + 1),
            "row": analysis.rows[rows],
            "treatment": analysis.question.treated.numbers[analysis.rows[rows]],
            "outcome": analysis.y[rows],
            "change": again.shown(changes[rows]),
            "estimate_without": again.shown(path[: len(rows)]),
        }
    )


def _summary(
    question: CausalQuestion,
    again: Again,
    to_lose: int | None,
    to_flip: int | None,
    anew: float | None,
) -> str:
    rows = len(again.analysis)
    text = (
        f"The effect of {question.treatment} by {NAMES[again.estimator]} "
        f"({again.in_words(again.real.estimate)})"
    )
    what, nothing = ("sign", "zero") if question.scale == "difference" else ("direction", "one")
    if to_flip is None:
        text += f" keeps its {what} whichever rows are left out one after the other"
    else:
        text += f" changes its {what} without {to_flip:,} of {rows:,} rows ({to_flip / rows:.1%})"
    if to_lose is not None:
        text += f", and its interval reaches {nothing} without {to_lose:,} ({to_lose / rows:.1%})"
    turning = to_flip or to_lose
    if turning is not None and anew is not None:
        text += f"; computed anew without the {turning:,} it is {number(anew)}"
    return text + "."


def _notes(
    again: Again, changes: Floats, frame: pd.DataFrame, turning: int | None, helpful: int
) -> list[str]:
    first, question = frame.iloc[0], again.analysis.question
    does = "changes by" if question.scale == "difference" else "is multiplied by"
    notes = [
        (
            f"Row {int(first['row'])} matters most: without it alone the estimate {does} "
            f"{number(first['change'])}."
        ),
        "How many rows are needed is a first-order count; the interval's length is taken as it is.",
    ]
    clusters = again.analysis.clusters
    if clusters is not None:
        notes.append(_of_groups(again, clusters, changes, does))
    if turning is not None and turning > len(frame):
        notes.append(f"The {len(frame):,} most influential of these rows are listed.")
    if turning is not None and turning < FEW * max(helpful, 1):
        notes.append(
            "Warning: less than 1 % of the rows that hold the estimate up can turn the conclusion: "
            "look at them."
        )
    return [*notes, *again.notes("set of rows left out")]


def _of_groups(again: Again, clusters: Rows, changes: Floats, does: str) -> str:
    """The whole group without which the estimate changes most, to first order."""
    analysis, column = again.analysis, group_column(again.analysis)
    sums = np.bincount(clusters, changes)
    most = int(np.abs(sums).argmax())
    row = analysis.rows[int(np.argmax(clusters == most))]
    return (
        f"Of the groups of '{column}' {analysis.question.data.frame[column].iloc[row]} matters "
        f"most: without it alone the estimate {does} about {again.in_words(float(sums[most]))}."
    )
