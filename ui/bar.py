"""The bar on top of every page: which data, which model, which class."""

from __future__ import annotations

import streamlit as st

from workbench.dataset import Dataset
from workbench.figures import number
from workbench.model import FittedModel
from workbench.model_quality import ModelQuality

from . import run, shelf, state
from .text import markdown_safe

#: Names longer than this are cut in the bar; the pages show them whole.
LONGEST_NAME = 32


def show() -> None:
    """Draws the bar; it stays in sight while the page is scrolled."""
    data, model = state.dataset(), state.model()
    with st.container(key="bar", horizontal=True, gap="medium", vertical_alignment="center"):
        st.markdown(f":material/table: {_data(data)}", width="content")
        st.markdown(f":material/account_tree: {_model(model)}", width="content")
        shelf.choose_current()
        if model is not None and model.positive is not None:
            st.markdown(
                f":material/flag: Positive class **{_named(model.positive)}**", width="content"
            )


def _data(data: Dataset | None) -> str:
    if data is None:
        return "No data yet"
    return f"**{_named(data.name)}** · {len(data):,} rows × {len(data.columns):,} columns"


def _model(model: FittedModel | None) -> str:
    if model is None:
        return "No model yet"
    name = markdown_safe(shelf.current_name(model), LONGEST_NAME)
    return f"**{name}** predicts **{_named(model.target.name)}**{_score(model)}"


def _score(model: FittedModel) -> str:
    """The first metric on the held-out rows, where it was computed already."""
    quality = run.known("workbench.model_quality", model)
    if not isinstance(quality, ModelQuality):
        return ""
    first = quality.frame[quality.frame["part"] == "test"].iloc[0]
    return f" · {markdown_safe(first['title'])} {number(first['value'])} on held-out rows"


def _named(name: object) -> str:
    return markdown_safe(name, LONGEST_NAME)
