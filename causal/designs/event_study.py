"""How does the effect run: before the start (where there should be none), and with time since?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from workbench.figures import BLUE, GREY, LIGHT_GREY, new_figure
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import Range

from ..effect import number
from ._bands import simultaneous_reach, t_reach
from ._group_time import Adjust, Average, Controls, GroupTime, group_time
from .panel import PanelQuestion
from .staggered_adoption import notes_of

Along = Literal["since start", "start", "period"]
AXIS: dict[Along, str] = {
    "since start": "periods since the start",
    "start": "units that start in",
    "period": "period",
}


@dataclass(frozen=True, kw_only=True)
class EventStudy(Result):
    """Effects along an axis, in the outcome's unit, with two intervals: `conf_low` to `conf_high`
    holds this one effect in 95 % of samples, `band_low` to `band_high` all of them at once."""

    columns: ClassVar[Mapping[str, str]] = {
        "at": "periods since the start, the start, or the period",
        "position": "its place on the axis; below 0 before the start",
        "estimate": "effect on the treated, in the outcome's unit",
        "std_error": "standard error, clusters taken together; empty for the reference",
        "conf_low": "lower end of the 95 % interval of this effect",
        "conf_high": "upper end of the 95 % interval of this effect",
        "band_low": "lower end of the 95 % band of all effects at once",
        "band_high": "upper end of the 95 % band of all effects at once",
        "units": "how many treated units it is the mean over",
    }

    outcome: str = ""
    axis: str = ""
    anticipation: int = 0

    def figure(self) -> Any:
        """Points with intervals (thick) and simultaneous bands (thin), grey before the start; a
        dotted line where units may begin to react."""
        shown = self.frame
        figure = new_figure(x=self.axis, y=f"effect on {self.outcome}", showlegend=False)
        figure.add_hline(y=0, line={"color": LIGHT_GREY, "width": 2})
        before = (shown["position"] < 0).to_numpy()
        for rows, colour in ((shown[before], GREY), (shown[~before], BLUE)):
            for low, high, width in (("band_low", "band_high", 1), ("conf_low", "conf_high", 4)):
                figure.add_scatter(
                    x=rows["position"], y=rows["estimate"], mode="markers",
                    marker={"size": 9, "color": colour}, customdata=rows[["at", "units"]],
                    error_y={
                        "type": "data", "symmetric": False, "array": rows[high] - rows["estimate"],
                        "arrayminus": rows["estimate"] - rows[low], "color": colour,
                        "thickness": width, "width": 4 if width == 1 else 0,
                    },
                    hovertemplate="%{customdata[0]}: %{y:.4g}<br>%{customdata[1]} treated units"
                    "<extra></extra>",
                )  # fmt: skip
        if before.any():
            figure.add_vline(x=-0.5, line={"color": GREY, "width": 1, "dash": "dash"})
            if self.anticipation:
                when = -0.5 - self.anticipation
                figure.add_vline(x=when, line={"color": GREY, "width": 1, "dash": "dot"})
        every = max(1, len(shown) // 14)
        figure.update_xaxes(
            tickvals=shown["position"][::every], ticktext=shown["at"][::every], zeroline=False
        )
        return figure


@method("Event study", page="difference_in_differences", weighs=True)
def event_study(
    question: PanelQuestion,
    /,
    *,
    along: Annotated[Along, "By periods since the start, by start, or by period"] = "since start",
    controls: Annotated[Controls, "Compare with units never treated, or also not yet"] = "never",
    adjust: Annotated[Adjust, "How covariates are adjusted for, where there are any"] = (
        "doubly robust"
    ),
    draws: Annotated[int, Range(99, 99_999), "Of the bootstrap behind the bands"] = 1999,
    seed: int = 0,
    progress: Progress = silent,
) -> EventStudy:
    """The effect by time since the start, with bands that hold all of them at once.

    Each is an average of the effects of single starts and periods (Callaway & Sant'Anna 2021), all
    relative to the period before the start (with the question's `anticipation`, before units may
    react), which is therefore 0 by construction. Before it the effects should be 0: a trend there
    speaks against parallel trends. Far from the start fewer groups are averaged (`units`), so a
    bend there may be another mix of them.

    `along="start"` gives the mean effect of each group by its start, `"period"` that of each
    calendar period. Bands are from the multiplier bootstrap of the influence functions.

    Raises `NotApplicable` where no start has units to be compared with.
    """
    progress(0.0, "effects by start and period")
    panel = question.panel
    found = group_time(panel, controls, adjust, part(progress, 0.0, 0.7))
    averages = _along(found, along)
    known = [average for average in averages.values() if average.units > 1]
    reach = simultaneous_reach(known, draws, seed, part(progress, 0.7, 1.0))
    rows = [_row(found, along, k, average, reach) for k, average in averages.items()]
    if along == "since start":
        rows.append(_reference(found))
    frame = pd.DataFrame(rows, columns=list(EventStudy.columns)).sort_values("position")
    frame = frame.reset_index(drop=True)
    return EventStudy(
        frame=frame,
        summary=_summary(question, frame, along),
        notes=(
            *notes_of(question, found, found.simple(), adjust),
            *_alone(averages),
            (
                f"The bands hold all {len(known)} effects at once in 95 % of samples: "
                f"{reach:.2f} standard errors ({draws:,} draws, seed {seed}), more where few "
                "clusters tell them."
            ),
        ),
        outcome=question.outcome_in_words,
        axis=AXIS[along],
        anticipation=panel.anticipation if along == "since start" else 0,
    )


def _along(found: GroupTime, along: Along) -> dict[int, Average]:
    if along == "since start":
        return found.by_event()
    return found.by_group() if along == "start" else found.by_period()


def _row(
    found: GroupTime, along: Along, at: int, average: Average, reach: float
) -> tuple[object, ...]:
    error, centre = average.std_error, average.estimate
    single, band = (t_reach(average.degrees, normal) * error for normal in (Z95, reach))
    return (
        _signed(at) if along == "since start" else found.panel.name_of(at), at,
        centre, error, centre - single, centre + single,
        centre - band, centre + band,
        average.units,
    )  # fmt: skip


def _reference(found: GroupTime) -> tuple[object, ...]:
    missing, at = [np.nan] * 5, found.reference
    return (_signed(at), at, 0.0, *missing, int((~found.panel.never).sum()))


def _signed(since: int) -> str:
    return f"{since:+d}".replace("-", "−") if since else "0"


def _alone(averages: dict[int, Average]) -> list[str]:
    """Effects on one unit have no error that could be known."""
    count = sum(average.units < 2 for average in averages.values())
    if not count:
        return []
    return [f"{count} effects are on one unit only and have no interval."]


def _summary(question: PanelQuestion, frame: pd.DataFrame, along: Along) -> str:
    since = frame[frame["position"] >= 0] if along == "since start" else frame
    clear = since[(since["band_low"] > 0) | (since["band_high"] < 0)]
    first, last = since.iloc[0], since.iloc[-1]
    where = {
        "since start": f"in the period of the start, {number(last['estimate'])} in the period "
        f"{last['at']}",
        "start": f"for the start in {first['at']}, {number(last['estimate'])} for {last['at']}",
        "period": f"in {first['at']}, {number(last['estimate'])} in {last['at']}",
    }[along]
    reference = -1 - question.anticipation
    before = frame[frame["position"] < reference] if along == "since start" else frame.iloc[:0]
    off = before[(before["band_low"] > 0) | (before["band_high"] < 0)]
    when = "before units may react" if question.anticipation else "before the start"
    earlier = f"; {when} {len(off)} of {len(before)} differ from 0" if len(before) else ""
    return (
        f"The effect on {question.outcome_in_words} is {number(first['estimate'])} {where}; "
        f"{len(clear)} of {len(since)} differ from 0 with a band that holds all at once{earlier}."
    )
