"""What is found out of a text file and can be corrected, one setting each."""

import datetime

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import DataError, ParameterError, read
from workbench.reading import How, Reading, reading


def column(*cells: str, **how: object) -> Reading:
    """The column x of a file with these cells, in quotes and divided by semicolons."""
    lines = [f'{place};"{cell}"' for place, cell in enumerate(cells)]
    return reading("\n".join(["row;x", *lines, ""]).encode(), How(**how))  # type: ignore[arg-type]


def values(*cells: str, **how: object) -> list[object]:
    found: list[object] = column(*cells, **how).dataset.frame["x"].tolist()
    return found


# Percent and currency


@pytest.mark.parametrize(
    ("cells", "numbers", "unit"),
    [
        (["12 %", "7%", "-3.5 %"], [12, 7, -3.5], "%"),
        (["₩1,234", "₩12,345,678", "-₩5"], [1234, 12345678, -5], "₩"),
        (["$3.50", "$1,000.25", "$-2"], [3.5, 1000.25, -2], "$"),
        (["1 234,5 €", "-2,25 €", "3 €"], [1234.5, -2.25, 3], "€"),
        (["1\u00a0234,5\u00a0€", "2\u202f000,5 €"], [1234.5, 2000.5], "€"),
        (["1,234원", "56원"], [1234, 56], "원"),
        (["12만원", "3만원"], [12, 3], "만원"),
        (["CHF 1'234.50", "CHF 7.25"], [1234.5, 7.25], "CHF"),
        (["1.234,50 EUR", "2,00 EUR"], [1234.5, 2.0], "EUR"),
    ],
)
def test_amounts_become_numbers_with_a_note(cells, numbers, unit):
    found = column(*cells)
    assert found.dataset.frame["x"].tolist() == numbers
    assert found.understood.units == {"x": unit}
    assert any(f"without the mark '{unit}'" in note for note in found.dataset.notes)
    assert values(*cells, units=False) == cells


def test_what_lacks_among_amounts_is_missing():
    found = column("$1.50", "-", "", "$2")
    assert found.dataset.frame["x"].isna().tolist() == [False, True, True, False]
    assert found.understood.missing == ("-",)


@pytest.mark.parametrize(
    "cells",
    [
        ["$1", "€2"],
        ["5 %", "0.05"],
        ["$1", "2"],
        ["$00501", "$00502"],
        ["$5$", "$6$"],
        ["1) $100 - $200", "2) $200 - $350"],
        ["5 % of all", "7 % of all"],
    ],
)
def test_amounts_that_cannot_be_compared_stay_text(cells):
    assert values(*cells) == cells


def test_won_have_no_cents_whatever_is_said_of_the_other_columns():
    text = "a;b;c\n1.234;₩1,000;12 원\n5.678;₩2,500;5,000 원\n".encode()
    for how in ({}, {"thousands": "."}, {"decimal": ","}, {"decimal": "."}):
        frame = read(text, **how).frame
        assert frame["b"].tolist() == [1000, 2500]
        assert frame["c"].tolist() == [12, 5000]
    assert read(text, thousands=".").frame["a"].tolist() == [1234, 5678]


def test_different_marks_are_told():
    notes = column("$1", "€2").dataset.notes
    assert "'x' was kept as text: its numbers carry different marks: '$' and '€'." in notes


# Thousands


@pytest.mark.parametrize("how", [{}, {"thousands": "."}, {"decimal": ","}])
def test_a_point_for_thousands_never_makes_a_number_of_a_date(how):
    days = ["01.02.2024", "11.12.2023"]
    assert values(*days, **how) == [pd.Timestamp(2024, 2, 1), pd.Timestamp(2023, 12, 11)]
    assert values(*days, dates="text", **how) == days


@given(st.lists(st.dates(datetime.date(1000, 1, 1)), min_size=1, max_size=9))
def test_no_date_is_ever_a_number(days):
    cells = [f"{day.day:02}.{day.month:02}.{day.year:04}" for day in days]
    assert values(*cells, thousands=".", dates="text") == cells


