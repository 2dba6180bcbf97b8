"""How a second-order effect is drawn, from its frame alone: a heat map about 0.

All cells are equally wide: the values are quantiles, so that equal widths are about equal numbers
of rows. Where no row is near, the map is faint and crossed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.figures import BLUE, GREY, VERMILION, escape, new_figure, number
from workbench.metrics import Floats

from ._surface_figure import point_names

#: Below 0, 0, and above: apart for every eye.
DIVERGING = ((0.0, BLUE), (0.5, "#f7f7f7"), (1.0, VERMILION))
#: Values that are written along an axis.
MOST_TICKS = 10


def draw_effect(frame: pd.DataFrame) -> Any:
    """The first column along x, the second along y, the effect of both together as colour."""
    is_guess = frame["support"] == 0
    figure = new_figure(
        height=480,
        x=frame["feature"].iloc[0],
        y=frame["other"].iloc[0],
        coloraxis=_colours(frame),
    )
    for cells, opacity in ((frame[is_guess], 0.35), (frame[~is_guess], 1.0)):
        if len(cells):
            _add_cells(figure, frame, cells, opacity)
    if is_guess.any():
        figure.add_scatter(
            x=frame.loc[is_guess, "point"], y=frame.loc[is_guess, "other_point"],
            mode="markers", hoverinfo="skip", showlegend=True, name="no row is near",
            marker={"symbol": "x-thin", "size": 7, "line": {"color": GREY, "width": 1}},
        )  # fmt: skip
    figure.update_xaxes(**_ticks(frame, ""))
    figure.update_yaxes(**_ticks(frame, "other_"))
    return figure


def _colours(frame: pd.DataFrame) -> dict[str, Any]:
    # borrowed corners may be far beyond what the rows know; one colour needs a range too
    most = float(frame.loc[frame["support"] > 0, "effect"].abs().max()) or 0.5
    title = f"effect of both together on {escape(frame['output'].iloc[0], 40)}"
    bar = {"title": {"text": title, "side": "right"}, "outlinewidth": 0, "thickness": 14}
    return {"colorscale": DIVERGING, "cmin": -most, "cmax": most, "colorbar": bar}


def _add_cells(figure: Any, frame: pd.DataFrame, cells: pd.DataFrame, opacity: float) -> None:
    shape = frame["other_point"].max() + 1, frame["point"].max() + 1
    colour: Floats = np.full(shape, np.nan)
    words = np.full(shape, "", dtype=object)
    colour[cells["other_point"], cells["point"]] = cells["effect"]
    words[cells["other_point"], cells["point"]] = [_words(cell) for cell in cells.itertuples()]
    figure.add_heatmap(
        z=colour, opacity=opacity, coloraxis="coloraxis", hovertext=words, hoverinfo="text",
        hoverongaps=False, xgap=0.5, ygap=0.5,
    )  # fmt: skip


def _ticks(frame: pd.DataFrame, which: str) -> dict[str, Any]:
    columns = {f"{which}{name}": name for name in ("point", "value", "level")}
    points = frame[[*columns]].rename(columns=columns).drop_duplicates("point")
    at = np.unique(np.linspace(0, len(points) - 1, MOST_TICKS).round().astype(int))
    named = points.sort_values("point").iloc[at]
    return {
        "tickvals": at,
        "ticktext": [escape(name, 28) for name in point_names(named)],
        "range": [-0.5, len(points) - 0.5],
        "showgrid": False,
        "zeroline": False,
    }


def _words(cell: Any) -> str:
    near = f"{cell.support:,} rows near" if cell.support else "no row is near: a guess"
    return (
        f"{escape(cell.feature)} = {escape(cell.level)}, "
        f"{escape(cell.other)} = {escape(cell.other_level)}<br>"
        f"together {number(cell.effect)} beyond each alone<br>{near}"
    )
