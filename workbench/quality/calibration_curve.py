"""Are the chances right as numbers? What was predicted beside what came true."""

from collections.abc import Mapping
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
from ._intervals import interval_words, wilson
from ._rows import CLASSES, PART_NAMES, ClassRows, JudgedOn, class_rows, seen

#: With fewer rows in a group its interval says hardly anything.
FEW = 20


@dataclass(frozen=True, kw_only=True)
class CalibrationCurve(Result):
    """Groups of rows of about equal size by their chance: what was predicted, what came true."""

    columns: ClassVar[Mapping[str, str]] = {
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
        shown = self.frame
        output = shown["output"].iloc[0]
        figure = new_figure(height=460, x=f"mean {output}", y="share that came true",
                            showlegend=False)  # fmt: skip
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip",
                           line={"color": LIGHT_GREY, "dash": "dash"})  # fmt: skip
        figure.add_scatter(
            x=shown["predicted"], y=shown["observed"], mode="lines+markers",
            line={"color": BLUE, "width": 1}, marker={"size": 9}, customdata=shown[["rows"]],
            error_y={"type": "data", "symmetric": False, "thickness": 1.5,
                     "array": shown["conf_high"] - shown["observed"],
                     "arrayminus": shown["observed"] - shown["conf_low"]},
            hovertemplate="predicted %{x:.3f}, came true %{y:.3f} "
                          "of %{customdata[0]} rows<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(range=[-0.02, 1.02])
        figure.update_yaxes(range=[-0.02, 1.02])
        return figure


@method("Calibration", page="quality", tasks=CLASSES)
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
    asked = class_rows(model, rows, target_class, progress).require_both()
    frame = _frame(asked, groups)
    large = mean_of(asked.is_class - asked.chance)
    brier = mean_of((asked.is_class - asked.chance) ** 2)
    share = model.column(model.without_columns(len(asked)), model.explained_class(target_class))
    without = float(((asked.is_class - share) ** 2).mean())
    return CalibrationCurve(
        frame=frame,
        summary=_summary(asked, large, brier, without),
        notes=_notes(asked, frame, brier, groups),
    )


def _frame(rows: ClassRows, groups: int) -> pd.DataFrame:
    table = pd.DataFrame({"chance": rows.chance, "is_class": rows.is_class})
    grouped = table.groupby(equal_groups(rows.chance, groups))
    counts = grouped.size().to_numpy()
    found = grouped["is_class"].sum().to_numpy()
    low, high = wilson(found, counts)
    return pd.DataFrame(
        {
            "group": np.arange(1, len(counts) + 1),
            "low": grouped["chance"].min().to_numpy(),
            "high": grouped["chance"].max().to_numpy(),
            "rows": counts,
            "predicted": grouped["chance"].mean().to_numpy(),
            "observed": found / counts,
            "conf_low": low,
            "conf_high": high,
            "output": rows.output,
        }
    )


def _summary(rows: ClassRows, large: Score, brier: Score, without: float) -> str:
    low, high = large.interval()
    points = f"{number(100 * large.value, 3)} points"
    interval = interval_words(100 * low, 100 * high)
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows the mean {rows.output} is "
        f"{rows.chance.mean():.1%} and {rows.base_rate:.1%} came true, a difference of {points} "
        f"({interval}); the Brier score is {number(brier.value, 3)}, without a model "
        f"{number(without, 3)}."
    )


def _notes(
    rows: ClassRows, frame: pd.DataFrame, brier: Score, asked_groups: int
) -> tuple[str, ...]:
    inside = frame["predicted"].between(frame["conf_low"], frame["conf_high"])
    low, high = brier.interval(is_share=True)
    notes = [rows.note, *seen(rows.part)]
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
