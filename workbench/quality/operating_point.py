"""What one cutoff does: how many rows it calls, how many of them rightly, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ParameterError
from ..figures import BLUE, new_figure, number
from ..methods import method
from ..metrics import mean_of
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._cutoffs import cutoffs
from ._gains import percent
from ._rows import CLASSES, PART_NAMES, ClassRows, JudgedOn, by_weight, class_rows, seen
from ._sides import PART, beside, both_parts, drawn_sides
from ._tallies import Tally, shares
from .cutoff_costs import CHOSEN_HERE, MOST_COST, cheapest_cutoff

READ_OFF = "The cutoff was read off these very rows; on others it calls another share."


@dataclass(frozen=True, kw_only=True)
class OperatingPoint(Result):
    """The shares at one cutoff, for the rows asked about and, after them, for the other part."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "measure": "called, precision, recall, false_positive_rate, accuracy or cost",
        "title": "its name, spelled out",
        "value": "a share (by weight), 0 to 1; the cost is a mean per row; empty without rows",
        "conf_low": "lower end of the 95 % interval (Wilson's for a share)",
        "conf_high": "upper end of the 95 % interval",
        "counted": "rows that count; empty for the cost",
        "of": "out of so many rows",
        "cutoff": "rows with at least this chance are called positive",
        "output": "the chance that is cut",
    }

    @property
    def cutoff(self) -> float:
        """The cutoff, also where a share or the costs chose it."""
        return float(self.frame["cutoff"].iloc[0])

    def value(self, measure: str) -> float:
        """One measure on the rows asked about."""
        return float(self.frame.loc[self.frame["measure"] == measure, "value"].iloc[0])

    def figure(self) -> Any:
        """Every share as a point with its interval; both parts of the table side by side."""
        shown = self.frame[self.frame["measure"] != "cost"]
        titles = list(dict.fromkeys(shown["title"]))
        places = {title: len(titles) - 1 - at for at, title in enumerate(titles)}
        figure = new_figure(height=90 + 55 * len(titles), x="share")
        for rows, look in drawn_sides(shown):
            shift, colour = 0.13 if look.is_asked else -0.13, look.colour(BLUE)
            figure.add_scatter(
                x=rows["value"], y=[places[title] + shift for title in rows["title"]],
                mode="markers", name=look.words, marker={"color": colour, "size": 10},
                error_x={"type": "data", "symmetric": False, "color": colour,
                         "array": rows["conf_high"] - rows["value"],
                         "arrayminus": rows["value"] - rows["conf_low"]},
                customdata=rows[["counted", "of"]],
                hovertemplate="%{x:.1%}: %{customdata[0]:,} of %{customdata[1]:,} rows"
                              "<extra></extra>",
            )  # fmt: skip
        figure.update_layout(legend={"traceorder": "reversed"})
        figure.update_yaxes(tickvals=list(places.values()), ticktext=list(places),
                            range=[-0.5, len(titles) - 0.5], zeroline=False)  # fmt: skip
        figure.update_xaxes(range=[-0.01, 1.01], tickformat=".0%")
        return figure


