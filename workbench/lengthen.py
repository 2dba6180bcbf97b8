"""One row per unit and a column per period becomes one row per unit and period."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from .column_kinds import Kind
from .dataset import Dataset
from .errors import DataError, ParameterError
from .reading.room import require_room_for_cells
from .script import Name

PERIOD, VALUE = "period", "value"
#: Fewer columns that are called like periods are taken for that by chance.
FEWEST_PERIODS = 3
#: What is measured, and when: sales_2001, 2001, gdp2001Q3, packs.2024-05.
_IN_A_PERIOD = re.compile(r"(\D*?)(\d+|\d{4}[\-._]?[qQ][1-4]|\d{4}[\-._]\d{1,2}([\-._]\d{1,2})?)")


def lengthen(
    data: Dataset, *, columns: Sequence[str], name: str = PERIOD, value: str | None = None
) -> Dataset:
    """The same table with one row for each of some columns, instead of one column for each.

    A table with a column per period (`sales_2023`, `sales_2024` …) becomes one with a row per unit
    and period, as designs over time take it: `columns` are those that become rows; `name` is the
    new column that says which of them a row comes from, `value` the one with what stood in it. The
    other columns are repeated in every row. A table with a row per period and a column per unit is
    turned the same way: the units' columns become rows, and the column of the period stays.

    Where the names are one word and a period (`sales_2023`), the period is what `name` holds, as a
    number if it is one, and `value` is called like the word unless it is said.

    Rows keep their order, and within each the columns theirs. Empty cells stay, as empty values. If
    the target was among the columns, the new table has none.

    Raises `ParameterError` for fewer than two columns and for a new name that is taken; `DataError`
    where the columns are not of one kind, or where the long table would not fit into memory.
    """
    chosen = tuple(dict.fromkeys(columns))
    data.require(*chosen)
    if len(chosen) < 2:
        raise ParameterError(
            f"{len(chosen)} column was named to become rows.", "Name one for each period."
        )
    kind = _kind(data, chosen)
    word, periods = _periods(chosen)
    given = {"columns": list(chosen), "name": name, "value": value}
    value = value or word or VALUE
    stay = [column for column in data.columns if column not in chosen]
    _require_free({"name": name, "value": value}, stay)
    rows = len(data) * len(chosen)
    require_room_for_cells(rows, len(stay) + 2, f"{data.name} with a row for each column")
    long = data.frame.loc[np.repeat(np.arange(len(data)), len(chosen)), stay]
    long = long.reset_index(drop=True)
    long[name] = np.tile(periods, len(data))
    values = data.frame.melt(value_vars=list(chosen))["value"]  # one column below the other
    order = np.arange(rows).reshape(len(chosen), len(data)).T.ravel()
    long[value] = values.iloc[order].reset_index(drop=True)
    return _made(data, long, stay, kind, (name, value), given)


def columns_of_periods(data: Dataset) -> tuple[str, ...]:
    """The columns that seem to be one quantity in several periods, by their names and kinds: those
    of the word that most of them have in common, in the order of the table; none for fewer than
    three."""
    found: dict[tuple[str, Kind], list[str]] = {}
    for column in data.columns:
        match = _IN_A_PERIOD.fullmatch(column)
        if match:
            found.setdefault((match[1], _in_rows(data, column)), []).append(column)
    most = max(found.values(), key=len, default=[])
    return tuple(most) if len(most) >= FEWEST_PERIODS else ()


def _periods(columns: tuple[str, ...]) -> tuple[str, list[int] | list[str]]:
    """The word that all have in common, and what is left: whole numbers, or texts."""
    matches = [_IN_A_PERIOD.fullmatch(column) for column in columns]
    found = [(match[1], match[2]) for match in matches if match]
    words = {word for word, _ in found}
    if len(found) < len(columns) or len(words) > 1:
        return "", list(columns)
    texts, word = [text for _, text in found], words.pop()
    if word[-1:] in ("q", "Q"):  # Q12011 is a quarter, not the period 12011 of Q
        return "", list(columns)
    word = word.strip(" _.-:/")
    if all(text.isdecimal() for text in texts):
        return word, [int(text) for text in texts]
    return word, texts


def _kind(data: Dataset, columns: tuple[str, ...]) -> Kind:
    """What all of them are; a column without any value is what the others are."""
    first, *others = [c for c in columns if data.frame[c].notna().any()] or columns[:1]
    kind = _in_rows(data, first)
    for other in others:
        if _in_rows(data, other) != kind:
            raise DataError(
                f"'{first}' is a {kind} and '{other}' a {_in_rows(data, other)}: they are not one "
                "quantity in several periods.",
                "Leave out the columns that are none of the periods, or correct their kinds.",
            )
    return kind


def _in_rows(data: Dataset, column: str) -> Kind:
    """Numbers that never repeat in a column for themselves are amounts in one of many."""
    is_number = pd.api.types.is_numeric_dtype(data.frame[column])
    return "number" if data.kinds[column] == "identifier" and is_number else data.kinds[column]


def _require_free(names: Mapping[str, str], stay: list[str]) -> None:
    for setting, column in names.items():
        if column in stay:
            raise ParameterError(
                f"There is a column '{column}' already.", f"Give {setting} another name."
            )
    if len(set(names.values())) < len(names):
        raise ParameterError(
            f"Both new columns would be called '{names['name']}'.", "Give value another name."
        )


def _made(
    data: Dataset,
    long: pd.DataFrame,
    stay: list[str],
    kind: Kind,
    new: tuple[str, str],
    given: Mapping[str, object],
) -> Dataset:
    """The long table: what stayed is what it was, and has its role."""
    name, value = new
    made = Dataset.of(long, name=data.name)
    notes = [
        (
            f"{len(data.columns) - len(stay):,} columns became rows: '{name}' says which a row is "
            f"from, '{value}' what stood in it. {len(data):,} rows became {len(long):,}."
        )
    ]
    empty = int(long[value].isna().sum())
    if empty:
        notes.append(f"In {empty:,} of these rows '{value}' is empty.")
    if data.target is not None and data.target not in stay:
        notes.append(f"The target '{data.target}' became rows, so no target is chosen.")
    default = {"name": PERIOD, "value": None}
    said = {key: each for key, each in given.items() if each != default.get(key)}
    script = data.script
    return replace(
        made,
        kinds={**made.kinds, **{c: data.kinds[c] for c in stay}, value: kind},
        roles={**made.roles, **{c: data.roles[c] for c in stay}},
        notes=(*data.notes, *notes),
        script=script.then(script.name, "workbench", "lengthen", Name(script.name), **said),
    )
