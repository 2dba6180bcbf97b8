"""Prove yourself: the known numbers, computed in this very installation."""

from __future__ import annotations

import streamlit as st

from causal.selftest import SelfTest, selftest

from . import run, theme
from .text import markdown_safe


def show() -> None:
    """The self-test in an expander: computed while it is open, and once only."""
    place = st.expander("Does this installation give the numbers that are known?",
                        key="selftest", on_change="rerun")  # fmt: skip
    if not place.open:
        return
    with place:
        st.markdown(
            "Textbook tables and published results, computed here and now by the code that answers "
            "your questions. In a terminal: `python -m causal.selftest`."
        )
        found: SelfTest | None = run.compute(
            ("selftest",), "Known numbers", lambda bar: selftest(progress=bar)
        )
        if found is not None:
            _shown(found)


def _shown(found: SelfTest) -> None:
    st.markdown(f"**{markdown_safe(found.summary)}**")
    st.plotly_chart(theme.on_page(found.figure()), theme=None, key="selftest-picture",
                    alt=found.summary, config={"displaylogo": False})  # fmt: skip
    st.dataframe(found.frame, hide_index=True)
    for note in found.notes:
        st.caption(markdown_safe(note))
