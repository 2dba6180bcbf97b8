"""The transform that travels with the model: the person's columns in, one number per column out.

One column stays one column. Levels become codes in a frozen order, so an explanation of a model's
input is an explanation of the person's column and nothing has to be added back together. Missing
stays missing: every family here routes it in its trees. See docs/decisions/0002.

A date is one code as well. Only on the way into the estimator does it become what the calendar
makes of it (`inputs`), so whatever is asked about the code is asked about the whole date. See
docs/decisions/0006.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .column_kinds import Kind
from .dataset import Dataset
from .dates import DateColumn
from .errors import DataError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Transform:
    """Frozen at training: `kinds` by column, in order, `levels` of the categories, and what is
    made of `dates`."""

    kinds: Mapping[str, Kind]
    levels: Mapping[str, tuple[str, ...]]
    dates: Mapping[str, DateColumn] = field(default_factory=dict)

    @classmethod
    def fit(cls, data: Dataset, *, dates_as_they_are: bool = False) -> Transform:
        """Reads the levels off the training rows and leaves out features without any value there;
        raises `DataError` for infinite numbers or a feature that cannot be used as it is.

        `dates_as_they_are` is for an estimator that takes dates itself.
        """
        # A column that is empty in these rows has nothing to learn from and breaks binning.
        kinds = {c: data.kinds[c] for c in data.features if data.frame[c].notna().any()}
        levels = {c: _levels(data.frame[c]) for c, kind in kinds.items() if kind not in _AS_NUMBERS}
        read = DateColumn.whole if dates_as_they_are else DateColumn.fit
        dates = {c: read(data.frame[c]) for c, kind in kinds.items() if kind == "date"}
        fitted = cls(kinds, levels, dates)
        fitted.codes(data.frame)
        return fitted

    @property
    def columns(self) -> tuple[str, ...]:
        """The features, in the order the model sees them."""
        return tuple(self.kinds)

    def codes(self, frame: pd.DataFrame) -> Floats:
        """All features as one matrix (n, p) of float64: numbers as they are, booleans 0/1, levels
        by their place in `levels`, dates as days since 1970-01-01, missing values and unseen levels
        NaN."""
        self._require_columns(frame)
        return np.column_stack([self._column(c, frame[c]) for c in self.columns])

    @property
    def is_category(self) -> tuple[bool, ...]:
        """For each feature, whether its numbers are codes of levels."""
        return tuple(c in self.levels for c in self.columns)

    # What the estimator is given

    def inputs(self, codes: Floats) -> Floats:
        """The codes (n, p) as the estimator takes them, (n, q): each date as its parts; the codes
        themselves where there are no dates."""
        if self._is_plain:
            return codes
        return np.column_stack(
            [
                self.dates[c].inputs(codes[:, j]) if c in self.dates else codes[:, j]
                for j, c in enumerate(self.columns)
            ]
        )

    @cached_property
    def owners(self) -> tuple[int, ...]:
        """For each input of the estimator, the place of the column it is made from."""
        widths = (self.dates[c].width if c in self.dates else 1 for c in self.columns)
        return tuple(j for j, width in enumerate(widths) for _ in range(width))

    @property
    def input_columns(self) -> tuple[str, ...]:
        """For each input, the column it is made from; the parts of a date share its name."""
        return tuple(self.columns[j] for j in self.owners)

    @property
    def input_is_category(self) -> tuple[bool, ...]:
        """For each input, whether its numbers are codes of levels."""
        return tuple(c in self.levels for c in self.input_columns)

    @cached_property
    def _is_plain(self) -> bool:
        return not any(date.parts for date in self.dates.values())

    def unseen(self, frame: pd.DataFrame) -> dict[str, list[str]]:
        """Levels that training did not see, by column; they are treated as missing."""
        found = {c: sorted(set(_levels(frame[c])) - set(ls)) for c, ls in self.levels.items()}
        return {column: levels for column, levels in found.items() if levels}

    def _require_columns(self, frame: pd.DataFrame) -> None:
        absent = [c for c in self.columns if c not in frame.columns]
        if absent:
            raise DataError(
                f"The table lacks the column{'s' if len(absent) > 1 else ''} "
                + ", ".join(f"'{c}'" for c in absent)
                + ".",
                "The model was trained on it: add it, or train without it.",
            )

    def _column(self, name: str, values: pd.Series) -> Floats:
        if name in self.levels:
            place = {level: code for code, level in enumerate(self.levels[name])}
            codes = level_names(values).map(place)
            return np.asarray(codes, dtype=np.float64)
        if name in self.dates:
            return self.dates[name].days(values.rename(name))
        return _numbers(name, values)


_AS_NUMBERS: frozenset[Kind] = frozenset({"number", "boolean", "date"})


def _levels(values: pd.Series) -> tuple[str, ...]:
    if isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered:
        used = set(values.dropna().unique())
        categories = values.cat.categories
        return tuple(level_names(pd.Series([level for level in categories if level in used])))
    return tuple(sorted(level_names(values).dropna().unique()))


def level_names(values: pd.Series) -> pd.Series:
    """Values as the names of levels; missing stays missing.

    A value's name depends on nothing but the value: a row asked about alone has the level that it
    has in its table, and 3 and 3.0 are one (codes turn to floats as soon as one is missing).
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        names = level_names(pd.Series(values.cat.categories))
        return values.cat.rename_categories(list(names)).astype("str")
    if pd.api.types.is_float_dtype(values):
        codes, distinct = pd.factorize(values)
        each = np.array([*map(_name, np.asarray(distinct)), None], dtype=object)
        return pd.Series(each[codes], index=values.index, name=values.name, dtype="str")
    if values.dtype == object:  # as a row of mixed columns has them once it is cut out
        return values.map(_name, na_action="ignore").astype("str")
    return values.astype("str")


def _name(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return f"{float(value) + 0.0:.0f}"  # + 0.0, so that no level is called -0
    return str(value)


def _numbers(name: str, values: pd.Series) -> Floats:
    if (
        pd.api.types.is_string_dtype(values)
        and values.dropna().str.lower().isin(["true", "false"]).all()
    ):
        values = values.str.lower().map({"true": 1.0, "false": 0.0})
    try:
        numbers = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"'{name}' was a number in training and now holds text ({error}).",
            "Correct the values, or change the column's kind and train again.",
        ) from error
    if np.isinf(numbers).any():
        raise DataError(
            f"'{name}' holds {int(np.isinf(numbers).sum())} infinite values.",
            "Replace them by a number or leave them empty.",
        )
    return numbers
