"""Opening a table: a sample, or a file the person brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from workbench import Dataset, read
from workbench.errors import AnalysisError
from workbench.samples import SAMPLES, sample

from . import run, state
from .errors import refuse, told
from .text import markdown_safe

#: What can be brought.
FILES = ("csv", "tsv", "txt", "xlsx", "xls", "parquet")
ROWS_PREVIEWED, SAMPLES_ABREAST = 8, 3
ENCODINGS = ("utf-8", "cp949", "cp1252", "utf-16", "latin-1")
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar"}
DECIMALS = {".": "Point (1.5)", ",": "Comma (1,5)"}


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
    state.open_dataset(data, sample=name)


def upload() -> None:
    """The place to drop a file; what cannot be read is said, and the open table stays open."""
    file = st.file_uploader("Bring a table: CSV, TSV, text, Excel or Parquet", FILES, key="file")
    how = _how_to_read()
    if file is None:
        return
    wanted = f"{file.file_id} {how}"
    last = state.upload()
    if last is None or last.file_id != wanted:
        _read(file, wanted, how)
    last = state.upload()
    if last is not None and last.refused is not None:
        refuse(last.refused)
        if state.dataset() is not None:
            st.caption("The table that was open before is still open.")


def _how_to_read() -> dict[str, str]:
    """What the person knows better than the reader; nothing, as a rule."""
    with st.expander("The file is read wrongly?", key="how"):
        st.caption("All of this is found out by itself. Change it where the table looks wrong.")
        places = st.columns(4)
        chosen = {
            "delimiter": _pick(places[0], "Delimiter", DELIMITERS),
            "encoding": _pick(places[1], "Encoding", {name: name for name in ENCODINGS}),
            "decimal": _pick(places[2], "Decimal mark", DECIMALS),
            "sheet": places[3].text_input("Sheet of a workbook", key="read.sheet"),
        }
    return {name: value for name, value in chosen.items() if value}


def _pick(place: Any, label: str, words: Mapping[str, str]) -> str | None:
    chosen: str | None = place.selectbox(
        label, list(words), index=None, key=f"read.{label}", format_func=words.get,
        placeholder="Automatic",
    )  # fmt: skip
    return chosen


def _read(file: Any, wanted: str, how: dict[str, str]) -> None:
    refused: AnalysisError | None = None
    with told():
        with st.spinner(f"Reading {markdown_safe(file.name, 60)}"):
            try:
                state.open_dataset(read(file, **how))
            except AnalysisError as error:
                refused = error.with_traceback(None)
        state.remember_upload(state.Upload(wanted, refused))
        if refused is None:
            st.rerun()


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
