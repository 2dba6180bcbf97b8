"""Arrow tables: in memory, from polars, or in a file (Feather)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import DataError
from .frame import tidy_frame
from .room import require_room, require_room_for_cells
from .source import Source
from .text_table import TableRead
from .wording import listed
from .worker import ask_worker

_WORKER = Path(__file__).with_name("arrow_worker.py")


def is_arrow(thing: object) -> bool:
    """Whether a thing hands out its columns as Arrow does: its own tables, polars' frames."""
    return hasattr(thing, "__arrow_c_stream__")


def read_arrow_object(thing: Any) -> TableRead:
    """The frame of an Arrow table or a polars frame, in the types it states."""
    return read_arrow_table(pa.table(thing), "The table")


def read_arrow_file(source: Source) -> TableRead:
    """The table in an Arrow file (Feather), in the types it states.

    It is unpacked in a process of its own with limited memory: a small file may unpack to
    anything, and a damaged one can end the process that opens it. Raises `DataError` for both.
    """
    answer = ask_worker(_WORKER, {}, source)
    if answer.table is None:
        raise DataError(
            f"{source.opening} cannot be opened as an Arrow (Feather) file: {answer.error}.",
            "Write the file again, or bring the table as CSV or Parquet.",
        )
    return read_arrow_table(answer.table, source.opening)


def read_arrow_table(table: pa.Table, opening: str) -> TableRead:
    """The frame of a table in the types it states; lists, structures and bytes are left out."""
    require_room_for_cells(table.num_rows, table.num_columns, opening)
    require_room(2 * table.nbytes, opening)
    _refuse_repeated(table.column_names, opening)
    left_out = [field.name for field in table.schema if is_nested(field.type)]
    flat = table.drop_columns(left_out) if left_out else table
    tidy = tidy_frame(plain_table(flat).to_pandas(ignore_metadata=True, date_as_object=False))
    return TableRead(tidy.frame, (*left_out_notes(left_out), *tidy.notes))


def plain_table(table: pa.Table) -> pa.Table:
    """Decimals as numbers, and without the index that pandas wrote under a name of its own."""
    made_up = [n for n in table.column_names if n.startswith("__index_level_")]
    table = table.drop_columns(made_up) if made_up else table
    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(
                place, field.name, pc.cast(table.column(place), pa.float64(), safe=False)
            )
    return table


def is_nested(kind: pa.DataType) -> bool:
    """Whether values of this type are no single number, text or date."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_nested(value) or _is_bytes(value))


def left_out_notes(names: Sequence[str]) -> tuple[str, ...]:
    """That columns were left out because no model can take them."""
    return (f"{listed(names)} hold lists, structures or bytes and were left out.",) if names else ()


def _is_bytes(kind: pa.DataType) -> bool:
    is_plain = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return bool(is_plain or pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind))


def _refuse_repeated(names: Sequence[str], opening: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(
            f"More than one column of {opening[0].lower() + opening[1:]} is called "
            f"{listed(repeated)}.",
            "Give each its own name.",
        )
