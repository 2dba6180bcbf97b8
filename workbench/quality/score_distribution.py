"""Do the chances tell the classes apart? How they are spread in each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..figures import BLUE, GREY, VERMILION, escape, new_figure, number
from ..methods import method
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._rows import CLASSES, PART_NAMES, ClassRows, JudgedOn, class_rows, seen


@dataclass(frozen=True, kw_only=True)
class ScoreDistribution(Result):
    """A histogram of the chance among the rows of the class and one among the others."""

    columns: ClassVar[Mapping[str, str]] = {
        "observed": "the class, or that it is another",
        "is_class": "whether these are the rows of the class",
        "low": "lower edge of the bin of the chance",
        "high": "upper edge of the bin",
        "rows": "rows of this kind in this bin",
        "share": "the same as a share of the rows of this kind",
        "cutoff": "the cutoff that was asked for; empty where none was",
        "median": "the median chance of the rows of this kind",
        "output": "the chance",
    }

    def figure(self) -> Any:
        """Mirrored histograms: the rows of the class above the line, the others below it."""
        figure = new_figure(height=400, x=self.frame["output"].iloc[0],
                            y="share of the rows of each kind", barmode="overlay",
                            bargap=0.04)  # fmt: skip
        for is_class, colour in ((True, BLUE), (False, VERMILION)):
            shown = self.frame[self.frame["is_class"] == is_class]
            side = 1 if is_class else -1
            figure.add_bar(
                x=(shown["low"] + shown["high"]) / 2, y=side * shown["share"],
                width=shown["high"] - shown["low"], marker={"color": colour},
                customdata=shown[["rows"]], name=escape(shown["observed"].iloc[0]),
                hovertemplate="%{x:.3f}: %{customdata[0]} rows<extra></extra>",
            )  # fmt: skip
        cutoff = float(self.frame["cutoff"].iloc[0])
        if cutoff == cutoff:  # NaN is the only value that differs from itself
            figure.add_vline(x=cutoff, line={"color": GREY, "dash": "dash", "width": 1.5})
        ticks = np.linspace(-1, 1, 5) * float(self.frame["share"].max())
        figure.update_yaxes(tickvals=ticks, ticktext=[f"{abs(tick):.0%}" for tick in ticks])
        figure.update_xaxes(range=[-0.01, 1.01])
        return figure


@method("Score distribution", page="quality", tasks=CLASSES)
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
    asked = class_rows(model, rows, target_class, progress).require_both()
    frame = _frame(asked, bins, cutoff)
    return ScoreDistribution(frame=frame, summary=_summary(asked, frame), notes=_notes(asked))


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
    chance = rows.chance[of_kind]
    counts, edges = np.histogram(chance, bins=bins, range=(0, 1))
    return pd.DataFrame(
        {
            "observed": name,
            "is_class": is_class,
            "low": edges[:-1],
            "high": edges[1:],
            "rows": counts,
            "share": counts / len(chance),
            "cutoff": np.nan if cutoff is None else cutoff,
            "median": float(np.median(chance)),
            "output": rows.output,
        }
    )


def _summary(rows: ClassRows, frame: pd.DataFrame) -> str:
    median = frame.groupby("is_class")["median"].first()
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows half of those with {rows.event} have a "
        f"{rows.output} of {number(median[True], 3)} or more, and half of the others one of "
        f"{number(median[False], 3)} or less."
    )


def _notes(rows: ClassRows) -> tuple[str, ...]:
    highest = float(rows.chance[~rows.is_class].max())
    above = float((rows.chance[rows.is_class] > highest).mean())
    return (
        rows.note,
        *seen(rows.part),
        f"{above:.1%} of the rows of the class lie above every other row.",
        "Each histogram counts its own rows: the two together do not show which class is rarer.",
    )
