"""The picture of many draws of an estimate beside the real one."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.figures import BLUE, GREY, LIGHT_GREY, SKY, new_figure, number


def histogram(
    draws: pd.Series,
    real: float,
    *,
    x: str,
    interval: tuple[float, float] | None = None,
    no_effect: float = 0.0,
) -> Any:
    """How the draws are spread, the real estimate, where given an interval; where there is no
    effect, if that is near."""
    figure = new_figure(height=360, x=x, y="draws", showlegend=False)
    figure.add_histogram(
        x=draws, nbinsx=40, marker={"color": GREY, "line": {"color": "#fff", "width": 1}},
        hovertemplate="%{x}: %{y} draws<extra></extra>",
    )  # fmt: skip
    low, high = min(draws.min(), real), max(draws.max(), real)
    if interval is not None:
        figure.add_vrect(x0=interval[0], x1=interval[1], fillcolor=SKY, opacity=0.2, line_width=0)
        low, high = min(low, interval[0]), max(high, interval[1])
    room = 0.12 * (high - low) or abs(real) * 0.1 or 1.0
    if low - 4 * room < no_effect < high + 4 * room:
        low, high = min(low, no_effect), max(high, no_effect)
        figure.add_vline(x=no_effect, line={"color": LIGHT_GREY, "width": 2})
    figure.add_vline(
        x=real, line={"color": BLUE, "width": 3},
        annotation_text=f"estimate {number(real)}", annotation_position="top",
    )  # fmt: skip
    figure.update_xaxes(range=[low - room, high + room])
    figure.update_layout(margin={"t": 50})
    return figure
