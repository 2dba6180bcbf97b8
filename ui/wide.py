"""The question whether a table has a column per period, and the long table it then becomes."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from workbench import AnalysisError, Dataset, lengthen
from workbench.lengthen import PERIOD, columns_of_periods

from . import page, reading, state
from .errors import refuse
from .state import SETTING
from .text import markdown_safe

#: What was open before, and what became of it; not forgotten with the choices of a table.
_BEFORE = "_wide.before"
_REFUSED, _COLUMNS, _NAME, _VALUE = (
    f"{SETTING}wide.{part}" for part in ("refused", "columns", "name", "value")
)
TITLE = "One column per period?"


@dataclass(frozen=True)
class _Lengthened:
    wide: Dataset
    sample: str | None
    long: str


def offer(data: Dataset) -> None:
    """The expander below the table: nothing happens until the button in it is pressed."""
    with st.expander(TITLE, key="wide"):
        before: _Lengthened | None = st.session_state.get(_BEFORE)
        if before is not None and before.long == data.fingerprint:
            st.caption("Taking it back brings the table with its columns, as it was before.")
            st.button("Bring the columns back", key="wide.back", on_click=_back)
            return
        st.caption(
            "Designs over time take one row per unit and period. A table with a column for each "
            "period (sales_2023, sales_2024 …), or with a row for each period and a column for "
            "each unit, can be turned into one."
        )
        _form(data)


def hint(data: Dataset) -> None:
    """Where a question needs a column of the period: that this table seems to have many."""
    found = columns_of_periods(data)
    if found:
        st.caption(
            f"The columns {markdown_safe(found[0])} to {markdown_safe(found[-1])} look like one "
            f"quantity in {len(found)} periods. One row per unit and period is needed here: on the "
            f"Data page, *{TITLE}* turns the table."
        )
        page.link("Turn the table on the Data page", "data")


def _form(data: Dataset) -> None:
    chosen = st.multiselect(
        "Columns that become rows", list(data.columns), default=list(columns_of_periods(data)),
        key=_COLUMNS, persist_state="session", help="`columns` in Python",
    )  # fmt: skip
    which, what, press = st.columns(3, vertical_alignment="bottom")
    name = which.text_input(
        "Name of what the columns are", PERIOD, key=_NAME, persist_state="session",
        help="`name` in Python: year, state …",
    )  # fmt: skip
    value = what.text_input(
        "Name of what stands in them", "", key=_VALUE, persist_state="session",
        placeholder="From the columns' names", help="`value` in Python",
    )  # fmt: skip
    press.button("Turn them into rows", key="wide.make", on_click=_make, disabled=len(chosen) < 2,
                 args=(tuple(chosen), name.strip() or PERIOD, value.strip() or None))  # fmt: skip
    refused = st.session_state.pop(_REFUSED, None)
    if refused is not None:
        refuse(refused)


def _make(columns: tuple[str, ...], name: str, value: str | None) -> None:
    data = state.dataset()
    if data is None:
        return
    try:
        made = lengthen(data, columns=columns, name=name, value=value)
    except AnalysisError as error:
        st.session_state[_REFUSED] = error.with_traceback(None)
        return
    st.session_state[_BEFORE] = _Lengthened(data, state.sample_name(), made.fingerprint)
    reading.forget()
    state.open_dataset(made, why="its columns became rows")


def _back() -> None:
    before: _Lengthened | None = st.session_state.pop(_BEFORE, None)
    if before is not None:
        state.open_dataset(before.wide, before.sample, "its rows are columns again")
