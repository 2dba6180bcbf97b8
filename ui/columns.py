"""What each column is and what it is for: the target to choose, the guesses to correct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import pandas as pd
import streamlit as st

from workbench import Dataset
from workbench.column_kinds import Kind
from workbench.dataset import Role
from workbench.errors import AnalysisError

from . import state
from .errors import told
from .text import cell, shortened


def choose_target(data: Dataset, key: str) -> None:
    """The column to be predicted, as a list to choose from."""
    columns = list(data.columns)
    st.session_state[key] = data.target
    st.selectbox(
        "What should the model predict?", columns, index=None, key=key,
        placeholder="Choose a column", on_change=_target_chosen, args=(key,),
        help="The target. Every other feature is used to predict it.",
    )  # fmt: skip


def _target_chosen(key: str) -> None:
    data, chosen = state.dataset(), st.session_state[key]
    if data is not None and chosen is not None:
        state.change_dataset(data.with_target(chosen), f"the target is now '{chosen}'")


def edit_columns(data: Dataset) -> None:
    """Every column with its kind and role, both open to correction."""
    form = _columns_form(data)
    key = _editor_key(form.base)
    st.data_editor(
        columns_table(form.base), key=key, hide_index=True,
        disabled=("column", "missing", "values"), on_change=_columns_edited, args=(key,),
        alt=f"The columns of {data.name}",
        column_config={
            "column": st.column_config.TextColumn("Column"),
            "kind": st.column_config.SelectboxColumn(
                "Kind", options=list(get_args(Kind)), required=True, help="What it is"),
            "role": st.column_config.SelectboxColumn(
                "Role", options=list(get_args(Role)), required=True, help="What it is for"),
            "values": st.column_config.TextColumn("For example"),
            "missing": st.column_config.NumberColumn("Missing", format="percent"),
        },
    )  # fmt: skip
    with told():
        edited(form.base, st.session_state[key].get("edited_rows", {}))


def _columns_form(data: Dataset) -> state.ColumnsForm:
    """What the table is drawn from: the data as they were when it was first drawn, so that it
    does not jump at every edit; anew when the data changed elsewhere or the edits were lost."""
    form = state.columns_form()
    is_current = form is not None and form.made == data.fingerprint
    if form is None or not is_current or _editor_key(form.base) not in st.session_state:
        form = state.ColumnsForm(data, data.fingerprint)
        state.remember_columns_form(form)
    return form


def _editor_key(base: Dataset) -> str:
    return f"columns-{base.fingerprint}"


def columns_table(data: Dataset) -> pd.DataFrame:
    """One row per column of the data: name, kind, role, share missing, the first values."""
    frame = data.frame
    return pd.DataFrame(
        {
            "column": list(data.columns),
            "kind": [data.kinds[c] for c in data.columns],
            "role": [data.roles[c] for c in data.columns],
            "missing": [float(frame[c].isna().mean()) for c in data.columns],
            "values": [_examples(frame[c]) for c in data.columns],
        }
    )


def _examples(values: pd.Series) -> str:
    return ", ".join(shortened(cell(v), 24) for v in values.dropna().head(200).unique()[:4])


def _columns_edited(key: str) -> None:
    form = state.columns_form()
    if form is None:
        return
    try:
        data = edited(form.base, st.session_state[key].get("edited_rows", {}))
    except AnalysisError:  # told when the page is drawn, beside the table
        return
    state.change_dataset(data, "its columns were corrected")
    state.remember_columns_form(state.ColumnsForm(form.base, data.fingerprint))


def edited(base: Dataset, rows: Mapping[int, Mapping[str, str]]) -> Dataset:
    """The data set with the edits of the table of columns; a new target frees the former one."""
    kinds: dict[str, Kind] = {}
    roles: dict[str, Role] = {}
    for place, changes in rows.items():
        column = base.columns[int(place)]
        kinds |= {column: changes["kind"]} if "kind" in changes else {}  # type: ignore[dict-item]
        roles |= {column: changes["role"]} if "role" in changes else {}  # type: ignore[dict-item]
    former = base.target
    if former is not None and former not in roles and "target" in roles.values():
        roles[former] = "feature"
    data = base.with_kinds(kinds) if kinds else base
    return data.with_roles(roles) if roles else data
