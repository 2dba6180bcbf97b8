import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import ParameterError, read

AMOUNTS = st.lists(
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 4)), min_size=1, max_size=30
)


def column(*cells: str, delimiter: str = ";", **settings):
    """The second column of a file whose first numbers the rows."""
    lines = [f'{i}{delimiter}"{cell}"' for i, cell in enumerate(cells)]
    content = "\n".join([f"row{delimiter}x", *lines]) + "\n"
    return read(content.encode(), **settings)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [".", ","])
@given(amounts=AMOUNTS)
def test_amounts_are_read_back_with_either_mark(delimiter, mark, amounts):
    cells = [f"{amount:.4f}".replace(".", mark) for amount in amounts]
    data = column(*cells, delimiter=delimiter)
    assert data.frame["x"].tolist() == amounts


@given(numbers=st.lists(st.integers(-(2**62), 2**62), min_size=1))
def test_whole_numbers_stay_whole(numbers):
    data = column(*map(str, numbers))
    assert data.frame["x"].dtype == "int64"
    assert data.frame["x"].tolist() == numbers


@given(amounts=st.lists(st.integers(1_000, 10**9), min_size=2), mark=st.sampled_from(",."))
def test_thousands_follow_the_mark_of_the_other_columns(amounts, mark):
    grouping = "." if mark == "," else ","
    rows = [f"{a:,}".replace(",", grouping) + f";{i}{mark}5" for i, a in enumerate(amounts)]
    data = read(("x;y\n" + "\n".join(rows) + "\n").encode())
    assert data.frame["x"].tolist() == amounts
    assert data.frame["y"].tolist() == [i + 0.5 for i in range(len(amounts))]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1.234,50", "2"], [1234.5, 2.0]),
        (["1,234.50", "2"], [1234.5, 2.0]),
        (["0,125", "0,250"], [0.125, 0.25]),
        (["+5", "-1e3"], [5.0, -1000.0]),
        (["1.234.567", "2.000"], [1234567, 2000]),
        ([" 7", "8 "], [7, 8]),
    ],
)
def test_ways_of_writing_numbers(cells, expected):
    assert column(*cells).frame["x"].tolist() == expected


@pytest.mark.parametrize(
    "cells",
    [
        ["00501", "10001"],
        ["0x1F", "0x2A"],
        ["12345678901234567890", "12345678901234567891"],
        ["9007199254740993", ""],
        ["1_000", "2_000"],
        ["1.2.3", "1.2.4"],
        ["12,34,567", "1,2"],
        ["5%", "7"],
    ],
)
def test_codes_stay_text(cells):
    held = column(*cells).frame["x"]
    assert held.dtype == "str"
    assert held.dropna().tolist() == [cell for cell in cells if cell]


def test_what_can_be_read_in_two_ways_is_said():
    data = column("1,234", "5,678")
    assert data.frame["x"].tolist() == [1.234, 5.678]
    assert any("'x' would be other numbers" in note for note in data.notes)
    assert column("1,234", "5,678", decimal=".").frame["x"].tolist() == [1234, 5678]
    # Evidence elsewhere in the file decides.
    assert read(b"a;b\n1.234;0,5\n5.678;1,5\n").frame["a"].tolist() == [1234, 5678]
    assert read(b"a;b\n1.234;0.5\n5.678;1.5\n").frame["a"].tolist() == [1.234, 5.678]


def test_the_decimal_mark_can_be_named():
    assert column("1,5", "2,5", decimal=",").frame["x"].tolist() == [1.5, 2.5]
    assert column("1,5", "2,5", decimal=".").frame["x"].dtype == "str"
    with pytest.raises(ParameterError, match="not a decimal mark"):
        column("1", decimal="'")


def test_nearly_numbers_are_mentioned():
    data = column(*[str(i) for i in range(99)], "about 7")
    assert data.frame["x"].dtype == "str"
    assert any("'about 7'" in note for note in data.notes)


def test_a_first_line_of_numbers_is_no_header():
    data = read(b"5.1,3.5\n4.9,3.0\n4.7,3.2\n")
    assert data.columns == ("column 1", "column 2")
    assert data.frame["column 1"].tolist() == [5.1, 4.9, 4.7]
    assert read(b"2001,2002\n5,6\n7,8\n").columns == ("2001", "2002")
