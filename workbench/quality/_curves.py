"""Curves of the rows held out beside those learned from, as two figures draw them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..figures import BLUE, LIGHT_GREY, PAPER, VERMILION, escape, number
from ._sides import asked_for, drawn_sides


def add_parts(
    figure: Any, frame: pd.DataFrame, *, x: str, y: str, value: str, shape: str = "linear"
) -> None:
    """A line for each part: that of the frame's first rows in blue, the other behind it in grey."""
    for shown, look in drawn_sides(frame):
        figure.add_scatter(
            x=shown[x], y=shown[y], mode="lines", customdata=shown[["cutoff"]],
            line={"color": look.colour(BLUE), "dash": look.dash, "shape": shape, "width": 2},
            name=f"{look.words}: {escape(_with_interval(shown, value))}",
            hovertemplate="%{x:.3f}, %{y:.3f} at a cutoff of %{customdata[0]:.3f}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(legend={"traceorder": "reversed"})
    figure.update_xaxes(range=[-0.01, 1.01])
    figure.update_yaxes(range=[-0.01, 1.03])


def add_asked(figure: Any, frame: pd.DataFrame, *, x: str, y: str) -> None:
    """The point of the cutoff that was asked for, on the curve of the rows asked about."""
    shown = asked_for(frame)
    shown = shown[shown["is_asked"]]
    if len(shown):
        figure.add_scatter(
            x=shown[x], y=shown[y], mode="markers", name="at the cutoff",
            marker={"color": VERMILION, "size": 12, "line": {"color": PAPER, "width": 2}},
            hovertemplate="%{x:.3f}, %{y:.3f} at the cutoff<extra></extra>",
        )  # fmt: skip


def add_guess(figure: Any, x: list[float], y: list[float]) -> None:
    """What a model that knows nothing would reach."""
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": LIGHT_GREY, "dash": "dash"},
        name="without a model", hoverinfo="skip",
    )  # fmt: skip


def _with_interval(shown: pd.DataFrame, value: str) -> str:
    first = shown.iloc[0]
    words = number(first[value], 3)
    if first["conf_low"] != first["conf_low"]:
        return words
    return f"{words} ({number(first['conf_low'], 3)} to {number(first['conf_high'], 3)})"
