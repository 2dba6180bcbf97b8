"""The table a model is explained on, as Parquet: exactly as it was, or not at all."""

from __future__ import annotations

import io
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..dataset import Dataset
from ..errors import ModelError
from ..reading.room import require_room, require_room_for_cells

#: The footer of an honest file is far below this; a hostile one claims gigabytes.
_MOST_FOOTER, _MOST_ITEMS = 64 * 2**20, 4_000_000
#: A file larger than this is more than a model should carry about.
MOST_BYTES = 2 * 2**30


def table_bytes(data: Dataset) -> bytes:
    """The table as Parquet; raises `ModelError` where a column would not come back as it is."""
    size = int(data.frame.memory_usage(deep=True).sum())
    if size > MOST_BYTES:
        raise ModelError(
            f"{data.name} takes {size / 2**30:,.1f} GiB, and a saved model carries "
            f"{MOST_BYTES / 2**30:,.0f} GiB at most.",
            "Save it with some of its rows: rows=100_000.",
        )
    frame = data.frame.copy(deep=False)
    frame.attrs = {}
    try:
        written = _written(frame)
        changed = _first_changed(data, replace(data, frame=_read(written)))
    except (pa.ArrowException, TypeError, ValueError, UnicodeError) as error:
        raise _not_stored(data, str(error).partition("\n")[0]) from error
    if changed is not None:
        raise _not_stored(data, f"'{changed}' would not come back as it is")
    return written


def read_table(content: bytes, opening: str) -> pd.DataFrame:
    """The table in a saved model, its size taken from the footer before anything is loaded."""
    footer = _opened(content).metadata
    require_room_for_cells(footer.num_rows, footer.num_columns, opening)
    groups = range(footer.num_row_groups)
    require_room(sum(footer.row_group(g).total_byte_size for g in groups), opening)
    return _read(content)


def _written(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, engine="pyarrow", index=False, compression="zstd")
    return buffer.getvalue()


def _opened(content: bytes) -> pq.ParquetFile:
    return pq.ParquetFile(
        pa.BufferReader(content),
        thrift_string_size_limit=_MOST_FOOTER,
        thrift_container_size_limit=_MOST_ITEMS,
    )


def _read(content: bytes) -> pd.DataFrame:
    table = _opened(content).read()
    frame: pd.DataFrame = table.to_pandas()
    for column in (table.schema.pandas_metadata or {}).get("columns", ()):
        name = column.get("name")
        # text that was held as objects comes back as text
        if column.get("numpy_type") == "object" and frame[name].dtype == "str":
            frame[name] = frame[name].astype(object)
    return frame


def _first_changed(before: Dataset, after: Dataset) -> str | None:
    """The first column that came back otherwise, if any did."""

    def alone(data: Dataset, column: str) -> str:
        return replace(data, frame=data.frame[[column]]).fingerprint

    return next((c for c in before.columns if alone(before, c) != alone(after, c)), None)


def _not_stored(data: Dataset, why: str) -> ModelError:
    return ModelError(
        f"The table {data.name} cannot be stored as it is: {why}.",
        "Turn columns of mixed or unusual values into numbers or text, and train again.",
    )
