"""What would the model say of this row if some of its values were others?"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import DataError, ParameterError
from workbench.figures import number
from workbench.methods import method
from workbench.model import FittedModel, Scale
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import ClassName, ColumnValues, RowNumber
from workbench.transform import Floats, level_names

from ._date_notes import beyond_notes
from ._subset_shap import MOST_PLAYERS, PAIRS_OF_ORDERS, Shapley, shapley
from ._values import row_values, the, value_names
from ._whereabouts import FAR, HIGHER, INSIDE, LOWER, Whereabouts, whereabouts
from .shap_row import waterfall

#: The title names so many edited columns.
MOST_NAMED = 3
#: A joint part smaller than this share of the largest prediction is rounding.
ROUNDING = 1e-6
NO_EFFECT = (
    "This is the model's answer to another row. It is not what would happen to this one if the "
    "values were changed; whether it may be read as an effect at all, the licence of the edited "
    "columns says."
)


@dataclass(frozen=True, kw_only=True)
class WhatIf(Result):
    """The prediction of a row before and after some of its values are edited, and what each edit
    adds, the largest first."""

    columns: ClassVar[Mapping[str, str]] = {
        "row": "number of the row in the table, from 0",
        "feature": "the edited column",
        "old": "the row's own value, as text",
        "new": "the value it is given, as text",
        "contribution": "what the edit adds to the prediction, on the scale of `output`; all add "
        "up to `prediction` less `base`",
        "std_error": "Monte-Carlo standard error of the contribution; 0 where it is exact",
        "alone": "by how much the prediction would change if this were the only edit",
        "standing": "the new value beside those of the training rows: within, lower or higher "
        "than all, in no training row, or missing where none of them is",
        "base": "the prediction before",
        "prediction": "the prediction after",
        "output": "the number that is predicted",
    }

    @property
    def title(self) -> str:
        """Names the row and what is edited, since a report often holds several."""
        edits = [f"{line['feature']} = {line['new']}" for _, line in self.frame.iterrows()]
        shown = edits if len(edits) <= MOST_NAMED else [f"{len(edits)} other values"]
        return f"What if row {self.frame['row'].iloc[0]} had {', '.join(shown)}"

    def figure(self) -> Any:
        """A waterfall from the prediction before to the one after; red pushes up, blue down."""
        edits = self.frame["old"] + " → " + self.frame["new"]
        return waterfall(self.frame.assign(value=edits), "before", "after", longest=28)


@method("What if", page="prediction")
def what_if(
    model: FittedModel,
    /,
    *,
    row: Annotated[int, RowNumber(), "Number of the row in the table, from 0"],
    changes: Annotated[Mapping[str, Any], ColumnValues(), "New values; None is a missing one"],
    target_class: Annotated[str | None, ClassName(), "The class whose chance is predicted"] = None,
    scale: Annotated[Scale, "The prediction itself, or what boosted trees add up to"] = "response",
    seed: int = 0,
    progress: Progress = silent,
) -> WhatIf:
    """What the model would say of a row if some of its values were others, and which edit does it.

    `changes` gives columns new values, `{"temp": 12, "weather": "rain", "wind": None}`: a number,
    the name of a level that training saw, a date as 2024-01-31 or 2024-01-31 17:30 (by the clock of
    the column), True or False, or None for a missing value. All other values stay as they are.

    What each edit adds is its Shapley value in the game "these columns have their new values, the
    others their old": the mean, over all orders in which the edits could be made, of what the
    prediction changes by when this one is made. The parts add up to the whole change, an edit that
    never matters gets 0, and what two edits do only together is split evenly between them. Up to
    twelve edits every one of the 2^k rows is predicted, so the values are exact; of more they are
    estimated from random orders, with a standard error, and still add up exactly.

    The notes say where the edited row lies beside the training rows: each new value, pairs of
    values that do not occur together, and the distance to the nearest training row. Where it lies
    outside the model guesses, and nothing in the answer shows it.

    Of more than two classes the one is followed that is most probable before, unless another is
    asked for. Raises `ParameterError` for a column the model does not use, a level that training
    did not see, a text for a number; `NotApplicable` for a margin the family does not have.

    Source: Shapley (1953); for explaining a change from one input to another, Sundararajan & Najmi,
    ICML 119 (2020), "baseline Shapley".
    """
    unknown = [name for name in changes if name not in model.features]
    if unknown:
        raise ParameterError(
            f"The model does not use the column '{unknown[0]}'.", "Edit a column that it uses."
        )
    progress(0.0)
    edit = _Edit.of(model, row, changes, target_class, scale)
    found = edit.shares(seed, part(progress, 0.0, 0.7))
    lies = whereabouts(model, row, edit.before, edit.after, edit.places)
    frame = _frame(edit, row, found, lies)
    progress(1.0)
    return WhatIf(
        frame=frame,
        summary=_summary(edit, frame),
        notes=(
            *_outside(frame, lies),
            _distance(lies),
            *_unjudged(lies),
            NO_EFFECT,
            *_classes(edit, target_class),
            *_how(frame, seed),
            *beyond_notes(model, edit.after[None, :]),
        ),
    )


@dataclass(frozen=True)
class _Edit:
    """A row before and after, (p,) each, the places of the edited columns, and what is predicted:
    of which class, on which scale."""

    model: FittedModel
    before: Floats
    after: Floats
    places: list[int]
    target_class: str | None
    scale: Scale

    @classmethod
    def of(
        cls, model: FittedModel, row: int, changes: Mapping[str, Any], asked: str | None,
        scale: Scale,
    ) -> _Edit:  # fmt: skip
        before = model.transform.codes(model.data.frame.iloc[[row]])[0]
        after = before.copy()
        places = [model.features.index(name) for name in changes]
        after[places] = [_code(model, name, value) for name, value in changes.items()]
        followed = model.explained_class(asked)
        if asked is None and model.task == "multiclass":
            followed = model.classes[int(model.response(before[None, :])[0].argmax())]
        return cls(model, before, after, places, followed, scale)

    @property
    def names(self) -> list[str]:
        """The edited columns."""
        return [self.model.features[place] for place in self.places]

    def says(self, given: Floats, scale: Scale | None = None) -> Floats:
        """The prediction (n,) with the edited columns given these values (n, k)."""
        rows = np.repeat(self.before[None, :], len(given), axis=0)
        rows[:, self.places] = given
        said = self.model.on_scale(rows, scale or self.scale)
        return np.asarray(self.model.column(said, self.target_class))

    def shares(self, seed: int, progress: Progress) -> Shapley:
        """What each edit adds: a game of these columns alone, against the row as it was."""
        new, old = self.after[None, self.places], self.before[None, self.places]
        return shapley(self.says, new, old, seed=seed, progress=progress)

    def steps(self) -> Floats:
        """The prediction before, with each edit alone, and after all: (k + 2,)."""
        new, old = self.after[self.places], self.before[self.places]
        each = np.where(np.eye(len(new), dtype=bool), new, old)
        return self.says(np.vstack([old, each, new]))

    def likeliest(self) -> tuple[str, str]:
        """The most probable class before and after."""
        chances = self.model.response(np.stack([self.before, self.after]))
        first, last = chances.argmax(axis=1)
        return self.model.classes[first], self.model.classes[last]


# The values


def _code(model: FittedModel, name: str, value: Any) -> float:
    """A new value as the model takes it; raises `ParameterError` for what the column cannot be."""
    if value is None:
        return float("nan")
    if name in model.transform.levels:
        return _level_code(model, name, value)
    if name in model.transform.dates:
        return _date_code(model, name, value)
    if model.transform.kinds[name] == "boolean":
        return _truth_code(name, value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or np.isinf(value):
        raise ParameterError(
            f"'{name}' is a number; it cannot be {value!r}.",
            "Give a finite number, or None for a missing value.",
        )
    return float(value)


def _level_code(model: FittedModel, name: str, value: Any) -> float:
    levels = model.transform.levels[name]
    named = str(level_names(pd.Series([value])).iloc[0])
    if named not in levels:
        known = ", ".join(repr(level) for level in levels[:12])
        raise ParameterError(
            f"'{name}' = {value!r} is none of the levels that the model saw in training.",
            f"Choose one of: {known}{' …' if len(levels) > 12 else ''}; None is a missing value.",
        )
    return float(levels.index(named))


def _truth_code(name: str, value: Any) -> float:
    found = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}
    said = str(value).lower()
    if said not in found:
        raise ParameterError(
            f"'{name}' is true or false; it cannot be {value!r}.",
            "Give True or False, or None for a missing value.",
        )
    return found[said]


def _date_code(model: FittedModel, name: str, value: Any) -> float:
    date = model.transform.dates[name]
    try:
        at = pd.Timestamp(datetime.datetime.fromisoformat(value))
        if date.zone is not None and at.tzinfo is None:
            at = at.tz_localize(date.zone)
        return float(date.days(pd.Series([at], name=name))[0])
    except (TypeError, ValueError, DataError) as error:
        raise ParameterError(
            f"'{name}' is a date; it cannot be {value!r}.",
            "Write it as 2024-01-31 or 2024-01-31 17:30, or None for a missing value.",
        ) from error


# The table


def _frame(edit: _Edit, row: int, found: Shapley, lies: Whereabouts) -> pd.DataFrame:
    transform, raw = edit.model.transform, edit.model.data.frame.iloc[[row]]
    old = row_values(edit.model, raw, edit.before[None, :]).iloc[0]
    new = [
        value_names(transform, name, edit.after[[place]])[0]
        for name, place in zip(edit.names, edit.places, strict=True)
    ]
    before, *alone, after = edit.steps()
    frame = pd.DataFrame(
        {
            "row": row,
            "feature": edit.names,
            "old": [old[name] for name in edit.names],
            "new": new,
            "contribution": found.values[0],
            "std_error": found.std_error[0],
            "alone": np.array(alone) - before,
            "standing": lies.values,
            "base": before,
            "prediction": after,
            "output": edit.model.output_label(edit.target_class, edit.scale),
        }
    )
    order = frame["contribution"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


# What it says


def _summary(edit: _Edit, frame: pd.DataFrame) -> str:
    first = frame.iloc[0]
    base, prediction = float(first["base"]), float(first["prediction"])
    edits = [
        f"'{line['feature']}' = {line['new']} instead of {line['old']}"
        for _, line in frame.head(MOST_NAMED).iterrows()
    ]
    if len(frame) > MOST_NAMED:
        edits.append(f"{len(frame) - MOST_NAMED} more edits")
    listed = " and ".join([", ".join(edits[:-1]), edits[-1]] if len(edits) > 1 else edits)
    says = (
        f"Row {first['row']} with {listed}: {the(str(first['output']))} goes from {number(base)} "
        f"to {number(prediction)} ({_signed(prediction - base)})"
    )
    if len(frame) > 1 and first["contribution"]:
        says += f", of which '{first['feature']}' adds {_signed(first['contribution'])}"
    if edit.model.task != "regression":
        was, becomes = edit.likeliest()
        if was != becomes:
            says += f"; the predicted '{edit.model.target.name}' turns from {was} to {becomes}"
    return (
        f"{says}; this is the model's answer to another row, and by itself not what would happen "
        "if the values were changed."
    )


def _signed(value: float) -> str:
    return number(value) if value < 0 else f"+{number(value)}"


def _classes(edit: _Edit, asked: str | None) -> list[str]:
    """Which class is followed, and its chance where something else is added up."""
    notes = []
    if edit.model.task == "multiclass" and asked is None:
        notes.append(f"'{edit.target_class}' is followed: it is this row's most probable class.")
    if edit.model.task != "regression" and edit.scale == "margin":
        values = np.stack([edit.before, edit.after])[:, edit.places]
        was, becomes = (number(float(chance)) for chance in edit.says(values, "response"))
        notes.append(f"{edit.model.output_label(edit.target_class)} goes from {was} to {becomes}.")
    return notes


def _how(frame: pd.DataFrame, seed: int) -> list[str]:
    if len(frame) == 1:
        return []
    if len(frame) <= MOST_PLAYERS:
        how = f"exact, from the predictions of all {2 ** len(frame):,} combinations of the edits"
    else:
        how = (
            f"estimated from {2 * PAIRS_OF_ORDERS} random orders of the edits (seed {seed}), since "
            f"there are more than {MOST_PLAYERS}; the standard errors are in the table"
        )
    notes = [f"What each edit adds is its Shapley value over the edits, {how}."]
    change = float(frame["prediction"].iloc[0] - frame["base"].iloc[0])
    together = change - float(frame["alone"].sum())
    largest = float(frame[["base", "prediction", "alone"]].abs().to_numpy().max())
    if abs(together) > ROUNDING * largest:
        notes.append(
            f"Made one at a time, the edits would change it by {_signed(change - together)} in "
            f"all; {_signed(together)} come only from making them together, and are split evenly "
            "between those that act together."
        )
    return notes


def _outside(frame: pd.DataFrame, lies: Whereabouts) -> list[str]:
    """The new values, and pairs of values, that training does not hold."""
    notes = []
    for _, line in frame[frame["standing"] != INSIDE].iterrows():
        beyond = " in training" if line["standing"] in (LOWER, HIGHER) else ""
        notes.append(
            f"Outside the data: '{line['feature']}' = {line['new']} is {line['standing']}{beyond}; "
            "the model was never asked about such a value."
        )
    for edited, other in lies.pairs:
        notes.append(
            f"Outside the data: no training row that is like this one in '{other}' has such a "
            f"value of '{edited}'; the two do not occur together."
        )
    return notes


def _distance(lies: Whereabouts) -> str:
    opening = "Outside the data: its" if lies.nearer >= FAR else "Its"
    return (
        f"{opening} nearest training row is further away than {lies.nearer:.0%} of training rows' "
        f"nearest are from them (before the edits: {lies.nearer_before:.0%}; measured against "
        f"{lies.compared:,} training rows)."
    )


def _unjudged(lies: Whereabouts) -> list[str]:
    if lies.judged == lies.asked:
        return []
    note = (
        f"Of {lies.asked} pairs of an edited column with another {lies.judged} could be judged: "
        "for the others too few training rows are alike, or the value itself is outside."
    )
    return [note]
