"""Opening a table the person brings, and its first rows."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench import Dataset

from . import database, reading

#: What can be brought.
FILES = (
    *("csv", "tsv", "txt", "xlsx", "xls", "xlsb", "ods", "parquet", "feather", "arrow"),
    *("json", "jsonl", "ndjson", "db", "sqlite", "sqlite3", "duckdb", "gz", "zst", "zip"),
)
KINDS = "CSV, Excel, Parquet, Feather, JSON, SQLite, DuckDB, also packed (gz, zst, zip)"
ROWS_PREVIEWED = 8


def upload() -> None:
    """The place to drop a file; what cannot be read is said, and the open table stays open."""
    file = st.file_uploader(f"Bring a table: {KINDS}", FILES, key="file")
    if file is not None:
        reading.bring(file)
        reading.refusal()
    database.ask()


def preview(data: Dataset) -> None:
    """The first rows, as they were read."""
    shown = data.frame.head(ROWS_PREVIEWED)
    days = {
        c: st.column_config.DateColumn(format="YYYY-MM-DD") for c in shown if _is_days(shown[c])
    }
    st.dataframe(shown, key="preview", hide_index=False, column_config=days,
                 alt=f"The first rows of {data.name}")  # fmt: skip


def _is_days(values: pd.Series) -> bool:
    """Whether a column holds dates without a time of day."""
    known = values.dropna()
    return pd.api.types.is_datetime64_any_dtype(known) and bool(
        known.eq(known.dt.normalize()).all()
    )
