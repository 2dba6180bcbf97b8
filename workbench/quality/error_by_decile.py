"""Where is the model wrong, and in which direction? The error from low to high predictions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..figures import BLUE, LIGHT_GREY, VERMILION, new_figure, number
from ..groups import equal_groups
from ..methods import method
from ..metrics import mean_of
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import Range
from ._intervals import STUDENT, interval_words, mean_interval
from ._rows import NUMBER, PART_NAMES, JudgedOn, NumberRows, number_rows, seen
from ._sides import PART, asked_for, beside, both_parts, drawn_sides, gap


@dataclass(frozen=True, kw_only=True)
class ErrorByDecile(Result):
    """Groups of rows of about equal size by their prediction: how wrong, in which direction. Each
    part has its own groups."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "group": "number of the group, from the lowest predictions up",
        "low": "smallest prediction in the group",
        "high": "largest prediction in the group",
        "rows": "rows of the group",
        "predicted": "mean prediction, in the target's unit",
        "bias": "mean of observed − predicted; above 0 the predictions are too low",
        "bias_low": "lower end of the 95 % interval of the bias",
        "bias_high": "upper end of the 95 % interval of the bias",
        "mae": "mean of |observed − predicted|",
        "mae_low": "lower end of the 95 % interval of the MAE",
        "mae_high": "upper end of the 95 % interval of the MAE",
        "target": "the target",
    }

    def figure(self) -> Any:
        """Size of the error and its direction, a point per group with its interval; of the other
        part of the table in grey."""
        target = self.frame["target"].iloc[0]
        figure = new_figure(x=f"mean predicted {target}", y=f"error, in the unit of {target}")
        figure.add_hline(y=0, line={"color": LIGHT_GREY, "dash": "dash"})
        for shown, look in drawn_sides(self.frame):
            for name, words, own in (
                ("mae", "size: mean |observed − predicted|", BLUE),
                ("bias", "direction: mean of observed − predicted", VERMILION),
            ):
                colour = look.colour(own)
                figure.add_scatter(
                    x=shown["predicted"], y=shown[name], mode="lines+markers",
                    name=words if look.is_asked else look.words,
                    showlegend=look.is_asked or name == "mae",
                    line={"color": colour, "width": 1, "dash": look.dash},
                    marker={"size": 8 if look.is_asked else 5, "color": colour},
                    error_y={"type": "data", "symmetric": False, "thickness": 1.5,
                             "visible": look.is_asked, "color": colour,
                             "array": shown[f"{name}_high"] - shown[name],
                             "arrayminus": shown[name] - shown[f"{name}_low"]},
                    customdata=shown[["rows"]],
                    hovertemplate="predicted %{x}: %{y} over %{customdata[0]} rows<extra></extra>",
                )  # fmt: skip
        figure.update_layout(legend={"traceorder": "reversed"})
        return figure


@method("Error by decile", page="quality", tasks=NUMBER, weighs=True)
def error_by_decile(
    model: FittedModel,
    /,
    *,
    groups: Annotated[int, Range(2, 100), "Groups of rows of about equal size"] = 10,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> ErrorByDecile:
    """Where the model is wrong by much, and where in one direction, from low to high predictions.

    Rows are put into groups of about equal size by their prediction (tenths unless another number
    is asked for). Of each: the mean of |observed − predicted| and of observed − predicted, with
    95 % intervals of a mean by Student's t. Grouping by the prediction and not by what was
    observed matters: among rows observed high every model predicts too low. Raises
    `NotApplicable` for classes.
    """
    sides = both_parts(lambda part, bar: number_rows(model, part, bar), rows, progress)
    frame = beside(sides, lambda side: _frame(side, groups)).assign(target=model.target.name)
    asked = asked_for(frame)
    return ErrorByDecile(
        frame=frame,
        summary=_summary(model, sides[0], asked),
        notes=(
            *_notes(sides[0], asked, groups),
            gap(sides, "the mean of |observed − predicted|", [_mae(side) for side in sides]),
        ),
    )


def _mae(rows: NumberRows) -> float:
    return mean_of(np.abs(rows.residual), rows.weights).value


def _frame(rows: NumberRows, groups: int) -> pd.DataFrame:
    group = equal_groups(rows.predicted, groups, rows.weights)
    return pd.DataFrame([_group(rows, at, group == at) for at in range(int(group.max()) + 1)])


def _group(rows: NumberRows, at: int, inside: Any) -> dict[str, float]:
    predicted, residual = rows.predicted[inside], rows.residual[inside]
    weights = None if rows.weights is None else rows.weights[inside]
    size = np.abs(residual)
    bias_low, bias_high = mean_interval(residual, weights=weights)
    mae_low, mae_high = mean_interval(size, weights=weights)
    return {
        "group": at + 1,
        "low": float(predicted.min()),
        "high": float(predicted.max()),
        "rows": len(predicted),
        "predicted": float(np.average(predicted, weights=weights)),
        "bias": float(np.average(residual, weights=weights)),
        "bias_low": bias_low,
        "bias_high": bias_high,
        "mae": float(np.average(size, weights=weights)),
        "mae_low": max(mae_low, 0.0) if mae_low == mae_low else mae_low,
        "mae_high": mae_high,
    }


def _summary(model: FittedModel, rows: NumberRows, frame: pd.DataFrame) -> str:
    worst = frame.iloc[int(frame["mae"].to_numpy().argmax())]
    low, high = number(worst["low"]), number(worst["high"])
    where = low if low == high else f"{low} to {high}"
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows {model.target.name} is predicted worst "
        f"where {where} is predicted: by {number(worst['mae'])} on average "
        f"({interval_words(worst['mae_low'], worst['mae_high'])}), over all "
        f"rows by {number(_mae(rows))}."
    )


def _notes(rows: NumberRows, frame: pd.DataFrame, asked_groups: int) -> tuple[str, ...]:
    off = int(((frame["bias_low"] > 0) | (frame["bias_high"] < 0)).sum())
    notes = [rows.note, *seen(rows.part)]
    notes.append(
        f"In {off} of {len(frame)} groups the 95 % interval of the mean error leaves out 0; by "
        "chance alone about one of 20 does."
    )
    if len(frame) < asked_groups:
        notes.append(
            f"Rows of one prediction stay together, so there are {len(frame)} groups and not "
            f"{asked_groups}."
        )
    notes.append(STUDENT)
    return tuple(notes)
