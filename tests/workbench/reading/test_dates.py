import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import read

MOMENTS = st.lists(
    st.datetimes(pd.Timestamp("1700-01-01"), pd.Timestamp("2200-12-31")).map(
        lambda d: d.replace(microsecond=0)
    ),
    min_size=1,
    max_size=20,
)


def column(*cells: str):
    """The column x of a file with these cells."""
    lines = [f'{i},"{cell}"' for i, cell in enumerate(cells)]
    return read("\n".join(["row,x", *lines, ""]).encode())


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S"],
)
@given(moments=MOMENTS)
def test_moments_are_read_back(form, moments):
    # strftime leaves the year unpadded on some systems; pandas does not.
    cells = [pd.Timestamp(m).strftime(form) for m in moments]
    data = column(*cells)
    assert data.kinds["x"] == "date"
    assert data.frame["x"].tolist() == [pd.Timestamp(m) for m in moments]


@pytest.mark.parametrize(
    "cells",
    [
        ["01/02/2024", "03/04/2024"],
        ["2024-01-02", "2024-01-02 10:00"],
        ["2024-01-02", "2024-13-02"],
        ["2024-02-30", "2024-02-28"],
        ["1.2.3", "4.5.6"],
    ],
)
def test_what_is_not_plainly_a_date_stays_text(cells):
    assert column(*cells).frame["x"].tolist() == cells


def test_points_between_day_month_and_year_never_make_a_number():
    data = read(b"d;x\n01.02.2024;1.234,5\n03.04.2024;2,5\n")
    assert data.frame["d"].tolist() == [pd.Timestamp(2024, 2, 1), pd.Timestamp(2024, 4, 3)]
    assert data.frame["x"].tolist() == [1234.5, 2.5]
    assert any("day.month.year" in note for note in data.notes)


def test_missing_dates_stay_missing():
    data = column("2024-01-02", "", "NA", "2024-01-05")
    assert data.frame["x"].isna().tolist() == [False, True, True, False]
    assert data.kinds["x"] == "date"


@pytest.mark.parametrize("zone", ["+09:00", " +0900"])
def test_zones_are_turned_into_utc(zone):
    data = column(f"2024-01-02 10:00:00{zone}", f"2024-01-03 10:00:00{zone}")
    assert data.frame["x"].iloc[0] == pd.Timestamp("2024-01-02 01:00")
    assert any("UTC" in note for note in data.notes)
    assert column("2024-01-02T10:00:00Z").frame["x"].iloc[0] == pd.Timestamp("2024-01-02 10:00")
