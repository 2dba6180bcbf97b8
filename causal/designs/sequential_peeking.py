"""What does looking before the end cost, and what may be read at every look?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable, ParameterError
from workbench.figures import BAND, BLUE, GREY, LIGHT_GREY, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.settings import Range

from ._arms import arms_of, notes_of
from .design import Floats
from .experiment import ExperimentQuestion
from .periods import order_of

#: The level of the tests and intervals.
LEVEL = 0.05
#: Points of the integral over where an experiment that goes on may stand.
POINTS = 801


@dataclass(frozen=True, kw_only=True)
class SequentialPeeking(Result):
    """The effect as it stood at each look, with the interval for one look and that for all."""

    columns: ClassVar[Mapping[str, str]] = {
        "look": "number of the look",
        "rows": "rows with an outcome by then",
        "estimate": "difference in means so far, in the outcome's unit",
        "std_error": "its standard error",
        "conf_low": "lower end of the usual 95 % interval, right for one look planned beforehand",
        "conf_high": "upper end",
        "always_low": "lower end of the always-valid 95 % interval, right at all looks together",
        "always_high": "upper end",
        "false_findings": "the chance that a test at 5 % at every look so far finds an effect where"
        " there is none",
    }

    unit: str = ""

    def figure(self) -> Any:
        """The effect along the looks: the always-valid interval as a band, the usual as bars."""
        frame = self.frame
        figure = new_figure(height=400, x="rows so far", y=f"effect on {self.unit}")
        figure.add_hline(y=0, line={"color": LIGHT_GREY, "width": 2})
        figure.add_scatter(
            x=[*frame["rows"], *frame["rows"][::-1]],
            y=[*frame["always_high"], *frame["always_low"][::-1]],
            fill="toself", fillcolor=BAND, line={"width": 0}, mode="lines", hoverinfo="skip",
            name="always valid",
        )  # fmt: skip
        figure.add_scatter(
            x=frame["rows"], y=frame["estimate"], mode="lines+markers", name="so far (usual bars)",
            line={"color": BLUE}, marker={"size": 8},
            error_y={"type": "data", "array": frame["conf_high"] - frame["estimate"],
                     "color": GREY, "thickness": 1.5, "width": 5},
            customdata=frame["false_findings"],
            hovertemplate="%{x:,} rows: %{y:.4g}; false findings by now %{customdata:.1%}"
            "<extra></extra>",
        )  # fmt: skip
        return figure


@method("Sequential peeking", page="experiment", weighs=True)
def sequential_peeking(
    question: ExperimentQuestion,
    /,
    *,
    looks: Annotated[int, Range(1, 100), "how often one looks, after equally many rows each"] = 5,
    expected: Annotated[
        float,
        Range(0.001, 10.0),
        "the size of effect, in standard deviations, for which the always-valid interval is short; "
        "fix it before the experiment",
    ] = 0.1,
    compared: Annotated[str | None, "the arm; none: the first beside the control"] = None,
    progress: Progress = silent,
) -> SequentialPeeking:
    """How much looking again and again inflates the error, and an interval that holds at each look.

    A test at 5 % is right for one look that was planned. Whoever tests at each look and stops at
    the first finding errs far more often: `false_findings` is that chance, exactly, for equally
    spaced looks. The always-valid interval (mixture sequential, normal) is wider and holds at all
    looks together, however many and whenever one stops. It is that of the difference in means, its
    standard error taken as known, which needs some hundred rows. Rows are taken in the order of the
    column with the role time, or else of the table. Unit: the outcome's.

    Raises `NotApplicable` where no look has rows enough.
    Source: Armitage, McPherson & Rowe (1969); Robbins (1970); Johari, Koomen, Pekelis & Walsh,
    Operations Research 70 (2022).
    """
    progress(0.0, "Ordering the rows")
    level = _level(question, compared)
    whole = arms_of(question, adjustment="none")
    order, ordered_by, undated = _order(question, whole.rows)
    spread = whole.spread
    errors = false_findings(looks)
    rows, skipped = [], 0
    for k in range(1, looks + 1):
        progress(k / (looks + 1), "Looking")
        try:
            made = arms_of(question, adjustment="none", rows=order[: len(order) * k // looks])
        except NotApplicable:
            skipped += 1
            continue
        estimate, error, _ = made.effect(level)
        if not error > 0:
            skipped += 1
            continue
        reach = always_reach(error, expected * spread)
        rows.append(
            {
                "look": k, "rows": len(made.y), "estimate": estimate, "std_error": error,
                "conf_low": estimate - Z95 * error, "conf_high": estimate + Z95 * error,
                "always_low": estimate - reach, "always_high": estimate + reach,
                "false_findings": errors[k - 1],
            }
        )  # fmt: skip
    if not rows:
        raise NotApplicable("No look has rows enough for a spread.", "Take fewer looks.")
    frame = pd.DataFrame(rows)
    progress(1.0)
    notes = [
        f"Rows are taken in the order of {ordered_by}.",
        (
            f"The always-valid interval is shortest for effects of {number(expected * spread)} "
            f"({expected:g} standard deviations); that size must be fixed beforehand."
        ),
    ]
    if undated:
        notes.append(f"{undated:,} rows have no time and are left out of every look.")
    if skipped:
        notes.append(
            f"Warning: {skipped} early looks lack rows of an arm and are left out: the rows may "
            "not be in the order of time."
        )
    if len(question.levels) > 2:
        notes.append(f"Shown is {question.levels[level]} against {question.levels[0]}.")
    return SequentialPeeking(
        frame=frame,
        summary=_summary(question, frame, looks),
        notes=(*notes, *notes_of(question, whole)),
        unit=question.outcome_in_words,
    )


def false_findings(looks: int, level: float = LEVEL) -> Floats:
    """The chance (looks,) that a two-sided test at each of so many equally spaced looks has found
    an effect by then, where there is none."""
    from scipy.special import ndtri

    z = float(ndtri(1 - level / 2))
    found = np.empty(looks)
    at = np.linspace(-z, z, POINTS)
    density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    for k in range(looks):
        if k:
            to = np.linspace(-z, z, POINTS) * np.sqrt(k + 1)
            step = np.exp(-((to[:, None] - at[None]) ** 2) / 2) / np.sqrt(2 * np.pi)
            density, at = step @ (density * _simpson(at)), to
        found[k] = 1 - float(density @ _simpson(at))
    return found


def always_reach(std_error: float, tau: float) -> float:
    """Half the always-valid 95 % interval of an estimate, by a normal mixture with deviation
    `tau`."""
    v, t = std_error**2, tau**2
    return float(np.sqrt(v * (v + t) / t * (2 * np.log(1 / LEVEL) + np.log((v + t) / v))))


def _simpson(at: Floats) -> Floats:
    weights = np.ones(len(at))
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    return np.asarray(weights * (at[1] - at[0]) / 3)


def _level(question: ExperimentQuestion, compared: str | None) -> int:
    if compared is None:
        return 1
    if compared not in question.levels[1:]:
        raise ParameterError(
            f"compared = '{compared}' is no arm beside the control.",
            f"Choose one of: {', '.join(question.levels[1:])}.",
        )
    return question.levels.index(compared)


def _order(question: ExperimentQuestion, rows: np.ndarray) -> tuple[np.ndarray, str, int]:
    """The rows in the order of time, what that is called, and how many have no time."""
    times = question.data.with_role("time")
    if not times:
        return rows, "the table", 0
    codes = order_of(question.data, times[0])[rows]
    known = ~np.isnan(codes)
    order = rows[known][np.argsort(codes[known], kind="stable")]
    return order, f"'{times[0]}'", int((~known).sum())


def _summary(question: ExperimentQuestion, frame: pd.DataFrame, looks: int) -> str:
    last = frame.iloc[-1]
    out = (last["always_low"] > 0) or (last["always_high"] < 0)
    return (
        f"Tested at 5 % at each of {looks} looks, an experiment without any effect finds one with "
        f"{frame['false_findings'].iloc[-1]:.1%}; the interval that holds at every look is "
        f"{number(last['always_low'])} to {number(last['always_high'])} for "
        f"{question.outcome_in_words} at the last and {'leaves out' if out else 'holds'} zero."
    )
