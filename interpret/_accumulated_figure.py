"""How accumulated local effects are drawn, from their frame alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.figures import BAND, BLUE, GREY, THIN, escape, new_figure, number

#: Levels that are drawn, the most frequent ones.
LEVELS_DRAWN = 30


def draw_numbers(frame: pd.DataFrame) -> Any:
    """The curve with its interval, a tick at every tenth of the rows, the ends shaded."""
    figure = new_figure(height=440, x=frame["feature"].iloc[0], y=_axis(frame))
    _shade_thin_regions(figure, frame)
    x = frame["value"]
    if frame["conf_low"].notna().all():
        figure.add_scatter(
            x=pd.concat([x, x[::-1]]),
            y=pd.concat([frame["conf_high"], frame["conf_low"][::-1]]),
            fill="toself", fillcolor=BAND, line={"width": 0}, mode="lines",
            name="95 % interval", hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=x, y=frame["effect"], mode="lines+markers" if len(x) <= 60 else "lines",
        line={"color": BLUE, "width": 2.5}, marker={"size": 5, "color": BLUE},
        name="accumulated local effect", hovertext=_hover(frame), hoverinfo="text",
    )  # fmt: skip
    _add_deciles(figure, frame)
    figure.update_yaxes(zeroline=True, zerolinecolor=GREY)
    return figure


def draw_levels(frame: pd.DataFrame) -> Any:
    """One point with its interval per level, in the order in which they were accumulated."""
    shown = frame.loc[frame["rows"].nlargest(LEVELS_DRAWN).sort_index().index]
    at = np.arange(len(shown))
    x = f"{_axis(frame)}, by {frame['feature'].iloc[0]}"
    figure = new_figure(height=130 + 30 * max(3, len(shown)), x=x, showlegend=False)
    figure.add_scatter(
        x=shown["effect"], y=at, mode="lines+markers",
        line={"color": BAND, "width": 1.5}, marker={"size": 10, "color": BLUE},
        error_x={"type": "data", "array": shown["conf_high"] - shown["effect"], "color": BLUE,
                 "thickness": 1.5, "width": 5},
        hovertext=_hover(shown), hoverinfo="text",
    )  # fmt: skip
    names = [
        f"{escape(level, longest=28)} ({rows:,})"
        for level, rows in zip(shown["level"], shown["rows"], strict=True)
    ]
    figure.update_yaxes(
        tickvals=at, ticktext=names, range=[len(shown) - 0.4, -0.6], ticks="", zeroline=False
    )
    figure.update_xaxes(zeroline=True, zerolinecolor=GREY)
    return figure


def _axis(frame: pd.DataFrame) -> str:
    return f"Effect on {frame['output'].iloc[0]}"


def _shade_thin_regions(figure: Any, frame: pd.DataFrame) -> None:
    value, share = frame["value"].to_numpy(), frame["share_below"].to_numpy()
    low, high = value[share >= 0.05][0], value[share >= 0.95][0]
    for start, end in ((value[0], low), (high, value[-1])):
        if end > start:
            figure.add_vrect(x0=start, x1=end, fillcolor=THIN, line_width=0, layer="below")


def _add_deciles(figure: Any, frame: pd.DataFrame) -> None:
    """Ticks at the foot of the picture: a tenth of the rows lies between two of them."""
    value, share = frame["value"].to_numpy(), frame["share_below"].to_numpy()
    for decile in np.arange(0.1, 0.95, 0.1):
        x = value[share >= decile - 1e-9][0]
        figure.add_shape(
            type="line", x0=x, x1=x, y0=0, y1=0.025, yref="paper",
            line={"color": GREY, "width": 1.5},
        )  # fmt: skip


def _hover(frame: pd.DataFrame) -> list[str]:
    return [_words(point) for point in frame.itertuples()]


def _words(point: Any) -> str:
    return (
        f"{escape(point.feature)} = {escape(point.level)}: {number(point.effect)}<br>"
        f"95 % interval {number(point.conf_low)} to {number(point.conf_high)}<br>"
        f"{point.rows:,} rows"
    )
