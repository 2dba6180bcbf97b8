"""Opening a table: a sample, or a file the person brings."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench import Dataset
from workbench.samples import SAMPLES, sample

from . import database, reading, run, state
from .text import markdown_safe

#: What can be brought.
FILES = (
    *("csv", "tsv", "txt", "xlsx", "xls", "xlsb", "ods", "parquet", "feather", "arrow"),
    *("json", "jsonl", "ndjson", "db", "sqlite", "sqlite3", "duckdb", "gz", "zst", "zip"),
)
KINDS = "CSV, Excel, Parquet, Feather, JSON, SQLite, DuckDB, also packed (gz, zst, zip)"
ROWS_PREVIEWED, SAMPLES_ABREAST = 8, 3


def samples() -> None:
    """The samples as cards, one click each."""
    names = list(SAMPLES)
    for start in range(0, len(names), SAMPLES_ABREAST):
        row = names[start : start + SAMPLES_ABREAST]
        for place, name in zip(st.columns(SAMPLES_ABREAST), row, strict=False):
            with place:
                _card(name)


def _card(name: str) -> None:
    each = SAMPLES[name]
    with st.container(border=True, height="stretch", key=f"card-{name}"):
        st.markdown(f"**{markdown_safe(each.title)}**  \n{markdown_safe(each.asks)}")
        st.caption(markdown_safe(each.says))
        st.space("stretch")
        st.button(f"Open {markdown_safe(each.title)}", key=f"sample-{name}",
                  icon=":material/table:", on_click=_open_sample, args=(name,))  # fmt: skip


def _open_sample(name: str) -> None:
    data = run.CACHE.get(("sample", name)) or sample(name)
    run.CACHE.put(("sample", name), data)
    reading.forget()
    state.open_dataset(data, sample=name)


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
