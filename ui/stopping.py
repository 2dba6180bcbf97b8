"""Whether boosting stops by itself, and the picture of where it did."""

from __future__ import annotations

import streamlit as st

from workbench import FittedModel
from workbench.models import Family
from workbench.stopping import MOST_ROUNDS, PART, PATIENCE

from .show import show
from .state import SETTING

KEY = f"{SETTING}early_stopping"


def asked(family: Family) -> bool:
    """The choice, for a family that grows in rounds."""
    if family.rounds is None:
        return False
    return bool(st.toggle(
        "Stop early: let other rows find the number of rounds", key=KEY,
        persist_state="session",
        help=f"{PART:.0%} of the training rows are set aside; the model grows until {PATIENCE} "
        f"rounds have brought nothing better on them, {MOST_ROUNDS:,} at most. From some 10,000 "
        "rows on it is often clearly better, and takes about ten times as long. `early_stopping`",
    ))  # fmt: skip


def found_by_it(family: Family, early_stopping: bool) -> tuple[str, ...]:
    """The settings that are not asked for, since stopping finds them."""
    return (family.rounds.setting,) if early_stopping and family.rounds is not None else ()


def tell(model: FittedModel) -> None:
    """The loss by round, where training was stopped by it."""
    if model.stopping is not None:
        with st.expander("After how many rounds it stopped", key="stopping", expanded=True):
            show(model.stopping)