@method("At one cutoff", page="quality", tasks=CLASSES, weighs=True)
def operating_point(
    model: FittedModel,
    /,
    *,
    target_class: Annotated[str | None, ClassName(), "The class that is to be found"] = None,
    cutoff: Annotated[
        float | None, Range(0, 1), "Cutoff on the chance; without one, the cheapest"
    ] = None,
    share: Annotated[
        float | None, Range(0, 1), "Share of the rows called positive, instead of a cutoff"
    ] = None,
    cost_false_alarm: Annotated[float, Range(0, MOST_COST), "What a false alarm costs"] = 1.0,
    cost_miss: Annotated[float, Range(0, MOST_COST), "What a miss costs"] = 1.0,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> OperatingPoint:
    """What one cutoff does: how many rows it calls, how many rightly, and what its mistakes cost.

    A row is called positive where its chance is at least the cutoff. The cutoff is given by itself;
    or by the `share` of the rows that are called, the likeliest first (of rows with one chance all
    or none are called, so that it may be a little more than the share; share 0 calls none); or,
    with neither, it is the cheapest on these rows for the two costs. The same cutoff is then
    applied to the other part of the table. Shares have Wilson's 95 % intervals, the cost per row
    that of a mean; they hold for a cutoff chosen beforehand and cover the sampling of rows.

    With more than two classes: one class against the rest. Raises `ParameterError` for a cutoff and
    a share at once and for two costs of 0, `NotApplicable` for regression and where all rows are of
    one class.
    """
    if cutoff is not None and share is not None:
        raise ParameterError(
            f"cutoff = {cutoff:g} and share = {share:g} were both given.", "Give one of them."
        )
    if cost_false_alarm == cost_miss == 0:
        raise ParameterError(
            "Both costs are 0, so every cutoff costs the same.", "Say what one costs."
        )
    sides = both_parts(lambda side, bar: class_rows(model, side, target_class, bar), rows, progress)
    asked = sides[0].require_both()
    at = cutoff
    if share is not None:
        at = cutoff_of(asked, share)
    elif at is None:
        at = cheapest_cutoff(asked, cost_false_alarm, cost_miss)
    frame = beside(sides, lambda side: _measures(side, at, cost_false_alarm, cost_miss))
    chosen_here = cutoff is None
    return OperatingPoint(
        frame=frame,
        summary=_summary(asked, frame, at),
        notes=_notes(asked, frame, share, chosen_here),
    )


def cutoff_of(rows: ClassRows, share: float) -> float:
    """The highest cutoff that calls at least this share of the rows; above all of them for 0."""
    cuts = cutoffs(rows)
    if share == 0:
        return float(np.nextafter(cuts.chance[0], 2.0))
    # 0.05 of 100 rows are 5, also where the product is a little more
    wanted = share * cuts.total * (1 - 1e-12)
    return float(cuts.chance[int(np.searchsorted(cuts.taken, wanted))])


def _measures(rows: ClassRows, cutoff: float, alarm: float, miss: float) -> pd.DataFrame:
    called, of_class = rows.chance >= cutoff, rows.is_class
    every = np.ones(len(rows), dtype=bool)
    lines = [
        _share(rows, name, title, counted, of)
        for name, title, counted, of in (
            ("called", "Share of the rows called", called, every),
            ("precision", "Precision: of those called, right", of_class, called),
            ("recall", "Recall: of the class, found", called, of_class),
            ("false_positive_rate", "Of the others, called by mistake", called, ~of_class),
            ("accuracy", "Accuracy: called or left rightly", called == of_class, every),
        )
    ]
    cost = mean_of(alarm * (called & ~of_class) + miss * (~called & of_class), rows.weights)
    low, high = cost.interval()
    lines.append(
        {"measure": "cost", "title": "Cost per row", "value": cost.value,
         "conf_low": max(low, 0.0) if low == low else low, "conf_high": high,
         "counted": np.nan, "of": len(rows)}
    )  # fmt: skip
    frame = pd.DataFrame(lines).assign(cutoff=cutoff, output=rows.output)
    return frame[[name for name in OperatingPoint.columns if name != "part"]]


def _share(
    rows: ClassRows, name: str, title: str, counted: NDArray[np.bool_], of: NDArray[np.bool_]
) -> dict[str, Any]:
    found = shares(Tally.all(rows.weight[counted & of]), Tally.all(rows.weight[of]))
    return {
        "measure": name,
        "title": title,
        "value": float(found.value[0]),
        "conf_low": float(found.low[0]),
        "conf_high": float(found.high[0]),
        "counted": float((counted & of).sum()),
        "of": int(of.sum()),
    }


def _summary(rows: ClassRows, frame: pd.DataFrame, cutoff: float) -> str:
    asked = frame[frame["part"] == rows.part]
    at: dict[Any, dict[Any, Any]] = asked.set_index("measure").to_dict("index")
    called = int(at["called"]["counted"])
    opening = (
        f"At a cutoff of {number(cutoff, 3)} on {rows.output} {called:,} of {len(rows):,} "
        f"{PART_NAMES[rows.part]} rows ({percent(at['called']['value'])}"
        f"{by_weight(rows.weights)}) are called"
    )
    cost = f"the mistakes cost {number(at['cost']['value'], 3)} per row"
    if called == 0:
        return f"{opening}, so none of those with {rows.event} is found; {cost}."
    right = at["precision"]
    return (
        f"{opening}; {right['value']:.1%} of them have {rows.event} (95 % interval "
        f"{right['conf_low']:.1%} to {right['conf_high']:.1%}), which are "
        f"{at['recall']['value']:.1%} of all that have it; {cost}."
    )


def _notes(
    rows: ClassRows, frame: pd.DataFrame, share: float | None, chosen_here: bool
) -> tuple[str, ...]:
    notes = [rows.note, *seen(rows.part)]
    called = frame.loc[frame["measure"] == "called", "value"].iloc[0]
    if share is not None and called > share + rows.weight.max() / rows.weight.sum():
        notes.append(
            f"{percent(share)} of the rows were asked for and {percent(called)} are called: rows "
            "with one chance are called together."
        )
    if chosen_here:
        notes.append(CHOSEN_HERE if share is None else READ_OFF)
    notes.append(
        "The intervals are Wilson's, for a cutoff chosen beforehand; they cover which rows were "
        "drawn, not the training of another model."
    )
    return tuple(notes)
