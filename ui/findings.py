"""What would go wrong without a word, told where it matters: short, the gravest first."""

from __future__ import annotations

import streamlit as st

from workbench.findings import Findings
from workbench.methods import METHODS
from workbench.settings import Subject

from . import run
from .show import below, short_id
from .text import markdown_safe

NAME = "workbench.findings"
#: Findings told on the page; the table below them has them all.
MOST_TOLD = 8
_LOOKS = {
    "warning": (":material/warning:", "Warning"),
    "notice": (":material/info:", "Notice"),
}


def tell(subject: Subject) -> None:
    """Looks, and says what was found: a line each, with what to do, and the table to take away."""
    made = run.result(METHODS[NAME], subject, {})
    if not isinstance(made, Findings):
        return
    with st.container(key=f"findings-{short_id(made)}"):
        st.markdown(f"**{markdown_safe(made.summary, longest=2_000)}**")
        for found in made.found.head(MOST_TOLD).itertuples(index=False):
            icon, word = _LOOKS[str(found.severity)]
            st.markdown(
                f"{icon} **{word}** · {markdown_safe(found.says, longest=2_000)}  \n"
                f"*What to do:* {markdown_safe(found.do, longest=2_000)}"
            )
        untold = len(made.found) - MOST_TOLD
        if untold > 0:
            st.caption(f"{untold:,} more in the table below.")
        below(made, short_id(made))
