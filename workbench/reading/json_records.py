"""JSON: one record to a line, or one array of records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import pyarrow as pa
import pyarrow.json as arrow_json

from ..errors import DataError
from .arrow import left_out_notes
from .encoding import decode
from .room import BYTES_PER_BYTE_OF_TEXT, require_room, require_room_for_cells
from .rows import ROWS_AT_ONCE, read_loose_table, table_of_rows
from .source import Source
from .spelling import Spelling
from .text_table import LONGEST_LINE, TableRead
from .wording import listed

#: Where Arrow cannot, Python reads, and every value is an object of its own.
_BYTES_PER_BYTE_OF_RECORDS = 15
#: Records with more keys than this are left to Python.
MOST_KEYS = 200
_RECORDS = 'Bring an array of records, [{"a": 1}, {"a": 2}], or one record to a line.'

Record = Mapping[str, object]


def read_json(source: Source, spelling: Spelling, encoding: str | None = None) -> TableRead:
    """The table of records that share their keys; a key that lacks is a missing value.

    Numbers and truth values are believed, texts are read like those of a text file, since JSON has
    no word for dates. Lists and structures are left out with a note. Raises `DataError` for what
    is no JSON, with its line, and for JSON that holds no records.
    """
    require_room(len(source.data) * BYTES_PER_BYTE_OF_TEXT, source.opening)
    text = decode(source, encoding)
    plain = _quickly(text.utf8, spelling)
    if plain is not None:
        read = read_loose_table(plain, spelling)
        return replace(read, notes=(*text.notes, *_date_notes(plain), *read.notes))
    require_room(len(text.utf8) * _BYTES_PER_BYTE_OF_RECORDS, source.opening)
    body = text.utf8.decode("utf-8").strip()
    records = _of_array(body, source) if body.startswith("[") else _of_lines(body, source)
    names = list(dict.fromkeys(key for record in records for key in record))
    if not names:
        raise DataError(f"{source.opening} holds no records.", _RECORDS)
    require_room_for_cells(len(records), len(names), source.opening)
    nested = {k for record in records for k, v in record.items() if isinstance(v, dict | list)}
    kept = [name for name in names if name not in nested]
    table = table_of_rows(kept, _batches(records, kept), source.opening)
    read = read_loose_table(table, spelling)
    return replace(read, notes=(*text.notes, *left_out_notes(sorted(nested)), *read.notes))


def _quickly(utf8: bytes, spelling: Spelling) -> pa.Table | None:
    """Flat records, one to a line, by Arrow; None where it is anything else, or mixes types."""
    records = utf8.count(b"{")
    # What is nested deeply could end the process: here nothing may be nested at all.
    is_flat = b"[" not in utf8 and records - utf8.count(b"\n") in (0, 1)
    if not is_flat or spelling.dates == "text" or not _have_the_same_keys(utf8):
        return None
    try:
        return arrow_json.read_json(
            pa.BufferReader(utf8), arrow_json.ReadOptions(block_size=LONGEST_LINE)
        )
    except pa.ArrowInvalid:
        return None


def _have_the_same_keys(utf8: bytes) -> bool:
    """Whether no record holds a key that the first has not: Arrow takes minutes for a small file
    of ten thousand different keys."""
    first = utf8[: utf8.find(b"\n")] if b"\n" in utf8 else utf8
    if len(first) > LONGEST_LINE:
        return False
    keys = set(re.findall(rb'"(?:[^"\\]|\\.)*":', first))
    if not 0 < len(keys) <= MOST_KEYS:
        return False
    return sum(utf8.count(key) for key in keys) == utf8.count(b'":')


def _date_notes(table: pa.Table) -> Iterator[str]:
    dates = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
    if dates:
        yield f"Dates (year-month-day) were read in {listed(dates)}."


def _of_array(body: str, source: Source) -> list[Record]:
    try:
        held = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source.opening} is no valid JSON: {error}.", _RECORDS) from error
    return [_record(each, f"Entry {place:,}", source) for place, each in enumerate(held, start=1)]


def _of_lines(body: str, source: Source) -> list[Record]:
    records = []
    for number, line in enumerate(body.split("\n"), start=1):
        if line.strip():
            try:
                held = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DataError(
                    f"Line {number:,} of {source.spoken} is no JSON record: {error}.", _RECORDS
                ) from error
            records.append(_record(held, f"Line {number:,}", source))
    return records


def _record(held: object, where: str, source: Source) -> Record:
    if not isinstance(held, dict):
        raise DataError(
            f"{where} of {source.spoken} is not a record with named values but "
            f"{'a list' if isinstance(held, list) else 'a single value'}.",
            _RECORDS,
        )
    return held


def _batches(records: Iterable[Record], names: Sequence[str]) -> Iterator[list[list[object]]]:
    waiting = iter(records)
    while some := list(islice(waiting, ROWS_AT_ONCE)):
        yield [[record.get(name) for name in names] for record in some]
