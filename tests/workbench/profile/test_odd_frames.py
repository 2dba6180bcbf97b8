"""Whatever a table holds, its pictures are right or refused in a sentence: no other error, and no
warning (the suite takes warnings for errors)."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import (
    AnalysisError,
    DataError,
    Dataset,
    association,
    distribution,
    duplicate_rows,
    missingness,
    profile,
    two_columns,
)
from workbench.column_kinds import Kind

DAY = pd.Timestamp("2024-02-29")
ODD_FLOATS = st.one_of(
    st.floats(),
    st.sampled_from([np.inf, -np.inf, np.nan, 1e308, -1.7e308, 5e-324, -0.0, 0.0, 1e17, 1e-300]),
)
MIXED = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=2), st.floats(),
                  st.tuples(st.integers(0, 2)),
                  st.sampled_from([DAY, Decimal("1.5"), b"x"]))  # fmt: skip
#: What one cell of a column may hold, and the type of the column.
COLUMNS = {
    "floats": (ODD_FLOATS, "float64"),
    "small floats": (st.floats(width=32), "float32"),
    "whole": (st.integers(-(2**63), 2**63 - 1), "int64"),
    "few": (st.integers(0, 2), "int8"),
    "unsigned": (st.integers(0, 2**64 - 1), "uint64"),
    "truth": (st.booleans(), "bool"),
    "maybe": (st.sampled_from([True, False, None]), "boolean"),
    "nullable": (st.one_of(st.none(), st.integers(-5, 5)), "Int64"),
    "nullable floats": (st.one_of(st.none(), st.floats(-9, 9)), "Float64"),
    "arrow": (st.one_of(st.none(), st.integers(-5, 5)), "int64[pyarrow]"),
    "text": (st.one_of(st.none(), st.text(max_size=3)), "str"),
    "alike": (st.integers(0, 3).map(lambda i: "서울특별시 강남구 " * 4 + str(i)), "str"),
    "category": (st.sampled_from(["a", "<b>", None]), "category"),
    "numbered": (st.integers(1, 3), "category"),
    "mixed": (MIXED, "object"),
    "date": (st.one_of(st.none(), st.datetimes(dt.datetime(1700, 1, 1))), "datetime64[us]"),
    "moment": (st.one_of(st.none(), st.just(DAY)), "datetime64[ns, Asia/Seoul]"),
    "day": (st.one_of(st.none(), st.dates()), "object"),
    "duration": (st.timedeltas(dt.timedelta(-9), dt.timedelta(9)), "timedelta64[us]"),
    "month": (st.sampled_from(["2024-01", "2024-02"]), "period[M]"),
    "nothing": (st.none(), "object"),
    "no number": (st.just(np.nan), "float64"),
    "one value": (st.just(7), "int64"),
    "list": (st.lists(st.integers(0, 1), max_size=2), "object"),
    "complex": (st.complex_numbers(allow_nan=False), "complex128"),
}
KINDS: tuple[Kind, ...] = ("number", "category", "boolean", "date", "text", "identifier")


@st.composite
def odd_frames(draw):
    rows = draw(st.integers(1, 30))
    kinds = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=5))
    made = {}
    for at, kind in enumerate(kinds):
        cell, dtype = COLUMNS[kind]
        cells = draw(st.lists(cell, min_size=rows, max_size=rows))
        made[f"{kind} {at}"] = pd.Series(cells, dtype="object").astype(dtype)
    return pd.DataFrame(made)


@given(odd_frames(), st.data())
def test_every_look_at_an_odd_table_is_a_picture_or_a_sentence(frame, choice):
    try:
        data = Dataset.of(frame)
    except DataError:
        return
    some = st.sampled_from(data.columns)
    if choice.draw(st.booleans(), "has target"):
        data = data.with_target(choice.draw(some, "target"))
    called = choice.draw(st.dictionaries(some, st.sampled_from(KINDS), max_size=2), "kinds")
    data = data.with_kinds(called)
    column, by = choice.draw(some, "column"), choice.draw(st.one_of(st.none(), some), "by")
    looks = [
        lambda: profile(data),
        lambda: missingness(data),
        lambda: association(data),
        lambda: association(data, numbers="pearson"),
        lambda: duplicate_rows(data),
        lambda: distribution(data, column=column, by=by, most_levels=2),
        lambda: distribution(data, column=column, log_scale=True),
        lambda: two_columns(data, first=column, second=by),
    ]
    for look in looks:
        try:
            made = look()
        except AnalysisError:
            continue
        assert list(made.frame) == list(made.columns)
        made.figure()


@given(odd_frames())
def test_every_row_is_counted_once(frame):
    try:
        data = Dataset.of(frame)
    except DataError:
        return
    told = profile(data).frame.set_index("column")
    for column in data.columns:
        assert told.loc[column, "missing"] == data.frame[column].isna().sum()
        assert told.loc[column, "top_rows"] <= len(data) - told.loc[column, "missing"]
        try:
            made = distribution(data, column=column)
        except AnalysisError:
            continue
        assert made.frame["rows"].sum() == len(data)


@pytest.mark.parametrize(
    ("cell", "named"), [([1, 2], "list"), ({"a": 1}, "dict"), ({1}, "set"), (1 + 2j, "complex")]
)
def test_a_cell_of_several_values_is_refused_with_its_place(cell, named):
    frame = pd.DataFrame({"x": [1.0, 2.0], "값": pd.Series([cell, cell])})
    with pytest.raises(DataError, match=f"'값' holds .*{named}"):
        Dataset.of(frame)


def test_no_row_is_no_table():
    data = Dataset.of(pd.DataFrame({"x": [1.0, 2.0]}))
    with pytest.raises(DataError, match="No row"):
        data.take(np.array([], dtype=int))


def test_two_thousand_columns():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 2_000))).add_prefix("열 ")
    frame[rng.random(frame.shape) < 0.3] = np.nan
    data = Dataset.of(frame, target="열 7")
    whole, made, pairs = profile(data), missingness(data), association(data)
    assert len(whole.frame) == 2_000
    assert made.frame["name"].str.len().max() < 500
    assert len(pairs.frame) == 50 * 49
    for result in (whole, made, pairs, duplicate_rows(data)):
        assert result.figure().layout.height < 3_000


def test_infinite_values_of_the_other_column_are_in_its_highest_group():
    frame = pd.DataFrame({"x": np.arange(12.0), "by": [*range(11), np.inf]})
    made = distribution(Dataset.of(frame), column="x", by="by").frame
    assert made["rows"].sum() == 12
    assert made.groupby("group")["rows"].sum().loc["7.5 or more"] == 4


def test_cuts_that_round_alike_are_told_apart():
    frame = pd.DataFrame({"x": np.arange(9.0), "by": 5 + np.arange(9.0) / 1e9})
    made = distribution(Dataset.of(frame), column="x", by="by").frame
    assert made["group"].nunique() == 4


def test_a_range_beyond_numbers_is_refused_and_a_mean_beyond_squares_is_not():
    frame = pd.DataFrame({"x": [-1.7e308, 1.7e308, 0.0] * 20, "y": [1e308, 1.5e308, None] * 20})
    data = Dataset.of(frame, target="y")
    with pytest.raises(AnalysisError, match="'x' reaches from"):
        distribution(data, column="x")
    assert profile(data).frame.set_index("column").loc["y", "median"] == 1.25e308
    gone = frame.assign(x=frame["x"].where(np.arange(60) >= 30), y=[1e308, 1.1e308, 1.5e308] * 20)
    made = missingness(Dataset.of(gone, target="y")).frame
    row = made[made["part"] == "column"].set_index("name").loc["x"]
    assert row["target_if_missing"] == pytest.approx(1.2e308)


def test_levels_that_begin_alike_have_a_bar_each():
    frame = pd.DataFrame({"x": ["a very long name of a level, " + end for end in "abca"]})
    bars = distribution(Dataset.of(frame).with_kinds({"x": "category"}), column="x").figure().data
    assert sorted(bars[0].x) == [0, 1, 2]  # and none for missing values, since there are none
    assert sorted(bars[0].y) == [1, 1, 2]
