"""Horizontal bars with intervals, the largest on top: how every importance is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.figures import BLUE, GREY, INK, escape, new_figure

#: More columns than this are kept in the frame and not drawn.
MOST_BARS = 20
#: A longer name keeps its beginning and its end, where names that are alike differ.
LONGEST_NAME = 34


def importance_figure(frame: pd.DataFrame, x: str) -> Any:
    """The first `MOST_BARS` rows of a frame sorted by `importance`, with their intervals."""
    shown = frame.head(MOST_BARS)
    at = np.arange(len(shown))
    figure = new_figure(height=110 + 26 * max(4, len(shown)), x=x, showlegend=False)
    figure.add_bar(
        x=shown["importance"],
        y=at,
        orientation="h",
        marker={"color": BLUE},
        width=0.62,
        error_x=_interval(shown),
        hovertext=_hover(shown),
        hoverinfo="text",
    )
    names = [escape(name, LONGEST_NAME, end=LONGEST_NAME // 2) for name in shown["feature"]]
    figure.update_yaxes(
        tickvals=at,
        ticktext=names,
        range=[len(shown) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
        ticks="",
    )
    figure.update_xaxes(zeroline=True, zerolinecolor=GREY)
    return figure


def drawn_note(frame: pd.DataFrame) -> tuple[str, ...]:
    """Says how many columns the picture leaves out, if any."""
    if len(frame) <= MOST_BARS:
        return ()
    note = (
        f"The picture shows the {MOST_BARS} most important of {len(frame)} columns; the table "
        "holds them all."
    )
    return (note,)


def _interval(shown: pd.DataFrame) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": shown["conf_high"] - shown["importance"],
        "arrayminus": shown["importance"] - shown["conf_low"],
        "color": INK,
        "thickness": 1.2,
        "width": 4,
    }


def _hover(shown: pd.DataFrame) -> list[str]:
    return [
        f"{escape(row.feature)}: {row.importance:.4g} "
        f"(95 % interval {row.conf_low:.4g} to {row.conf_high:.4g})"
        for row in shown.itertuples()
    ]
