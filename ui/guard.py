"""Every page belongs inside `app.py`, also when someone follows a link to it.

On a server that has just started, Streamlit runs a file of a folder named `pages/` alone, without
`app.py`, until `st.navigation` was called once. So each page asks here first: a page that runs
alone goes to `app.py`, which goes back with the same address.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from .state import Key


def enter(file: str) -> None:
    """The first line of a page: goes on only inside `app.py`."""
    if st.session_state.get(Key.INSIDE):
        return
    st.session_state[Key.GOING_TO] = f"pages/{Path(file).name}"
    st.session_state[Key.GOING_WITH] = st.query_params.to_dict()
    st.switch_page("app.py")


def go_on() -> None:
    """In `app.py`, after `st.navigation`: back to the page someone came for."""
    st.session_state[Key.INSIDE] = True
    page = st.session_state.pop(Key.GOING_TO, None)
    if page is not None:
        st.switch_page(page, query_params=st.session_state.pop(Key.GOING_WITH, None))
