"""Where a model and a causal question of the same outcome are held against each other."""

from __future__ import annotations

import streamlit as st

from workbench import FittedModel, methods_of

from . import licence, method, page
from .text import markdown_safe


def section(model: FittedModel) -> None:
    """Every method that takes both, computed when opened; without a question the way to one."""
    st.subheader("May it be read as an effect?", anchor=False)
    both = licence.both(model)
    if both is None:
        st.markdown(licence.UNASKED)
        page.link("Ask a causal question", "cause")
        return
    st.markdown(
        "How much a model uses a column is never an effect. What it does when one column alone is "
        "set to another value is one for some columns and none for others. The graph of the "
        f"question says for which: *{markdown_safe(both.question.sentence)}*"
    )
    for each in methods_of("importance", both):
        method.on_demand(each.name, both)
