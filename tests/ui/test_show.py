"""Tables leave the dashboard without anything a spreadsheet would run, and open in any script."""

import io

import pandas as pd

from ui.show import csv_of

FRAME = pd.DataFrame(
    {
        "=name": ["=1+1", "@x", "나이", "plain", None],
        "value": [-1.5, 2.0, float("nan"), 0.0, 1.0],
        "kind": pd.Categorical(["+a", "b", "b", "b", "b"]),
    }
)


def test_no_cell_begins_like_a_formula() -> None:
    read = pd.read_csv(io.BytesIO(csv_of(FRAME)), encoding="utf-8-sig", dtype="str")
    texts = [*read.columns, *read["'=name"].dropna(), *read["kind"]]
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@"))]


def test_numbers_stay_numbers_and_the_frame_stays_as_it_was() -> None:
    before = FRAME.copy()
    read = pd.read_csv(io.BytesIO(csv_of(FRAME)), encoding="utf-8-sig")
    pd.testing.assert_series_equal(read["value"], FRAME["value"])
    pd.testing.assert_frame_equal(FRAME, before)


def test_a_spreadsheet_is_told_the_encoding() -> None:
    assert csv_of(FRAME).startswith(b"\xef\xbb\xbf")
    assert "나이" in csv_of(FRAME).decode("utf-8-sig")
