"""What a question of a series takes, and what it refuses in a sentence."""

import numpy as np
import pandas as pd
import pytest

from causal import SeriesQuestion
from workbench import Dataset
from workbench.errors import QuestionError


def table(times, y=None, **more) -> Dataset:
    y = np.random.default_rng(0).normal(100, 5, len(times)) if y is None else y
    return Dataset.of(pd.DataFrame({"when": times, "y": y, **more}))


def asked(data: Dataset, starts: str, **more) -> SeriesQuestion:
    return SeriesQuestion(data, outcome="y", time="when", starts=starts, **more)


MONTHS = pd.date_range("2015-01-01", periods=60, freq="MS")


@pytest.mark.parametrize(
    ("times", "starts", "unit", "season"),
    [
        (MONTHS, "2018-06-01", "month", 12),
        (MONTHS.strftime("%Y-%m-%d"), "2018-06-01", "month", 12),
        (pd.date_range("2015-01-31", periods=60, freq="ME"), "2018-06-30", "month", 12),
        (pd.date_range("2015-01-01", periods=60, freq="QS"), "2024-01-01", "quarter", 4),
        (pd.date_range("1950-01-01", periods=60, freq="YS"), "1990-01-01", "year", 1),
        (pd.date_range("2020-01-01", periods=60, freq="D"), "2020-02-15", "day", 7),
        (pd.date_range("2020-01-06", periods=60, freq="B"), "2020-03-02", "working day", 5),
        (pd.date_range("2015-01-04", periods=200, freq="W"), "2018-06-01", "week", 52),
        (pd.date_range("2020-01-01", periods=100, freq="h"), "2020-01-04 02:00", "hour", 24),
        (np.arange(1950, 2010), "1999", "year", 1),
        (np.arange(60) * 0.5, "20.5", "period", 1),
    ],
)
def test_the_calendar_is_read(times, starts, unit, season):
    series = asked(table(times), starts).series
    assert (series.unit, series.season) == (unit, season)


def test_the_beginning_divides_the_rows_and_rows_are_put_in_order():
    data = table(MONTHS, np.arange(60.0))
    shuffled = data.take(np.random.default_rng(1).permutation(60))
    for made in (asked(data, "2018-06-01").series, asked(shuffled, "2018-06-01").series):
        assert made.before == 41
        assert made.names[41] == "2018-06-01"
        assert made.y.tolist() == list(range(60))


def test_a_beginning_between_two_times_begins_at_the_next():
    assert asked(table(MONTHS), "2018-05-17").series.names[41] == "2018-06-01"


def test_rows_after_the_end_are_left_out():
    assert asked(table(MONTHS), "2018-06-01", ends="2018-12-01").series.names[-1] == "2018-12-01"


@pytest.mark.parametrize(
    ("times", "starts", "more", "says"),
    [
        (MONTHS.delete(20), "2018-06-01", {}, "2016-08-01 is followed by 2016-10-01"),
        (MONTHS.delete([20, 30]), "2018-06-01", {}, "and in 1 more places"),
        (MONTHS.append(MONTHS[[3]]), "2018-06-01", {}, "2015-04-01 is there more than once"),
        (np.r_[np.arange(1950, 1980), 1985], "1970", {}, "1979 is followed by 1985"),
        (np.cumsum(np.arange(40) % 7 + 1), "90", {}, "not evenly spaced"),
        (MONTHS, "2014-06-01", {}, "runs from 2015-01-01 to 2019-12-01"),
        (MONTHS, "2015-01-01", {}, "not inside the table"),
        (MONTHS, "2021-06-01", {}, "not inside the table"),
        (MONTHS, "spring", {}, "cannot be read as a time of 'when'"),
        (np.arange(1950, 2010), "spring", {}, "such as 1950"),
        (MONTHS, "2018-06-01", {"ends": "2017-01-01"}, "ends at 2017-01-01 before it starts"),
        (MONTHS, "2017-04-01", {}, "27 values of 'y'; 30 are needed, 2.5 seasons of 12"),
        (MONTHS, "2015-10-01", {"season": 1}, "9 values of 'y'; 12 are needed"),
    ],
)
def test_what_is_no_series_is_refused(times, starts, more, says):
    with pytest.raises(QuestionError, match=says):
        asked(table(times), starts, **more)


@pytest.mark.parametrize(
    ("y", "more", "says"),
    [
        (np.r_[np.full(41, 7.0), np.arange(19.0)], {}, "is 7 at every time"),
        (np.r_[np.arange(41.0), np.full(19, np.nan)], {}, "has no value"),
        (np.r_[np.zeros(30), np.ones(30)], {}, "two values only"),
        (np.arange(60.0), {"x": np.r_[np.nan, np.arange(59.0)]}, "'x' is missing at 2015-01-01"),
        (np.arange(60.0), {"x": np.r_[np.zeros(41), np.arange(19.0)]}, "constant"),
    ],
)
def test_values_that_say_nothing_are_refused(y, more, says):
    with pytest.raises(QuestionError, match=says):
        asked(table(MONTHS, y, **more), "2018-06-01", regressors=tuple(more))


def test_a_missing_time_is_named_by_its_row():
    with pytest.raises(QuestionError, match="no time in row 5"):
        asked(table(np.where(np.arange(60) == 5, np.nan, np.arange(60.0))), "40")
