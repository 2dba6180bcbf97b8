"""What a column of texts is: numbers, dates, yes or no, or texts; and what was understood."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import cast

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..blocks import available_cores
from .dates import DateForm, dates_of, doubt_of_dates
from .missing import NUMBER_MARKERS, count_markers, markers_of_text, without_markers
from .numbers import (
    MOST_JUDGED,
    DecimalMark,
    FoundMark,
    are_long_codes,
    first_not_number,
    have_leading_zeros,
    mark_of,
    read_numbers,
    share_of_numbers,
)
from .spelling import Spelling
from .units import WITHOUT_FRACTIONS, marks_of, unit_of, without_unit

AS_FOUND = Spelling()
#: Texts of which at least this share are numbers are mentioned, with the first that is not.
NEARLY_NUMBERS = 0.95


@dataclass(frozen=True)
class Column:
    """One column as it was understood; `missing` counts the markers that became missing, `kept`
    those that might mean it but stayed a value."""

    values: pd.Series
    missing: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)
    mark: DecimalMark | None = None
    grouping: str | None = None
    unit: str | None = None
    dates: DateForm | None = None
    two_ways: bool = False
    had_blanks: bool = False
    doubt: str = ""


def read_columns(
    cells: Mapping[str, pa.ChunkedArray],
    spelling: Spelling = AS_FOUND,
    *,
    usual: DecimalMark = ".",
) -> dict[str, Column]:
    """Every column of a table of texts.

    `spelling` holds what the person said of the values. Where it names no decimal mark, a column
    that is numbers with one mark only is read with that one, and the others follow the majority.
    Without a majority, a comma is what it usually is (`usual`) and a point is a decimal point.
    """
    heads = {name: _head(column, spelling) for name, column in cells.items()}
    found = {name: _mark(head, spelling) for name, head in heads.items()}
    common = _majority(list(found.values()))

    def read(name: str) -> Column:
        head, mark = heads[name], found[name]
        own = _own_spelling(head, spelling)
        chosen = own.mark or (mark if mark in (".", ",") else common)
        column = _column(cells[name], chosen or _usual_mark(head.cells, usual), own)
        return replace(column, two_ways=mark == "either" and own.mark is None)

    # Arrow lets go of the interpreter's lock, so that every core reads a column.
    with ThreadPoolExecutor(available_cores()) as pool:
        return dict(zip(cells, pool.map(read, cells), strict=True))


@dataclass(frozen=True)
class _Head:
    """The first cells without markers, and without the unit that all of them carry."""

    cells: pa.ChunkedArray
    unit: str | None


def _head(cells: pa.ChunkedArray, spelling: Spelling) -> _Head:
    head = pc.utf8_trim_whitespace(cells.slice(0, 2 * MOST_JUDGED))
    head = without_markers(head, _markers(spelling, NUMBER_MARKERS))
    unit = unit_of(head) if spelling.units else None
    return _Head(without_unit(head, unit) if unit else head, unit)


def _mark(head: _Head, spelling: Spelling) -> FoundMark:
    return mark_of(head.cells, _own_spelling(head, spelling).thousands)


def _own_spelling(head: _Head, spelling: Spelling) -> Spelling:
    """Won and yen have no cents: a mark that could be either groups thousands, whatever was said
    of the other columns."""
    if head.unit not in WITHOUT_FRACTIONS or mark_of(head.cells) != "either":
        return spelling
    grouping = "," if pc.any(pc.match_substring(head.cells, ",")).as_py() else "."
    return replace(spelling, decimal=None, thousands=grouping)


def _markers(spelling: Spelling, usual: frozenset[str]) -> frozenset[str]:
    return usual if spelling.missing is None else frozenset({"", *spelling.missing})


def _majority(found: list[FoundMark]) -> DecimalMark | None:
    points, commas = found.count("."), found.count(",")
    if points == commas:
        return None
    return "." if points > commas else ","


def _usual_mark(cells: pa.ChunkedArray, usual: DecimalMark) -> DecimalMark:
    return usual if pc.any(pc.match_substring(cells, ",")).as_py() else "."


def _column(raw: pa.ChunkedArray, mark: DecimalMark, spelling: Spelling) -> Column:
    is_plain = mark == "." and len(raw) and spelling.missing is None
    # An empty cell fits the pattern of numbers, which is tried in vain on all the others.
    has_empty = is_plain and pc.any(pc.equal(raw, "")).as_py()
    plain = read_numbers(raw, mark, spelling.thousands) if is_plain and not has_empty else None
    if plain is not None and not plain.values.isna().any():
        return Column(plain.values, mark=plain.mark, grouping=plain.grouping)
    cells = pc.utf8_trim_whitespace(raw)
    had_blanks = bool(pc.any(pc.and_(pc.not_equal(raw, cells), pc.not_equal(cells, ""))).as_py())
    values = without_markers(cells, _markers(spelling, NUMBER_MARKERS))
    read = _number_or_date(values, mark, spelling) if values.null_count < len(values) else None
    if read is None:
        return _text(cells, mark, had_blanks, spelling)
    return replace(read, missing=_missing(cells, values), had_blanks=had_blanks)


def _number_or_date(
    values: pa.ChunkedArray, mark: DecimalMark, spelling: Spelling
) -> Column | None:
    unit = unit_of(values) if spelling.units else None
    bare = without_unit(values, unit) if unit else values
    numbers = read_numbers(bare, mark, spelling.thousands)
    if numbers is not None:
        return Column(numbers.values, mark=numbers.mark, grouping=numbers.grouping, unit=unit)
    dates = dates_of(values, spelling.dates)
    return Column(dates.values, dates=dates.form) if dates else None


def _text(
    cells: pa.ChunkedArray, mark: DecimalMark, had_blanks: bool, spelling: Spelling
) -> Column:
    usual = markers_of_text(cells) if spelling.missing is None else frozenset[str]()
    values = without_markers(cells, _markers(spelling, usual))
    missing = _missing(cells, values)
    if values.null_count == len(values):
        nothing = pd.Series(float("nan"), index=range(len(values)), dtype="float64")
        return Column(nothing, missing)
    truth = _booleans(values)
    if truth is not None:
        return Column(truth, missing, had_blanks=had_blanks)
    return Column(
        values.to_pandas().astype("str"),
        missing,
        kept=_kept(values) if spelling.missing is None else {},
        had_blanks=had_blanks,
        doubt=_doubt(values, mark, spelling),
    )


def _kept(values: pa.ChunkedArray) -> dict[str, int]:
    """Texts that would be no value among numbers and are one here, such as "None"."""
    among_numbers = without_markers(values, NUMBER_MARKERS)
    if among_numbers.null_count == values.null_count:
        return {}
    return count_markers(pc.drop_null(values), pc.filter(among_numbers, pc.is_valid(values)))


def _missing(cells: pa.ChunkedArray, values: pa.ChunkedArray) -> dict[str, int]:
    return count_markers(cells, values) if values.null_count else {}


def _booleans(values: pa.ChunkedArray) -> pd.Series | None:
    """True and False as such; with some missing they stay texts, which need no third value."""
    if values.null_count or not _are_truth(values.slice(0, 200)) or not _are_truth(values):
        return None
    return cast(pd.Series, pc.equal(pc.utf8_lower(values), "true").to_pandas())


def _are_truth(values: pa.ChunkedArray) -> bool:
    return bool(pc.all(pc.is_in(pc.utf8_lower(values), pa.array(["true", "false"]))).as_py())


def _doubt(values: pa.ChunkedArray, mark: DecimalMark, spelling: Spelling) -> str:
    if have_leading_zeros(values):
        return "its numbers have leading zeros, as codes do"
    if are_long_codes(values):
        return "its numbers are too long to be told apart as amounts"
    if share_of_numbers(values, mark) >= NEARLY_NUMBERS:
        return f"it is numbers but for values such as '{first_not_number(values, mark)}'"
    marks = marks_of(values) if spelling.units else ()
    if len(marks) > 1:
        spoken = " and ".join(f"'{m}'" if m else "none" for m in marks[:4])
        return f"its numbers carry different marks: {spoken}"
    return doubt_of_dates(values, spelling.dates)
