"""Do the chances tell the classes apart? How they are spread in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..figures import BLUE, GREY, INK, VERMILION, escape, new_figure, number
from ..methods import method
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._rows import CLASSES, OTHER, PART_NAMES, ClassRows, JudgedOn, seen
from ._sides import PART, asked_for, beside, class_sides, drawn_sides
from ._tallies import middle


@dataclass(frozen=True, kw_only=True)
class ScoreDistribution(Result):
    """A histogram of the chance among the rows of the class and one among the others."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "observed": "the class, or that it is another",
        "is_class": "whether these are the rows of the class",
        "low": "lower edge of the bin of the chance",
        "high": "upper edge of the bin",
        "rows": "rows of this kind in this bin",
        "share": "what they weigh as a share of the rows of this kind",
        "cutoff": "the cutoff that was asked for; empty where none was",
        "median": "the median chance of the rows of this kind",
        "output": "the chance",
    }

    def figure(self) -> Any:
        """Mirrored histograms: the rows of the class above the line, the others below it; the
        other part of the table as an outline."""
        figure = new_figure(height=400, x=self.frame["output"].iloc[0],
                            y="share of the rows of each kind", barmode="overlay",
                            bargap=0.04)  # fmt: skip
        for is_class, colour in ((True, BLUE), (False, VERMILION)):
            shown = asked_for(self.frame)
            shown = shown[shown["is_class"] == is_class]
            side = 1 if is_class else -1
            figure.add_bar(
                x=(shown["low"] + shown["high"]) / 2, y=side * shown["share"],
                width=shown["high"] - shown["low"], marker={"color": colour},
                customdata=shown[["rows"]], name=escape(shown["observed"].iloc[0]),
                hovertemplate="%{x:.3f}: %{customdata[0]} rows<extra></extra>",
            )  # fmt: skip
        for shown, look in drawn_sides(self.frame):
            if not look.is_asked:
                _add_outline(figure, shown, look.words)
        cutoff = float(self.frame["cutoff"].iloc[0])
        if cutoff == cutoff:  # NaN is the only value that differs from itself
            figure.add_vline(x=cutoff, line={"color": GREY, "dash": "dash", "width": 1.5})
        ticks = np.linspace(-1, 1, 5) * float(self.frame["share"].max())
        figure.update_yaxes(tickvals=ticks, ticktext=[f"{abs(tick):.0%}" for tick in ticks])
        figure.update_xaxes(range=[-0.01, 1.01])
        return figure


def _add_outline(figure: Any, shown: pd.DataFrame, words: str) -> None:
    for is_class, side in ((True, 1), (False, -1)):
        kind = shown[shown["is_class"] == is_class]
        figure.add_scatter(
            x=(kind["low"] + kind["high"]) / 2, y=side * kind["share"], mode="lines", name=words,
            line={"color": INK, "dash": "dot", "width": 1.2, "shape": "hvh"},
            showlegend=is_class, hoverinfo="skip",
        )  # fmt: skip


@method("Score distribution", page="quality", tasks=CLASSES, weighs=True)
def score_distribution(
    model: FittedModel,
    /,
    *,
    target_class: Annotated[str | None, ClassName(), "The class whose chance is shown"] = None,
    bins: Annotated[int, Range(2, 200), "Bins of the chance from 0 to 1"] = 25,
    cutoff: Annotated[float | None, Range(0, 1), "Cutoff on the chance that is marked"] = None,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> ScoreDistribution:
    """How the predicted chance is spread among the rows of a class and among the others.

    Two histograms with the same bins, each as shares of its own rows. Where they overlap the model
    cannot tell the rows apart, whatever the cutoff (`cutoff` draws a line at one); a class that is
    rare fills its histogram with few rows. With more than two classes: one class against the rest.
    Raises `NotApplicable` for regression, and where all rows are of one class.
    """
    sides = class_sides(model, rows, target_class, progress)
    frame = beside(sides, lambda side: _frame(side, bins, cutoff))
    return ScoreDistribution(
        frame=frame, summary=_summary(sides[0], frame), notes=_notes(sides, frame)
    )


def _frame(rows: ClassRows, bins: int, cutoff: float | None = None) -> pd.DataFrame:
    both = ((rows.event, rows.is_class, True), ("other rows", ~rows.is_class, False))
    return pd.concat(
        [
            _histogram(rows, bins, name, of_kind, is_class, cutoff)
            for name, of_kind, is_class in both
        ],
        ignore_index=True,
    )


def _histogram(
    rows: ClassRows,
    bins: int,
    name: str,
    of_kind: NDArray[np.bool_],
    is_class: bool,
    cutoff: float | None,
) -> pd.DataFrame:
    chance, weight = rows.chance[of_kind], rows.weight[of_kind]
    counts, edges = np.histogram(chance, bins=bins, range=(0, 1))
    held = np.histogram(chance, bins=edges, weights=weight)[0]
    return pd.DataFrame(
        {
            "observed": name,
            "is_class": is_class,
            "low": edges[:-1],
            "high": edges[1:],
            "rows": counts,
            "share": held / weight.sum(),
            "cutoff": np.nan if cutoff is None else cutoff,
            "median": middle(chance, weight),
            "output": rows.output,
        }
    )


def _summary(rows: ClassRows, frame: pd.DataFrame) -> str:
    median = _medians(frame, rows.part)
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows half of those with {rows.event} have a "
        f"{rows.output} of {number(median[True], 3)} or more, and half of the others one of "
        f"{number(median[False], 3)} or less."
    )


def _medians(frame: pd.DataFrame, part: str) -> "pd.Series[float]":
    return frame[frame["part"] == part].groupby("is_class")["median"].first()


def _notes(sides: Sequence[ClassRows], frame: pd.DataFrame) -> tuple[str, ...]:
    rows = sides[0]
    highest = float(rows.chance[~rows.is_class].max())
    weights = None if rows.weights is None else rows.weights[rows.is_class]
    above = float(np.average(rows.chance[rows.is_class] > highest, weights=weights))
    notes = [rows.note, *seen(rows.part)]
    if len(sides) == 2:
        median = _medians(frame, OTHER[rows.part])
        notes.append(
            f"On the {PART_NAMES[OTHER[rows.part]]} rows the two medians are "
            f"{number(median[True], 3)} and {number(median[False], 3)}."
        )
    return (
        *notes,
        f"{above:.1%} of the rows of the class lie above every other row.",
        "Each histogram counts its own rows: the two together do not show which class is rarer.",
    )
