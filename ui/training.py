"""What is asked of a training besides the family and its settings."""

from __future__ import annotations

import streamlit as st

from workbench.target import Target

from .state import SETTING


def class_weight(target: Target) -> str | None:
    """How much the classes count; None for a number, and where they count as they occur."""
    if target.task == "regression":
        return None
    balanced = st.toggle(
        "Let all classes count the same", key=f"{SETTING}class_weight", persist_state="session",
        help="Rare classes weigh more in training. The probabilities are shifted by it: they order "
        "the rows, but are no chances. `class_weight='balanced'`",
    )  # fmt: skip
    return "balanced" if balanced else None
