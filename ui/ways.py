"""What the graph says of every variable, in words: ways to the effect, and what to leave alone."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from causal import Identification
from causal.identify import BETTER_NOT, LEAVE_ALONE

from .text import markdown_safe

#: Lines of one kind that are shown; the table has all.
MOST_LINES = 8
_HEADINGS = {
    "back door": "Sets to adjust for",
    "instrument": "Instruments",
    "front door": "Front doors",
    LEAVE_ALONE: "Must not be adjusted for",
    BETTER_NOT: "Better not adjusted for",
    "negative control outcome": "Negative control outcomes",
    "negative control treatment": "Negative control treatments",
}


def show(found: Identification) -> None:
    """One list for every kind of way that the graph has."""
    kinds = {way: found.frame[found.frame["way"] == way] for way in _HEADINGS}
    told = {way: rows for way, rows in kinds.items() if len(rows)}
    with st.expander("Every way, and what to leave alone", key="cause.ways"):
        for way, rows in told.items():
            lines = [_line(row) for _, row in rows.iloc[:MOST_LINES].iterrows()]
            if len(rows) > MOST_LINES:
                lines.append(f"and {len(rows) - MOST_LINES} more in the table")
            st.markdown(f"**{_HEADINGS[way]}**\n" + "\n".join(f"- {line}" for line in lines))


def _line(row: pd.Series) -> str:
    name = f"**{markdown_safe(row['variables'])}**"
    if row["way"] == "back door":
        marks = [
            words
            for words, holds in (
                ("used", row["used"]),
                ("least variance", row["is_optimal"]),
                ("not minimal", not row["is_minimal"]),
            )
            if holds
        ]
        return name + (f" ({', '.join(marks)})" if marks else "")
    given = f", given {markdown_safe(row['given'])}" if row["given"] else ""
    return f"{name}{given}: {markdown_safe(row['why'])}"
