"""Texts that are dates: only plain forms, and only where every value of the column has the same
one and the calendar holds it. `01/02/2024` is two dates: it stays text until another value of the
column (31/02 is none) or the person says whether the day comes first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

#: The order of a date's parts: day, month, year and so on; "text" leaves dates as they are.
DateOrder = Literal["dmy", "mdy", "ymd", "text"]

_YEAR_FIRST = {
    r"\d{4}-\d{1,2}-\d{1,2}": "%Y-%m-%d",
    r"\d{4}/\d{1,2}/\d{1,2}": "%Y/%m/%d",
    r"\d{4}\.\d{1,2}\.\d{1,2}": "%Y.%m.%d",
    r"\d{4}\. \d{1,2}\. \d{1,2}\.": "%Y. %m. %d.",
    r"\d{4}\. \d{1,2}\. \d{1,2}": "%Y. %m. %d",
    r"\d{4}년 \d{1,2}월 \d{1,2}일": "%Y년 %m월 %d일",
}
_YEAR_LAST = {
    r"\d{1,2}\.\d{1,2}\.\d{4}": ".",
    r"\d{1,2}-\d{1,2}-\d{4}": "-",
    r"\d{1,2}/\d{1,2}/\d{4}": "/",
}
_TIME_FORMS = {
    r"": "",
    r" \d{1,2}:\d{2}": " %H:%M",
    r"T\d{2}:\d{2}": "T%H:%M",
    r" \d{1,2}:\d{2}:\d{2}": " %H:%M:%S",
    r"T\d{2}:\d{2}:\d{2}": "T%H:%M:%S",
    r" \d{1,2}:\d{2}:\d{2}\.\d{1,9}": " %H:%M:%S.%f",
    r"T\d{2}:\d{2}:\d{2}\.\d{1,9}": "T%H:%M:%S.%f",
}
_ZONE_FORMS = {r"": "", r" ?(Z|[+-]\d{2}:?\d{2})": "%z"}


@dataclass(frozen=True)
class DateForm:
    """One way of writing a date: `pattern` for the letters, `format` for their meaning."""

    pattern: str
    format: str
    order: DateOrder
    mark: str

    @property
    def spoken(self) -> str:
        """The order of the parts, in words."""
        parts = {"dmy": ("day", "month", "year"), "mdy": ("month", "day", "year")}
        order = self.mark.join(parts.get(self.order, ("year", "month", "day")))
        return f"{order} and time" if "%H" in self.format else order

    @property
    def has_zone(self) -> bool:
        """Whether the time says how far it is from UTC."""
        return self.format.endswith("%z")


_DAY_FORMS: tuple[tuple[str, str, DateOrder, str], ...] = (
    *((pattern, form, "ymd", "-") for pattern, form in _YEAR_FIRST.items()),
    *((pattern, f"%d{m}%m{m}%Y", "dmy", m) for pattern, m in _YEAR_LAST.items()),
    *((pattern, f"%m{m}%d{m}%Y", "mdy", m) for pattern, m in _YEAR_LAST.items()),
)
_FORMS = tuple(
    DateForm(f"^{day}{time}{zone}$", day_format + time_format + zone_format, order, mark)
    for day, day_format, order, mark in _DAY_FORMS
    for time, time_format in _TIME_FORMS.items()
    for zone, zone_format in _ZONE_FORMS.items()
    if time or not zone
)


@dataclass(frozen=True)
class Dates:
    """Values without a zone (UTC where one was written) and the form they had."""

    values: pd.Series
    form: DateForm


def dates_of(cells: pa.ChunkedArray, order: DateOrder | None = None) -> Dates | None:
    """The cells as dates, or None where they are none or could be read in two ways."""
    read = [Dates(values, form) for form, values in _readings(cells, order)]
    if len(read) == 2 and not read[0].values.equals(read[1].values):
        return None
    return read[0] if read else None


def doubt_of_dates(cells: pa.ChunkedArray, order: DateOrder | None) -> str:
    """Why cells with the look of dates were not read as such; "" where they have not."""
    if order == "text" or not _fitting(cells, order):
        return ""
    if not _readings(cells, order):
        return "not all of its dates exist"
    return "its dates can be read with the day or the month first"


def _readings(cells: pa.ChunkedArray, order: DateOrder | None) -> list[tuple[DateForm, pd.Series]]:
    read = [(form, _read(cells, form)) for form in _fitting(cells, order)]
    return [(form, values) for form, values in read if values is not None]


def _fitting(cells: pa.ChunkedArray, order: DateOrder | None) -> list[DateForm]:
    """The forms that the first value has, if every other value has them too."""
    first = pc.drop_null(cells).slice(0, 1).to_pylist()
    if not first or order == "text":
        return []
    may = [form for form in _FORMS if _allowed(form, order) and re.match(form.pattern, first[0])]
    patterns = {form.pattern for form in may}
    fit = {p for p in patterns if pc.all(pc.match_substring_regex(cells, p)).as_py()}
    return [form for form in may if form.pattern in fit]


def _allowed(form: DateForm, order: DateOrder | None) -> bool:
    """A year in front is never in doubt; with points between them, the day comes first."""
    if form.order == "ymd":
        return True
    return form.order == (order or ("dmy" if form.mark == "." else form.order))


def _read(cells: pa.ChunkedArray, form: DateForm) -> pd.Series | None:
    """None where one of the cells is not a day of the calendar."""
    texts = cells.to_pandas()
    if form.has_zone:
        # pandas wants the offset close to the time.
        texts = texts.str.replace(" +", "+").str.replace(r" (?=[Z-]\S*$)", "", regex=True)
    try:
        dates = pd.to_datetime(texts, format=form.format, utc=form.has_zone)
    except ValueError:
        return None
    return cast(pd.Series, dates.dt.tz_localize(None) if form.has_zone else dates)
