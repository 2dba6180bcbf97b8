"""How a surface over two columns is drawn, from its frame alone: a heat map of cells.

All cells are equally wide, since the points of a number are quantiles: equal widths are roughly
equal numbers of rows. Cells in which no row lies are faint and crossed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from workbench.figures import BLUE, GREY, PAPER, VERMILION, escape, new_figure, number

from ._dependence_figure import LEVELS_DRAWN

#: Made so that it reads the same with every kind of colour vision.
SEQUENTIAL = "Cividis"
DIVERGING: tuple[tuple[float, str], ...] = ((0.0, BLUE), (0.5, "#f7f7f7"), (1.0, VERMILION))
EQUALLY_WIDE = (
    "The values of a number are quantiles, drawn equally far apart whatever lies between them."
)
#: Values named along the axis of a number.
MOST_TICKS = 12
MOST_DIGITS = 12


def draw_surface(frame: pd.DataFrame) -> Any:
    """The first column along x, the second along y, what is shown as colour."""
    first, second = _axis(frame, ""), _axis(frame, "other_")
    cells = frame[frame["point"].isin(first["point"]) & frame["other_point"].isin(second["point"])]
    cells = cells.assign(
        x=np.searchsorted(first["point"], cells["point"]),
        y=np.searchsorted(second["point"], cells["other_point"]),
    )
    is_empty = cells["support"] == 0
    figure = new_figure(
        height=max(440, 120 + 24 * len(second)),
        x=frame["feature"].iloc[0],
        y=frame["other"].iloc[0],
        coloraxis=_colours(cells if is_empty.all() else cells[~is_empty]),
    )
    _add_cells(figure, cells[is_empty], opacity=0.35)
    _add_cells(figure, cells[~is_empty], opacity=1.0)
    _add_crosses(figure, cells[is_empty])
    _finish_axis(figure.update_xaxes, figure.add_vline, first)
    _finish_axis(figure.update_yaxes, figure.add_hline, second)
    return figure


def _axis(frame: pd.DataFrame, which: str) -> pd.DataFrame:
    """The points along one axis in their order, of levels the most frequent: their places on the
    grid, names, and whether each is a value of a number."""
    names = {f"{which}point": "point", f"{which}value": "value", f"{which}level": "level"}
    points = frame[[*names, "support"]].rename(columns=names)
    axis = points.groupby("point").agg(
        value=("value", "first"), level=("level", "first"), support=("support", "sum")
    )
    if axis["value"].isna().all():
        axis = axis.loc[axis["support"].nlargest(LEVELS_DRAWN).index.sort_values()]
    return axis.reset_index()


def _colours(cells: pd.DataFrame) -> dict[str, Any]:
    """The scale: of a prediction its range where rows are; of the joint part even about 0."""
    shown, output = cells["shown"].iloc[0], escape(cells["output"].iloc[0], 40)
    values = cells[shown]
    low, high = values.min(), values.max()
    scale: Any = SEQUENTIAL
    title = output
    if shown == "interaction":
        high = values.abs().max()
        low, scale, title = -high, DIVERGING, f"joint part of {output}"
    if not high > low:  # one colour needs a range too
        low, high = low - 0.5, high + 0.5
    bar = {"title": {"text": title, "side": "right"}, "outlinewidth": 0, "thickness": 14}
    return {"colorscale": scale, "cmin": low, "cmax": high, "colorbar": bar}


def _add_cells(figure: Any, cells: pd.DataFrame, opacity: float) -> None:
    if not len(cells):
        return
    shape = cells["y"].max() + 1, cells["x"].max() + 1
    colour, words = np.full(shape, np.nan), np.full(shape, "", dtype=object)
    colour[cells["y"], cells["x"]] = cells[cells["shown"].iloc[0]]
    words[cells["y"], cells["x"]] = [_words(cell) for _, cell in cells.iterrows()]
    figure.add_heatmap(
        z=colour, x=np.arange(shape[1]), y=np.arange(shape[0]), opacity=opacity,
        coloraxis="coloraxis", hovertext=words, hoverinfo="text", hoverongaps=False,
        xgap=0.5, ygap=0.5,
    )  # fmt: skip


def _add_crosses(figure: Any, empty: pd.DataFrame) -> None:
    if not len(empty):
        return
    figure.add_scatter(
        x=empty["x"], y=empty["y"], mode="markers", hoverinfo="skip",
        marker={"symbol": "x-thin", "size": 7, "line": {"color": GREY, "width": 1}},
        name="no row lies here", showlegend=True,
    )  # fmt: skip


def _finish_axis(
    update: Callable[..., Any], add_line: Callable[..., Any], axis: pd.DataFrame
) -> None:
    """Names the points and draws a line before the missing values of a number."""
    is_number = axis["value"].notna().any()
    named = axis if not is_number else axis.iloc[:: -(-len(axis) // MOST_TICKS)]
    if is_number and axis["value"].isna().iloc[-1]:
        add_line(len(axis) - 1.5, line={"color": PAPER, "width": 4})
        named = axis.loc[sorted({*named.index, axis.index[-1]})]
    names = [escape(name, 24, end=8) for name in point_names(named)]
    update(
        tickvals=list(named.index), ticktext=names,
        range=[-0.5, len(axis) - 0.5], showgrid=False, zeroline=False,
    )  # fmt: skip


def point_names(points: pd.DataFrame) -> list[str]:
    """What points with a `value` and a `level` are called along an axis: their level, but numbers
    with as many digits as tell them apart."""
    names = points["level"].astype(str)
    alike = names.duplicated(keep=False) & points["value"].notna()
    for digits in range(5, MOST_DIGITS):
        if not names[alike].duplicated().any():
            break
        names = names.mask(alike, _written(points["value"], digits))
    return list(names)


def _written(values: pd.Series[Any], digits: int) -> pd.Series[Any]:
    return values.map(lambda value: number(value, digits))


def _words(cell: pd.Series[Any]) -> str:
    count = cell["support"]
    return (
        f"{escape(cell['feature'])} = {escape(cell['level'])}, "
        f"{escape(cell['other'])} = {escape(cell['other_level'])}<br>"
        f"{escape(cell['output'])}: {number(cell['prediction'])}<br>"
        f"joint part {number(cell['interaction'])}<br>"
        + (f"{count:,} rows here" if count else "no row lies here: the model guesses")
    )
