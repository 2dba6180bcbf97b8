"""A Parquet file, its size taken from the footer before anything is loaded."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import DataError
from .arrow import is_nested, left_out_notes, plain_table
from .frame import tidy_frame
from .room import require_room, require_room_for_cells
from .source import Source
from .text_table import TableRead

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
        flat = [field.name for field in file.schema_arrow if not is_nested(field.type)]
        table = file.read(columns=flat)
        left_out = [name for name in file.schema_arrow.names if name not in flat]
        frame = plain_table(table).to_pandas(ignore_metadata=True, date_as_object=False)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{source.opening} cannot be opened as a Parquet file: {_first_line(error)}.",
            "Write the file again, or bring the table as CSV.",
        ) from error
    tidy = tidy_frame(frame)
    return TableRead(tidy.frame, (*left_out_notes(left_out), *tidy.notes))


def _require_room(footer: pq.FileMetaData, source: Source) -> None:
    require_room_for_cells(footer.num_rows, footer.num_columns, source.opening)
    groups = range(footer.num_row_groups)
    require_room(sum(footer.row_group(g).total_byte_size for g in groups), source.opening)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
