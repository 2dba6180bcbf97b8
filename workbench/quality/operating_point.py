"""What one cutoff does: how many rows it calls, how many of them rightly, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..figures import BLUE, GREY, new_figure, number
from ..methods import method
from ..metrics import mean_of
from ..model import FittedModel
from ..progress import Progress, part, silent
from ..result import Result
from ..settings import ClassName, Range
from ._curves import PART_WORDS
from ._cutoffs import cutoffs
from ._gains import percent
from ._intervals import wilson
from ._rows import CLASSES, OTHER, PART_NAMES, ClassRows, JudgedOn, class_rows, seen
from .cutoff_costs import CHOSEN_HERE, MOST_COST, cheapest_cutoff

READ_OFF = "The cutoff was read off these very rows; on others it calls another share."


@dataclass(frozen=True, kw_only=True)
class OperatingPoint(Result):
    """The shares at one cutoff, for the rows asked about and, after them, for the other part."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": "test (held out) or train (learned from); first the part that was asked for",
        "measure": "called, precision, recall, false_positive_rate, accuracy or cost",
        "title": "its name, spelled out",
        "value": "a share from 0 to 1; the cost is a mean per row; empty where it has no rows",
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
        asked = shown["part"].iloc[0]
        for name in shown["part"].unique():
            rows = shown[shown["part"] == name]
            shift, colour = (0.13, BLUE) if name == asked else (-0.13, GREY)
            figure.add_scatter(
                x=rows["value"], y=[places[title] + shift for title in rows["title"]],
                mode="markers", name=PART_WORDS[name], marker={"color": colour, "size": 10},
                error_x={"type": "data", "symmetric": False, "color": colour,
                         "array": rows["conf_high"] - rows["value"],
                         "arrayminus": rows["value"] - rows["conf_low"]},
                customdata=rows[["counted", "of"]],
                hovertemplate="%{x:.1%}: %{customdata[0]:,} of %{customdata[1]:,} rows"
                              "<extra></extra>",
            )  # fmt: skip
        figure.update_yaxes(tickvals=list(places.values()), ticktext=list(places),
                            range=[-0.5, len(titles) - 0.5], zeroline=False)  # fmt: skip
        figure.update_xaxes(range=[-0.01, 1.01], tickformat=".0%")
        return figure


@method("At one cutoff", page="quality", tasks=CLASSES)
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
    asked = class_rows(model, rows, target_class, part(progress, 0, 0.5)).require_both()
    other = class_rows(model, OTHER[rows], target_class, part(progress, 0.5, 1))
    at = cutoff
    if share is not None:
        at = cutoff_of(asked, share)
    elif at is None:
        at = cheapest_cutoff(asked, cost_false_alarm, cost_miss)
    frame = pd.concat(
        [_measures(each, at, cost_false_alarm, cost_miss) for each in (asked, other)],
        ignore_index=True,
    )
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
    wanted = int(np.ceil(round(share * len(rows), 9)))
    return float(cuts.chance[int(np.searchsorted(cuts.taken, wanted))])


def _measures(rows: ClassRows, cutoff: float, alarm: float, miss: float) -> pd.DataFrame:
    called, n = rows.chance >= cutoff, len(rows)
    hits = int((called & rows.is_class).sum())
    wrong = int((called & ~rows.is_class).sum())
    counts = {
        "called": ("Share of the rows called", hits + wrong, n),
        "precision": ("Precision: of those called, right", hits, hits + wrong),
        "recall": ("Recall: of the class, found", hits, rows.found),
        "false_positive_rate": ("Of the others, called by mistake", wrong, n - rows.found),
        "accuracy": ("Accuracy: called or left rightly", n - rows.found - wrong + hits, n),
    }
    lines = [_share(name, *given) for name, given in counts.items()]
    cost = mean_of(alarm * (called & ~rows.is_class) + miss * (~called & rows.is_class))
    low, high = cost.interval()
    lines.append(
        {"measure": "cost", "title": "Cost per row", "value": cost.value,
         "conf_low": max(low, 0.0) if low == low else low, "conf_high": high,
         "counted": np.nan, "of": n}
    )  # fmt: skip
    frame = pd.DataFrame(lines).assign(part=rows.part, cutoff=cutoff, output=rows.output)
    return frame[list(OperatingPoint.columns)]


def _share(name: str, title: str, counted: int, of: int) -> dict[str, Any]:
    low, high = wilson(np.array([counted]), np.array([max(of, 1)]))
    missing = of == 0
    return {
        "measure": name,
        "title": title,
        "value": np.nan if missing else counted / of,
        "conf_low": np.nan if missing else float(low[0]),
        "conf_high": np.nan if missing else float(high[0]),
        "counted": float(counted),
        "of": of,
    }


def _summary(rows: ClassRows, frame: pd.DataFrame, cutoff: float) -> str:
    asked = frame[frame["part"] == rows.part]
    at: dict[Any, dict[Any, Any]] = asked.set_index("measure").to_dict("index")
    called = int(at["called"]["counted"])
    opening = (
        f"At a cutoff of {number(cutoff, 3)} on {rows.output} {called:,} of {len(rows):,} "
        f"{PART_NAMES[rows.part]} rows ({percent(at['called']['value'])}) are called"
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
    if share is not None and called > share + 1 / len(rows):
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
