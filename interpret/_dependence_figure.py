"""How a dependence is drawn, from its frame alone: a curve for numbers, points for levels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from workbench.figures import (
    BAND,
    BLUE,
    COLOURS,
    GREY,
    INK,
    LIGHT_GREY,
    ORANGE,
    SINGLE_ROWS,
    SKY,
    THIN,
    VERMILION,
    escape,
    new_figure,
    number,
)
from workbench.metrics import Floats

#: Levels that are drawn, the most frequent ones.
LEVELS_DRAWN = 30
REFITS = "rgba(230, 159, 0, 0.35)"
REFITS_NAME = "95 % of refitted models"
#: From low to high, for colour-blind eyes too; rows that miss the value come last.
GRADED = (BLUE, SKY, ORANGE, VERMILION)


def draw_numbers(frame: pd.DataFrame) -> Any:
    """The average curve with its interval, single rows behind it, missing at the right edge."""
    average = frame[(frame["curve"] == "average") & frame["value"].notna()]
    single = frame[(frame["curve"] == "row") & frame["value"].notna()]
    figure = new_figure(height=440, x=frame["feature"].iloc[0], y=frame["output"].iloc[0])
    _shade_thin_regions(figure, average)
    for name, colour, rows in _by_group(single):
        _add_single_rows(figure, rows, name, colour)
        _add_legend(figure, name, colour, "lines")
    _add_refits(figure, average)
    _add_average(figure, average, INK if _is_coloured(single) else BLUE)
    _add_deciles(figure, average)
    _add_missing(figure, frame)
    return figure


def draw_levels(frame: pd.DataFrame) -> Any:
    """One point with its interval per level, single rows as faint dots."""
    average = frame[frame["curve"] == "average"]
    average = average.loc[average["support"].nlargest(LEVELS_DRAWN).sort_index().index]
    at = {level: place for place, level in enumerate(average["level"])}
    single = frame[(frame["curve"] == "row") & frame["level"].isin(list(at))]
    x = f"{frame['output'].iloc[0]}, by {frame['feature'].iloc[0]}"
    figure = new_figure(height=130 + 30 * max(3, len(at)), x=x)
    for name, colour, rows in _by_group(single):
        figure.add_scatter(
            x=rows["prediction"], y=rows["level"].map(at) + _jitter(len(rows)),
            mode="markers", marker={"size": 4, "color": _faint(colour)}, name=name,
            hovertext=_row_names(rows), hoverinfo="text", legendgroup=name, showlegend=False,
        )  # fmt: skip
        _add_legend(figure, name, colour, "markers")
    _add_refits_of_levels(figure, average, at)
    colour = INK if _is_coloured(single) else BLUE
    figure.add_scatter(
        x=average["prediction"], y=average["level"].map(at), mode="markers",
        marker={"size": 10, "color": colour}, error_x=_error(average, colour),
        name="average, 95 % interval", hovertext=_hover(average), hoverinfo="text",
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=list(at.values()), ticktext=_level_names(average),
        range=[len(at) - 0.4, -0.6], ticks="", zeroline=False,
    )  # fmt: skip
    return figure


def _shade_thin_regions(figure: Any, average: pd.DataFrame) -> None:
    value, share = average["value"].to_numpy(), average["share_below"].to_numpy()
    low, high = value[share >= 0.05][0], value[share >= 0.95][0]
    for start, end in ((value[0], low), (high, value[-1])):
        if end > start:
            figure.add_vrect(x0=start, x1=end, fillcolor=THIN, line_width=0, layer="below")


def _by_group(single: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Single rows with their name and colour: all alike, or by the column they are coloured by."""
    if not len(single):
        return
    if not _is_coloured(single):
        yield "single rows", GREY, single
        return
    is_graded = single["colour_value"].notna().any()
    colours = iter(GRADED if is_graded else COLOURS)
    for name, rows in single.groupby("group", sort=False):
        is_missing = is_graded and rows["colour_value"].isna().all()
        colour = GREY if is_missing else next(colours)
        yield f"{escape(rows['colour_by'].iloc[0], 28)}: {escape(name, 28)}", colour, rows


def _is_coloured(single: pd.DataFrame) -> bool:
    return "group" in single and bool(single["group"].notna().any())


def _faint(colour: str) -> str:
    """A colour of which many lines can lie on one another."""
    if colour == GREY:
        return SINGLE_ROWS
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.4)"


def _add_single_rows(figure: Any, single: pd.DataFrame, name: str, colour: str) -> None:
    """Many single rows as one trace with gaps: far quicker to draw than one trace each."""
    points = single["row"].eq(single["row"].iloc[0]).sum()
    figure.add_scatter(
        x=_with_repeats(single["value"].to_numpy(), points),
        y=_with_gaps(single["prediction"].to_numpy(), points),
        mode="lines",
        line={"color": _faint(colour), "width": 1},
        name=name,
        hoverinfo="skip",
        legendgroup=name,
        showlegend=False,
    )


def _add_legend(figure: Any, name: str, colour: str, mode: str) -> None:
    """Of what is faint by itself, in the legend its full colour."""
    figure.add_scatter(
        x=[None], y=[None], mode=mode, line={"color": colour}, marker={"color": colour},
        name=name, legendgroup=name, hoverinfo="skip",
    )  # fmt: skip


