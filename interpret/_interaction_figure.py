"""How interaction strengths are drawn, from their frame alone: bars of the size, H beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.figures import BLUE, ORANGE, escape, new_figure, number

#: Bars of each kind; the rest is kept in the frame.
MOST_BARS = 12
KINDS = (("total", "with all others", BLUE), ("pair", "pairs", ORANGE))


def draw_strengths(frame: pd.DataFrame) -> Any:
    """Columns against all others on top, pairs below, each the largest first."""
    shown = frame.groupby("kind", sort=False).head(MOST_BARS).reset_index(drop=True)
    # half a bar of space between the two kinds
    at = np.arange(len(shown)) + 0.5 * (shown["kind"] == "pair").to_numpy()
    output = frame["output"].iloc[0]
    figure = new_figure(
        height=130 + 24 * max(4, len(shown)), x=f"Size of the interaction, on the {output}"
    )
    for kind, name, colour in KINDS:
        bars = shown[shown["kind"] == kind]
        figure.add_bar(
            x=bars["size"], y=at[bars.index], orientation="h", width=0.62, name=name,
            marker={"color": colour}, text=[f"H {h:.2f}" for h in bars["strength"]],
            textposition="outside", cliponaxis=False,
            hovertext=[_words(bar) for bar in bars.itertuples()], hoverinfo="text",
        )  # fmt: skip
    names = [escape(name, 34, end=17) for name in shown["feature"]]
    figure.update_yaxes(
        tickvals=at, ticktext=names, range=[at[-1] + 0.6, -0.6], showgrid=False, zeroline=False,
        ticks="",
    )  # fmt: skip
    # room for the words at the longest bar
    figure.update_xaxes(range=[0, 1.15 * (float(shown["size"].max()) or 1.0)])
    return figure


def _words(bar: Any) -> str:
    who = f"{escape(bar.first)} with " + (escape(bar.second) if bar.second else "all others")
    return (
        f"{who}<br>size {number(bar.size)}, H {number(bar.strength)}<br>"
        f"joint effect {number(bar.joint_size)}"
    )
