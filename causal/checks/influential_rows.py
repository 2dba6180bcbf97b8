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
from workbench.metrics import Z95
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ..estimators.linear_regression import usable_design
from ..question import CausalQuestion
from ._again import NAMES, Again, Estimator, estimator_again, with_rows

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
    estimates' scale, `rows` how many there are.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "removed": "how many rows are left out, this one and all above",
        "row": "number of the row in the table",
        "treatment": "its treatment, as a number",
        "outcome": "its outcome, on the effect's scale",
        "change": "how the estimate changes without this row alone, in the outcome's unit",
        "estimate_without": "the estimate without this row and all above, to first order",
    }

    to_lose: int | None
    to_flip: int | None
    without_them: float | None
    rows: int
    unit: str = ""

    def figure(self) -> Any:
        """The estimate as the most influential rows are left out one after the other."""
        frame = self.frame
        start = frame["estimate_without"].iloc[0] - frame["change"].iloc[0]
        figure = new_figure(height=360, x="rows left out, the most influential first", y=self.unit,
                            showlegend=False)  # fmt: skip
        figure.add_hline(y=0, line={"color": LIGHT_GREY, "width": 2})
        figure.add_scatter(
            x=[0, *frame["removed"]], y=[start, *frame["estimate_without"]], mode="lines",
            line={"color": BLUE, "width": 2.5}, hovertemplate="without %{x} rows: %{y:.4g}"
            "<extra></extra>",
        )  # fmt: skip
        for count, words in ((self.to_lose, "interval reaches zero"), (self.to_flip, "sign turns")):
            if count is not None and count <= len(frame):
                figure.add_scatter(
                    x=[count], y=[frame["estimate_without"].iloc[count - 1]],
                    mode="markers+text", text=[f"{words}: {count}"], textposition="top right",
                    marker={"color": VERMILION, "size": 10}, hoverinfo="skip",
                )  # fmt: skip
        figure.update_xaxes(range=[0, 1.25 * len(frame)])
        return figure


@method("Influential rows", page="robustness")
def influential_rows(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[Estimator, "the estimator that is put to the test"] = "linear_regression",
    seed: int = 0,
    progress: Progress = silent,
) -> InfluentialRows:
    """How many rows would have to be left out to turn the conclusion, and which.

    Each row's influence says how the estimate changes without it (for regression exactly, for AIPW
    with nuisances as they are). Left out in the order of their influence they show the smallest
    number of rows that makes the interval reach zero, and that turns the sign, to first order; the
    estimate is then computed anew without them. A conclusion that 1 % of the rows can turn is true
    of these rows rather than of everybody. The check informs and does not judge. Unit: the
    outcome's.

    Source: Broderick, Giordano & Meager, An Automatic Finite-Sample Robustness Metric (2020);
    Belsley, Kuh & Welsch (1980) for DFBETA.
    """
    if estimator == "linear_regression" and question.estimand != "ATE":
        raise NotApplicable(
            "The influence of rows on a regression is computed for the ATE, not the "
            f"{question.estimand}.",
            "Ask for the ATE, or choose AIPW.",
        )
    again = estimator_again(question, estimator, seed, progress)
    changes = _of_regression(again) if again.first is None else _of_aipw(again)
    order = np.argsort(np.sign(again.real.estimate) * changes, kind="stable")
    order = order[np.sign(again.real.estimate) * changes[order] < 0]
    path = again.real.estimate + np.cumsum(changes[order])
    reach = Z95 * again.real.std_error
    to_lose = _first(np.abs(path) <= reach, abs(again.real.estimate) > reach)
    to_flip = _first(np.sign(path) != np.sign(again.real.estimate), True)
    turning = to_flip or to_lose
    anew = _without(again, order[:turning]) if turning else None
    frame = _frame(again, changes, order[: _shown(to_flip or to_lose)], path)
    progress(1.0)
    return InfluentialRows(
        frame=frame,
        summary=_summary(question, estimator, again, to_lose, to_flip, anew),
        notes=(*again.analysis.notes, *_notes(frame, to_flip or to_lose, len(order))),
        to_lose=to_lose,
        to_flip=to_flip,
        without_them=anew,
        rows=len(again.analysis),
        unit=question.unit_in_words,
    )


def _of_regression(again: Again) -> Floats:
    """The change of the treatment's coefficient without each row (DFBETA), by Frisch & Waugh."""
    analysis = again.analysis
    x = np.column_stack([np.ones(len(analysis)), usable_design(analysis).matrix])
    q, _ = np.linalg.qr(x)
    rest_of_t = analysis.t - q @ (q.T @ analysis.t)
    rest_of_y = analysis.y - q @ (q.T @ analysis.y)
    size = float(rest_of_t @ rest_of_t)
    residual = rest_of_y - (rest_of_t @ rest_of_y) / size * rest_of_t
    leverage = (q**2).sum(axis=1) + rest_of_t**2 / size
    left = np.clip(1 - leverage, 1e-10, None)
    return np.asarray(-analysis.step * rest_of_t * residual / left / size)


def _of_aipw(again: Again) -> Floats:
    if again.first is None:
        raise AssertionError("AIPW has learned nuisances")
    influence = again.first.scores(again.analysis).influence
    return np.asarray(-influence / (len(influence) - 1))


def _without(again: Again, gone: Rows) -> float | None:
    """The estimate anew; None where too few rows are left for one."""
    kept = np.setdiff1d(np.arange(len(again.analysis)), gone)
    try:
        return again.on(with_rows(again.analysis, kept)).estimate
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
            "change": changes[rows],
            "estimate_without": path[: len(rows)],
        }
    )


def _summary(
    question: CausalQuestion,
    estimator: Estimator,
    again: Again,
    to_lose: int | None,
    to_flip: int | None,
    anew: float | None,
) -> str:
    rows = len(again.analysis)
    text = (
        f"The effect of {question.treatment} by {NAMES[estimator]} ({number(again.real.estimate)})"
    )
    if to_flip is None:
        text += " keeps its sign whichever rows are left out one after the other"
    else:
        text += f" changes its sign without {to_flip:,} of {rows:,} rows ({to_flip / rows:.1%})"
    if to_lose is not None:
        text += f", and its interval reaches zero without {to_lose:,} ({to_lose / rows:.1%})"
    turning = to_flip or to_lose
    if turning is not None and anew is not None:
        text += f"; computed anew without the {turning:,} it is {number(anew)}"
    return text + "."


def _notes(frame: pd.DataFrame, turning: int | None, helpful: int) -> list[str]:
    first = frame.iloc[0]
    notes = [
        (
            f"Row {int(first['row'])} matters most: without it alone the estimate changes by "
            f"{number(first['change'])}."
        ),
        "How many rows are needed is a first-order count; the interval's length is taken as it is.",
    ]
    if turning is not None and turning > len(frame):
        notes.append(f"The {len(frame):,} most influential of these rows are listed.")
    if turning is not None and turning < FEW * max(helpful, 1):
        notes.append(
            "Warning: less than 1 % of the rows that hold the estimate up can turn the conclusion: "
            "look at them."
        )
    return notes
