"""What divides the fields of a line, told by which choice gives every line as many as the
header."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ..errors import DataError, ParameterError
from .source import Source

#: In the order of trust where two fit equally well: a comma is the likeliest to be inside a text.
DELIMITERS: dict[str, str] = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
#: Other marks that divide lines evenly; too often part of a text to be taken without being told.
_UNUSUAL = (" ", ":", "^", "~", "/", "#")
#: The beginning of the file that is looked at, in bytes and in records.
SAMPLE_BYTES = 256 * 1024
SAMPLE_RECORDS = 500
#: With fewer lines than this share fitting the header, the text is no table.
FEWEST_FITTING = 0.5
#: A single column of texts with more words than this on average is prose.
MOST_WORDS = 4.0

_EXCEL_LINE = re.compile(rb"sep=(.)\r?\n", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """How the text is divided: where the table starts (in bytes), by what, and its first record."""

    start: int
    delimiter: str
    header: tuple[str, ...]
    blank_before_quote: bool

    @property
    def note(self) -> str:
        """What divides the fields, as a sentence."""
        if len(self.header) == 1:
            return "The file has a single column."
        spoken = DELIMITERS.get(self.delimiter, f"'{self.delimiter}'")
        return f"The fields are divided by {spoken}."


def layout(
    utf8: bytes, source: Source, delimiter: str | None = None, header: int | None = None
) -> Layout:
    """How the text is divided into fields; `delimiter` decides where it is given, and the table
    begins at the line `header` (from 1) where that is.

    Raises `DataError` for prose, for lines that fit no delimiter, and where the delimiter given
    leaves a single column that another would divide; `ParameterError` for one that cannot be.
    """
    told = _EXCEL_LINE.match(utf8[:16])
    start = told.end() if told else 0
    if header is not None and header > 1:
        start = _line_start(utf8, header, source)
    sample = _sample(utf8, start)
    if delimiter is not None:
        chosen = _checked(delimiter, sample)
    elif told:
        chosen = told.group(1).decode("latin-1")
    else:
        chosen = _detected(sample, source)
    first = next(_records(sample, chosen), [])
    quote = re.compile(re.escape(chosen) + ' +"')
    return Layout(start, chosen, tuple(first), chosen != " " and bool(quote.search(sample)))


def _line_start(utf8: bytes, line: int, source: Source) -> int:
    start = 0
    for _ in range(line - 1):
        start = utf8.find(b"\n", start) + 1
        if start == 0:
            raise ParameterError(
                f"{source.opening} has no line {line:,}, where the header was said to be.",
                "Count the lines from 1, empty ones too.",
            )
    return start


def _sample(utf8: bytes, start: int) -> str:
    head = utf8[start : start + SAMPLE_BYTES]
    text = head.decode("utf-8", errors="ignore")
    is_cut = start + SAMPLE_BYTES < len(utf8)
    # The last line is cut where the sample ends; a single line longer than the sample stays.
    return text.rpartition("\n")[0] or text if is_cut else text


def _records(sample: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(
        io.StringIO(sample, newline=None), delimiter=delimiter, skipinitialspace=delimiter != " "
    )
    try:
        yield from islice((record for record in reader if record), SAMPLE_RECORDS)
    except csv.Error:
        # A field too long to be one: what came before it is enough to judge.
        return


def _checked(delimiter: str, sample: str) -> str:
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n':
        raise ParameterError(
            f"delimiter = {delimiter!r} cannot divide fields.",
            "Use one character, such as ',' or ';' or '\\t'.",
        )
    best = _best(sample)
    if len(next(_records(sample, delimiter), [])) == 1 and best.fields > 1 and best.share > 0.9:
        raise DataError(
            f"With the delimiter {delimiter!r} the file has a single column; "
            f"{best.delimiter!r} gives {best.fields}.",
            f"Use delimiter={best.delimiter!r}, or leave it out.",
        )
    return delimiter


@dataclass(frozen=True)
class _Trial:
    delimiter: str
    fields: int
    share: float

    @property
    def score(self) -> float:
        return self.share * math.log2(max(1, self.fields))


def _trial(sample: str, delimiter: str) -> _Trial:
    counts = [len(record) for record in _records(sample, delimiter)]
    fields, rest = (counts[0], counts[1:]) if counts else (0, [])
    share = sum(count == fields for count in rest) / len(rest) if rest else 1.0
    return _Trial(delimiter, fields, share)


def _best(sample: str) -> _Trial:
    return max((_trial(sample, delimiter) for delimiter in DELIMITERS), key=lambda t: t.score)


def _detected(sample: str, source: Source) -> str:
    best = _best(sample)
    if best.score > 0 and best.share < FEWEST_FITTING:
        raise DataError(
            f"{source.opening} does not look like a table: its first line has {best.fields} fields "
            f"(divided by {DELIMITERS[best.delimiter]}), and {1 - best.share:.0%} of the following "
            "lines have another number.",
            "Bring a table with one header line, or name the delimiter.",
        )
    if best.score == 0:
        _refuse_undivided(sample, source)
        return ","
    return best.delimiter


def _refuse_undivided(sample: str, source: Source) -> None:
    """One column is a table only where its lines are values, not sentences nor undivided rows."""
    lines = [line for line in sample.splitlines() if line.strip()][:SAMPLE_RECORDS]
    for mark in _UNUSUAL:
        counts = {line.strip().count(mark) for line in lines}
        if len(lines) >= 3 and len(counts) == 1 and counts != {0}:
            raise DataError(
                f"{source.opening} has a single column, but each of its lines holds {mark!r} "
                f"{counts.pop()} times.",
                f"If that divides the fields, use delimiter={mark!r}.",
            )
    words = sum(len(line.split()) for line in lines) / max(1, len(lines))
    if words > MOST_WORDS:
        raise DataError(
            f"{source.opening} does not look like a table: no comma, semicolon, tab or bar divides "
            f"its lines, which hold {words:.0f} words on average.",
            "Bring a table with a header line, or name the delimiter.",
        )
