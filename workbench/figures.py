"""One look for every figure: template, colours, fonts, and the escaping of what a user named.

Importing Streamlit replaces Plotly's default template with placeholder colours that only its own
front end resolves. So every figure of the project starts here and names all it needs.
"""

from __future__ import annotations

import html
import itertools
import math
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
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
#: Around a curve its interval, behind it single rows; where few rows are, the ground.
BAND, SINGLE_ROWS = "rgba(0, 114, 178, 0.2)", "rgba(127, 127, 127, 0.3)"
THIN = "rgba(127, 127, 127, 0.1)"
#: Of an axis' title: letters in a line along x, and the pixels that a letter takes along y.
X_TITLE, Y_LETTER = 46, 10
FONT = "Inter, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK KR', 'Malgun Gothic', sans-serif"


def new_figure(*, height: int = 420, x: str = "", y: str = "", **layout: Any) -> Any:
    """An empty figure in the project's look, with the axis titles `x` and `y`.

    Titles are taken as text: names of the user's in them are escaped here, and long ones wrapped.
    A figure has no title of its own; the sentence above it says what it shows.
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
        xaxis={**axis, "title": _axis_title(x, X_TITLE)},
        yaxis={**axis, "title": _axis_title(y, max(height // Y_LETTER, 20))},
        **layout,
    )
    return figure


def new_grid(
    rows: int, columns: int, *, height: int, titles: Sequence[str] = (), **layout: Any
) -> Any:
    """An empty figure of several plots in the project's look; those of a row share their y axis.

    Titles are escaped here; axes get their titles where they are filled.
    """
    from plotly.subplots import make_subplots

    plain = new_figure(height=height, **layout)
    grid = make_subplots(rows=rows, cols=columns, shared_yaxes=True, horizontal_spacing=0.04,
                         subplot_titles=[escape(title) for title in titles] or None)  # fmt: skip
    grid.update_layout({name: plain.layout[name] for name in _KEPT})
    grid.update_annotations(font={"size": 13})
    for axis in ("xaxis", "yaxis"):
        look = plain.layout[axis].to_plotly_json()
        look["title"] = {"font": {"size": 13}, "standoff": 8}
        grid.update_layout(
            {f"{axis}{place or ''}": look for place in (0, *range(2, rows * columns + 1))}
        )
    return grid


#: Of a figure's layout, what belongs to the project's look.
_KEPT = ("template", "colorway", "font", "paper_bgcolor", "plot_bgcolor", "height", "margin",
         "hoverlabel", "legend", "showlegend")  # fmt: skip


def escape(text: object, longest: int = 60, *, end: int = 0) -> str:
    """A name as Plotly shows it literally: no tags, no `$…$` formulas, not endlessly long.

    Plotly reads a small HTML and, between dollar signs, LaTeX; both are made inert. A letter of
    Chinese, Japanese or Korean is as wide as two others and counts as two. Where the text is cut,
    letters of the width `end` are kept of its end.
    """
    plain = str(text)
    if _width(plain) > longest:
        last = _first(plain[::-1], end)[::-1]
        plain = _first(plain, longest - 1 - end) + "…" + last
    return html.escape(plain, quote=False).replace("$", "&#36;")


def number(value: float, significant: int = 4) -> str:
    """A number as a person writes it: four significant digits, no needless zeros, no exponent
    between 0.0001 and ten million."""
    if value != value:  # NaN is the only value that differs from itself
        return "missing"
    if value == 0 or 1e-4 <= abs(value) < 1e7:
        text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{significant}g}"
        return text.replace("-", "−")
    return f"{value:.{min(significant, 3)}g}".replace("-", "−")


def _axis_title(text: str, line: int) -> dict[str, Any]:
    """A title in one line, or in two of about the same length: a longer one would be cut at the
    edge of a narrow screen."""
    words = escape(text, line)
    if _width(text) > line:
        half = min(len(text) * 3 // 5, line * len(text) // _width(text))
        first, *rest = textwrap.wrap(text, max(half, 1))
        words = "<br>".join(escape(each, line) for each in (first, " ".join(rest)))
    return {"text": words, "font": {"size": 14}, "standoff": 10}


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_letter_width, text))


def _letter_width(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _first(text: str, width: int) -> str:
    """As much of a text as is not wider."""
    fitting = itertools.accumulate(map(_letter_width, text))
    return text[: sum(1 for _ in itertools.takewhile(lambda wide: wide <= width, fitting))]


def numbers_alike(values: Iterable[float]) -> list[str]:
    """Numbers that stand below one another and are compared: all with the same decimals.

    Three significant digits of the largest, and two decimals at least below a thousand.
    """
    given = [float(value) for value in values]
    largest = max((abs(value) for value in given if math.isfinite(value)), default=0.0)
    if largest and not 1e-4 <= largest < 1e7:
        return [number(value) for value in given]
    before = math.floor(math.log10(largest)) if largest else 0
    decimals = max(0 if largest >= 1000 else 2, 2 - before)
    return [_with_decimals(value, decimals) for value in given]


def _with_decimals(value: float, decimals: int) -> str:
    if math.isnan(value):
        return number(value)
    text = f"{value:,.{decimals}f}"
    return (text if float(text.replace(",", "")) else f"{0:.{decimals}f}").replace("-", "−")
