"""One look for every figure: template, colours, fonts, and the escaping of what a user named.

Importing Streamlit replaces Plotly's default template with placeholder colours that only its own
front end resolves. So every figure of the project starts here and names all it needs.
"""

from __future__ import annotations

import html
from typing import Any

#: Okabe & Ito (2008): distinguishable with every common colour-vision deficiency.
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442",
)  # fmt: skip
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, YELLOW)
#: The field's convention for SHAP: what pushes the output up, and what pushes it down.
PUSHES_UP, PUSHES_DOWN = "#ff0051", "#008bfb"
#: Missing values, rugs and reference lines.
GREY, LIGHT_GREY = "#7f7f7f", "#c9ccd1"
INK, PAPER, GRID = "#1f2933", "#ffffff", "#e5e8ec"
FONT = "Inter, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK KR', 'Malgun Gothic', sans-serif"


def new_figure(*, height: int = 420, x: str = "", y: str = "", **layout: Any) -> Any:
    """An empty figure in the project's look, with the axis titles `x` and `y`.

    Titles are taken as text: names of the user's in them are escaped here. A figure has no title
    of its own; the sentence above it says what it shows.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    axis = {"gridcolor": GRID, "zerolinecolor": LIGHT_GREY, "linecolor": LIGHT_GREY,
            "ticks": "outside", "tickcolor": LIGHT_GREY, "automargin": True}  # fmt: skip
    figure.update_layout(
        template="none",
        colorway=list(COLOURS),
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        font={"family": FONT, "size": 13, "color": INK},
        height=height,
        margin={"l": 10, "r": 20, "t": 30, "b": 10},
        hoverlabel={"font": {"family": FONT, "size": 12}},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={**axis, "title": {"text": escape(x)}},
        yaxis={**axis, "title": {"text": escape(y)}},
        **layout,
    )
    return figure


def escape(text: object, longest: int = 60) -> str:
    """A name as Plotly shows it literally: no tags, no `$…$` formulas, not endlessly long.

    Plotly reads a small HTML and, between dollar signs, LaTeX; both are made inert.
    """
    plain = str(text)
    if len(plain) > longest:
        plain = plain[: longest - 1] + "…"
    return html.escape(plain, quote=False).replace("$", "&#36;")


def number(value: float) -> str:
    """A number as a person writes it: four significant digits, no needless zeros, no exponent
    between 0.0001 and ten million."""
    if value != value:  # NaN is the only value that differs from itself
        return "missing"
    if value == 0 or 1e-4 <= abs(value) < 1e7:
        digits = 0 if abs(value) >= 1000 else 4
        text = f"{value:,.0f}" if digits == 0 else f"{value:.{digits}g}"
        return text.replace("-", "−")
    return f"{value:.3g}".replace("-", "−")
