"""Are the chances right as numbers? What was predicted beside what came true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..figures import BLUE, LIGHT_GREY, new_figure, number
from ..groups import equal_groups
from ..methods import method
from ..metrics import Score, mean_of
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._intervals import interval_words
from ._rows import CLASSES, PART_NAMES, ClassRows, JudgedOn, seen
from ._sides import PART, asked_for, beside, class_sides, drawn_sides, gap
from ._tallies import Tally, shares

#: With fewer rows in a group its interval says hardly anything.
FEW = 20


@dataclass(frozen=True, kw_only=True)
class CalibrationCurve(Result):
    """Groups of rows of about equal size by their chance: what was predicted, what came true.

    Each part has its own groups.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "group": "number of the group, from the lowest chances up",
        "low": "smallest chance in the group",
        "high": "largest chance in the group",
        "rows": "rows of the group",
        "predicted": "mean chance of the group",
        "observed": "share of the group that is of the class",
        "conf_low": "lower end of the 95 % interval of the share (Wilson)",
        "conf_high": "upper end of the 95 % interval of the share",
        "output": "the chance that is judged",
    }

    def figure(self) -> Any:
        """One point per group with its interval; on the diagonal the chances are right."""
        output = self.frame["output"].iloc[0]
        figure = new_figure(height=460, x=f"mean {output}", y="share that came true")
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
                           line={"color": LIGHT_GREY, "dash": "dash"})  # fmt: skip
        for shown, look in drawn_sides(self.frame):
            colour = look.colour(BLUE)
            figure.add_scatter(
                x=shown["predicted"], y=shown["observed"], mode="lines+markers", name=look.words,
                line={"color": colour, "width": 1, "dash": look.dash},
                marker={"size": 9 if look.is_asked else 6, "color": colour},
                error_y={"type": "data", "symmetric": False, "thickness": 1.5,
                         "visible": look.is_asked, "color": colour,
                         "array": shown["conf_high"] - shown["observed"],
                         "arrayminus": shown["observed"] - shown["conf_low"]},
                customdata=shown[["rows"]],
                hovertemplate="predicted %{x:.3f}, came true %{y:.3f} "
                              "of %{customdata[0]} rows<extra></extra>",
            )  # fmt: skip
        figure.update_layout(legend={"traceorder": "reversed"})
        figure.update_xaxes(range=[-0.02, 1.02])
        figure.update_yaxes(range=[-0.02, 1.02])
        return figure


@method("Calibration", page="quality", tasks=CLASSES, weighs=True)
def calibration_curve(
    model: FittedModel,
    /,
    *,
    target_class: Annotated[str | None, ClassName(), "The class whose chance is judged"] = None,
    groups: Annotated[int, Range(2, 100), "Groups of rows of about equal size"] = 10,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> CalibrationCurve:
    """Whether the predicted chances come true as often as they say.

    Rows are put into groups of about equal size by their chance; the mean chance of each stands
    beside the share that came true, with Wilson's 95 % interval. Calibration in the large is the
    share of the class less the mean chance, over all rows. The Brier score is the mean squared
    distance of the chance from what happened (0 or 1); without a model it is that of the training
    share. With more than two classes: one class against the rest.

    Good calibration is no skill: the share of the class, said of every row, is calibrated too.
    Raises `NotApplicable` for regression, and where all rows are of one class.

    Source: Wilson, JASA 22 (1927); Brier, Monthly Weather Review 78 (1950); Van Calster et al.,
    BMC Medicine 17 (2019).
    """
    sides = class_sides(model, rows, target_class, progress)
    asked = sides[0]
    frame = beside(sides, lambda side: _frame(side, groups))
    share = model.column(model.without_columns(len(asked)), model.explained_class(target_class))
    without = mean_of((asked.is_class - share) ** 2, asked.weights).value
    return CalibrationCurve(
        frame=frame, summary=_summary(asked, without), notes=_notes(sides, frame, groups)
    )


def _frame(rows: ClassRows, groups: int) -> pd.DataFrame:
    group = equal_groups(rows.chance, groups, rows.weights)
    many, weight = int(group.max()) + 1, rows.weight
    of = Tally.of(weight, group, many)
    came = shares(Tally.of(weight * rows.is_class, group, many), of)
    by_group = pd.Series(rows.chance).groupby(group)
    return pd.DataFrame(
        {
            "group": np.arange(1, many + 1),
            "low": by_group.min().to_numpy(),
            "high": by_group.max().to_numpy(),
            "rows": np.bincount(group),
            "predicted": np.bincount(group, weight * rows.chance) / of.weight,
            "observed": came.value,
            "conf_low": came.low,
            "conf_high": came.high,
            "output": rows.output,
        }
    )


def _large(rows: ClassRows) -> Score:
    """Calibration in the large: the share of the class less the mean chance."""
    return mean_of(rows.is_class - rows.chance, rows.weights)


def _brier(rows: ClassRows) -> Score:
    return mean_of((rows.is_class - rows.chance) ** 2, rows.weights)


def _summary(rows: ClassRows, without: float) -> str:
    large, said = _large(rows), float(np.average(rows.chance, weights=rows.weights))
    low, high = large.interval()
    points = f"{number(100 * large.value, 3)} points"
    interval = interval_words(100 * low, 100 * high)
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows the mean {rows.output} is "
        f"{said:.1%} and {rows.base_rate:.1%} came true, a difference of {points} "
        f"({interval}); the Brier score is {number(_brier(rows).value, 3)}, without a model "
        f"{number(without, 3)}."
    )


def _notes(sides: Sequence[ClassRows], every: pd.DataFrame, asked_groups: int) -> tuple[str, ...]:
    rows, frame = sides[0], asked_for(every)
    inside = frame["predicted"].between(frame["conf_low"], frame["conf_high"])
    low, high = _brier(rows).interval(is_share=True)
    notes = [rows.note, *seen(rows.part)]
    if len(sides) == 2:
        points = [100 * _large(side).value for side in sides]
        notes.append(gap(sides, "the Brier score", [_brier(side).value for side in sides]))
        notes.append(gap(sides, "what came true less the mean chance", points, " points"))
    notes.append(
        f"In {int(inside.sum())} of {len(frame)} groups the mean chance lies within the 95 % "
        "interval of what came true (Wilson); of 20 groups of a calibrated model about 19 do."
    )
    notes.append(
        f"Of the Brier score: {interval_words(low, high)}; it covers which rows were drawn, not "
        "the training of another model."
    )
    if len(frame) < asked_groups:
        notes.append(
            f"Rows of one chance stay together, so there are {len(frame)} groups and not "
            f"{asked_groups}."
        )
    if frame["rows"].min() < FEW:
        notes.append(
            f"The smallest group has {frame['rows'].min()} rows: with fewer groups the intervals "
            "say more."
        )
    return tuple(notes)
