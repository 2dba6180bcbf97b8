"""Irregular text files, read record by record: slower, but it says on which line something is
wrong, and fills up lines that end early."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from ..errors import DataError
from .delimiter import Layout
from .source import Source

#: Records turned into columns at a time: Python's texts take ten times the memory of Arrow's.
RECORDS_AT_ONCE = 50_000


@dataclass(frozen=True)
class _Record:
    line: int
    fields: list[str]


def read_carefully(
    utf8: bytes, divided: Layout, width: int, source: Source
) -> tuple[pa.Table, int]:
    """All records, the header among them, as texts, and how many were too short.

    Raises `DataError` with the line number for a record longer than the header and for a quote
    that is never closed.
    """
    batches: list[pa.RecordBatch] = []
    waiting: list[list[str]] = []
    short = 0
    for record in _records(utf8, divided, source):
        _refuse_long(record, width, divided, source)
        short += len(record.fields) < width
        waiting.append(record.fields + [""] * (width - len(record.fields)))
        if len(waiting) == RECORDS_AT_ONCE:
            batches.append(_batch(waiting, width))
            waiting = []
    batches.append(_batch(waiting, width))
    return pa.Table.from_batches(batches), short


def _records(utf8: bytes, divided: Layout, source: Source) -> Iterator[_Record]:
    text = utf8[divided.start :].decode("utf-8")
    first_line = utf8.count(b"\n", 0, divided.start) + 1
    reader = csv.reader(
        io.StringIO(text, newline=None),
        delimiter=divided.delimiter,
        skipinitialspace=divided.delimiter != " ",
        strict=True,
    )
    before = 0
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise _bad_quote(error, before + first_line, source) from error
        if fields is None:
            return
        if fields and (len(fields) > 1 or fields[0].strip()):
            yield _Record(before + first_line, fields)
        before = reader.line_num


def _refuse_long(record: _Record, width: int, divided: Layout, source: Source) -> None:
    found = len(record.fields)
    if found <= width:
        return
    raise DataError(
        f"Line {record.line:,} of {source.spoken} has {found} fields, its header has {width} "
        f"(divided by {divided.delimiter!r}).",
        _way_out(found, width, record.line),
    )


def _way_out(found: int, width: int, line: int) -> str:
    if width == 1:
        return "If the first line is a title, say which line is the header (header=2, for example)."
    if found == width + 1 and line <= 2:
        return (
            "If the first field is a row name, give it a name in the header; if lines end with "
            "the delimiter, end the header with it too."
        )
    return "Put quotes around texts that hold the delimiter, or remove what is too much."


def _bad_quote(error: csv.Error, line: int, source: Source) -> DataError:
    if "unexpected end" in str(error) or "field limit" in str(error):
        return DataError(
            f"In {source.spoken} a quote opened in the record of line {line:,} is never closed.",
            'Close it, or double the quotes that are part of a text ("").',
        )
    return DataError(
        f"Line {line:,} of {source.spoken} cannot be divided into fields ({error}).",
        'Double the quotes that are part of a text ("").',
    )


def _batch(records: list[list[str]], width: int) -> pa.RecordBatch:
    columns = [pa.array([r[place] for r in records], pa.string()) for place in range(width)]
    return pa.RecordBatch.from_arrays(columns, [str(place) for place in range(width)])
