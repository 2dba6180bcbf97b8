"""Where does the model fail? Slices of rows by one or two columns on which it loses more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..errors import NotApplicable
from ..figures import BLUE, GREY, LIGHT_GREY, escape, new_figure, number
from ..methods import method
from ..model import FittedModel
from ..progress import Progress, part, silent
from ..result import Result
from ..settings import Range
from ._rows import PART_NAMES, JudgedOn, seen
from .losses import LossName, LossRows, loss_rows
from .slices import MOST_LEVELS, PARTS, Conditions, Searched, conditions, in_words, search, told

#: A slice is called worse where the corrected chance is below this.
CHANCE = 0.05
#: Columns whose slices by two are searched; of more, only slices by one.
MOST_COLUMNS_BY_TWO = 60


@dataclass(frozen=True, kw_only=True)
class ErrorSlices(Result):
    """The slices that carry most of the excess loss, the largest first."""

    columns: ClassVar[Mapping[str, str]] = {
        "slice": "which rows, in words",
        "rows": "rows of the slice",
        "share": "the same as a share of all rows",
        "mean_loss": "mean loss in the slice",
        "rest": "mean loss of all other rows",
        "difference": "mean loss in the slice − mean loss of all other rows",
        "conf_low": "95 % lower limit of the difference; those of all slices hold at once",
        "p_value": "chance of such a difference were no slice worse, corrected for all searched",
        "excess": "share of the whole loss that the slice has beyond the others' mean",
        "is_worse": "whether p_value is below 0.05",
        "loss": "what is lost, in words",
    }

    def figure(self) -> Any:
        """The difference of each slice, down to its lower limit; blue where it is beyond chance."""
        shown = self.frame.iloc[::-1]
        places = list(range(len(shown)))
        figure = new_figure(
            height=120 + 30 * len(shown), showlegend=False,
            x=f"more lost than on all other rows: {shown['loss'].iloc[0]}",
        )  # fmt: skip
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "dash": "dash"})
        figure.add_scatter(
            x=shown["difference"], y=places, mode="markers",
            marker={"size": 9, "color": [BLUE if w else GREY for w in shown["is_worse"]]},
            error_x={"type": "data", "symmetric": False, "thickness": 1.5, "color": GREY,
                     "array": [0.0] * len(shown),
                     "arrayminus": shown["difference"] - shown["conf_low"]},
            customdata=shown[["rows", "mean_loss"]],
            hovertemplate="%{customdata[0]:,} rows, mean loss %{customdata[1]:.4g}<extra></extra>",
        )  # fmt: skip
        words = [escape(name, 64) for name in shown["slice"]]
        figure.update_yaxes(tickvals=places, ticktext=words, range=[-0.6, len(shown) - 0.4])
        return figure


@method("Where it fails", page="quality")
def error_slices(
    model: FittedModel,
    /,
    *,
    loss: Annotated[LossName, "What counts as an error"] = "default",
    fewest: Annotated[int, Range(5, 100_000), "The fewest rows of a slice"] = 10,
    most: Annotated[int, Range(1, 100), "Slices shown"] = 12,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> ErrorSlices:
    """On which rows the model fails: slices by one or two columns on which it loses more.

    Every level of a category, every quarter of a number and the missing values of a column are a
    condition; every condition, and every two conditions on different columns, are a slice. Of each
    with enough rows the mean loss is compared with that of all other rows. Since thousands of
    slices are looked at, some look bad by chance: the p-values are Welch's one-sided t, with
    an error no smaller than if the losses varied everywhere as they do over all rows, and Holm's
    correction for all of them, and the lower limits of the differences hold for all at once
    (Bonferroni).

    Shown are the slices with the largest excess: (mean loss − that of the others) × rows. A slice
    by two columns is left out where one of them alone is about as bad, and a slice by one where a
    slice within it carries most of its excess. A slice that is bad is a
    place to look, not a cause.

    Raises `NotApplicable` where no slice has enough rows, `ParameterError` for a loss of another
    kind of target.
    """
    lost = loss_rows(model, rows, loss, part(progress, 0.0, 0.3))
    frame = model.data.frame[list(model.features)].iloc[lost.positions]
    found = conditions(frame, dict(model.data.kinds))
    by_two = len(model.features) <= MOST_COLUMNS_BY_TWO
    looked = search(found, lost.loss, fewest, part(progress, 0.3, 1.0), pairs=by_two)
    if not len(looked):
        raise NotApplicable(
            f"No slice of the {len(lost):,} {PART_NAMES[rows]} rows has {fewest} rows and differs "
            "in its errors from the rest.",
            "Ask for slices of fewer rows, or hold out more rows.",
        )
    table = _frame(found, looked, lost).head(most)
    return ErrorSlices(
        frame=table.reset_index(drop=True),
        summary=_summary(model, lost, table, len(looked)),
        notes=_notes(model, lost, found, looked, by_two, rows, fewest),
    )


def _frame(found: Conditions, looked: Searched, lost: LossRows) -> pd.DataFrame:
    chance = looked.corrected()
    whole = float(lost.loss.sum())
    excess = looked.difference * looked.rows / whole if whole else np.zeros(len(looked))
    frame = pd.DataFrame(
        {
            "slice": [
                in_words(found, int(f), int(s))
                for f, s in zip(looked.first, looked.second, strict=True)
            ],
            "rows": looked.rows,
            "share": looked.rows / len(lost),
            "mean_loss": looked.inside,
            "rest": looked.outside,
            "difference": looked.difference,
            "conf_low": looked.at_least(),
            "p_value": chance,
            "excess": excess,
            "is_worse": chance < CHANCE,
            "loss": lost.words,
        }
    )
    kept = told(looked)
    return frame[kept].sort_values(
        ["is_worse", "excess"], ascending=False, kind="stable"
    )  # fmt: skip


def _summary(model: FittedModel, lost: LossRows, table: pd.DataFrame, looked: int) -> str:
    worst = table.iloc[0]
    where = f"of {looked:,} slices of the {PART_NAMES[lost.part]} rows"
    if not worst["is_worse"]:
        return (
            f"None {where} is worse beyond chance: the largest excess is where {worst['slice']} "
            f"({number(worst['mean_loss'])} against {number(worst['rest'])} on all other rows)."
        )
    many = int(table["is_worse"].sum())
    first = f"the largest excess is where {worst['slice']}" if many > 1 else worst["slice"]
    return (
        f"{model.target.name} is predicted worse beyond chance in {many}"
        f"{' or more' if many == len(table) else ''} {where}: {first}, with a mean loss of "
        f"{number(worst['mean_loss'])} on {int(worst['rows']):,} rows against "
        f"{number(worst['rest'])} on all others."
    )


def _notes(
    model: FittedModel, lost: LossRows, found: Conditions, looked: Searched, by_two: bool,
    rows: JudgedOn, fewest: int,
) -> tuple[str, ...]:  # fmt: skip
    notes = [
        f"Computed on all {len(lost):,} {lost.name} rows; what is compared is the {lost.words}.",
        *seen(rows),
        (
            f"Searched: {len(looked):,} slices of {fewest} rows or more, by levels, by "
            f"{PARTS} parts of a number and by missing values; p-values and limits are "
            "corrected for all of them."
        ),
        "A slice by two columns is shown only where neither of them alone is about as bad.",
    ]
    if found.left_out:
        notes.append(
            f"Only the {MOST_LEVELS} most frequent levels were looked at of "
            f"{', '.join(repr(c) for c in found.left_out[:6])}."
        )
    if not by_two:
        notes.append(
            f"With {len(model.features)} columns only slices by one column were searched "
            f"(two up to {MOST_COLUMNS_BY_TWO} columns)."
        )
    return tuple(notes)
