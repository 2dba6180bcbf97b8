"""Contours of an effect over the strength of a confounder, with measured columns as benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures import BLUE, GREY, INK, LIGHT_GREY, VERMILION, escape, new_figure

Floats = NDArray[np.float64]
GRID = 80
#: So many of the benchmarks are named in the picture; the others on hovering.
NAMED = 3
HEIGHT = 460


@dataclass(frozen=True)
class Panel:
    """One picture: `surface(x, y)`, with the line where it is `level` drawn in colour."""

    title: str
    surface: Callable[[Floats, Floats], Floats]
    level: float
    level_in_words: str


def contours(
    benchmarks: pd.DataFrame, panels: Sequence[Panel], *, least: float, x: str, y: str
) -> Any:
    """Panels side by side over one pair of axes from 0 to what the benchmarks and `least` need.

    `benchmarks` has the columns confounder, times, share_of_treatment and share_of_outcome.
    """
    shown = benchmarks.dropna(subset=["share_of_treatment", "share_of_outcome"])
    right = _reach(shown["share_of_treatment"], least)
    top = _reach(shown["share_of_outcome"], least)
    figure = new_figure(height=HEIGHT, showlegend=False)
    across, up = np.linspace(0, right, GRID), np.linspace(0, top, GRID)
    for k, panel in enumerate(panels):
        axes = {"xaxis": f"x{k + 1 if k else ''}", "yaxis": f"y{k + 1 if k else ''}"}
        _draw(figure, panel, across, up, axes)
        _mark(figure, shown, axes)
    _lay_out(figure, panels, right, top, x, y)
    return figure


def _reach(shares: pd.Series, least: float) -> float:
    return float(min(max(1.15 * shares.max() if len(shares) else 0.0, least), 0.99))


def _draw(figure: Any, panel: Panel, across: Floats, up: Floats, axes: dict[str, str]) -> None:
    surface = panel.surface(*np.meshgrid(across, up))
    hover = f"{panel.title} %{{z:.4g}}<br>treatment %{{x:.1%}}, outcome %{{y:.1%}}<extra></extra>"
    figure.add_contour(
        x=across, y=up, z=surface, ncontours=12, showscale=False, hovertemplate=hover,
        colorscale=[[0, GREY], [1, GREY]], line={"width": 1, "color": LIGHT_GREY},
        contours={"coloring": "none", "showlabels": True,
                  "labelfont": {"size": 11, "color": GREY}}, **axes,
    )  # fmt: skip
    figure.add_contour(
        x=across, y=up, z=surface, showscale=False, hoverinfo="skip",
        line={"width": 2.5, "color": VERMILION, "dash": "dash"},
        contours={"coloring": "none", "start": panel.level, "end": panel.level, "size": 1}, **axes,
    )  # fmt: skip


def _mark(figure: Any, shown: pd.DataFrame, axes: dict[str, str]) -> None:
    once = shown[shown["times"] == 1]
    size = once["share_of_treatment"] * once["share_of_outcome"]
    named = set(once.loc[size.nlargest(NAMED).index, "confounder"])
    words = [
        f"{n} × {escape(c, 30)}" for c, n in zip(shown["confounder"], shown["times"], strict=True)
    ]
    texts = [
        escape(c, 18) if n == 1 and c in named else ""
        for c, n in zip(shown["confounder"], shown["times"], strict=True)
    ]
    figure.add_scatter(
        x=shown["share_of_treatment"], y=shown["share_of_outcome"], mode="markers+text",
        text=texts, textposition="top right", textfont={"size": 12, "color": INK},
        customdata=np.array(words, dtype=object),
        marker={"color": BLUE, "size": 12 - 2.5 * shown["times"].to_numpy(dtype=float),
                "line": {"color": "#fff", "width": 1}},
        hovertemplate="%{customdata}: %{x:.2%} of the treatment, %{y:.2%} of the outcome"
                      "<extra></extra>", **axes,
    )  # fmt: skip
    figure.add_scatter(
        x=[0], y=[0], mode="markers", marker={"symbol": "triangle-up", "size": 11, "color": INK},
        hovertemplate="as estimated<extra></extra>", cliponaxis=False, **axes,
    )  # fmt: skip


def _lay_out(
    figure: Any, panels: Sequence[Panel], right: float, top: float, x: str, y: str
) -> None:
    common = figure.layout.xaxis.to_plotly_json()
    width = (1 - 0.1 * (len(panels) - 1)) / len(panels)
    for k, panel in enumerate(panels):
        suffix = k + 1 if k else ""
        start = k * (width + 0.1)
        axis = {**common, "range": [0, right], "tickformat": ".0%" if right > 0.05 else ".1%",
                "nticks": 6, "zeroline": False}  # fmt: skip
        figure.update_layout(
            {
                f"xaxis{suffix}": {**axis, "domain": [start, start + width],
                                   "anchor": f"y{suffix}", "title": _title(x)},
                f"yaxis{suffix}": {**axis, "range": [0, top], "anchor": f"x{suffix}",
                                   "tickformat": ".0%" if top > 0.05 else ".1%",
                                   "title": _title(y) if k == 0 else None},
            }
        )  # fmt: skip
        figure.add_annotation(
            text=f"{panel.title} (dashed: {panel.level_in_words})", showarrow=False,
            xref="paper", yref="paper", x=start, y=1.01, xanchor="left", yanchor="bottom",
            font={"size": 13, "color": INK},
        )  # fmt: skip


def _title(text: str) -> dict[str, Any]:
    first, last = text.rsplit(maxsplit=2)[0], " ".join(text.rsplit(maxsplit=2)[1:])
    return {"text": f"{first}<br>{last}", "font": {"size": 13}, "standoff": 8}