def test_thousands_can_be_named_or_denied():
    assert values("1.234", "5.678") == [1.234, 5.678]
    assert values("1.234", "5.678", thousands=".") == [1234, 5678]
    assert values("1,234", "5,678", thousands=",") == [1234, 5678]
    assert values("1,234", "5,678", decimal=".") == [1234, 5678]
    assert values("1,234", "5,678", decimal=".", thousands="") == ["1,234", "5,678"]
    assert values("1 234", "15 678") == [1234, 15678]
    assert column("1 234", "15 678").understood.thousands == " "
    assert values("1 234", "15 678", thousands="") == ["1 234", "15 678"]
    assert values("1'234.5", "2'000.5") == [1234.5, 2000.5]
    assert values("12 34", "1 2345") == ["12 34", "1 2345"]


# Dates


@pytest.mark.parametrize(
    ("cells", "order", "first"),
    [
        (["31-12-2023", "01-02-2024"], "dmy", (2023, 12, 31)),
        (["12-31-2023", "01-02-2024"], "mdy", (2023, 12, 31)),
        (["31/12/2023 10:05", "1/2/2024 9:00"], "dmy", (2023, 12, 31, 10, 5)),
        (["2024. 1. 2.", "2024. 11. 12."], "ymd", (2024, 1, 2)),
        (["2024년 1월 2일", "2024년 11월 12일"], "ymd", (2024, 1, 2)),
        (["2024-1-2", "2024-11-12"], "ymd", (2024, 1, 2)),
    ],
)
def test_an_order_that_only_one_reading_allows(cells, order, first):
    found = column(*cells)
    assert found.dataset.frame["x"].iloc[0] == pd.Timestamp(*first)
    assert found.understood.dates == order


def test_an_order_that_two_readings_allow_is_asked_for():
    cells = ["01-02-2024", "03-04-2024"]
    found = column(*cells)
    assert found.dataset.frame["x"].tolist() == cells
    assert any("day or the month first" in note for note in found.dataset.notes)
    assert values(*cells, dates="dmy")[0] == pd.Timestamp(2024, 2, 1)
    assert values(*cells, dates="mdy")[0] == pd.Timestamp(2024, 1, 2)
    assert values(*cells, dates="text") == cells
    assert values("2024-01-02", dates="dmy") == [pd.Timestamp(2024, 1, 2)]
    assert values("01.02.2024", dates="mdy") == [pd.Timestamp(2024, 1, 2)]


# Missing


def test_markers_among_numbers_and_among_texts():
    assert column("1", "없음", "3").dataset.frame["x"].isna().tolist() == [False, True, False]
    assert values("서울", "없음", "부산") == ["서울", "없음", "부산"]
    numbers = column("1", " ?", "-", "4")
    assert numbers.dataset.frame["x"].isna().tolist() == [False, True, True, False]
    assert numbers.understood.missing == ("-", "?")


def test_the_markers_can_be_named():
    def gaps(*cells: str, missing: list[str]) -> list[bool]:
        found: list[bool] = (
            column(*cells, missing=tuple(missing)).dataset.frame["x"].isna().tolist()
        )
        return found

    assert gaps("서울", "없음", "부산", missing=["없음"]) == [False, True, False]
    assert gaps("1", "-9", "3", missing=["-9"]) == [False, True, False]
    assert gaps("NA", "", "x", missing=[]) == [False, True, False]
    with pytest.raises(ParameterError, match="is one text"):
        read(b"a\n1\n", missing="?")
    assert "missing=['?']" in read(b"a,b\n1,2\n", missing=["?"]).script.text


def test_the_markers_count_in_workbooks_and_records(tmp_path):
    frame = pd.DataFrame({"a": [1, -9, 3], "b": ["x", "없음", "z"]})
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    frame.to_json(tmp_path / "t.json", orient="records")
    for name in ("t.xlsx", "t.json"):
        read_in = read(tmp_path / name, missing=["-9", "없음"]).frame
        assert read_in.isna().sum().tolist() == [1, 1]


# The header


TITLED = "분기 매출\n\n지역,매출\n서울,1\n부산,2\n".encode()


def test_the_header_can_be_named():
    data = read(TITLED, header=3)
    assert data.frame.to_dict("list") == {"지역": ["서울", "부산"], "매출": [1, 2]}
    assert "The header is line 3; 2 lines above it left out." in data.notes
    assert "header=3" in data.script.text
    assert read(b"x,y\nz,w\n", header=0).frame.to_dict("list") == {
        "column 1": ["x", "z"],
        "column 2": ["y", "w"],
    }
    assert read(b"1,5\n2,6\n", header=1).columns == ("1", "5")
    assert reading(b"1,5\n2,6\n").understood.header == 0
    with pytest.raises(ParameterError, match="has no line 9"):
        read(TITLED, header=9)
    with pytest.raises(ParameterError, match="header = -1"):
        read(TITLED, header=-1)
    with pytest.raises(DataError, match="Line 5 of the data has 3 fields"):
        read(TITLED.replace("부산,2".encode(), "부산,2,3".encode()), header=3)


