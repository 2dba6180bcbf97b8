"""The analysis behind one dot of the specification curve: its own estimate, picture and Python."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from causal import CausalQuestion, SpecificationCurve, specified
from causal.specification_curve import method_of
from workbench.figures import number
from workbench.methods import METHODS
from workbench.result import Result

from . import method
from .show import short_id
from .state import SETTING
from .text import markdown_safe


def follow(found: Result, points: list[dict[str, Any]]) -> None:
    """A dot was clicked: the list below the curve goes to it."""
    st.session_state[_key(found)] = int(points[0]["x"])


def show(found: SpecificationCurve, question: CausalQuestion) -> None:
    """A list of the specifications, which follows a click on a dot, and the chosen one's own
    analysis."""
    rows = found.frame.set_index("place")
    place = st.selectbox(
        "The analysis behind a dot",
        list(rows.index),
        index=None,
        placeholder="Click a dot, or choose here",
        key=_key(found),
        format_func=lambda at: _label(at, rows.loc[at]),
    )
    if place is None:
        return
    row = rows.loc[place]
    asked = specified(question, row)
    name = method_of(str(row["estimator"]))
    st.markdown(f"#### {markdown_safe(METHODS[name].title)}")
    st.markdown(markdown_safe(asked.sentence))
    made = found.provenance
    seeded = any(setting.name == "seed" for setting in METHODS[name].settings)
    given = {"seed": made.settings["seed"]} if seeded and made is not None else {}
    method.present(name, asked, **given)


def _key(found: Result) -> str:
    return f"{SETTING}specification-{short_id(found)}"


def _label(place: int, row: pd.Series) -> str:
    # The text of a list's options is not read as Markdown.
    return (
        f"{place}: {number(row['estimate'])}, {row['estimator']}, adjusted for "
        f"{row['adjusted_for']}, outcome {row['outcome']}"
    )
