"""Where should the cutoff be, if false alarms and misses cost what they cost?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..figures import BAND, BLUE, GREY, INK, LIGHT_GREY, PAPER, VERMILION, new_figure, number
from ..methods import method
from ..metrics import Z95, Floats
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._cutoffs import MOST_POINTS, Cutoffs, cutoffs, place_of, spread, spread_note
from ._intervals import interval_words
from ._rows import CLASSES, OTHER, PART_NAMES, ClassRows, JudgedOn, seen
from ._sides import PART, asked_for, beside, class_sides, drawn_sides

MOST_COST = 1e9
CHOSEN_HERE = (
    "The cheapest cutoff was chosen on these very rows, so on others it costs a little more; the "
    "interval holds for one cutoff chosen beforehand."
)


@dataclass(frozen=True, kw_only=True)
class CutoffCosts(Result):
    """The mean cost of a row at every cutoff that separates these rows."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "cutoff": "rows with at least this chance are called positive",
        "cost": "mean cost per row, in the unit of the costs given",
        "conf_low": "lower end of the 95 % interval of the cost here; empty where every row agrees",
        "conf_high": "upper end of the 95 % interval of the cost",
        "false_alarms": "share of all rows that are called positive and are not",
        "misses": "share of all rows that are of the class and are not called so",
        "is_cheapest": "whether this cutoff costs least on the rows that were asked for",
        "is_asked": "whether this is what the cutoff that was asked for costs",
        "without_model": "cost of calling all rows positive or none, whichever is cheaper",
        "output": "the chance that is cut",
    }

    def figure(self) -> Any:
        """The cost in steps with its interval, the cheapest cutoff, the cost without a model; the
        other part of the table in grey."""
        shown = asked_for(self.frame)
        output = shown["output"].iloc[0]
        figure = new_figure(x=f"cutoff on {output}", y="mean cost per row")
        for column, fill in (("conf_low", None), ("conf_high", "tonexty")):
            figure.add_scatter(
                x=shown["cutoff"], y=shown[column].fillna(shown["cost"]), mode="lines",
                fill=fill, fillcolor=BAND, line={"width": 0, "shape": "vh"}, hoverinfo="skip",
                showlegend=False,
            )  # fmt: skip
        for part, look in drawn_sides(self.frame):
            figure.add_scatter(
                x=part["cutoff"], y=part["cost"], mode="lines", name=look.words,
                line={"color": look.colour(BLUE), "dash": look.dash, "shape": "vh"},
                customdata=part[["false_alarms", "misses"]],
                hovertemplate="cutoff %{x:.3f}: %{y} per row; %{customdata[0]:.1%} false alarms, "
                              "%{customdata[1]:.1%} misses<extra></extra>",
            )  # fmt: skip
        figure.add_hline(y=shown["without_model"].iloc[0], annotation_text="without a model",
                         line={"color": LIGHT_GREY, "dash": "dash"})  # fmt: skip
        cheapest = shown[shown["is_cheapest"]].iloc[0]
        figure.add_vline(x=cheapest["cutoff"], line={"color": GREY, "dash": "dot", "width": 1})
        figure.add_scatter(x=[cheapest["cutoff"]], y=[cheapest["cost"]], mode="markers",
                           marker={"color": VERMILION, "size": 11}, hoverinfo="skip",
                           showlegend=False)  # fmt: skip
        asked = shown[shown["is_asked"]]
        figure.add_scatter(x=asked["cutoff"], y=asked["cost"], mode="markers", hoverinfo="skip",
                           showlegend=False, marker={"color": PAPER, "size": 11,
                                   "line": {"color": INK, "width": 2}})  # fmt: skip
        figure.update_xaxes(range=[-0.02, 1.02])
        figure.update_yaxes(rangemode="tozero")
        return figure


