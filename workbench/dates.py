"""A date as the one number a column is, and as what a model is given of it.

A column of dates has one code: days since 1970-01-01, by the clock it was written by. A model of
trees finds little in that number alone, so it is given what the calendar makes of it: elapsed days,
year, month, day of month, day of week, hour. All of these follow from the one code, so whoever
changes the code changes them together. See docs/decisions/0006.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .errors import DataError

Floats = NDArray[np.float64]
Moments = NDArray[np.datetime64]
DatePart = Literal["elapsed", "year", "month", "day", "weekday", "hour"]

DATE_PARTS: tuple[DatePart, ...] = get_args(DatePart)
#: What the parts are called.
PART_WORDS: Mapping[DatePart, str] = {
    "elapsed": "elapsed days",
    "year": "year",
    "month": "month",
    "day": "day of month",
    "weekday": "day of week",
    "hour": "hour of day",
}
_MS_OF_DAY = 86_400_000


@dataclass(frozen=True)
class DateColumn:
    """What training settled about a column of dates.

    `origin` is the first day of the training rows, in days since 1970-01-01, from which elapsed
    days are counted; `parts` are what the model is given, the elapsed days always and of the others
    those that vary in training. Without parts the model takes the date itself (an adopted one).
    `zone` is the time zone whose clock is read; None for dates without one.
    """

    origin: float
    parts: tuple[DatePart, ...]
    zone: str | None = None

    @classmethod
    def fit(cls, values: pd.Series) -> DateColumn:
        """From the training rows' values; raises `DataError` where they are no dates."""
        read = _as_dates(values)
        zone = _zone(read)
        days = _days(read, zone)
        days = days[~np.isnan(days)]
        vary = [p for p in DATE_PARTS if p == "elapsed" or np.ptp(_PARTS[p](moments(days))) > 0]
        return cls(float(np.floor(days.min())), tuple(vary), zone)

    @classmethod
    def whole(cls, values: pd.Series) -> DateColumn:
        """For an estimator that takes the dates as they are."""
        # instants and not the clock: an hour that the clock shows twice must lead back to its own
        return cls(0.0, (), None if _zone(_as_dates(values)) is None else "UTC")

    @property
    def left_out(self) -> tuple[DatePart, ...]:
        """The parts that do not vary in training."""
        return tuple(part for part in DATE_PARTS if part not in self.parts)

    @property
    def words(self) -> str:
        """What the model is given: elapsed days, year, month."""
        return _listed(self.parts)

    @property
    def note(self) -> str:
        """The same in a sentence's end, with what was left out and from when the days count."""
        same = f" ({_listed(self.left_out)}: the same in every training row, left out)"
        return (
            f"is given to the model as its {self.words}{same if self.left_out else ''}; elapsed "
            f"days count from {date_name(self.origin)}. It is explained as one column."
        )

    @property
    def width(self) -> int:
        """How many inputs of the model it becomes."""
        return max(1, len(self.parts))

    def days(self, values: pd.Series) -> Floats:
        """The code of every value: days since 1970-01-01 to the millisecond, NaN where missing.

        Raises `DataError` for values that are no dates, or by another clock.
        """
        return _days(values, self.zone)

    def inputs(self, days: Floats) -> Floats:
        """What the model is given of some codes, (n, width)."""
        if not self.parts:
            return days[:, None]
        present = ~np.isnan(days)
        made = np.full((len(days), len(self.parts)), np.nan)
        known, at = days[present], moments(days[present])
        for j, part in enumerate(self.parts):
            made[present, j] = known - self.origin if part == "elapsed" else _PARTS[part](at)
        return made


def days_of(values: pd.Series) -> Floats:
    """A column's own dates as days since 1970-01-01 by its own clock, NaN where missing; raises
    `DataError` where they are no dates."""
    read = _as_dates(values)
    return _days(read, _zone(read))


def _listed(parts: tuple[DatePart, ...]) -> str:
    return ", ".join(PART_WORDS[part] for part in parts)


def moments(days: Floats) -> Moments:
    """Codes as moments; NaN becomes NaT."""
    ms = np.where(np.isnan(days), 0.0, days) * _MS_OF_DAY
    found = np.round(ms).astype(np.int64).astype("datetime64[ms]")
    return np.where(np.isnan(days), np.datetime64("NaT", "ms"), found)


def date_names(days: Floats) -> list[str]:
    """Codes as text, each with as much of the time of day as it has: 2011-01-31, 2011-01-31 17:30;
    NaN is NaT."""
    at = moments(days)
    names = np.datetime_as_string(at, unit="ms").astype(object)
    for unit in ("s", "m", "D"):  # the coarsest that loses nothing has the last word
        plain = at == at.astype(f"datetime64[{unit}]")
        names[plain] = np.datetime_as_string(at[plain], unit=unit)
    return [str(name).replace("T", " ") if "-" in str(name) else str(name) for name in names]


