"""A column of time as periods in order: years, months, quarters and dates, numbers or text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.dataset import Dataset
from workbench.dates import date_names, days_of, moments
from workbench.errors import DataError, QuestionError
from workbench.transform import level_names

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
#: What stands for "never" where a column holds each unit's first treated period.
_NEVER = frozenset(("", "0", "0.0", "inf", "infinity", "never", "none", "nan", "nat"))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_QUARTER_FIRST = re.compile(r"q?([1-4])q?[\s\-/.:]*(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[\s\-/.:]*q?([1-4])q?")
_YEAR_MONTH = re.compile(r"(\d{4})[\-/.m ]{1,2}(\d{1,2})")
_MONTH_NAME = re.compile(r"([a-z]{3})[a-z]*[\s\-/.]+(\d{4})")
#: Whole numbers that may be a year and a month, as 201112.
_YEAR_AND_MONTH = (100001, 999912)


@dataclass(frozen=True)
class Periods:
    """The periods of a panel, in order: `names` as the table has them and `codes` (T,), numbers
    that can be compared: the years, quarters or months counted, days since 1970-01-01, or the
    numbers themselves. `way` says which."""

    column: str
    way: str
    names: tuple[str, ...]
    codes: Floats

    def __len__(self) -> int:
        return len(self.names)

    def of_values(self, values: pd.Series) -> Codes:
        """The first period at or after each value, which stands in the same form as the periods;
        their number where that is after all of them or never comes (empty, 0, inf, never).

        Raises `QuestionError` for a value that cannot be read like the periods.
        """
        present = ~is_never(values)
        codes = np.full(len(values), np.inf)
        if present.any():
            codes[present] = self._read(values[present])
        return np.searchsorted(self.codes, codes, side="left").astype(np.intp)

    def of_text(self, text: str, what: str) -> int:
        """The same for one value that a person typed, which always names a period."""
        codes = self._read(pd.Series([text.strip()], name=what, dtype=object))
        return int(np.searchsorted(self.codes, codes[0], side="left"))

    def _read(self, values: pd.Series) -> Floats:
        try:
            codes = _WAYS[self.way](values)
        except DataError:
            codes = None
        if codes is None:
            raise QuestionError(
                f"'{values.name}' holds {str(values.iloc[0])[:40]!r}, which cannot be read like "
                f"the times in '{self.column}' ({self.names[0]}, {self.names[1]} …).",
                f"Write it as '{self.column}' is written.",
            )
        return codes

    def until(self, stop: int) -> Periods:
        """The first of them."""
        return self.keep(np.arange(len(self)) < stop)

    def keep(self, which: NDArray[np.bool_]) -> Periods:
        """Some of them."""
        names = tuple(name for name, kept in zip(self.names, which, strict=True) if kept)
        return Periods(self.column, self.way, names, self.codes[which])


@dataclass(frozen=True)
class Timed:
    """The periods, and that of every row (n,)."""

    periods: Periods
    rows: Codes


def read_periods(data: Dataset, column: str) -> Timed:
    """The periods in a column of time.

    Numbers, dates, and text such as 2011, Q12011, 2011Q1, 2011-01 or Jan 2011 are read. Raises
    `QuestionError` for text in no such form, for an empty value, for one period only, and where
    the steps between the periods differ: then it says which are missing.
    """
    values = data.frame[column]
    if values.isna().any():
        row = int(np.flatnonzero(values.isna())[0])
        raise QuestionError(
            f"The time '{column}' is empty in row {row} and {int(values.isna().sum()) - 1} more.",
            "Fill the times in or drop these rows.",
        )
    way, codes = _way_of(values, is_date=data.kinds[column] == "date")
    distinct, first, rows = np.unique(codes, return_index=True, return_inverse=True)
    if len(distinct) < 2:
        raise QuestionError(
            f"All rows have the same time, {values.iloc[0]}.",
            "A design over time needs a before and an after.",
        )
    names = date_names(distinct) if way == "date" else _names(values.iloc[first])
    periods = Periods(column, way, tuple(names), distinct)
    _require_no_gaps(periods)
    return Timed(periods, rows.astype(np.intp))


def is_never(values: pd.Series) -> NDArray[np.bool_]:
    """Where a first treated period says that the treatment never came."""
    texts = values.astype(object).map(lambda v: str(v).strip().lower())
    return np.asarray(values.isna() | texts.isin(_NEVER), dtype=bool)


def order_of(data: Dataset, column: str) -> Floats:
    """Numbers (n,) that put the rows in the order of a column of time, NaN where it is missing:
    read as `read_periods` does, so that the 9th comes before the 10th also where both are text.

    Raises `QuestionError` for text in no such form.
    """
    values = data.frame[column]
    known = values.notna().to_numpy()
    codes = np.full(len(values), np.nan)
    if known.any():
        codes[known] = _way_of(values[known], is_date=data.kinds[column] == "date")[1]
    return codes


def _way_of(values: pd.Series, *, is_date: bool) -> tuple[str, Floats]:
    if is_date:
        return "date", days_of(values)
    for way in ("year and month", "number", "quarter", "month"):
        codes = _WAYS[way](values)
        if codes is not None:
            return way, codes
    dates = _dates(values)
    if dates is not None:
        return "date", dates
    raise QuestionError(
        f"The times in '{values.name}' cannot be put in order: {_odd_one(values)}.",
        "Write them as 2011, 2011Q1, 2011-01 or 2011-01-31, or number the periods 1, 2, 3 …",
    )


def _dates(values: pd.Series) -> Floats | None:
    """Text that is a date in one way only."""
    try:
        return days_of(values)
    except DataError:
        return None


def _odd_one(values: pd.Series) -> str:
    distinct = pd.Series(values.unique()[:1000], name=values.name)
    ways = (_numbers, _WAYS["quarter"], _WAYS["month"], _dates)
    for k, value in enumerate(distinct):
        if all(read(distinct.iloc[[k]]) is None for read in ways):
            return f"{str(value)[:40]!r} is no number, date, quarter or month"
    return f"they are written in several ways ({distinct.iloc[0]}, {distinct.iloc[-1]})"


def _numbers(values: pd.Series) -> Floats | None:
    if pd.api.types.is_bool_dtype(values):
        return None
    read = (
        values
        if pd.api.types.is_numeric_dtype(values)
        else pd.to_numeric(values.astype(str), errors="coerce")
    )
    numbers = read.to_numpy(dtype=float, na_value=np.nan)
    return numbers if np.isfinite(numbers).all() else None


def _years_and_months(values: pd.Series) -> Floats | None:
    """201112 and 201201 are neighbours."""
    numbers = _numbers(values)
    if numbers is None or not (numbers == np.round(numbers)).all():
        return None
    months = numbers % 100
    low, high = _YEAR_AND_MONTH
    fits = (numbers >= low) & (numbers <= high) & (months >= 1) & (months <= 12)
    return numbers // 100 * 12 + months - 1 if fits.all() else None


def _each(read: Callable[[str], float | None]) -> Callable[[pd.Series], Floats | None]:
    def of_all(values: pd.Series) -> Floats | None:
        texts, rows = np.unique(values.astype(str).to_numpy(dtype=object), return_inverse=True)
        found = [read(str(text)) for text in texts]
        return None if None in found else np.array(found, dtype=float)[rows]

    return of_all


def _quarter(text: str) -> float | None:
    plain = text.strip().lower()
    if "q" not in plain:
        return None
    if match := _QUARTER_FIRST.fullmatch(plain):
        return 4.0 * int(match[2]) + int(match[1]) - 1
    if match := _YEAR_FIRST.fullmatch(plain):
        return 4.0 * int(match[1]) + int(match[2]) - 1
    return None


def _month(text: str) -> float | None:
    plain = text.strip().lower()
    if (match := _YEAR_MONTH.fullmatch(plain)) and 1 <= int(match[2]) <= 12:
        return 12.0 * int(match[1]) + int(match[2]) - 1
    if (match := _MONTH_NAME.fullmatch(plain)) and match[1] in _MONTHS:
        return 12.0 * int(match[2]) + _MONTHS.index(match[1])
    return None


_WAYS: Mapping[str, Callable[[pd.Series], Floats | None]] = {
    "date": days_of,
    "year and month": _years_and_months,
    "number": _numbers,
    "quarter": _each(_quarter),
    "month": _each(_month),
}


def _names(values: pd.Series) -> list[str]:
    if pd.api.types.is_numeric_dtype(values):
        return [f"{v:.0f}" if v == round(v) else f"{v:g}" for v in values.to_numpy(dtype=float)]
    return [str(name) for name in level_names(values)]


def _require_no_gaps(periods: Periods) -> None:
    steps = np.diff(_evenly(periods))
    usual = steps.min()
    wide = np.flatnonzero(steps > 1.5 * usual)
    if len(wide):
        k, names = int(wide[0]), periods.names
        more = f" and {len(wide) - 1} more times" if len(wide) > 1 else ""
        raise QuestionError(
            f"The times in '{periods.column}' have a gap: nothing lies between {names[k]} and "
            f"{names[k + 1]}{more}, and other steps are shorter.",
            "Add the missing periods, keep the stretch without a gap, or, if these are the waves "
            "there are, number them 1, 2, 3 … in a column and take that as time.",
        )


def _evenly(periods: Periods) -> Floats:
    """Codes on which even steps are even: months of dates that keep to one day of the month."""
    if periods.way != "date":
        return periods.codes
    at = moments(periods.codes)
    months = at.astype("datetime64[M]")
    day = (at.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int)
    tomorrow = at.astype("datetime64[D]") + np.timedelta64(1, "D")
    ends = tomorrow.astype("datetime64[M]") != months
    if len(np.unique(day)) == 1 or ends.all():
        return months.astype(int).astype(float)
    return periods.codes
