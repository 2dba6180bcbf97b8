import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import DataError, ParameterError, read

CELL = st.text("abcXYZ äé서울,;|\t\"'.-", min_size=1, max_size=12).map(str.strip)


def written(rows: list[list[str]], delimiter: str, end: str = "\n") -> bytes:
    """A file as Python's own csv module writes it."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator=end).writerows(rows)
    return buffer.getvalue().encode("utf-8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_told_from_the_lines(delimiter, end):
    rows = [["a", "b, c", "d;e"], *([str(i), 'say "hi", twice', "x|y"] for i in range(5))]
    data = read(written(rows, delimiter, end))
    assert data.columns == ("a", "b, c", "d;e")
    assert data.frame["b, c"].unique().tolist() == ['say "hi", twice']
    assert data.frame["a"].tolist() == list(range(5))


@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=20),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_was_written_is_read_when_the_delimiter_is_given(rows, delimiter):
    table = [["one", "two", "three"], *([f"x{cell}" for cell in row] for row in rows)]
    data = read(written(table, delimiter), delimiter=delimiter)
    expected = pd.DataFrame(table[1:], columns=table[0])
    assert data.frame.astype(str).to_numpy().tolist() == expected.to_numpy().tolist()


def test_line_ends_inside_quotes_stay_in_the_text():
    data = read(b'a,b\n1,"two\nlines"\n2,"x"\n')
    assert data.frame["b"].tolist() == ["two\nlines", "x"]
    assert read(b'a,b\n2,"x"\n1,"two\nlines"\n').frame["b"].tolist() == ["x", "two\nlines"]


def test_excels_own_line_names_the_delimiter():
    data = read(b"sep=;\r\na;b\r\n1;x,y,z\r\n2;x,y,z\r\n")
    assert data.columns == ("a", "b")
    assert data.frame["b"].tolist() == ["x,y,z", "x,y,z"]


def test_blanks_before_quotes_do_not_break_the_quotes():
    data = read(b'"name", "note"\n"Ann", "a, b"\n"Bob", "c"\n')
    assert data.columns == ("name", "note")
    assert data.frame["note"].tolist() == ["a, b", "c"]


def test_short_lines_are_filled_up_and_counted():
    data = read(b"a,b,c\n1,2,3\n4,5\n6\n7,8,9\n")
    assert data.frame["c"].tolist()[0] == 3
    assert data.frame["c"].isna().tolist() == [False, True, True, False]
    assert any("2 lines have fewer fields" in note for note in data.notes)


def test_a_delimiter_that_leaves_one_column_is_refused():
    with pytest.raises(DataError, match="single column; ',' gives 3"):
        read(b"a,b,c\n1,2,3\n4,5,6\n", delimiter=";")


def test_lines_divided_by_something_unusual_are_not_one_column():
    with pytest.raises(DataError, match="each of its lines holds ' ' 2 times") as caught:
        read(b"a b c\n1 2 3\n4 5 6\n")
    assert "delimiter=' '" in caught.value.hint
    assert read(b"a b c\n1 2 3\n4 5 6\n", delimiter=" ").columns == ("a", "b", "c")


def test_a_column_of_numbers_alone_is_a_table():
    data = read(b"value\n1.5\n2.5\n")
    assert data.frame["value"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", "é"])
def test_what_cannot_divide_is_refused(delimiter):
    with pytest.raises(ParameterError, match="cannot divide"):
        read(b"a,b\n1,2\n", delimiter=delimiter)