def test_the_header_of_a_workbook_can_be_named(tmp_path):
    path = tmp_path / "t.xlsx"
    rows = [["Sales of the quarter", None], ["region", "sales"], ["a", 1], ["b", 2]]
    pd.DataFrame(rows).to_excel(path, index=False, header=False)
    data = read(path, header=2)
    assert data.frame.to_dict("list") == {"region": ["a", "b"], "sales": [1, 2]}
    with pytest.raises(ParameterError, match="has no row 9"):
        read(path, header=9)


# What was understood


def test_what_was_understood_is_told_in_the_words_of_the_settings():
    text = "이름;값;날\n가;1.234,5;31.12.2023\n나;?;01.01.2024\n"
    found = reading(text.encode("cp949"))
    told = found.understood
    assert (told.encoding, told.delimiter, told.header) == ("cp949", ";", 1)
    assert (told.decimal, told.thousands, told.dates) == (",", ".", "dmy")
    assert told.missing == ("?",)
    again = reading(
        text.encode("cp949"),
        How(delimiter=told.delimiter, encoding=told.encoding, header=told.header,
            decimal=told.decimal, thousands=told.thousands, dates=told.dates,
            missing=told.missing),
    )  # fmt: skip
    assert again.dataset.fingerprint == found.dataset.fingerprint


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"thousands": ";"}, "not a thousands mark"),
        ({"thousands": ",", "decimal": ","}, "cannot be the decimal mark and"),
        ({"dates": "day"}, "not an order"),
        ({"decimal": ";"}, "not a decimal mark"),
    ],
)
def test_what_cannot_be_is_refused(how, words):
    with pytest.raises(ParameterError, match=words):
        read(b"a,b\n1,2\n", **how)


TYPED = pd.DataFrame(
    {"수": ["1.234,5", "2,0", "-"], "day": ["01-02-2024", "03-04-2024", "05-06-2024"],
     "level": ["a", "b", "-"], "n": [1, -9, 3], "x": [0.5, -9.0, np.nan],
     "kept": pd.Categorical(["p", "q", "p"])}
)  # fmt: skip


def typed(kind, folder):
    """The same table with types of its own, in every form that states them."""
    if kind == "frame":
        return TYPED
    if kind == "arrow":
        return pa.Table.from_pandas(TYPED)
    path = folder / f"t.{kind}"
    if kind == "duckdb":
        held = TYPED.astype({"kept": "str"})
        with duckdb.connect(path) as connection:
            connection.register("held", held)
            connection.execute("create table t as select * from held")
        return path
    getattr(TYPED, f"to_{kind}")(path)
    return path


@pytest.mark.parametrize("kind", ["frame", "arrow", "parquet", "feather", "duckdb"])
def test_what_is_said_of_values_holds_for_texts_where_types_are_believed(kind, tmp_path):
    source = typed(kind, tmp_path)
    believed = reading(source)
    assert believed.dataset.frame["수"].tolist() == TYPED["수"].tolist()
    assert believed.understood.missing == ()
    how = How(decimal=",", missing=("-", "-9"), dates="dmy")
    frame = reading(source, how).dataset.frame
    assert frame["수"].tolist()[:2] == [1234.5, 2.0]
    assert frame["수"].isna().tolist() == [False, False, True]
    assert frame["day"].iloc[0] == pd.Timestamp(2024, 2, 1)
    assert frame["level"].isna().tolist() == [False, False, True]
    assert frame["n"].isna().tolist() == [False, True, False]
    assert frame["x"].isna().tolist() == [False, True, True]
    assert frame["kept"].tolist() == ["p", "q", "p"]


def test_that_marks_stay_marks_makes_no_number_of_a_text():
    frame = reading(pd.DataFrame({"code": ["1", "2"]}), How(units=False)).dataset.frame
    assert frame["code"].tolist() == ["1", "2"]
