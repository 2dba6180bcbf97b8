"""How every page begins: the bar, its name, one sentence on what it shows and what it does not.

What a page needs and does not find (data, a model) it says in one sentence, with the way there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from workbench.dataset import Dataset
from workbench.model import FittedModel

from . import bar, state, style
from .text import markdown_safe

if TYPE_CHECKING:
    from causal import CausalQuestion


def begin(title: str, says: str) -> None:
    """The bar, the title and the sentence; and once, what the last step had to say."""
    style.apply()
    bar.show()
    st.title(title, anchor=False)
    st.markdown(says)
    said = state.take_said()
    if said:
        st.info(markdown_safe(said), icon=":material/info:")


def need_data() -> Dataset:
    """The open data set; without one the page ends here."""
    data = state.dataset()
    if data is None:
        _missing("No data are open yet.", "Open a table or a sample", "data")
    assert data is not None
    return data


def need_model() -> FittedModel:
    """The trained model; without one the page ends here."""
    need_data()
    model = state.model()
    if model is None:
        _missing("No model was trained yet.", "Train a model", "model")
    assert model is not None
    return model


def need_question() -> CausalQuestion:
    """The causal question that was asked, in its words; without one the page ends here."""
    need_data()
    question = state.question()
    if question is None:
        _missing("No causal question was asked yet.", "Ask a question", "cause")
    assert question is not None
    st.markdown(f"**{markdown_safe(question.sentence)}**")
    return question


def _missing(sentence: str, label: str, page: str) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(sentence, width="content")
        link(label, page)
    st.stop()


def link(label: str, page: str) -> None:
    """The way to another page."""
    st.page_link(f"pages/{page}.py", label=label, icon=":material/arrow_forward:")
