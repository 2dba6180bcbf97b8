"""The question whether some labels are arbitrary, and the rows that then become a third class."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench import AnalysisError, Dataset, with_neutral_class
from workbench.transform import level_names

from . import state
from .errors import refuse
from .state import SETTING
from .text import markdown_safe, shortened

_BEFORE, _REFUSED, _COLUMN, _LOW, _HIGH, _LEVELS = (
    f"{SETTING}neutral.{part}" for part in ("before", "refused", "column", "low", "high", "levels")
)
#: Levels that can be chosen from; a column with more is no condition.
MOST_LEVELS = 50


def offer(data: Dataset) -> None:
    """The expander below the target: nothing happens until the button in it is pressed."""
    if data.target is None:
        return
    with st.expander("Some labels are arbitrary?", key="neutral"):
        if _is_ours(data):
            _take_back(data)
            return
        st.caption(
            "A return close to zero, three stars of five, a value within the error of measurement: "
            "such rows can become a third class, neutral, so that the model need not guess them."
        )
        _form(data)


def _is_ours(data: Dataset) -> bool:
    before: Dataset | None = st.session_state.get(_BEFORE)
    return before is not None and before.target == data.target and (
        not before.frame[data.target].equals(data.frame[data.target])
    )  # fmt: skip


def _form(data: Dataset) -> None:
    target = data.target
    assert target is not None
    which, *places = st.columns(3, vertical_alignment="bottom")
    column = which.selectbox(
        "Column that says so", list(data.columns), index=data.columns.index(target), key=_COLUMN,
        persist_state="session", help="The target itself, if it is a number. `column` in Python",
    )  # fmt: skip
    if data.kinds[column] in ("number", "identifier"):
        asked = _bounds(places)
    else:
        asked = _levels(data, column, places[0])
    if column != target:
        asked["column"] = column
    st.button("Make them neutral", key="neutral.make", on_click=_make, args=(asked,))
    refused = st.session_state.pop(_REFUSED, None)
    if refused is not None:
        refuse(refused)


def _bounds(places: list[Any]) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for place, name, key in zip(places, ("low", "high"), (_LOW, _HIGH), strict=True):
        value = place.number_input(
            "Neutral from" if name == "low" else "Neutral up to", value=None, key=key,
            format="%g", persist_state="session", placeholder="No bound",
            help=f"`{name}` in Python",
        )  # fmt: skip
        if value is not None:
            asked[name] = value
    return asked


def _levels(data: Dataset, column: str, place: Any) -> dict[str, Any]:
    known = sorted(level_names(data.frame[column]).dropna().unique())[:MOST_LEVELS]
    chosen = place.multiselect(
        "Values that are neutral", known, key=_LEVELS, persist_state="session",
        format_func=lambda level: shortened(level, 40), help="`levels` in Python",
    )  # fmt: skip
    return {"levels": list(chosen)} if chosen else {}


def _make(asked: dict[str, Any]) -> None:
    data = state.dataset()
    if data is None:
        return
    try:
        made = with_neutral_class(data, **asked)
    except AnalysisError as error:
        st.session_state[_REFUSED] = error.with_traceback(None)
        return
    st.session_state[_BEFORE] = data
    state.change_dataset(made, "some of its labels are now neutral")


def _take_back(data: Dataset) -> None:
    counts = data.frame[data.target].value_counts()
    words = ", ".join(f"{count:,} {level}" for level, count in counts.items())
    st.markdown(f"The labels are now: {markdown_safe(words)}.")
    st.caption(
        "Train a model, and look at coverage and accuracy on the Quality page. Taking it back "
        "brings the table as it was before, without what was changed since."
    )
    st.button("Take it back", key="neutral.back", on_click=_back)


def _back() -> None:
    before: Dataset | None = st.session_state.pop(_BEFORE, None)
    if before is not None:
        state.change_dataset(before, "its labels are again as they were")
