"""Rows of Python values (JSON, SQLite, a database driver) as a compact Arrow table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import ParameterError
from .arrow import is_nested, left_out_notes, plain_table
from .column_notes import column_notes
from .columns import Column, read_columns
from .frame import tidy_frame
from .room import require_room_while_reading
from .spelling import Spelling
from .text_table import TableRead
from .understood import Understood
from .wording import listed

#: Rows turned into columns at a time: Python's values take ten times the memory of Arrow's.
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class _Piece:
    columns: list[pa.Array]


def table_of_rows(
    names: Sequence[str], batches: Iterable[Sequence[Sequence[object]]], opening: str
) -> pa.Table:
    """The rows as columns of one type each: whole numbers, numbers, truth values, dates, texts.

    A column that mixes types becomes texts. Raises `DataError` while reading, as soon as the rows
    take more than the memory allows.
    """
    pieces: list[_Piece] = []
    held = 0
    for rows in batches:
        piece = _Piece([_array([row[place] for row in rows]) for place in range(len(names))])
        held += sum(column.nbytes for column in piece.columns)
        # What is held is joined, and then made a frame.
        require_room_while_reading(held, 3, opening)
        pieces.append(piece)
    columns = [_joined([piece.columns[place] for piece in pieces]) for place in range(len(names))]
    return pa.Table.from_arrays(columns, names=list(names))


def refuse_repeated(names: Sequence[str]) -> None:
    """Raises `ParameterError` where a query gives two columns of one name, or none at all."""
    if not names:
        raise ParameterError("The query gives no columns.", "Write a SELECT.")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ParameterError(
            f"The query gives more than one column called {listed(repeated)}.",
            "Name them apart with AS.",
        )


def _array(values: list[object]) -> pa.Array:
    if any(isinstance(value, Decimal) for value in values):
        # Decimals of a database may be "not a number", which Arrow's cannot.
        values = [float(v) if isinstance(v, Decimal) else v for v in values]
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([None if v is None else str(v) for v in values], pa.string())


def _joined(pieces: list[pa.Array]) -> pa.ChunkedArray:
    kinds = {piece.type for piece in pieces if not pa.types.is_null(piece.type)}
    kind = _common(kinds) if kinds else pa.null()
    return pa.chunked_array([_as(piece, kind) for piece in pieces], kind)


def _common(kinds: set[pa.DataType]) -> pa.DataType:
    if len(kinds) == 1:
        return kinds.pop()
    if all(pa.types.is_integer(k) or _is_fraction(k) for k in kinds):
        return pa.float64()
    if all(pa.types.is_timestamp(k) or pa.types.is_date(k) for k in kinds):
        zoned = any(pa.types.is_timestamp(k) and k.tz for k in kinds)
        return pa.timestamp("us", "UTC" if zoned else None)
    return pa.string()


def _is_fraction(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _as(piece: pa.Array, kind: pa.DataType) -> pa.Array:
    if piece.type == kind:
        return piece
    if is_nested(piece.type):
        return pa.array([None if v is None else str(v) for v in piece.to_pylist()], pa.string())
    return pc.cast(piece, kind, safe=False)


def read_loose_table(table: pa.Table, spelling: Spelling) -> TableRead:
    """The frame of a table whose source has no word for dates, or lets a column hold anything:
    its texts are read like those of a text file, all other types are believed."""
    left_out = [f.name for f in table.schema if is_nested(f.type)]
    kept = table.drop_columns(left_out) if left_out else table
    texts = {
        f.name: kept.column(f.name)
        for f in kept.schema
        if _is_text(f.type) or _holds(kept.column(f.name), spelling.missing)
    }
    read = read_columns(_filled(texts), spelling)
    typed = kept.drop_columns(list(texts)) if texts else kept
    tidy = tidy_frame(plain_table(typed).to_pandas(date_as_object=False))
    frame = {n: read[n].values if n in read else tidy.frame[n] for n in kept.column_names}
    notes = (*left_out_notes(left_out), *tidy.notes, *_number_notes(read), *column_notes(read))
    return TableRead(pd.DataFrame(frame, copy=False), notes, Understood().of_columns(read))


def read_typed_table(table: TableRead, spelling: Spelling) -> TableRead:
    """A table whose types are believed, until something is said of its values: then its texts are
    read like those of a text file, and numbers that were said to mean "missing" are made so."""
    has_texts = any(dtype == "str" for dtype in table.frame.dtypes)
    offered = replace(table.understood, missing=(), has_texts=has_texts)
    if spelling in (Spelling(), Spelling(units=False)):
        return replace(table, understood=offered)
    arrow = pa.Table.from_pandas(table.frame, preserve_index=False)
    read = read_loose_table(arrow, spelling)
    found = replace(read.understood, has_texts=has_texts, options=offered.options,
                    chosen=offered.chosen)  # fmt: skip
    return TableRead(read.frame, (*table.notes, *read.notes), found)


def _holds(column: pa.ChunkedArray, markers: tuple[str, ...] | None) -> bool:
    """Whether a number among the values was said to mean that there is none."""
    if not markers or not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return False
    written = pc.cast(column, pa.string())
    return bool(pc.any(pc.is_in(written, value_set=pa.array(markers, pa.string()))).as_py())


def _filled(texts: Mapping[str, pa.ChunkedArray]) -> dict[str, pa.ChunkedArray]:
    return {n: pc.fill_null(pc.cast(column, pa.string()), "") for n, column in texts.items()}


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _number_notes(read: Mapping[str, Column]) -> tuple[str, ...]:
    names = [n for n, c in read.items() if c.values.dtype.kind in "if" and c.values.notna().any()]
    return (f"Texts that are numbers were read as numbers in {listed(names)}.",) if names else ()