def date_name(days: float) -> str:
    """One code as text."""
    return date_names(np.array([days]))[0]


def span_words(days: float) -> str:
    """A number of days in words: 1 day, 365 days, 5 hours where it is less than a day."""
    count, unit = (days * 24, "hour") if days < 1 else (days, "day")
    return f"{count:,.4g} {unit}{'' if count == 1 else 's'}"


def _count(at: Moments, unit: str) -> NDArray[np.int64]:
    """Whole units since 1970, below zero before."""
    return np.asarray(at.astype(f"datetime64[{unit}]").astype(np.int64))


_PARTS: Mapping[DatePart, Callable[[Moments], NDArray[np.int64]]] = {
    "year": lambda at: _count(at, "Y") + 1970,
    "month": lambda at: _count(at, "M") % 12 + 1,
    "day": lambda at: _count(at, "D") - _count(at.astype("datetime64[M]"), "D") + 1,
    # the first of January 1970 was a Thursday; Monday is 1
    "weekday": lambda at: (_count(at, "D") + 3) % 7 + 1,
    "hour": lambda at: _count(at, "h") % 24,
}


def _zone(values: pd.Series) -> str | None:
    dtype: Any = values.dtype
    zone = getattr(dtype, "tz", None)
    if zone is None and isinstance(dtype, pd.ArrowDtype):
        zone = getattr(dtype.pyarrow_dtype, "tz", None)
    return None if zone is None else str(zone)


def _days(values: pd.Series, zone: str | None) -> Floats:
    read = _as_dates(values)
    given = _zone(read)
    if (given is None) != (zone is None):
        raise _other_clock(str(values.name), given, zone)
    if given is not None:
        read = read.dt.tz_convert(zone).dt.tz_localize(None)
    at = read.to_numpy(dtype="datetime64[ms]")
    return np.where(np.isnat(at), np.nan, at.astype(np.int64) / _MS_OF_DAY)


def _other_clock(name: str, given: str | None, zone: str | None) -> DataError:
    if given is None:
        return DataError(
            f"'{name}' had the time zone {zone} in training and now has none.",
            f"Say which it is: .dt.tz_localize('{zone}').",
        )
    return DataError(
        f"'{name}' had no time zone in training and now has {given}.",
        "Turn it into the clock of the training rows and take the zone away: "
        ".dt.tz_convert('…').dt.tz_localize(None).",
    )


def _as_dates(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        return _plain(values)
    present = values.dropna()
    if not len(present):
        return pd.Series(np.full(len(values), "NaT", dtype="datetime64[ms]"), name=values.name)
    if holds_dates(values):
        try:
            return _plain(pd.to_datetime(values.astype(object)))
        except (ValueError, TypeError) as error:
            raise _no_dates(values, present.iloc[0]) from error
    if pd.api.types.is_numeric_dtype(present):
        raise _no_dates(values, present.iloc[0])
    return _read(values)


def holds_dates(values: pd.Series) -> bool:
    """Whether a column of objects holds dates of Python's (or Arrow's) and nothing else."""
    if not (values.dtype == object or isinstance(values.dtype, pd.ArrowDtype)):
        return False
    present = values.dropna()
    return len(present) > 0 and all(isinstance(each, datetime.date) for each in present)


def _plain(values: pd.Series) -> pd.Series:
    """Dates of Arrow's as those of pandas."""
    if not isinstance(values.dtype, pd.ArrowDtype):
        return values
    zone = _zone(values)
    dtype: Any = "datetime64[ns]" if zone is None else pd.DatetimeTZDtype("ns", zone)
    return values.astype(dtype)


def _read(values: pd.Series) -> pd.Series:
    """Dates written as text, where that can be read in one way only."""
    import pyarrow as pa

    from .reading.dates import dates_of

    written = values.astype(object)
    texts = [None if missing else str(v) for v, missing in zip(written, values.isna(), strict=True)]
    found = dates_of(pa.chunked_array([pa.array(texts, pa.string())]))
    if found is None:
        raise _no_dates(values, values.dropna().iloc[0])
    read = found.values.dt.tz_localize("UTC") if found.form.has_zone else found.values
    return cast("pd.Series[Any]", read)


def _no_dates(values: pd.Series, example: object) -> DataError:
    return DataError(
        f"'{values.name}' is a date and holds what cannot be read as dates in one way only, such "
        f"as {str(example)[:40]!r}.",
        "Write dates as 2024-01-31, or turn the column into dates with pandas.to_datetime.",
    )
