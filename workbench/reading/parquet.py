"""A Parquet file, its size taken from the footer before anything is loaded."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import DataError
from .frame import tidy_frame
from .room import require_room, require_room_for_cells
from .source import Source
from .text_table import TableRead
from .wording import listed

#: The footer of an honest file is far below this; a hostile one claims gigabytes.
_MOST_FOOTER = 64 * 2**20
_MOST_ITEMS = 4_000_000


def read_parquet(source: Source) -> TableRead:
    """The table in a Parquet file, in the types it states; nested columns are left out.

    Raises `DataError` for a damaged file and for one whose rows times columns do not fit.
    """
    try:
        file = pq.ParquetFile(
            pa.BufferReader(source.data),
            thrift_string_size_limit=_MOST_FOOTER,
            thrift_container_size_limit=_MOST_ITEMS,
        )
        _require_room(file.metadata, source)
        flat = [field.name for field in file.schema_arrow if not _is_nested(field.type)]
        table = file.read(columns=flat)
        left_out = [name for name in file.schema_arrow.names if name not in flat]
        frame = _without_index_names(table).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{source.opening} cannot be opened as a Parquet file: {_first_line(error)}.",
            "Write the file again, or bring the table as CSV.",
        ) from error
    note = f"{listed(left_out)} hold lists, structures or bytes and were left out."
    tidy = tidy_frame(frame)
    return TableRead(tidy.frame, (*((note,) if left_out else ()), *tidy.notes))


def _require_room(footer: pq.FileMetaData, source: Source) -> None:
    require_room_for_cells(footer.num_rows, footer.num_columns, source.opening)
    groups = range(footer.num_row_groups)
    require_room(sum(footer.row_group(g).total_byte_size for g in groups), source.opening)


def _is_nested(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_nested(value) or _is_bytes(value))


def _is_bytes(kind: pa.DataType) -> bool:
    is_plain = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return bool(is_plain or pa.types.is_fixed_size_binary(kind))


def _without_index_names(table: pa.Table) -> pa.Table:
    """pandas writes an index it was given no name for under one of its own."""
    made_up = [n for n in table.column_names if n.startswith("__index_level_")]
    table = table.drop_columns(made_up) if made_up else table
    decimals = [i for i, f in enumerate(table.schema) if pa.types.is_decimal(f.type)]
    for place in decimals:
        name = table.column_names[place]
        table = table.set_column(place, name, pc.cast(table.column(place), pa.float64()))
    return table


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