@method("Cutoff and costs", page="quality", tasks=CLASSES, weighs=True)
def cutoff_costs(
    model: FittedModel,
    /,
    *,
    target_class: Annotated[str | None, ClassName(), "The class that is to be found"] = None,
    cutoff: Annotated[float | None, Range(0, 1), "Cutoff on the chance that is marked"] = None,
    cost_false_alarm: Annotated[float, Range(0, MOST_COST), "What a false alarm costs"] = 1.0,
    cost_miss: Annotated[float, Range(0, MOST_COST), "What a miss costs"] = 1.0,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> CutoffCosts:
    """Which cutoff costs least, given what a false alarm and a miss cost.

    Of every cutoff that separates these rows the mean cost per row, with the 95 % interval of a
    mean over rows; what is called right costs nothing. All cutoffs between two neighbouring chances
    call the same rows and are named by the upper one; of several that cost least the lowest is
    taken; what `cutoff` costs is marked. If the chances were right as numbers, the cheapest cutoff
    would be cost_false_alarm / (cost_false_alarm + cost_miss), whatever the rows: a cutoff chosen
    on these rows follows their noise too, and its cost is too low by a little. With more than two
    classes: one class against the rest. Raises `ParameterError` where both costs are 0,
    `NotApplicable` for regression and where all rows are of one class.

    Source: Elkan, IJCAI (2001).
    """
    if cost_false_alarm == cost_miss == 0:
        raise ParameterError(
            "Both costs are 0, so every cutoff costs the same.",
            "Say what a false alarm or a miss costs; only their ratio moves the cutoff.",
        )
    sides = class_sides(model, rows, target_class, progress)
    asked = sides[0]
    every = {side.part: _costs(side, cost_false_alarm, cost_miss) for side in sides}
    best = int(every[rows]["cost"].to_numpy().argmin())
    cheapest = float(every[rows]["cutoff"].iloc[best])
    every = {
        side.part: _marked(every[side.part], side, cheapest, cutoff, side is asked)
        for side in sides
    }
    frame = beside(sides, lambda side: _thinned(every[side.part]))
    in_theory = cost_false_alarm / (cost_false_alarm + cost_miss)
    return CutoffCosts(
        frame=frame[list(CutoffCosts.columns)],
        summary=_summary(asked, every[rows], best),
        notes=(
            *_notes(asked, every[rows], best, in_theory),
            *_on_the_others(every.get(OTHER[rows]), OTHER[rows]),
        ),
    )


def _marked(
    frame: pd.DataFrame, rows: ClassRows, cheapest: float, cutoff: float | None, is_first: bool
) -> pd.DataFrame:
    """With the lines of the cheapest cutoff and of the one asked for marked, the first rows'
    cheapest in both parts."""
    cuts, at = cutoffs(rows), np.arange(len(frame))
    asked = -1 if cutoff is None else _place(cuts, cutoff)
    best = int(frame["cost"].to_numpy().argmin()) if is_first else _place(cuts, cheapest)
    return frame.assign(is_cheapest=at == best, is_asked=at == asked, output=rows.output)


def _thinned(frame: pd.DataFrame) -> pd.DataFrame:
    marked = np.flatnonzero(frame["is_cheapest"] | frame["is_asked"])
    return frame.iloc[np.union1d(spread(len(frame), MOST_POINTS - 2), marked)].copy()


def _on_the_others(frame: pd.DataFrame | None, part: JudgedOn) -> tuple[str, ...]:
    if frame is None:
        return ()
    at = frame[frame["is_cheapest"]].iloc[0]
    return (f"On the {PART_NAMES[part]} rows the same cutoff costs {number(at['cost'], 3)}.",)


def cheapest_cutoff(rows: ClassRows, false_alarm: float, miss: float) -> float:
    """The cutoff that costs least on these rows, with as few decimals as call the same rows."""
    every = _costs(rows, false_alarm, miss)
    best = int(every["cost"].to_numpy().argmin())
    high = float(every["cutoff"].iloc[best])
    low = float(every["cutoff"].iloc[best - 1]) if best > 0 else 0.0
    rounded = (np.floor(high * 10**places) / 10**places for places in range(1, 7))
    return next((float(short) for short in rounded if low < short <= high), high)


def _costs(rows: ClassRows, false_alarm: float, miss: float) -> pd.DataFrame:
    """From the cutoff that calls every row to the one that calls none."""
    n, cuts = len(rows), cutoffs(rows)
    squares = cutoffs(replace(rows, weights=rows.weight**2))
    nobody = 1.0 if cuts.chance[0] < 1 else np.nextafter(1.0, 2.0)
    cutoff = np.append(nobody, cuts.chance)[::-1]
    alarms, misses = (each / cuts.total for each in _mistakes(cuts))
    cost = false_alarm * alarms + miss * misses
    # of a weighted mean: Σ w² (cost of the row − mean)² / (Σ w)²
    alarms_squared, misses_squared = _mistakes(squares)
    variance = (
        false_alarm * (false_alarm - 2 * cost) * alarms_squared
        + miss * (miss - 2 * cost) * misses_squared
        + cost**2 * squares.total
    ) / cuts.total**2
    # where every row costs the same, the rows say nothing about the error
    is_known = variance * n > 1e-12 * cost**2
    reach = Z95 * np.sqrt(np.where(is_known, variance, np.nan) * n / max(n - 1, 1))
    return pd.DataFrame(
        {
            "cutoff": cutoff,
            "cost": cost,
            "conf_low": np.maximum(cost - reach, 0),
            "conf_high": cost + reach,
            "false_alarms": alarms,
            "misses": misses,
            "without_model": min(cost[0], cost[-1]),
        }
    )


def _mistakes(cuts: Cutoffs) -> tuple[Floats, Floats]:
    """What false alarms and misses weigh, from the cutoff that calls every row."""
    taken, found = np.append(0, cuts.taken)[::-1], np.append(0, cuts.found)[::-1]
    return taken - found, cuts.total_found - found


def _place(cuts: Cutoffs, cutoff: float) -> int:
    """The line of `_costs` that calls the same rows as a cutoff."""
    return len(cuts.chance) - 1 - place_of(cuts, cutoff)


def _summary(rows: ClassRows, frame: pd.DataFrame, best: int) -> str:
    at = frame.iloc[best]
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows a cutoff of {number(at['cutoff'], 3)} on "
        f"{rows.output} costs least: {number(at['cost'], 3)} per row "
        f"({interval_words(at['conf_low'], at['conf_high'])}), with "
        f"{at['false_alarms']:.1%} false alarms and {at['misses']:.1%} misses; calling all rows "
        f"alike costs {number(at['without_model'], 3)}."
    )


def _notes(rows: ClassRows, frame: pd.DataFrame, best: int, in_theory: float) -> tuple[str, ...]:
    # the smallest cutoff at or above it calls the same rows
    place = min(int(np.searchsorted(frame["cutoff"], in_theory)), len(frame) - 1)
    theory = (
        f"If the chances are right as numbers, the cheapest cutoff is {number(in_theory, 3)}, by "
        f"the two costs alone; here it costs {number(frame['cost'].iloc[place], 3)} per row."
    )
    chosen = tuple(
        f"The marked cutoff costs {number(at['cost'], 3)} per row, with {at['false_alarms']:.1%} "
        f"false alarms and {at['misses']:.1%} misses."
        for _, at in frame[frame["is_asked"]].iterrows()
    )
    ends = [float(frame["cutoff"].iloc[at]) if at >= 0 else 0.0 for at in (best - 1, best)]
    return (
        rows.note,
        *seen(rows.part),
        f"From above {number(ends[0], 3)} to {number(ends[1], 3)} every cutoff calls the same.",
        *chosen,
        CHOSEN_HERE,
        theory,
        *spread_note(len(frame)),
    )
