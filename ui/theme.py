"""Light and dark: what the person's browser shows, and a figure's colours to match."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.figures import BAND, GREY, GRID, INK, LIGHT_GREY, PAPER, SINGLE_ROWS, THIN

#: What takes the place of the figures' own neutral colours on a dark page, and of those so faint
#: that they would not be seen there; hues stay.
_DARK = {
    INK: "#e6e8eb",
    GRID: "#2c333c",
    LIGHT_GREY: "#59626e",
    GREY: "#a3abb5",
    PAPER: "#15181d",
    BAND: "rgba(86, 180, 233, 0.3)",
    SINGLE_ROWS: "rgba(163, 171, 181, 0.4)",
    THIN: "rgba(163, 171, 181, 0.14)",
}
_CLEAR = "rgba(0,0,0,0)"


def is_dark() -> bool:
    """Whether the page is shown on a dark background."""
    return st.context.theme.type == "dark"


def background() -> str:
    """The colour behind everything, as the configuration names it."""
    section = "theme.dark" if is_dark() else "theme"
    fallback = "#15181d" if is_dark() else PAPER
    return str(st.get_option(f"{section}.backgroundColor") or fallback)


def on_page(figure: Any) -> Any:
    """The figure on the page's own background: as it is in light, its greys turned in dark."""
    grey = _DARK[GREY] if is_dark() else GREY
    figure.update_layout(
        paper_bgcolor=_CLEAR,
        plot_bgcolor=_CLEAR,
        modebar={"bgcolor": _CLEAR, "color": grey, "activecolor": grey},
    )
    if not is_dark():
        return figure
    import plotly.graph_objects as go

    spec = figure.to_plotly_json()
    return go.Figure(_turned({"data": spec["data"], "layout": spec["layout"]}), skip_invalid=True)


def _turned(part: Any) -> Any:
    if isinstance(part, str):
        return _DARK.get(part.lower(), part)
    if isinstance(part, dict) and part.get("bgcolor", PAPER) != PAPER:
        return part  # a label on a light colour of its own keeps its dark letters
    if isinstance(part, dict):
        return {key: _turned(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return type(part)(_turned(value) for value in part)
    return part
