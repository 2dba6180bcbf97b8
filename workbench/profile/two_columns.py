"""How do two columns go together? The picture that fits their kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..correlation import Codes, Floats
from ..dataset import Dataset
from ..errors import NotApplicable
from ..figures import BLUE, PAPER, escape, new_figure, number
from ..methods import method
from ..progress import Progress, silent
from ..result import Result
from ..settings import Column
from ._values import (
    LARGEST_WITH_HALVES,
    Levels,
    day,
    even_edges,
    levels,
    measured,
    numbers,
    quantiles,
    tick_angle,
)

#: Cells along each axis of a density; levels of a category that are shown.
CELLS, MOST_LEVELS = 40, 20


@dataclass(frozen=True, kw_only=True)
class TwoColumns(Result):
    """Two numbers: the cells of a grid. A number and a category: its quartiles per level. Two
    categories: a row for each pair of levels."""

    columns: ClassVar[Mapping[str, str]] = {
        "first": "the first column",
        "second": "the second column",
        "shape": "density (two numbers), quartiles (a number and levels) or shares (two levels)",
        "first_kind": "what the first column is looked at as: number, date or level",
        "second_kind": "what the second column is looked at as",
        "first_level": "the level of the first column; empty for numbers",
        "second_level": "the level of the second column; empty for numbers",
        "x_low": "lower edge of the cell along the first column (density)",
        "x_high": "upper edge",
        "y_low": "lower edge along the second (density); the smallest value (quartiles)",
        "y_high": "upper edge (density); the largest value (quartiles)",
        "lower_quartile": "of the number within the level (quartiles)",
        "median": "of the number within the level (quartiles)",
        "upper_quartile": "of the number within the level (quartiles)",
        "rows": "rows of the cell, the level or the pair",
        "share": "the same as a share of the first column's level (shares), else of all shown rows",
    }

    @property
    def title(self) -> str:
        """Names the columns, since a report often holds several."""
        return f"{self.frame['first'].iloc[0]} and {self.frame['second'].iloc[0]}"

    def figure(self) -> Any:
        """A density, a box for each level, or a table of shares in colour."""
        draw = {"density": _density, "quartiles": _boxes, "shares": _shares}
        return draw[self.frame["shape"].iloc[0]](self.frame)


@method("Two columns", page="profile")
def two_columns(
    data: Dataset,
    /,
    *,
    first: Annotated[str, Column(None), "Along the picture"],
    second: Annotated[str | None, Column(None), "Upwards; the target where left empty"] = None,
    progress: Progress = silent,
) -> TwoColumns:
    """How two columns go together: where the rows lie, quartiles per level, or shares.

    Over all rows that hold both values; nothing is sampled. Two numbers (or dates): how many rows
    lie in each cell of a grid of 40 by 40, from the smallest to the largest value. A number and a
    category: smallest, quartiles and largest value for the most frequent 20 levels. Two categories:
    for each level of the first the shares of the levels of the second. That they go together does
    not say why.

    Raises `NotApplicable` for a column with itself, and where no row holds both values.
    """
    progress(0.0)
    others = [c for c in (data.target, *data.columns) if c not in (None, first)]
    if not others:
        raise NotApplicable(f"'{first}' is the only column.", "Bring a table with two columns.")
    other = second or others[0]
    if other == first:
        raise NotApplicable(f"'{first}' is compared with itself.", "Choose another second column.")
    kinds = [measured(data, name) for name in (first, other)]
    is_number = [kind != "level" for kind in kinds]
    make = {(True, True): _of_numbers, (False, False): _of_levels}.get(
        (is_number[0], is_number[1]), _of_both
    )
    frame, notes = make(data, first, other)
    frame.insert(0, "first", first)
    frame.insert(1, "second", other)
    frame["first_kind"], frame["second_kind"] = kinds
    for name, kind in (("first_level", ""), ("second_level", "")):
        frame[name] = frame.get(name, kind)
    frame = frame.reindex(columns=list(TwoColumns.columns))
    return TwoColumns(frame=frame, summary=_summary(data, frame), notes=notes)


def _both(*present: Any) -> Any:
    rows = np.logical_and.reduce(present)
    if not rows.any():
        raise NotApplicable(
            "No row holds both values.", "Choose other columns, or see where values are missing."
        )
    return rows


def _note(data: Dataset, rows: Any) -> str:
    left = len(data) - int(rows.sum())
    return f"Counted over all {int(rows.sum()):,} rows that hold both values; {left:,} do not."


def _of_numbers(
    data: Dataset, first: str, second: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:  # fmt: skip
    x, y = numbers(data.frame[first]), numbers(data.frame[second])
    rows = _both(np.isfinite(x), np.isfinite(y))
    x, y = x[rows], y[rows]
    counts, across, up = np.histogram2d(x, y, bins=[_edges(x, first), _edges(y, second)])
    column, row = np.nonzero(counts)
    held = counts[column, row].astype(int)
    frame = pd.DataFrame(
        {
            "shape": "density", "x_low": across[column], "x_high": across[column + 1],
            "y_low": up[row], "y_high": up[row + 1], "rows": held, "share": held / rows.sum(),
        }
    )  # fmt: skip
    dates = [c for c in (first, second) if measured(data, c) == "date"]
    told = tuple(f"'{c}' is in seconds since 1970 (UTC) in the table." for c in dates)
    return frame, (_note(data, rows), "Cells without rows are not in the table.", *told)


def _edges(values: Floats, column: str) -> Floats:
    """Cells from the smallest to the largest value; a cell for each of a few whole numbers."""
    low, high = float(values.min()), float(values.max())
    is_exact = max(abs(low), abs(high)) < LARGEST_WITH_HALVES
    if low < high < low + CELLS and is_exact and bool((values == np.round(values)).all()):
        return np.arange(low - 0.5, high + 1)
    return even_edges(values, column, CELLS if low < high else 1)


def _of_both(
    data: Dataset, first: str, second: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:  # fmt: skip
    turned = measured(data, first) != "level"
    level, amount = (second, first) if turned else (first, second)
    found, values = levels(data.frame[level]), numbers(data.frame[amount])
    rows = _both(found.codes >= 0, np.isfinite(values))
    codes, values = found.codes[rows], values[rows]
    order, note = _most(codes, found, level)
    lines = []
    for code in order:
        held = values[codes == code]
        low, quarter, middle, upper, high = quantiles(np.sort(held), [0, 0.25, 0.5, 0.75, 1])
        lines.append({
            "shape": "quartiles", ("second_level" if turned else "first_level"): found.name(code),
            "y_low": low, "lower_quartile": quarter, "median": middle, "upper_quartile": upper,
            "y_high": high, "rows": len(held), "share": len(held) / len(values),
        })  # fmt: skip
    return pd.DataFrame(lines), (_note(data, rows), *note)


def _of_levels(
    data: Dataset, first: str, second: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:  # fmt: skip
    a, b = levels(data.frame[first]), levels(data.frame[second])
    rows = _both(a.codes >= 0, b.codes >= 0)
    own, other = a.codes[rows], b.codes[rows]
    shown, note = _most(own, a, first)
    beside, more = _most(other, b, second)
    lines = []
    for code in shown:
        held = other[own == code]
        counts = np.bincount(held, minlength=len(b))
        lines += [
            {"shape": "shares", "first_level": a.name(code), "second_level": b.name(at),
             "rows": int(counts[at]), "share": counts[at] / len(held)}
            for at in beside
        ]  # fmt: skip
    return pd.DataFrame(lines), (_note(data, rows), *note, *more)


def _most(codes: Codes, found: Levels, column: str) -> tuple[Any, tuple[str, ...]]:
    """The most frequent levels, and the note where there are more."""
    counts = np.bincount(codes, minlength=len(found))
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    if len(order) <= MOST_LEVELS:
        return order, ()
    left = int(counts[order[MOST_LEVELS:]].sum())
    note = (
        f"The {MOST_LEVELS} most frequent of {len(order):,} levels of '{column}' are shown; "
        f"{left:,} rows have another."
    )
    return order[:MOST_LEVELS], (note,)


def _density(frame: pd.DataFrame) -> Any:
    figure = new_figure(height=460, x=frame["first"].iloc[0], y=frame["second"].iloc[0])
    across, up = (np.unique(frame[[f"{axis}_low", f"{axis}_high"]].to_numpy()) for axis in "xy")
    is_date = [frame[f"{side}_kind"].iloc[0] == "date" for side in ("first", "second")]
    cells = np.full((len(up) - 1, len(across) - 1), np.nan)
    places = (np.searchsorted(up, frame["y_low"]), np.searchsorted(across, frame["x_low"]))
    cells[places] = frame["rows"]
    figure.add_heatmap(
        x=across * 1000 if is_date[0] else across, y=up * 1000 if is_date[1] else up,
        z=np.log10(cells), customdata=cells, hoverongaps=False,
        colorscale=[[0, "#DCE9F3"], [1, BLUE]],
        hovertemplate="%{customdata:,} rows<extra></extra>",
        colorbar={"title": {"text": "rows"}, "thickness": 12, **_ticks(int(frame["rows"].max()))},
    )  # fmt: skip
    figure.update_xaxes(type="date" if is_date[0] else "linear", zeroline=False)
    figure.update_yaxes(type="date" if is_date[1] else "linear", zeroline=False)
    return figure


def _ticks(most: int) -> dict[str, Any]:
    """Powers of ten, and the largest where it is not near one."""
    ticks = [10**power for power in range(len(str(most)))]
    ticks += [most] if most >= 2 * ticks[-1] else []
    return {"tickvals": [np.log10(tick) for tick in ticks], "ticktext": [f"{t:,}" for t in ticks]}


def _boxes(frame: pd.DataFrame) -> Any:
    turned = bool((frame["first_level"].fillna("") == "").all())
    level = frame["second_level" if turned else "first_level"]
    amount, named = frame[["first", "second"]].iloc[0][:: 1 if turned else -1]
    is_date = frame["first_kind" if turned else "second_kind"].iloc[0] == "date"
    units = 1000 if is_date else 1
    figure = new_figure(height=420, x=named, y=amount, showlegend=False)
    figure.add_box(
        x=list(range(len(frame))), lowerfence=frame["y_low"] * units,
        q1=frame["lower_quartile"] * units, median=frame["median"] * units,
        q3=frame["upper_quartile"] * units, upperfence=frame["y_high"] * units,
        marker={"color": BLUE}, line={"width": 1.5},
    )  # fmt: skip
    figure.update_xaxes(
        tickvals=list(range(len(frame))),
        ticktext=[escape(name, 22) for name in level],
        tickangle=tick_angle(level),
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(type="date" if is_date else "linear")
    return figure


def _shares(frame: pd.DataFrame) -> Any:
    own, other = (list(dict.fromkeys(frame[c])) for c in ("first_level", "second_level"))
    shares = frame["share"].to_numpy().reshape(len(own), len(other))
    figure = new_figure(
        height=160 + 30 * len(own), x=frame["second"].iloc[0], y=frame["first"].iloc[0]
    )
    figure.add_heatmap(
        x=list(range(len(other))), y=list(range(len(own))), z=shares, zmin=0, zmax=1,
        colorscale=[[0, PAPER], [1, BLUE]], xgap=2, ygap=2,
        customdata=frame["rows"].to_numpy().reshape(shares.shape),
        text=[[f"{share:.0%}" for share in row] for row in shares],
        texttemplate="%{text}" if shares.size <= 150 else "",
        hovertemplate="%{customdata:,} rows, %{z:.1%}<extra></extra>",
        colorbar={"tickformat": ".0%", "thickness": 12},
    )  # fmt: skip
    plain = {"showgrid": False, "zeroline": False}
    figure.update_xaxes(tickvals=list(range(len(other))), **plain,
                        ticktext=[escape(n, 22) for n in other],
                        tickangle=tick_angle(other))  # fmt: skip
    figure.update_yaxes(tickvals=list(range(len(own))), ticktext=[escape(n, 22) for n in own],
                        autorange="reversed", **plain)  # fmt: skip
    return figure


def _summary(data: Dataset, frame: pd.DataFrame) -> str:
    first, second = frame["first"].iloc[0], frame["second"].iloc[0]
    shape, rows = frame["shape"].iloc[0], int(frame["rows"].sum())
    if shape == "quartiles":
        named = frame.assign(level=frame["first_level"].fillna("").where(
            frame["first_level"].fillna("") != "", frame["second_level"]))  # fmt: skip
        top = named.iloc[int(named["median"].to_numpy().argmax())]
        low = named.iloc[int(named["median"].to_numpy().argmin())]
        is_date = "date" in (measured(data, first), measured(data, second))
        said = [day(v["median"]) if is_date else number(v["median"]) for v in (top, low)]
        return (
            f"The median of '{first if measured(data, first) != 'level' else second}' is highest "
            f"where {top['level']} ({said[0]}) and lowest where {low['level']} ({said[1]}), over "
            f"{rows:,} rows."
        )
    if shape == "shares":
        best = frame.iloc[int(frame["rows"].to_numpy().argmax())]
        return (
            f"Most rows, {int(best['rows']):,} of {rows:,}, have '{first}' = {best['first_level']} "
            f"and '{second}' = {best['second_level']} ({best['share']:.0%} of those with the "
            "former)."
        )
    full = int(frame["rows"].to_numpy().argmax())
    return (
        f"{rows:,} rows hold both '{first}' and '{second}'; the fullest cell holds "
        f"{int(frame['rows'].iloc[full]):,} of them."
    )
