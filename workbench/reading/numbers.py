"""Texts that are numbers, and which of `.` and `,` is their decimal mark.

The other mark, a blank or an apostrophe may group thousands, but only in whole groups of three:
`1.234,5` is a number, `01.02.2024` is not. Digits with a leading zero (00501) are codes, and so are
whole numbers longer than a float can tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

DecimalMark = Literal[".", ","]
#: "either": both marks give numbers, but different ones (1,234); None: no numbers, or no mark.
FoundMark = Literal[".", ",", "either"] | None

_MARKS: tuple[DecimalMark, ...] = (".", ",")

#: The head of a column in which the decimal mark is looked for, in cells.
MOST_JUDGED = 5_000
#: Whole numbers up to this are told apart by a float.
LARGEST_EXACT = 2**53

#: What may group thousands, with the letters it is written by.
GROUPINGS: dict[str, str] = {
    ",": ",",
    ".": r"\.",
    " ": r"[ \x{a0}\x{202f}\x{2009}]",
    "'": "['’]",
}
_LEADING_ZERO = r"^[+-]?0[\dxX]"


def _reads_with(mark: DecimalMark, thousands: str | None) -> str:
    """The pattern of numbers with this decimal mark; `thousands` None allows every other mark."""
    marks = [g for g in GROUPINGS if g != mark] if thousands is None else list(thousands)
    groups = "".join(rf"|[1-9]\d{{0,2}}({GROUPINGS[g]}\d{{3}})+" for g in marks)
    return rf"^[+-]?(\d+{groups})?({GROUPINGS[mark]}\d*)?([eE][+-]?\d+)?$"


def mark_of(cells: pa.ChunkedArray, thousands: str | None = None) -> FoundMark:
    """The only decimal mark with which the first cells are numbers; "either" where both give
    numbers that differ; None where they are no numbers or hold neither mark."""
    head = pc.drop_null(cells).slice(0, MOST_JUDGED)
    has_mark = pc.match_substring_regex(head, "[.,]")
    if not pc.any(has_mark).as_py():
        return None
    fits = [mark for mark in _MARKS if _all_match(head, _reads_with(mark, thousands))]
    if len(fits) == 2:
        return "either"
    return fits[0] if fits else None


@dataclass(frozen=True)
class Numbers:
    """Values as int64 or float64, the decimal mark where one was needed to read them, and the mark
    that grouped their thousands."""

    values: pd.Series
    mark: DecimalMark | None
    grouping: str | None


def read_numbers(
    cells: pa.ChunkedArray, mark: DecimalMark, thousands: str | None = None
) -> Numbers | None:
    """The cells as int64 or float64, or None where one of them is no such number. `thousands` is
    the mark that may group digits, "" for none, None for any.

    Whole numbers stay whole where none is missing, as pandas has it.
    """
    numbers = _cast(cells) if mark == "." else None
    is_plain = numbers is not None
    if numbers is None:
        plain = _plain(cells, mark, thousands)
        numbers = None if plain is None else _cast(plain)
    if numbers is None or _are_codes(cells, numbers):
        return None
    grouping = None if is_plain else _grouping(cells, mark)
    is_whole = is_plain and pa.types.is_integer(numbers.type)
    has_mark = not is_whole and any(_holds(cells, m) for m in _MARKS)
    return Numbers(numbers.to_pandas(), mark if has_mark else None, grouping)


def have_leading_zeros(cells: pa.ChunkedArray) -> bool:
    """Whether every cell is digits and some begin with a zero, as postal codes do."""
    return _all_match(cells, r"^\d+$") and _any_match(cells, r"^0\d")


def are_long_codes(cells: pa.ChunkedArray) -> bool:
    """Whether every cell is digits, too many of them for a float to tell apart."""
    return _all_match(cells, r"^\d+$") and _any_match(cells, r"^\d{16,}$")


def share_of_numbers(cells: pa.ChunkedArray, mark: DecimalMark) -> float:
    """The share of the first cells that are numbers."""
    head = pc.drop_null(cells).slice(0, MOST_JUDGED)
    return float(pc.mean(pc.match_substring_regex(head, _reads_with(mark, None))).as_py() or 0.0)


def first_not_number(cells: pa.ChunkedArray, mark: DecimalMark) -> str | None:
    """The first cell that is no number."""
    odd = pc.invert(pc.match_substring_regex(cells, _reads_with(mark, None)))
    found = pc.filter(cells, pc.fill_null(odd, False)).slice(0, 1).to_pylist()
    return found[0] if found else None


def _grouping(cells: pa.ChunkedArray, mark: DecimalMark) -> str | None:
    found = (g for g in GROUPINGS if g != mark and _any_match(cells, GROUPINGS[g]))
    return next(found, None)


def _plain(
    cells: pa.ChunkedArray, mark: DecimalMark, thousands: str | None
) -> pa.ChunkedArray | None:
    """The cells with thousands closed up and a decimal point; None where they are not all numbers
    with this mark, or nothing is to be done."""
    pattern = _reads_with(mark, thousands)
    if not _all_match(cells, pattern):
        return None
    groupings = "|".join(letters for grouping, letters in GROUPINGS.items() if grouping != mark)
    closed = pc.replace_substring_regex(cells, groupings, "")
    return pc.replace_substring(closed, ",", ".") if mark == "," else closed


def _cast(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    for kind in (pa.int64(), pa.float64()):
        # A cast that fails does so value by value: the head tells cheaply that it would.
        if _cast_to(cells.slice(0, 200), kind) is not None:
            numbers = _cast_to(cells, kind)
            if numbers is not None:
                return numbers
    return None


def _cast_to(cells: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    try:
        return pc.cast(cells, kind)
    except pa.ArrowInvalid:
        return None


def _are_codes(cells: pa.ChunkedArray, numbers: pa.ChunkedArray) -> bool:
    # The pattern takes ten times as long as to find the few cells that it may fit.
    zeros = [pc.starts_with(cells, start) for start in ("0", "-0", "+0")]
    begin = pc.filter(cells, reduce(pc.or_, zeros))
    if _any_match(begin, _LEADING_ZERO):
        return True
    if numbers.null_count == 0 and pa.types.is_integer(numbers.type):
        return False
    largest = np.nanmax(np.abs(numbers.to_numpy()), initial=0.0)
    return bool(largest >= LARGEST_EXACT) and _any_match(cells, r"^[+-]?\d{16,}$")


def _holds(cells: pa.ChunkedArray, mark: str) -> bool:
    """Whether any cell holds a mark; where many do, the first cells tell."""
    return any(
        pc.any(pc.match_substring(some, mark)).as_py() for some in (cells.slice(0, 200), cells)
    )


def _all_match(cells: pa.ChunkedArray, pattern: str) -> bool:
    # Most columns that are something else are told by their first cells.
    first = cells.slice(0, 200)
    if len(first) < len(cells) and not _all_match(first, pattern):
        return False
    return bool(pc.all(pc.match_substring_regex(cells, pattern)).as_py())


def _any_match(cells: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())
