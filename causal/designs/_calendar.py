"""How far apart the times of a series are, and how many of them make a season."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.column_kinds import YEARS
from workbench.dates import moments
from workbench.errors import QuestionError

from .design import Floats


@dataclass(frozen=True)
class Calendar:
    """What one step of the series is called, and how many steps make a season (1: none)."""

    unit: str
    season: int


#: Steps of whole months, of days, and what they are called.
_OF_MONTHS = {1: Calendar("month", 12), 2: Calendar("two months", 6), 3: Calendar("quarter", 4),
              6: Calendar("half-year", 2), 12: Calendar("year", 1)}  # fmt: skip
_OF_DAYS = {1.0: Calendar("day", 7), 7.0: Calendar("week", 52)}
_WORKING_DAY = Calendar("working day", 5)
_HOUR = Calendar("hour", 24)
_PERIOD = Calendar("period", 1)


def calendar_of(
    days: Floats, is_dated: bool, column: str, named: Callable[[Floats], list[str]]
) -> Calendar:
    """The calendar of sorted times, each there once.

    Raises `QuestionError` where a time is missing between two others, or where they follow no step.
    """
    if not is_dated:
        _check_even(days, days, column, named)
        are_years = _usual(np.diff(days)) == 1 and YEARS[0] <= days[0] and days[-1] <= YEARS[1]
        return _OF_MONTHS[12] if are_years else _PERIOD
    months = _as_months(days)
    if months is not None:
        step = int(_usual(np.diff(months)))
        _check_even(months, days, column, named)
        return _OF_MONTHS.get(step, _PERIOD)
    working = _as_working_days(days)
    if working is not None:
        _check_even(working, days, column, named)
        return _WORKING_DAY
    step_in_days = _usual(np.diff(days))
    _check_even(days, days, column, named)
    return _HOUR if abs(step_in_days * 24 - 1) < 1e-3 else _OF_DAYS.get(step_in_days, _PERIOD)


def _as_months(days: Floats) -> Floats | None:
    """Whole months since 1970, where every time is the same day of its month, or its last."""
    at = moments(days)
    month = at.astype("datetime64[M]")
    into = days - month.astype("datetime64[D]").astype(float)
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(float)
    is_same = np.ptp(into) < 1e-6 or np.allclose(np.floor(into) + 1, length)
    return month.astype(np.int64).astype(float) if is_same and len(days) > 1 else None


def _as_working_days(days: Floats) -> Floats | None:
    """Monday to Friday as 0, 1, 2 …, where no time falls on a weekend though weeks go by."""
    whole = np.floor(days)
    weekday = (whole + 3) % 7
    if np.any(whole != days) or np.any(weekday > 4) or _usual(np.diff(days)) != 1:
        return None
    return np.asarray((whole + 3) // 7 * 5 + weekday)


def _usual(steps: Floats) -> float:
    """The step that occurs most often, to a second."""
    values, counts = np.unique(np.round(steps, 5), return_counts=True)
    return float(values[np.argmax(counts)])


def _check_even(
    places: Floats, days: Floats, column: str, named: Callable[[Floats], list[str]]
) -> None:
    steps = np.diff(places)
    usual = _usual(steps)
    odd = np.flatnonzero(~np.isclose(steps, usual, rtol=1e-6, atol=2e-5))
    if not len(odd):
        return
    first, then = named(days[[odd[0], odd[0] + 1]])
    if len(odd) > len(steps) / 4:
        raise QuestionError(
            f"The times in '{column}' are not evenly spaced: {first} is followed by {then}, as "
            f"{len(odd)} of {len(steps)} steps are unlike the usual one.",
            "Sum the rows up to even times first: days, weeks or months.",
        )
    more = f" and in {len(odd) - 1} more places" if len(odd) > 1 else ""
    raise QuestionError(
        f"In '{column}' {first} is followed by {then}{more}: a time is missing or out of step.",
        "Add the missing times as rows with an empty outcome; the model bridges those.",
    )
