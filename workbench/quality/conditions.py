"""Conditions on single columns that a person can read: a level, a part of a number, missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..dates import date_name, days_of
from ..figures import number
from ..groups import equal_groups
from ..metrics import Floats
from ..transform import level_names

#: Numbers are cut into so many parts of about equal size; of names so many are looked at.
PARTS, MOST_LEVELS = 4, 20


@dataclass(frozen=True)
class Condition:
    """A level of a column, a part of its numbers (above `low`, at most `high`), or that its value
    is missing."""

    column: str
    words: str
    low: float = -np.inf
    high: float = np.inf
    level: str | None = None
    is_missing: bool = False

    def holds(self, values: pd.Series) -> NDArray[np.bool_]:
        """Whether each value of the column meets it, (n,)."""
        missing: NDArray[np.bool_] = values.isna().to_numpy(dtype=bool)
        if self.is_missing:
            return missing
        if self.level is not None:
            is_level: NDArray[np.bool_] = np.asarray(level_names(values) == self.level)
            return is_level & ~missing
        numbers = _numbers(values)
        known = ~missing & np.isfinite(numbers)
        inside: NDArray[np.bool_] = known & (numbers > self.low) & (numbers <= self.high)
        return inside


@dataclass(frozen=True)
class Conditions:
    """Conditions on the columns of a table, and which of its rows meet them, (n, conditions);
    `left_out` are columns some levels of which were not looked at."""

    each: tuple[Condition, ...]
    column: NDArray[np.intp]
    holds: NDArray[np.bool_]
    left_out: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.each)

    def in_words(self, first: int, second: int) -> str:
        """A slice by one condition or (unless the second is −1) by two, as a person says it."""
        one = self.each[first].words
        return one if second < 0 else f"{one} and {self.each[second].words}"

    def of_rows(self, frame: pd.DataFrame, first: int, second: int) -> NDArray[np.bool_]:
        """Which rows of another part of the table are in a slice, (n,)."""
        met = [self.each[at] for at in (first, second) if at >= 0]
        holds: NDArray[np.bool_] = np.all([each.holds(frame[each.column]) for each in met], axis=0)
        return holds


def conditions(
    frame: pd.DataFrame, kinds: Mapping[str, str], weights: Floats | None = None
) -> Conditions:
    """The conditions on the columns of a table: levels, quarters of numbers, missing."""
    found: list[tuple[int, Condition, NDArray[np.bool_]]] = []
    left_out: list[str] = []
    for place, name in enumerate(frame.columns):
        values = frame[name]
        is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        kind = kinds[name]
        of_column = (
            quarters(name, values, weights, kind)
            if (is_number and kind == "number") or kind == "date"
            else _levels(name, values, left_out)
        )
        of_column.append(Condition(name, f"{name} is missing", is_missing=True))
        for each in of_column:
            rows = each.holds(values)
            if 0 < rows.sum() < len(frame):
                found.append((place, each, rows))
    return Conditions(
        tuple(each for _, each, _ in found),
        np.array([place for place, _, _ in found], dtype=np.intp),
        np.column_stack([rows for *_, rows in found]) if found else np.zeros((len(frame), 0), bool),
        tuple(left_out),
    )


def quarters(
    name: str, values: pd.Series, weights: Floats | None = None, kind: str = "number"
) -> list[Condition]:
    """A number or a date cut into parts of about equal size."""
    said: Callable[[float], str] = date_name if kind == "date" else number
    numbers = _numbers(values)
    known = np.isfinite(numbers)
    if not known.any():
        return []
    numbers = numbers[known]
    group = equal_groups(numbers, PARTS, None if weights is None else weights[known])
    ends = [(float(part.min()), float(part.max())) for _, part in pd.Series(numbers).groupby(group)]
    made, below = [], -np.inf
    for place, (low, high) in enumerate(ends):
        words = f"{name} = {said(low)}"
        if low != high:
            words = f"{name} from {said(low)} to {said(high)}"
        above = np.inf if place == len(ends) - 1 else high
        made.append(Condition(name, words, below, above))
        below = high
    return made


def _numbers(values: pd.Series) -> Floats:
    """The values, of dates their days since 1970 (n,), missing ones NaN."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return days_of(values)


def _levels(name: str, values: pd.Series, left_out: list[str]) -> list[Condition]:
    counts = level_names(values.dropna()).value_counts()
    if len(counts) > MOST_LEVELS:
        left_out.append(name)
    return [
        Condition(name, f"{name} = {level}", level=str(level))
        for level in counts.index[:MOST_LEVELS]
    ]
