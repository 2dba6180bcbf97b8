"""Choosing one row of the table, and what it holds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from workbench import FittedModel
from workbench.figures import number

from . import state
from .state import Choice
from .text import cell, markdown_safe

_random = np.random.default_rng()


def choose_row(model: FittedModel) -> int:
    """The number of a row, by hand or by a click; it stands in the address."""
    last = len(model.data) - 1
    kept = state.choice(Choice.ROW)
    if kept is not None and not 0 <= kept <= last:
        state.choose(Choice.ROW, 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = st.number_input(
            f"Row of the table, from 0 to {last:,}", 0, last, key=Choice.ROW,
            bind="query-params", width=240,
        )  # fmt: skip
        for name, how in (("A random row", _any), ("Highest prediction", _highest),
                          ("Lowest prediction", _lowest)):  # fmt: skip
            st.button(name, key=f"row-{name}", on_click=_jump, args=(how,))
    return int(row)


def _jump(how: Callable[[FittedModel], int]) -> None:
    model = state.model()
    if model is not None:
        state.choose(Choice.ROW, how(model))


def _any(model: FittedModel) -> int:
    return int(_random.integers(len(model.data)))


def _highest(model: FittedModel) -> int:
    rows = model.positions("all")
    return int(rows[int(np.argmax(model.output(model.rows("all"))))])


def _lowest(model: FittedModel) -> int:
    rows = model.positions("all")
    return int(rows[int(np.argmin(model.output(model.rows("all"))))])


def show_prediction(model: FittedModel, row: int) -> None:
    """What the model says of the row, beside what was observed."""
    raw = model.data.frame.iloc[[row]]
    observed = raw[model.target.name].iloc[0]
    with st.container(horizontal=True, gap="large"):
        if model.task == "regression":
            _fact(f"Predicted {model.target.name}", number(float(model.predict(raw)[0])))
        else:
            _fact(f"Predicted {model.target.name}", str(model.predict(raw)[0]))
            for name, chance in _likeliest(model, raw):
                _fact(model.output_label(name), number(chance))
        _fact(f"Observed {model.target.name}", cell(observed))


def _likeliest(model: FittedModel, raw: pd.DataFrame) -> list[tuple[str, float]]:
    chances = model.predict_proba(raw)[0]
    if model.positive is not None:
        return [(model.positive, float(chances[1]))]
    best = np.argsort(-chances)[:3]
    return [(model.classes[at], float(chances[at])) for at in best]


def _fact(label: str, value: str) -> None:
    st.metric(markdown_safe(label, 60), markdown_safe(value, 40), width="content")


def show_values(model: FittedModel, row: int) -> None:
    """The row's values, one line each."""
    values = model.data.frame.iloc[row]
    table = pd.DataFrame(
        {"column": list(model.features), "value": [cell(values[c]) for c in model.features]}
    )
    st.dataframe(table, key="row-values", hide_index=True,
                 column_config={"column": st.column_config.Column("Column", width=140),
                                "value": "Value"},
                 alt=f"The values of row {row}")  # fmt: skip
