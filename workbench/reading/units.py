"""Percent and currency marks around numbers: "12 %", "₩1,234", "$3.50", "1 234,5 €"."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

#: Cells in which the mark is looked for.
MOST_JUDGED = 5_000
_CURRENCIES = (
    *("US$", "$", "€", "£", "¥", "￥", "₩", "￦"),
    *("USD", "EUR", "GBP", "JPY", "KRW", "CHF", "CNY"),
)
_ENDINGS = ("%", "％", *_CURRENCIES, "백만원", "억원", "만원", "천원", "원", "円", "元", "kr", "zł")
#: Currencies without a smaller coin.
WITHOUT_FRACTIONS = frozenset({"₩", "￦", "KRW", "원", "¥", "￥", "JPY", "円"})
#: Blanks a typesetter puts before a mark; RE2's \s knows only those of ASCII.
_BLANK = r"[\s\x{a0}\x{202f}\x{2009}]*"


def _any_of(marks: tuple[str, ...]) -> str:
    return "|".join(re.escape(mark) for mark in marks)


_AMOUNT = re.compile(
    rf"[+-]?\s*(?:(?P<before>{_any_of(_CURRENCIES)})\s*[+-]?\s*)?"
    rf"(?:\d[\d.,'’\s]*|[.,]\d+)(?:(?<=[\d.,'’\s])(?P<after>{_any_of(_ENDINGS)}))?"
)


def unit_of(cells: pa.ChunkedArray) -> str | None:
    """The one mark that every one of the first cells carries, before or after its number."""
    marks = marks_of(cells)
    return next(iter(marks)) if len(marks) == 1 and "" not in marks else None


def marks_of(cells: pa.ChunkedArray) -> tuple[str, ...]:
    """The marks of the first cells, "" for a number without; none at all where a cell is no
    number."""
    found = dict[str, None]()
    for cell in pc.drop_null(cells).slice(0, MOST_JUDGED).to_pylist():
        match = _AMOUNT.fullmatch(cell)
        if match is None or (match["before"] and match["after"]):
            return ()
        found[match["before"] or match["after"] or ""] = None
    return tuple(found)


def without_unit(cells: pa.ChunkedArray, unit: str) -> pa.ChunkedArray:
    """The cells without that mark; one that does not carry it is left as no number."""
    mark = re.escape(unit)
    bare = pc.replace_substring_regex(cells, rf"^([+-]?){_BLANK}{mark}{_BLANK}", r"\1")
    bare = pc.replace_substring_regex(bare, rf"{_BLANK}{mark}$", "")
    return pc.if_else(pc.equal(bare, cells), pa.scalar("no number", cells.type), bare)
