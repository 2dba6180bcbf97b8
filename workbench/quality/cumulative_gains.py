"""How much of a class is found by looking at the likeliest rows only?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..figures import BLUE, GREEN, GREY, new_figure
from ..methods import method
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._curves import add_guess
from ._gains import COLUMNS, gains, gains_notes, gains_summary, share_at
from ._rows import CLASSES, JudgedOn
from ._sides import asked_for, beside, class_sides, drawn_sides


@dataclass(frozen=True, kw_only=True)
class CumulativeGains(Result):
    """The share of a class that is found, by the share of the rows that is taken."""

    columns: ClassVar[Mapping[str, str]] = COLUMNS

    def figure(self) -> Any:
        """Both parts' curves, the best there can be, and rows taken at random."""
        shown = asked_for(self.frame)
        figure = new_figure(
            height=460, x="share of the rows taken, likeliest first", y="share of the class found"
        )
        add_guess(figure, [0, 1], [0, 1])
        _add(figure, shown, "best_possible", "best possible", {"color": GREEN, "dash": "dash"})
        for part, look in drawn_sides(self.frame):
            line = {"color": look.colour(BLUE), "dash": look.dash, "width": 2}
            _add(figure, part, "share_found", look.words, line)
        figure.update_layout(legend={"traceorder": "reversed"})
        at = shown.loc[shown["is_asked"], "share_taken"].iloc[0]
        figure.add_vline(x=at, line={"color": GREY, "dash": "dash", "width": 1})
        figure.update_xaxes(range=[-0.01, 1.01], tickformat=".0%")
        figure.update_yaxes(range=[-0.01, 1.03], tickformat=".0%")
        return figure


def _add(figure: Any, shown: pd.DataFrame, column: str, words: str, line: dict[str, Any]) -> None:
    figure.add_scatter(
        x=np.append(0, shown["share_taken"]), y=np.append(0, shown[column]), mode="lines",
        name=words, line=line, hovertemplate="%{x:.1%} taken, %{y:.1%} found<extra></extra>",
    )  # fmt: skip


@method("Cumulative gains", page="quality", tasks=CLASSES, weighs=True)
def cumulative_gains(
    model: FittedModel,
    /,
    *,
    target_class: Annotated[str | None, ClassName(), "The class that is to be found"] = None,
    share: Annotated[float, Range(0.001, 1), "Share of the rows that is taken"] = 0.1,
    cutoff: Annotated[
        float | None, Range(0, 1), "Cutoff on the chance, instead of the share"
    ] = None,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> CumulativeGains:
    """How much of a class is found by taking only the rows with the highest chance.

    For work that can be done on a part of the rows: letters sent, machines inspected. Rows are
    taken from the highest chance down; of rows with one chance, as many as are needed, on average.
    `cutoff` takes all rows with at least this chance instead of a share. With more than two
    classes: one class against the rest. Raises `NotApplicable` for regression, where all rows are
    of one class, and where no row reaches the cutoff.
    """
    sides = class_sides(model, rows, target_class, progress)
    asked = share if cutoff is None else share_at(sides[0], cutoff)
    frame = beside(sides, lambda side: gains(side, asked))
    return CumulativeGains(
        frame=frame, summary=gains_summary(sides[0], frame), notes=gains_notes(sides[0], frame)
    )