def _with_gaps(values: Floats, every: int) -> Floats:
    curves = values.reshape(-1, every)
    return np.column_stack([curves, np.full(len(curves), np.nan)]).ravel()


def _with_repeats(values: Any, every: int) -> Any:
    """The places along x of curves with gaps: at a gap any place will do, a date's too."""
    curves = values.reshape(-1, every)
    return np.column_stack([curves, curves[:, -1]]).ravel()


def _add_refits(figure: Any, average: pd.DataFrame) -> None:
    if "band_low" not in average or average["band_low"].isna().all():
        return
    figure.add_scatter(
        x=pd.concat([average["value"], average["value"][::-1]]),
        y=pd.concat([average["band_high"], average["band_low"][::-1]]),
        fill="toself", fillcolor=REFITS, line={"width": 0}, mode="lines",
        name=REFITS_NAME, hoverinfo="skip",
    )  # fmt: skip


def _add_refits_of_levels(figure: Any, average: pd.DataFrame, at: dict[str, int]) -> None:
    if "band_low" not in average or average["band_low"].isna().all():
        return
    ends = average[["band_low", "band_high"]].to_numpy()
    place = average["level"].map(at).to_numpy(dtype=float)
    figure.add_scatter(
        x=_with_gaps(ends.ravel(), 2), y=_with_gaps(np.repeat(place, 2), 2), mode="lines",
        line={"color": REFITS, "width": 10}, name=REFITS_NAME, hoverinfo="skip",
    )  # fmt: skip


def _add_average(figure: Any, average: pd.DataFrame, colour: str) -> None:
    x = average["value"]
    figure.add_scatter(
        x=pd.concat([x, x[::-1]]),
        y=pd.concat([average["conf_high"], average["conf_low"][::-1]]),
        fill="toself", fillcolor=BAND, line={"width": 0}, mode="lines",
        name="95 % interval", hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=average["prediction"],
        mode="lines+markers" if len(x) <= 40 else "lines",
        line={"color": colour, "width": 2.5}, marker={"size": 5, "color": colour},
        name="average", hovertext=_hover(average), hoverinfo="text",
    )  # fmt: skip


def _add_deciles(figure: Any, average: pd.DataFrame) -> None:
    """Ticks at the foot of the picture: a tenth of the rows lies between two of them."""
    value, share = average["value"].to_numpy(), average["share_below"].to_numpy()
    for decile in np.arange(0.1, 0.95, 0.1):
        x = value[share >= decile - 1e-9][0]
        figure.add_shape(
            type="line", x0=x, x1=x, y0=0, y1=0.025, yref="paper",
            line={"color": GREY, "width": 1.5},
        )  # fmt: skip


def _add_missing(figure: Any, frame: pd.DataFrame) -> None:
    missing = frame[(frame["curve"] == "average") & frame["value"].isna()]
    if not len(missing):
        return
    # an axis of its own: beside the numbers it would be read as one of them
    figure.update_layout(
        xaxis={"domain": [0, 0.92]},
        xaxis2={"domain": [0.93, 1], "anchor": "y", "range": [-1, 1], "tickvals": [0],
                "ticktext": ["missing"], "showgrid": False, "zeroline": False,
                "linecolor": LIGHT_GREY, "tickcolor": LIGHT_GREY, "ticks": "outside"},
    )  # fmt: skip
    figure.add_scatter(
        x=[0], y=missing["prediction"], mode="markers", error_y=_error(missing, GREY), xaxis="x2",
        marker={"size": 10, "color": GREY, "symbol": "diamond"},
        name=f"value missing ({_share_of(missing, frame):.0%} of rows)",
        hovertext=_hover(missing), hoverinfo="text",
    )  # fmt: skip


def _share_of(points: pd.DataFrame, frame: pd.DataFrame) -> float:
    total = frame.loc[frame["curve"] == "average", "support"].sum()
    return float(points["support"].sum() / total)


def _error(points: pd.DataFrame, colour: str) -> dict[str, Any]:
    return {
        "type": "data",
        "array": points["conf_high"] - points["prediction"],
        "color": colour,
        "thickness": 1.5,
        "width": 5,
    }


def _jitter(count: int) -> Floats:
    """Small regular offsets, so that equal dots do not hide one another."""
    # the golden angle: never in step
    return np.asarray(0.14 * np.sin(np.arange(count) * 2.399963), dtype=float)


def _level_names(average: pd.DataFrame) -> list[str]:
    total = average["support"].sum()
    return [
        f"{escape(level, longest=28)} ({_percent(support / total)})"
        for level, support in zip(average["level"], average["support"], strict=True)
    ]


def _percent(share: float) -> str:
    return "under 1%" if 0 < share < 0.01 else f"{share:.0%}"


def _row_names(single: pd.DataFrame) -> list[str]:
    columns = (single["row"], single["level"], single["prediction"])
    return [
        f"row {row}, {escape(level)}: {number(float(prediction))}"
        for row, level, prediction in zip(*columns, strict=True)
    ]


def _hover(average: pd.DataFrame) -> list[str]:
    return [_words(point) for _, point in average.iterrows()]


def _words(point: pd.Series[Any]) -> str:
    return (
        f"{escape(point['feature'])} = {escape(point['level'])}: {number(point['prediction'])}<br>"
        f"95 % interval {number(point['conf_low'])} to {number(point['conf_high'])}<br>"
        f"{point['support']:,} rows near"
    )
