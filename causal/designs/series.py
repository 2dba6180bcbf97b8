"""A question of one series: did the outcome leave its path when the intervention began?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.dates import date_names, days_of, moments
from workbench.errors import DataError, QuestionError
from workbench.settings import Column, Range

from ._calendar import Calendar, calendar_of
from .design import Design, Floats

#: Fewer times before the beginning say too little of how the series runs.
FEWEST_BEFORE = 12
#: And as many seasons, to see which part of a rise is the season's.
FEWEST_SEASONS = 2.5
#: More times take a Kalman filter too long; they can be summed up to coarser ones.
MOST_TIMES = 5_000


@dataclass(frozen=True)
class Series:
    """A question's rows in the order of time.

    `when` is what the axis shows (dates or numbers), `names` the same in words; `y` (n,) the
    outcome, NaN where it is missing; `x` (n, k) the regressors; `before` how many times come before
    the beginning; `season` how many times make one season (1: none), `unit` what one step is
    called.
    """

    when: NDArray[np.generic]
    names: tuple[str, ...]
    y: Floats
    x: Floats
    before: int
    season: int
    unit: str

    def __len__(self) -> int:
        return len(self.y)

    @property
    def after(self) -> int:
        """How many times come from the beginning on."""
        return len(self) - self.before

    @property
    def seen_after(self) -> NDArray[np.bool_]:
        """Which of those have an outcome."""
        return ~np.isnan(self.y[self.before :])

    def until(self, stop: int, before: int) -> Series:
        """Its first times only, as if the intervention had begun at `before`."""
        return Series(
            self.when[:stop], self.names[:stop], self.y[:stop], self.x[:stop],
            before, self.season, self.unit,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SeriesQuestion(Design):
    """What an intervention, which began at a known time, did to one series.

    A row is a time; times are evenly spaced, each there once. What would have been without the
    intervention is forecast from before it, so the answer holds if nothing else began at that time
    and if the path before would have gone on. `starts` and `ends` are written as in the table; an
    effect is counted from the first to the last of them, and later rows are left out. `regressors`
    are series that move with the outcome and that the intervention cannot have changed.

    Raises `QuestionError` for times that are missing, doubled or unevenly spaced, for a beginning
    outside the table, and where there is too little before it to forecast from. Source: Harvey,
    Forecasting, Structural Time Series Models and the Kalman Filter (1989); Brodersen et al.,
    Annals of Applied Statistics 9 (2015).
    """

    outcome: Annotated[str, Column(None), "what is measured at each time"]
    time: Annotated[str, Column(None), "when it was measured: dates or numbers, evenly spaced"]
    starts: Annotated[str, "when the intervention began, written as in the table"]
    ends: Annotated[str | None, "the last time it is asked about; none: the last row"] = None
    regressors: Annotated[
        tuple[str, ...],
        Column(None),
        "what moves with the outcome and cannot have been changed by the intervention",
    ] = ()
    season: Annotated[
        int | None,
        Range(1, 366),
        "how many times make one season; 1: there is none; automatic: by the calendar",
    ] = None

    @property
    def sentence(self) -> str:
        """The question in words."""
        until = f" until {self.ends}" if self.ends else ""
        return f"What did that which began at {self.starts} change in {self.outcome}{until}?"

    def check(self) -> None:
        """Raises `QuestionError` where the rows are no series, or it cannot be forecast."""
        series = self.series
        _check_values(self, series)
        known = int((~np.isnan(series.y[: series.before])).sum())
        least = max(FEWEST_BEFORE, int(np.ceil(FEWEST_SEASONS * series.season)))
        if known < least:
            of_season = (
                f", {FEWEST_SEASONS:g} seasons of {series.season}" if series.season > 4 else ""
            )
            raise QuestionError(
                f"Before {self.starts} there are {known} values of '{self.outcome}'; {least} are "
                f"needed{of_season}.",
                "Bring a longer series, or say season=1 where there is no season."
                if series.season > 4
                else "Bring a longer series: a path cannot be continued from so few points.",
            )

    @cached_property
    def series(self) -> Series:
        """The rows in the order of time, up to the end of what is asked."""
        days = self.times
        order = np.argsort(days, kind="stable")
        days = days[order]
        start = self._place(self.starts, "starts")
        stop = np.inf if self.ends is None else self._place(self.ends, "ends")
        if stop < start:
            raise QuestionError(
                f"It ends at {self.ends} before it starts at {self.starts}.",
                "Give a later end, or none.",
            )
        calendar = self.calendar
        kept = order[days <= stop]
        variable = self.variable(self.outcome)
        if variable.is_binary:
            raise QuestionError(
                f"The outcome '{self.outcome}' takes two values only.",
                "Count per time, or take the share of yes: a series is of amounts.",
            )
        columns = [self.numbers(column) for column in self.regressors]
        return Series(
            when=self._shown(days[days <= stop]),
            names=tuple(self._named(days[days <= stop])),
            y=variable.numbers[kept],
            x=np.column_stack(columns)[kept] if columns else np.empty((len(kept), 0)),
            before=int((days < start).sum()),
            season=calendar.season if self.season is None else self.season,
            unit=calendar.unit,
        )

    @cached_property
    def calendar(self) -> Calendar:
        """How far the times are apart; raises `QuestionError` where that varies."""
        days = np.sort(self.times)
        same = np.flatnonzero(np.diff(days) == 0)
        if len(same):
            name = self._named(days[same[:1]])[0]
            more = f" and {len(same) - 1} more times" if len(same) > 1 else ""
            raise QuestionError(
                f"In '{self.time}' {name} is there more than once{more}.",
                "A row is a time: sum up the rows of each time, or ask about one unit only.",
            )
        if len(days) > MOST_TIMES:
            raise QuestionError(
                f"The series has {len(days):,} times; {MOST_TIMES:,} can be analysed.",
                "Sum them up to coarser ones: days to weeks, hours to days.",
            )
        return calendar_of(days, self.is_dated, self.time, self._named)

    @cached_property
    def is_dated(self) -> bool:
        """The times are dates, not numbers."""
        return not pd.api.types.is_numeric_dtype(self.data.frame[self.time])

    @cached_property
    def times(self) -> Floats:
        """The time of each row of the table, in days since 1970-01-01 or as the number it is."""
        column = self.data.frame[self.time]
        found = days_of(column) if self.is_dated else column.to_numpy(float, na_value=np.nan)
        empty = np.flatnonzero(~np.isfinite(found))
        if len(empty):
            raise QuestionError(
                f"'{self.time}' has no time in row {empty[0]}"
                + (f" and {len(empty) - 1} more." if len(empty) > 1 else "."),
                "Fill it in, or take the row out.",
            )
        return np.asarray(found, dtype=float)

    def _place(self, written: str, part: str) -> float:
        """Where a time, written as in the table, lies; inside of the table."""
        days = self.times
        at = self._read(written, part)
        first, last = self._named(np.array([days.min(), days.max()]))
        if not days.min() < at <= days.max():
            raise QuestionError(
                f"{part} = {written} is not inside the table: '{self.time}' runs from {first} to "
                f"{last}.",
                "Give a time after the first and not after the last of them.",
            )
        return at

    def _read(self, written: str, part: str) -> float:
        column = self.data.frame[self.time]
        same = np.flatnonzero((column.astype(str) == written.strip()).to_numpy())
        if len(same):
            return float(self.times[same[0]])
        example = self._named(self.times[:1])[0]
        try:
            if not self.is_dated:
                return float(written)
            return float(days_of(pd.Series([written.strip()], name=part))[0])
        except (ValueError, DataError) as error:
            raise QuestionError(
                f"{part} = '{written}' cannot be read as a time of '{self.time}'.",
                f"Write it as the table does, such as {example}.",
            ) from error

    def _named(self, days: Floats) -> list[str]:
        return date_names(days) if self.is_dated else [f"{day:.12g}" for day in days]

    def _shown(self, days: Floats) -> NDArray[np.generic]:
        return moments(days) if self.is_dated else days


def _check_values(question: SeriesQuestion, series: Series) -> None:
    known = series.y[: series.before][~np.isnan(series.y[: series.before])]
    if len(known) and np.ptp(known) == 0:
        raise QuestionError(
            f"Before {question.starts} '{question.outcome}' is {known[0]:g} at every time.",
            "A series that never moved says nothing of how far it may move: nothing can be "
            "forecast with an interval.",
        )
    if not series.seen_after.any():
        raise QuestionError(
            f"From {question.starts} on '{question.outcome}' has no value.",
            "Give an earlier beginning, or bring the values that came after it.",
        )
    for column, values in zip(question.regressors, series.x.T, strict=True):
        if np.isnan(values).any():
            raise QuestionError(
                f"The regressor '{column}' is missing at {series.names[_first_gap(values)]}.",
                "A forecast needs it at every time: fill it in, or leave the column out.",
            )
    x = series.x[: series.before]
    if x.size and np.linalg.matrix_rank(_centred(x)) < x.shape[1]:
        raise QuestionError(
            "Before the beginning one of the regressors "
            f"({', '.join(repr(c) for c in question.regressors)}) is constant or repeats others.",
            "Leave it out: what it does could not be learned.",
        )


def _first_gap(values: Floats) -> int:
    return int(np.flatnonzero(np.isnan(values))[0])


def _centred(x: Floats) -> Floats:
    spread = x - x.mean(axis=0)
    size = spread.std(axis=0)
    return np.asarray(spread / np.where(size > 0, size, 1.0))
