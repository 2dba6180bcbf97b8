"""A table of lines: CSV, TSV and their kin, with everything about them told from the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from ..errors import DataError
from .careful import read_carefully
from .column_notes import column_notes
from .columns import AS_FOUND, read_columns
from .delimiter import Layout, layout
from .encoding import decode
from .header import Header, header_of
from .room import BYTES_PER_BYTE_OF_TEXT, require_room, require_room_for_cells
from .source import Source
from .spelling import Spelling
from .understood import Understood
from .wording import number_of

#: The longest line, in bytes; also how much is parsed at a time.
LONGEST_LINE = 16 * 2**20


@dataclass(frozen=True)
class TableRead:
    """A finished frame and what was understood."""

    frame: pd.DataFrame
    notes: tuple[str, ...]
    understood: Understood = field(default_factory=Understood)


def read_text(
    source: Source,
    spelling: Spelling = AS_FOUND,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: int | None = None,
) -> TableRead:
    """The table in a text file; what is not given is told from the text. `header` is the line of
    the column names, counted from 1; 0 where there is none.

    Raises `DataError` for text that is no table, for lines longer than the header, and for a
    table too large for the memory.
    """
    require_room(len(source.data) * BYTES_PER_BYTE_OF_TEXT, source.opening)
    text = decode(source, encoding)
    divided = layout(text.utf8, source, delimiter, header)
    head = header_of(divided.header, source, header)
    lines = text.utf8.count(b"\n") + 1
    # A short line is filled up with empty cells: many of them under a wide header are a bomb.
    require_room_for_cells(lines, len(head.names), source.opening)
    cells, short_lines = _cells(text.utf8, divided, head, source)
    columns = read_columns(cells, spelling, usual="," if divided.delimiter == ";" else ".")
    frame = pd.DataFrame({name: column.values for name, column in columns.items()}, copy=False)
    notes = (*text.notes, divided.note, *_above(header), *head.notes, *_short(short_lines))
    understood = Understood(
        encoding=text.encoding,
        delimiter=divided.delimiter,
        header=0 if head.is_data else header or 1,
    )
    return TableRead(frame, notes + column_notes(columns), understood.of_columns(columns))


def _above(header: int | None) -> Iterator[str]:
    if header is not None and header > 1:
        yield f"The header is line {header:,}; {number_of(header - 1, 'line')} above it left out."


def _cells(
    utf8: bytes, divided: Layout, header: Header, source: Source
) -> tuple[dict[str, pa.ChunkedArray], int]:
    """The columns as texts and the number of lines that were filled up. Irregular files are read
    a second time, slowly, to say exactly what is wrong or to mend it."""
    table = None if divided.blank_before_quote else _read_quickly(utf8, divided, len(header.names))
    short = 0
    if table is None:
        table, short = read_carefully(utf8, divided, len(header.names), source)
    table = table if header.is_data else table.slice(1)
    return dict(zip(header.names, table.columns, strict=True)), short


def _read_quickly(utf8: bytes, divided: Layout, width: int) -> pa.Table | None:
    """All records, the header among them, as texts; None where a line has another number of
    fields or a quote may be left open."""
    irregular: list[arrow_csv.InvalidRow] = []

    def note_and_stop(row: arrow_csv.InvalidRow) -> str:
        irregular.append(row)
        return "error"

    names = [str(place) for place in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(utf8).slice(divided.start)),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=LONGEST_LINE),
            parse_options=arrow_csv.ParseOptions(
                delimiter=divided.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=True,
                invalid_row_handler=note_and_stop,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return None if irregular or _ends_in_a_quote(table) else table


def _ends_in_a_quote(table: pa.Table) -> bool:
    """An open quote swallows the rest of the file into the last record."""
    last = table.slice(max(0, table.num_rows - 1)).to_pylist()
    return any("\n" in cell or "\r" in cell for row in last for cell in row.values())


def _short(lines: int) -> Iterator[str]:
    if lines:
        yield (
            f"{lines:,} lines have fewer fields than the header; the cells that lack were taken "
            "as empty."
        )


def refuse_without_rows(frame: pd.DataFrame, source: Source) -> None:
    """Raises `DataError` where only a header was found."""
    if len(frame) == 0:
        raise DataError(
            f"{source.opening} holds column names but not a single row of values.",
            "Bring a table with a header line and at least one row of values.",
        )
