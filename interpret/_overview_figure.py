"""How the curves of all columns are drawn, from their frame alone: small pictures on one scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.figures import BLUE, GREY, escape, new_figure, number

#: Columns that are drawn, the ones that move the output most.
MOST_DRAWN = 24
IN_A_ROW = 3
#: Levels whose names fit under a small picture.
MOST_NAMED = 6


def draw_curves(frame: pd.DataFrame) -> Any:
    """Up to `MOST_DRAWN` columns, in the order of the frame, with the same vertical scale; beside
    each name the standard deviation of its curve over the rows."""
    names = list(frame["feature"].unique()[:MOST_DRAWN])
    shape = -(-len(names) // IN_A_ROW), min(IN_A_ROW, len(names))
    figure = new_figure(height=110 + 200 * shape[0], showlegend=False)
    figure.update_layout(margin_t=70)  # the headings stand below the buttons in the corner
    figure.set_subplots(
        *shape, shared_yaxes=True, horizontal_spacing=0.03,
        vertical_spacing=min(0.35 / shape[0], 0.3), subplot_titles=[_head(frame, n) for n in names],
    )  # fmt: skip
    figure.update_annotations(font={"size": 12})
    axis = {key: figure.layout.xaxis[key] for key in ("gridcolor", "linecolor", "tickcolor")}
    figure.update_xaxes(**axis, ticks="outside", zeroline=False, automargin=True)
    figure.update_yaxes(**axis, zeroline=False, range=_range(frame[frame["feature"].isin(names)]))
    for i, name in enumerate(names):
        _add_curve(figure, frame[frame["feature"] == name], i // IN_A_ROW + 1, i % IN_A_ROW + 1)
    what = "effect on " if frame["kind"].iloc[0] == "accumulated" else ""
    for row in range(shape[0]):
        title = escape(f"{what}{frame['output'].iloc[0]}", longest=30)
        figure.update_yaxes(title={"text": title, "font": {"size": 11}}, row=row + 1, col=1)
    return figure


def _head(frame: pd.DataFrame, name: str) -> str:
    moves = frame["importance"].to_numpy()[frame["feature"] == name][0]
    return f"{escape(name, 20, end=8)}<br>SD {number(float(moves))}"


def _range(frame: pd.DataFrame) -> list[float]:
    low, high = float(frame["prediction"].min()), float(frame["prediction"].max())
    room = 0.06 * (high - low) or 0.5
    return [low - room, high + room]


def _add_curve(figure: Any, curve: pd.DataFrame, row: int, col: int) -> None:
    x = curve["date"] if curve["date"].notna().any() else curve["value"]
    known, missing = curve[x.notna()], curve[x.isna()]
    if len(known) < 2:  # levels, or one value beside missing: no line
        _add_levels(figure, curve, row, col)
        return
    x = x[known.index]
    figure.add_scatter(
        x=x, y=known["prediction"], mode="lines", line={"color": BLUE, "width": 2},
        hovertext=_hover(known), hoverinfo="text", row=row, col=col,
    )  # fmt: skip
    if len(missing):
        low, high = x.iloc[0], x.iloc[-1]
        figure.add_scatter(
            x=[high + 0.08 * (high - low)], y=missing["prediction"], mode="markers",
            marker={"color": GREY, "size": 8, "symbol": "diamond"},
            hovertext=_hover(missing), hoverinfo="text", row=row, col=col,
        )  # fmt: skip


def _add_levels(figure: Any, curve: pd.DataFrame, row: int, col: int) -> None:
    at = np.arange(len(curve))
    figure.add_scatter(
        x=at, y=curve["prediction"], mode="markers", marker={"color": BLUE, "size": 7},
        hovertext=_hover(curve), hoverinfo="text", row=row, col=col,
    )  # fmt: skip
    shown = len(curve) <= MOST_NAMED
    figure.update_xaxes(
        tickvals=at if shown else [],
        ticktext=[escape(level, longest=10) for level in curve["level"]] if shown else [],
        range=[-0.6, len(curve) - 0.4], row=row, col=col,
    )  # fmt: skip


def _hover(points: pd.DataFrame) -> list[str]:
    return [_words(point) for point in points.itertuples()]


def _words(point: Any) -> str:
    return (
        f"{escape(point.feature)} = {escape(point.level)}: {number(point.prediction)}<br>"
        f"{point.support:,} rows"
    )
