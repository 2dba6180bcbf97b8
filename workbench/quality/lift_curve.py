"""How many times as many of a class are among the likeliest rows as among random ones?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ..figures import BLUE, GREY, LIGHT_GREY, new_figure
from ..methods import method
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._gains import COLUMNS, gains, gains_notes, gains_summary, share_at
from ._rows import CLASSES, JudgedOn
from ._sides import asked_for, beside, class_sides, drawn_sides


@dataclass(frozen=True, kw_only=True)
class LiftCurve(Result):
    """The lift by the share of the rows that is taken."""

    columns: ClassVar[Mapping[str, str]] = COLUMNS

    def figure(self) -> Any:
        """Both parts' curves, and 1 for rows taken at random."""
        shown = asked_for(self.frame)
        figure = new_figure(
            height=420, x="share of the rows taken, likeliest first",
            y="lift: times as many as among random rows",
        )  # fmt: skip
        figure.add_hline(y=1, line={"color": LIGHT_GREY, "dash": "dash"},
                         annotation_text="without a model")  # fmt: skip
        for part, look in drawn_sides(self.frame):
            figure.add_scatter(
                x=part["share_taken"], y=part["lift"], mode="lines", name=look.words,
                line={"color": look.colour(BLUE), "dash": look.dash, "width": 2},
                hovertemplate="%{x:.1%} taken: %{y:.2f} times<extra></extra>",
            )  # fmt: skip
        figure.update_layout(legend={"traceorder": "reversed"})
        at = shown.loc[shown["is_asked"], "share_taken"].iloc[0]
        figure.add_vline(x=at, line={"color": GREY, "dash": "dash", "width": 1})
        figure.update_xaxes(range=[-0.01, 1.01], tickformat=".0%")
        figure.update_yaxes(range=[0, 1.08 * max(float(self.frame["lift"].max()), 1.0)])
        return figure


@method("Lift", page="quality", tasks=CLASSES, weighs=True)
def lift_curve(
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
) -> LiftCurve:
    """How many times as many of a class are among the likeliest rows as among random ones.

    Lift = share of the class that is found / share of the rows that is taken; the same numbers as
    the cumulative gains, divided. Its largest possible value is 1 / share of the class, so it
    cannot be compared between tables with other shares. At the left end it rests on few rows.
    `cutoff` takes all rows with at least this chance instead of a share. Raises `NotApplicable` for
    regression, where all rows are of one class, and where no row reaches the cutoff.
    """
    sides = class_sides(model, rows, target_class, progress)
    asked = share if cutoff is None else share_at(sides[0], cutoff)
    frame = beside(sides, lambda side: gains(side, asked))
    return LiftCurve(
        frame=frame, summary=gains_summary(sides[0], frame), notes=gains_notes(sides[0], frame)
    )
