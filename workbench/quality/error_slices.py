"""Where does the model fail? Slices of rows by one or two columns on which it loses more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import NotApplicable
from ..figures import BLUE, GREY, LIGHT_GREY, escape, new_figure, number
from ..methods import method
from ..metrics import Floats
from ..model import FittedModel
from ..progress import Progress, part, silent
from ..result import Result
from ..settings import Range
from ._rows import OTHER, PART_NAMES, JudgedOn, seen
from ._sides import PART_WORDS
from .conditions import MOST_LEVELS, PARTS, Conditions, conditions
from .losses import LossName, LossRows, loss_rows
from .slices import Searched, search, told

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
        "share": "what they weigh as a share of all rows",
        "mean_loss": "mean loss in the slice",
        "rest": "mean loss of all other rows",
        "difference": "mean loss in the slice − mean loss of all other rows",
        "conf_low": "95 % lower limit of the difference; those of all slices hold at once",
        "p_value": "chance of such a difference were no slice worse, corrected for all searched",
        "excess": "share of the whole loss that the slice has beyond the others' mean",
        "is_worse": "whether p_value is below 0.05",
        "other_difference": "the difference in the other part of the table; empty for no row there",
        "other_rows": "rows of the slice in the other part",
        "part": "test (held out) or train (learned from): the rows that were searched",
        "loss": "what is lost, in words",
    }

    def figure(self) -> Any:
        """The difference of each slice, down to its lower limit; blue where it is beyond chance. A
        hollow mark is the same slice in the other part of the table."""
        shown = self.frame.iloc[::-1]
        places = list(range(len(shown)))
        figure = new_figure(
            height=140 + 30 * len(shown),
            x=f"more lost than on all other rows: {shown['loss'].iloc[0]}",
        )  # fmt: skip
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "dash": "dash"})
        searched = PART_WORDS[shown["part"].iloc[0]]
        figure.add_scatter(
            x=shown["other_difference"], y=places, mode="markers", customdata=shown["other_rows"],
            name=PART_WORDS[OTHER[shown["part"].iloc[0]]],
            marker={"size": 8, "symbol": "circle-open", "color": GREY},
            hovertemplate="%{x:.4g} on %{customdata:,} rows there<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=shown["difference"], y=places, mode="markers", name=searched,
            marker={"size": 9, "color": [BLUE if w else GREY for w in shown["is_worse"]]},
            error_x={"type": "data", "symmetric": False, "thickness": 1.5, "color": GREY,
                     "array": [0.0] * len(shown),
                     "arrayminus": shown["difference"] - shown["conf_low"]},
            customdata=shown[["rows", "mean_loss"]],
            hovertemplate="%{customdata[0]:,} rows, mean loss %{customdata[1]:.4g}<extra></extra>",
        )  # fmt: skip
        words = [escape(name, 64) for name in shown["slice"]]
        figure.update_yaxes(tickvals=places, ticktext=words, range=[-0.6, len(shown) - 0.4])
        figure.update_layout(legend={"traceorder": "reversed"})
        return figure


@method("Where it fails", page="quality", weighs=True)
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
    place to look, not a cause. Beside each stands its difference in the other part of the table: a
    slice that is as bad on the rows learned from cannot be learned from these columns; one that is
    bad only held out was learned by heart, or is bad by the luck of the search.

    Raises `NotApplicable` where no slice has enough rows, `ParameterError` for a loss of another
    kind of target.
    """
    lost = loss_rows(model, rows, loss, part(progress, 0.0, 0.2))
    found = conditions(lost.frame(model), model.data.kinds, lost.weights)
    by_two = len(model.features) <= MOST_COLUMNS_BY_TWO
    looked = search(found, lost, fewest, part(progress, 0.2, 0.9), pairs=by_two)
    if not len(looked):
        raise NotApplicable(
            f"No slice of the {len(lost):,} {PART_NAMES[rows]} rows has {fewest} rows and differs "
            "in its errors from the rest.",
            "Ask for slices of fewer rows, or hold out more rows.",
        )
    best = _best(looked, most)
    other = loss_rows(model, OTHER[rows], loss, part(progress, 0.9, 1.0))
    table = _frame(found, looked, lost, best).assign(**_beside(model, found, looked, other, best))
    table = table.assign(part=rows)[list(ErrorSlices.columns)].reset_index(drop=True)
    return ErrorSlices(
        frame=table,
        summary=_summary(model, lost, table, len(looked)),
        notes=_notes(model, lost, found, looked, by_two, rows, fewest),
    )


def _excess(looked: Searched, lost: LossRows) -> Floats:
    """The share of the whole loss that each slice has beyond the others' mean."""
    whole = lost.centre
    return looked.difference * looked.share / whole if whole else np.zeros(len(looked))


def _best(looked: Searched, most: int) -> NDArray[np.intp]:
    """The places of the slices that are told, in the order they are shown."""
    kept = np.flatnonzero(told(looked))
    excess = (looked.difference * looked.share)[kept]
    is_worse = looked.corrected()[kept] < CHANCE
    return kept[np.lexsort((-excess, ~is_worse))][:most]


def _frame(
    found: Conditions, looked: Searched, lost: LossRows, best: NDArray[np.intp]
) -> pd.DataFrame:
    chance = looked.corrected()[best]
    return pd.DataFrame(
        {
            "slice": [found.in_words(int(looked.first[i]), int(looked.second[i])) for i in best],
            "rows": looked.rows[best],
            "share": looked.share[best],
            "mean_loss": looked.inside[best],
            "rest": looked.outside[best],
            "difference": looked.difference[best],
            "conf_low": looked.at_least()[best],
            "p_value": chance,
            "excess": _excess(looked, lost)[best],
            "is_worse": chance < CHANCE,
            "loss": lost.words,
        }
    )


def _beside(
    model: FittedModel, found: Conditions, looked: Searched, other: LossRows, best: NDArray[np.intp]
) -> dict[str, Any]:
    """The same slices in the other part of the table."""
    frame = other.frame(model)
    inside = [found.of_rows(frame, int(looked.first[i]), int(looked.second[i])) for i in best]
    differences = [
        np.average(other.loss[rows], weights=other.weight[rows])
        - np.average(other.loss[~rows], weights=other.weight[~rows])
        if rows.any() and not rows.all()
        else np.nan
        for rows in inside
    ]
    return {"other_difference": differences, "other_rows": [int(rows.sum()) for rows in inside]}


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
