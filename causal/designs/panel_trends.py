"""The picture before any number: how treated and others moved over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures import COLOURS, GREY, new_figure
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import Result

from ..effect import number
from ._bands import t_reach
from ._cross_sections import CrossSections
from ._few_clusters import cluster_sums
from .panel import Panel, PanelQuestion

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: More lines than this cannot be told apart: then the largest groups are drawn.
MOST_LINES = 6
MOST_TICKS = 12


@dataclass(frozen=True, kw_only=True)
class PanelTrends(Result):
    """Mean of the outcome by group and period, with 95 % intervals from the units' spread."""

    columns: ClassVar[Mapping[str, str]] = {
        "group": "units that are never treated, or by their first treated period",
        "period": "the period",
        "position": "the number of the period, from 0",
        "start": "the number of the group's first treated period; empty for the never treated",
        "mean": "mean of the outcome, in its unit",
        "conf_low": "lower end of the mean's 95 % interval; empty for one unit",
        "conf_high": "upper end of the mean's 95 % interval; empty for one unit",
        "units": "units seen in the period",
    }

    outcome: str = ""

    def figure(self) -> Any:
        """A line for each group, with a mark at its start; of two groups with intervals."""
        shown = self.frame
        figure = new_figure(y=self.outcome)
        drawn = _drawn(shown)
        for k, group in enumerate(drawn):
            rows = shown[shown["group"] == group]
            start = rows["start"].iloc[0]
            colour = GREY if np.isnan(start) else COLOURS[k % len(COLOURS)]
            name = f"{group} ({rows['units'].max()})"
            figure.add_scatter(
                x=rows["position"], y=rows["mean"], mode="lines+markers", name=name,
                line={"color": colour, "width": 2}, marker={"size": 5}, customdata=rows["period"],
                error_y={
                    "visible": len(drawn) <= 2,
                    "type": "data", "symmetric": False, "thickness": 1, "width": 0,
                    "array": rows["conf_high"] - rows["mean"],
                    "arrayminus": rows["mean"] - rows["conf_low"],
                },
                hovertemplate="%{customdata}: %{y:.4g}<extra></extra>",
            )  # fmt: skip
            if not np.isnan(start):
                figure.add_vline(x=start - 0.5, line={"color": colour, "width": 1, "dash": "dash"})
        ticks = shown.drop_duplicates("position").sort_values("position")
        ticks = ticks[:: -(-len(ticks) // MOST_TICKS)]
        figure.update_xaxes(tickvals=ticks["position"], ticktext=ticks["period"], zeroline=False)
        if len(drawn) > 2:  # in several lines above the plot it would reach the buttons there
            figure.update_layout(
                legend={"yref": "container", "y": 0, "yanchor": "bottom"}, height=480
            )
        return figure


@method("Trends of treated and others", page="difference_in_differences", weighs=True)
def panel_trends(question: PanelQuestion, /, *, progress: Progress = silent) -> PanelTrends:
    """How the outcome moved in the treated and in the others, with the start marked.

    Look whether the lines run alike before the start: that they go on so is what every number on
    this page assumes. Levels may differ. With several starts each has its own line.
    """
    progress(0.0, "means by period")
    panel = question.panel
    rows = []
    for start in (*panel.cohorts, len(panel.periods)):
        units = panel.first == start
        if units.any():
            rows += _rows(panel, int(start), np.asarray(units))
    frame = pd.DataFrame(rows, columns=list(PanelTrends.columns))
    return PanelTrends(
        frame=frame,
        summary=_summary(question, panel),
        notes=(*panel.notes, *_notes(frame, panel)),
        outcome=question.outcome_in_words,
    )


def _rows(panel: Panel, start: int, units: Mask) -> list[tuple[Any, ...]]:
    never = start == len(panel.periods)
    group = "never treated" if never else f"treated from {panel.name_of(start)}"
    made: list[tuple[Any, ...]] = []
    for t, period in enumerate(panel.periods.names):
        seen = units & panel.seen[:, t]
        if not seen.any():
            continue
        mean, reach = _mean(panel.outcome[seen, t], panel.weight[seen, t], panel.clusters[seen])
        if np.isnan(reach) and panel.rows is not None:
            reach = _of_rows(panel.rows, panel.weight, seen, t)
        made.append((group, period, t, np.nan if never else float(start), mean,
                     mean - reach, mean + reach, int(seen.sum())))  # fmt: skip
    return made


def _mean(y: Floats, weight: Floats, clusters: NDArray[np.intp]) -> tuple[float, float]:
    """The mean and half its interval."""
    if not weight.sum() > 0:
        return float("nan"), float("nan")
    mean = float(weight @ y / weight.sum())
    codes = np.unique(clusters, return_inverse=True)[1]
    sums = cluster_sums(weight * (y - mean) / weight.sum(), codes)
    if len(sums) < 2:
        return mean, float("nan")
    error = float(np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()))
    return mean, t_reach(len(sums) - 1.0) * error


def _of_rows(rows: CrossSections, weight: Floats, seen: Mask, period: int) -> float:
    """Half the interval of a mean as far as it comes from who was drawn."""
    shares = np.zeros(weight.shape)
    shares[seen, period] = weight[seen, period] / weight[seen, period].sum()
    error, degrees = rows.error_of(shares)
    return t_reach(degrees) * error


def _drawn(frame: pd.DataFrame) -> list[str]:
    """The groups that get a line, in the order of their starts."""
    sizes = frame.groupby("group", sort=False)["units"].max()
    largest = sizes.sort_values(ascending=False, kind="stable").index[:MOST_LINES]
    return [str(group) for group in sizes.index if group in largest]


def _notes(frame: pd.DataFrame, panel: Panel) -> list[str]:
    notes = []
    if panel.rows is not None and (frame["units"] == 1).any():
        notes.append("The interval of a unit that stands alone is from how its rows vary.")
    groups = frame["group"].nunique()
    if groups > MOST_LINES:
        notes.append(f"Of {groups} groups the {MOST_LINES} largest are drawn; the table has all.")
    return notes


def _summary(question: PanelQuestion, panel: Panel) -> str:
    start = panel.base + 1
    changes = []
    for arm in (~panel.never, panel.never if panel.never.any() else panel.reacts > start):
        cells = np.where((panel.seen & ~panel.on)[arm], panel.outcome[arm], np.nan)[:, :start]
        seen = [t for t in range(start) if not np.isnan(cells[:, t]).all()]
        changes.append([float(np.nanmean(cells[:, t])) for t in (seen[0], seen[-1])])
    others = "the never treated" if panel.never.any() else "those who start later"
    before, anyone = "the first start", "anyone was treated"
    if panel.anticipation:
        before = anyone = "anyone may have reacted"
    if start < 2:
        return (
            f"Before {before}, in {panel.name_of(0)}, {question.outcome_in_words} was "
            f"{number(changes[0][0])} on average in the treated and {number(changes[1][0])} in "
            f"{others}; one period shows no trend."
        )
    moved = [late - early for early, late in changes]
    return (
        f"From {panel.name_of(0)} to {panel.name_of(start - 1)}, before {anyone}, mean "
        f"{question.outcome_in_words} changed by {number(moved[0])} in the treated and by "
        f"{number(moved[1])} in {others}."
    )
