import numpy as np
import pandas as pd
import pytest

from tests.worlds_findings import clean, data, only, told
from workbench.findings import time_order
from workbench.findings._check import Table


def walk(rows=600, seed=0):
    """The target wanders from day to day; the rows are in no order."""
    rng = np.random.default_rng(seed)
    frame = clean(rows, seed).assign(
        day=pd.date_range("2020-01-01", periods=rows), y=rng.normal(size=rows).cumsum()
    )
    return frame.sample(frac=1, random_state=0, ignore_index=True)


def test_a_date_along_which_the_target_wanders():
    found = only(data(walk()), time_order.CODE)
    assert (found.severity, found.columns) == ("warning", ("day",))


def test_a_date_that_tells_nothing_is_a_notice():
    frame = clean().assign(day=pd.date_range("2020-01-01", periods=600))
    assert only(data(frame), time_order.CODE).severity == "notice"


def test_nothing_is_said_where_time_is_taken_account_of():
    assert told(data(walk(), day="time"), time_order.CODE) == []
    assert told(data(clean()), time_order.CODE) == []


def test_likeness_is_the_rank_correlation_of_pandas():
    frame = walk()
    alike, rows = time_order.alike_in_time(Table.of(data(frame)), "day")
    ordered = frame.sort_values("day")["y"].reset_index(drop=True)
    expected = (
        ordered.iloc[:-1]
        .reset_index(drop=True)
        .corr(ordered.iloc[1:].reset_index(drop=True), method="spearman")
    )
    assert (alike, rows) == (pytest.approx(expected), 600)
