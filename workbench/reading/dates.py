"""Texts that are dates: only plain forms that can be read in one way, and only where every value
of the column has the same one. `01/02/2024` is two dates and stays text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_DAY_FORMS = {
    r"\d{4}-\d{2}-\d{2}": "%Y-%m-%d",
    r"\d{4}/\d{2}/\d{2}": "%Y/%m/%d",
    r"\d{4}\.\d{2}\.\d{2}": "%Y.%m.%d",
    r"\d{2}\.\d{2}\.\d{4}": "%d.%m.%Y",
}
_TIME_FORMS = {
    r"": "",
    r" \d{2}:\d{2}": " %H:%M",
    r"T\d{2}:\d{2}": "T%H:%M",
    r" \d{2}:\d{2}:\d{2}": " %H:%M:%S",
    r"T\d{2}:\d{2}:\d{2}": "T%H:%M:%S",
    r" \d{2}:\d{2}:\d{2}\.\d{1,9}": " %H:%M:%S.%f",
    r"T\d{2}:\d{2}:\d{2}\.\d{1,9}": "T%H:%M:%S.%f",
}
_ZONE_FORMS = {r"": "", r" ?(Z|[+-]\d{2}:?\d{2})": "%z"}


@dataclass(frozen=True)
class DateForm:
    """One way of writing a date: `pattern` for the letters, `format` for their meaning."""

    pattern: str
    format: str

    @property
    def spoken(self) -> str:
        """The order of the parts, in words."""
        order = "day.month.year" if self.format.startswith("%d") else "year-month-day"
        return f"{order} and time" if "%H" in self.format else order

    @property
    def has_zone(self) -> bool:
        """Whether the time says how far it is from UTC."""
        return self.format.endswith("%z")


_FORMS = tuple(
    DateForm(f"^{day}{time}{zone}$", day_format + time_format + zone_format)
    for day, day_format in _DAY_FORMS.items()
    for time, time_format in _TIME_FORMS.items()
    for zone, zone_format in _ZONE_FORMS.items()
    if time or not zone
)


def date_form(cells: pa.ChunkedArray) -> DateForm | None:
    """The form of the first value, if every other value has it too."""
    first = pc.drop_null(cells).slice(0, 1).to_pylist()
    found = next((f for f in _FORMS if first and re.match(f.pattern, first[0])), None)
    if found and pc.all(pc.match_substring_regex(cells, found.pattern)).as_py():
        return found
    return None


def read_dates(cells: pa.ChunkedArray, form: DateForm) -> pd.Series | None:
    """The cells as datetime64 without a zone (UTC where one was written), or None where one of
    them is not a day of the calendar."""
    texts = cells.to_pandas()
    if form.has_zone:
        # pandas wants the offset close to the time.
        texts = texts.str.replace(" +", "+").str.replace(r" (?=[Z-]\S*$)", "", regex=True)
    try:
        dates = pd.to_datetime(texts, format=form.format, utc=form.has_zone)
    except ValueError:
        return None
    return cast(pd.Series, dates.dt.tz_localize(None) if form.has_zone else dates)
