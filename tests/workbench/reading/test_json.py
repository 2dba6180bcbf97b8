"""Records as JSON, one to a line or in an array."""

import datetime
import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import DataError, read

RECORDS = [
    {"a": 1, "b": 1.5, "c": "서울", "d": "2024-01-02", "e": True, "code": "00501"},
    {"a": 2, "b": 2, "c": "none", "d": "2024-01-03", "e": False, "code": "10001"},
]
LINES = "\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS)


@pytest.mark.parametrize("text", [json.dumps(RECORDS), json.dumps(RECORDS, indent=2), LINES])
def test_records_become_rows(text):
    data = read(text.encode())
    frame = data.frame
    assert frame["a"].tolist() == [1, 2]
    assert frame["b"].tolist() == [1.5, 2.0]
    assert frame["c"].tolist() == ["서울", "none"]
    assert frame["d"].tolist() == [pd.Timestamp(2024, 1, 2), pd.Timestamp(2024, 1, 3)]
    assert frame["e"].dtype == bool
    assert frame["code"].tolist() == ["00501", "10001"]


def test_lines_end_as_windows_ends_them_and_begin_with_a_mark():
    assert read(b"\xef\xbb\xbf" + LINES.replace("\n", "\r\n").encode() + b"\r\n").frame.equals(
        read(LINES.encode()).frame
    )


def test_what_lacks_is_missing_and_what_is_nested_left_out():
    data = read(b'[{"a": 1, "b": {"x": 1}}, {"a": null}, {"a": 3, "c": "t"}]')
    assert data.columns == ("a", "c")
    assert data.frame["a"].isna().tolist() == [False, True, False]
    assert "'b' hold lists, structures or bytes and were left out." in data.notes


def test_mixed_values_are_texts_and_numbers_in_texts_are_told():
    data = read(b'[{"a": 1, "b": "1.5"}, {"a": "x", "b": "2"}]')
    assert data.frame["a"].tolist() == ["1", "x"]
    assert data.frame["b"].tolist() == [1.5, 2.0]
    assert "Texts that are numbers were read as numbers in 'b'." in data.notes


FLAT = "\n".join(
    json.dumps({"a": n, "day": f"2024-01-{n:02}", "f": n / 2, "c": ["x", "y"][n % 2]})
    for n in range(1, 20)
)


@pytest.mark.parametrize("nested", [', "l": {}', ', "l": []'])
def test_flat_lines_and_nested_ones_are_the_same_table(nested):
    flat = read(FLAT.encode())
    slow = read(FLAT.replace("}", nested + "}").encode())
    pd.testing.assert_frame_equal(flat.frame, slow.frame, check_dtype=False)
    assert any("were read in 'day'" in note for note in flat.notes)
    assert read(FLAT.encode(), dates="text").frame["day"].iloc[0] == "2024-01-01"


def test_lines_nested_without_end_are_a_sentence():
    deep = b'{"a": 1}\n{"a": ' + b'{"a": ' * 100_000 + b"1" + b"}" * 100_001
    with pytest.raises(DataError, match="Line 2 of the data is no JSON record"):
        read(deep)


def test_a_number_too_large_and_one_that_is_none():
    data = read(b'[{"a": 1e400, "b": NaN, "c": 123456789012345678901234567890}, {"a": 1, "b": 2}]')
    assert data.frame["c"].tolist()[0] == "123456789012345678901234567890"
    assert data.frame["b"].isna().tolist() == [True, False]


def test_many_keys_cannot_fill_the_memory():
    text = "\n".join(f'{{"k{number}": 1}}' for number in range(30_000))
    with pytest.raises(DataError, match="columns; 20,000 are the most"):
        read(text.encode())


@given(st.lists(st.fixed_dictionaries(
    {"n": st.integers(-(2**53), 2**53), "f": st.floats(allow_nan=False, allow_infinity=False),
     "t": st.sampled_from(["red", "green, dark", 'the "blue"', "두 줄\n여기"]),
     "d": st.dates(datetime.date(1700, 1, 1), datetime.date(2200, 1, 1)).map(str)}),
    min_size=1, max_size=30))  # fmt: skip
def test_what_was_written_comes_back(records):
    frame = read("\n".join(map(json.dumps, records)).encode()).frame
    expected = pd.DataFrame(records)
    expected["d"] = pd.to_datetime(expected["d"])
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False)
