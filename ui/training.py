"""What is asked of a training besides the family and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from workbench.models import Family
from workbench.objectives import ObjectiveName
from workbench.target import Target

from .state import SETTING

#: What a model of a number may give.
OBJECTIVES: Mapping[ObjectiveName, str] = {
    "squared": "The mean (squared error)",
    "absolute": "The median (absolute error)",
    "quantile": "A quantile",
    "poisson": "The mean of a count (Poisson)",
    "tweedie": "The mean of an amount that is often 0 (Tweedie)",
}


def asked(target: Target, family: Family) -> dict[str, Any]:
    """The arguments of `train` that are not as they are by default."""
    if target.task != "regression":
        return _class_weight()
    return _objective(family) if len(family.objectives) > 1 else {}


def _class_weight() -> dict[str, Any]:
    balanced = st.toggle(
        "Let all classes count the same", key=f"{SETTING}class_weight", persist_state="session",
        help="Rare classes weigh more in training. The probabilities are shifted by it: they order "
        "the rows, but are no chances. `class_weight='balanced'`",
    )  # fmt: skip
    return {"class_weight": "balanced"} if balanced else {}


def _objective(family: Family) -> dict[str, Any]:
    chosen = st.selectbox(
        "What is predicted of the number", family.objectives, format_func=OBJECTIVES.__getitem__,
        key=f"{SETTING}objective.{family.name}", persist_state="session",
        help="What training makes small; the metrics follow. `objective`",
    )  # fmt: skip
    if chosen == "squared":
        return {}
    more: dict[str, Any] = {}
    if chosen == "quantile":
        more["quantile"] = st.number_input(
            "Level of the quantile", 0.01, 0.99, 0.9, 0.05, key=f"{SETTING}quantile",
            persist_state="session", help="0.9: nine of ten rows lie below. `quantile`",
        )  # fmt: skip
    if chosen == "tweedie":
        more["tweedie_power"] = st.number_input(
            "Power of the Tweedie loss", 1.05, 1.95, 1.5, 0.05, key=f"{SETTING}tweedie_power",
            persist_state="session", help="Near 1 like counts, near 2 amounts. `tweedie_power`",
        )  # fmt: skip
    return {"objective": chosen, **more}
