"""How are the values of one column spread?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..correlation import Codes, Floats
from ..dataset import Dataset
from ..errors import NotApplicable
from ..figures import BLUE, COLOURS, GREY, escape, new_figure, number
from ..methods import method
from ..progress import Progress, silent
from ..result import Result
from ..settings import Column, Range
from ._values import (
    LARGEST_WITH_HALVES,
    Levels,
    even_edges,
    levels,
    measured,
    numbers,
    quantiles,
    tick_angle,
)

#: More bins than this no screen tells apart; more groups no eye.
MOST_BINS, MOST_GROUPS = 120, 5
#: Whole numbers within so many steps get a bar each.
WHOLE_STEPS = 60


@dataclass(frozen=True, kw_only=True)
class Distribution(Result):
    """Counts per bin or level, and beside them what has no place on the axis."""

    columns: ClassVar[Mapping[str, str]] = {
        "column": "the column",
        "scale": "linear, log or date (seconds since 1970, UTC) for bins; level for levels",
        "group": "the rows' group, a level or range of the other column; all without one",
        "part": "value: on the axis; other: levels beyond those listed; infinite; "
        "not positive: has no logarithm; missing",
        "level": "the level, or the part's name where it is not on the axis",
        "low": "lower edge of the bin (bins)",
        "high": "upper edge of the bin, which belongs to the next one but for the last (bins)",
        "rows": "rows of the group",
        "share": "the same as a share of the group's rows",
    }

    @property
    def title(self) -> str:
        """Names the column, since a report often holds several."""
        return f"Distribution of {self.frame['column'].iloc[0]}"

    def figure(self) -> Any:
        """Bars over bins or levels; missing values and others off the axis have bars of their
        own, on the same height."""
        frame = self.frame
        grouped = frame["group"].nunique() > 1
        places = _places(frame)
        figure = new_figure(
            height=420, x=str(frame["column"].iloc[0]), barmode="group",
            y="share of each group's rows" if grouped else "rows", bargap=0.15 if grouped else 0.04,
        )  # fmt: skip
        for at, (group, rows) in enumerate(frame.groupby("group", sort=False)):
            colour = COLOURS[at % len(COLOURS)] if grouped else BLUE
            _draw_group(figure, rows, escape(group, 30), colour, grouped, places)
        _set_axes(figure, frame, places)
        return figure


def _places(frame: pd.DataFrame) -> dict[str, int]:
    """Where the bar of each level or part off the axis stands; long names may begin alike, so that
    they are no places themselves."""
    off_axis = frame[frame["low"].isna()]
    totals = off_axis.groupby(["part", "level"])["rows"].transform("sum")
    off_axis = off_axis[off_axis["part"].eq("value") | (totals > 0)]
    return {name: at for at, name in enumerate(dict.fromkeys(off_axis["level"]))}


def _draw_group(
    figure: Any,
    rows: pd.DataFrame,
    name: str,
    colour: str,
    grouped: bool,
    places: Mapping[str, int],
) -> None:
    height = "share" if grouped else "rows"
    common = {"name": name, "legendgroup": name, "showlegend": grouped}
    on_axis = rows[rows["part"].eq("value") & rows["low"].notna()]
    off_axis = rows[rows["level"].isin(list(places)) & rows["low"].isna()]
    if len(on_axis):
        low, high = _drawn(on_axis["low"], on_axis), _drawn(on_axis["high"], on_axis)
        if grouped:  # steps lie over one another and stay readable, where bars would hide bars
            x = np.append(low, high[-1:])
            y = np.append(on_axis[height], on_axis[height].iloc[-1:])
            figure.add_scatter(x=x, y=y, mode="lines", line={"shape": "hv", "color": colour},
                               hovertemplate="%{x}: %{y:.1%}", **common)  # fmt: skip
        else:
            figure.add_bar(x=(low + high) / 2, width=high - low, y=on_axis[height],
                           marker={"color": colour}, customdata=on_axis[["share"]],
                           hovertemplate="%{x}: %{y:,} rows (%{customdata[0]:.1%})<extra></extra>",
                           **common)  # fmt: skip
    if len(off_axis):
        is_value = off_axis["part"].eq("value")
        colours = np.where(is_value | grouped, colour, GREY)
        figure.add_bar(
            x=off_axis["level"].map(places), y=off_axis[height],
            marker={"color": list(colours)},
            customdata=[(escape(r.level, 60), f"{r.rows:,}", f"{r.share:.1%}")
                        for r in off_axis.itertuples()],
            xaxis="x2" if len(on_axis) else "x",
            **{**common, "showlegend": grouped and not len(on_axis)},
            hovertemplate="%{customdata[0]}: %{customdata[1]} rows (%{customdata[2]})"
            "<extra></extra>",
        )  # fmt: skip


def _drawn(edges: pd.Series, rows: pd.DataFrame) -> np.ndarray:
    """Edges as the axis takes them: logarithms, milliseconds, or as they are."""
    values = edges.to_numpy(dtype=float)
    scale = rows["scale"].iloc[0]
    return np.log10(values) if scale == "log" else values * 1000 if scale == "date" else values


def _set_axes(figure: Any, frame: pd.DataFrame, places: Mapping[str, int]) -> None:
    scale = frame["scale"].iloc[0]
    named = {"tickvals": list(places.values()), "ticktext": [escape(n, 24) for n in places],
             "range": [-0.6, max(len(places), 1) - 0.4], "showgrid": False, "zeroline": False,
             "tickangle": tick_angle(places)}  # fmt: skip
    if frame["group"].nunique() > 1:
        figure.update_yaxes(tickformat=".0%")
    if frame["low"].isna().all():
        figure.update_xaxes(**named)
        return
    if scale == "date":
        figure.update_xaxes(type="date")
    if scale == "log":
        low, high = np.floor(np.log10(frame["low"].min())), np.ceil(np.log10(frame["high"].max()))
        ticks = np.unique(np.round(np.linspace(low, high, 6)))
        figure.update_xaxes(tickvals=ticks, ticktext=[number(10.0**tick) for tick in ticks])
    if places:
        named |= {"tickangle": -45 if len(places) > 1 else 0}
        figure.update_xaxes(domain=[0, 0.84])
        figure.update_layout(xaxis2={"domain": [0.87, 1], "anchor": "y", "automargin": True,
                                     **named})  # fmt: skip


@method("Distribution", page="profile")
def distribution(
    data: Dataset,
    /,
    *,
    column: Annotated[str, Column(None), "The column that is looked at"],
    by: Annotated[str | None, Column(None), "Each level or quarter of this column apart"] = None,
    log_scale: Annotated[bool, "Numbers on a logarithmic axis"] = False,
    most_levels: Annotated[int, Range(2, 60), "Levels shown; the rest is 'other'"] = 20,
    progress: Progress = silent,
) -> Distribution:
    """How the values of one column are spread, and how many are missing.

    Counted over all rows. Bins are as wide as Freedman & Diaconis say (1981, Zeitschrift für
    Wahrscheinlichkeitstheorie 57:453), at most 120, and reach from the smallest to the largest
    value: no outlier is cut. Whole numbers within 60 steps have a bar each. `by` a number cuts it
    at its quartiles; of another column the five most frequent levels are groups. Infinite values,
    and with `log_scale` those that have no logarithm, are bars beside the axis. Raises
    `NotApplicable` for a logarithm of what is no number or nowhere positive.
    """
    progress(0.0)
    how = measured(data, column)
    if log_scale and how != "number":
        raise NotApplicable(
            f"'{column}' is a {data.kinds[column]} and has no logarithm.",
            "Turn off the logarithmic axis.",
        )
    groups = _groups(data, by)
    progress(0.3)
    if how == "level":
        found = levels(data.frame[column])
        counted, notes = _count_levels(found, groups, most_levels)
        scale = "level"
    else:
        values = numbers(data.frame[column])
        scale = "log" if log_scale else "date" if how == "date" else "linear"
        counted, notes = _count_bins(values, groups, scale, column)
    frame = pd.concat(counted, ignore_index=True).assign(column=column, scale=scale)
    frame = frame[list(Distribution.columns)]
    return Distribution(frame=frame, summary=_summary(data, column, frame), notes=notes)


def _groups(data: Dataset, by: str | None) -> Levels:
    """The group of each row, the most frequent levels first."""
    if by is None:
        return Levels(np.zeros(len(data), dtype=np.int64), ("all",))
    values = data.frame[by]
    if measured(data, by) == "number" and values.nunique() > MOST_GROUPS:
        given = numbers(values)
        cuts = np.unique(quantiles(np.sort(given[np.isfinite(given)]), [0.25, 0.5, 0.75]))
        codes = np.where(np.isnan(given), -1, np.searchsorted(cuts, given, side="right"))
        ends = _told_apart(cuts)
        names = [f"{by} below {ends[0]}"]
        names += [f"{low} to {high}" for low, high in pairwise(ends)]
        found = Levels(codes.astype(np.int64), (*names, f"{ends[-1]} or more"))
        order = np.arange(len(found))
    else:
        found = levels(values)
        known = found.codes[found.codes >= 0]
        order = np.argsort(-np.bincount(known, minlength=len(found)), kind="stable")
    place = np.full(len(found) + 2, MOST_GROUPS, dtype=np.int64)
    place[order[:MOST_GROUPS]] = np.arange(min(MOST_GROUPS, len(order)))
    place[-1] = MOST_GROUPS + 1  # the code -1 of missing values is the last place
    names = [found.name(at) for at in order[:MOST_GROUPS]]
    names += [""] * (MOST_GROUPS - len(names)) + ["other groups", f"{by} missing"]
    return Levels(place[found.codes], tuple(names))


def _told_apart(cuts: Floats) -> list[str]:
    """The cuts as numbers short enough to read and long enough to differ."""
    short = [number(float(cut)) for cut in cuts]
    return short if len(set(short)) == len(cuts) else [f"{cut:.17g}" for cut in cuts]


def _each(groups: Levels) -> Iterator[tuple[str, np.ndarray]]:
    for code in range(len(groups)):
        rows = groups.codes == code
        if rows.any():
            yield groups.name(code), rows


def _count_levels(
    found: Levels, groups: Levels, most: int
) -> tuple[list[pd.DataFrame], tuple[str, ...]]:
    size = len(found)
    total = np.bincount(found.codes[found.codes >= 0], minlength=size)
    order = np.argsort(-total, kind="stable")
    shown, rest = order[:most], order[most:]
    counted = []
    for name, rows in _each(groups):
        codes: Codes = found.codes[rows]
        counts = np.bincount(codes[codes >= 0], minlength=size)
        parts = [("value", found.name(at), int(counts[at])) for at in shown]
        if len(rest):
            parts.append(("other", f"other ({len(rest):,} levels)", int(counts[rest].sum())))
        counted.append(_table(name, [*parts, ("missing", "missing", int((codes < 0).sum()))]))
    notes = ["Counted over all rows."]
    if len(rest):
        notes.append(
            f"The {most} most frequent of {size:,} levels are listed; the others together hold "
            f"{total[rest].sum() / len(found.codes):.1%} of the rows."
        )
    return counted, tuple(notes)


def _count_bins(
    values: Floats, groups: Levels, scale: str, column: str
) -> tuple[list[pd.DataFrame], tuple[str, ...]]:
    on_axis = np.isfinite(values) & ((values > 0) if scale == "log" else True)
    if scale == "log" and not on_axis.any():
        raise NotApplicable(
            f"'{column}' has no value above zero, and so no logarithm.",
            "Turn off the logarithmic axis.",
        )
    edges, rule = _edges(values[on_axis], column, is_log=scale == "log")
    counted = []
    for name, rows in _each(groups):
        counts = np.histogram(values[rows & on_axis], edges)[0]
        off = rows & ~on_axis & ~np.isnan(values)
        parts = [
            ("infinite", "infinite", int((off & np.isinf(values)).sum())),
            ("not positive", "0 or below", int((off & np.isfinite(values)).sum())),
        ]
        parts = [part for part in parts if (~on_axis & ~np.isnan(values)).any() and part[2]]
        parts.append(("missing", "missing", int((rows & np.isnan(values)).sum())))
        bins = pd.DataFrame({"part": "value", "level": "", "low": edges[:-1], "high": edges[1:],
                             "rows": counts})  # fmt: skip
        table = pd.concat([bins, _table(name, parts)], ignore_index=True) if len(bins) else \
            _table(name, parts)  # fmt: skip
        counted.append(table.assign(group=name, share=table["rows"] / rows.sum()))
    notes = ["Counted over all rows.", rule] if rule else ["Counted over all rows."]
    return counted, tuple(notes)


def _edges(values: Floats, column: str, *, is_log: bool) -> tuple[Floats, str]:
    """The edges of the bins, and the sentence that says how they were chosen; on a logarithmic
    axis the bins are as wide as one another there."""
    if not len(values):
        return np.empty(0), ""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return even_edges(values, column, 1), "All values are equal."
    placed = np.log10(values) if is_log else values
    is_exact = max(abs(low), abs(high)) < LARGEST_WITH_HALVES
    is_short = is_exact and not is_log and high - low <= WHOLE_STEPS
    if is_short and (values == np.round(values)).all():
        return np.arange(low - 0.5, high + 1), "The values are whole numbers: a bar for each."
    lower, upper = quantiles(np.sort(placed), [0.25, 0.75])
    width = 2 * (upper - lower) / len(values) ** (1 / 3)
    reach = float(placed.max()) - float(placed.min())
    wanted = reach / width if width > 0 else np.inf
    bins = int(np.clip(np.ceil(wanted), 1, MOST_BINS)) if np.isfinite(wanted) else MOST_BINS
    said = f"{bins} bins of equal width by the rule of Freedman and Diaconis"
    more = f"; the rule asks for more than {MOST_BINS}, because some values lie far out" \
        if wanted > MOST_BINS else ""  # fmt: skip
    edges = even_edges(placed, column, bins)
    if is_log:  # no end is cut by rounding
        edges = np.concatenate([[low], np.clip(10.0 ** edges[1:-1], low, high), [high]])
    return edges, f"{said}{more}."


def _table(group: str, parts: list[tuple[str, str, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(parts, columns=["part", "level", "rows"])
    share = frame["rows"] / max(int(frame["rows"].sum()), 1)
    return frame.assign(low=np.nan, high=np.nan, group=group, share=share)


def _summary(data: Dataset, column: str, frame: pd.DataFrame) -> str:
    missing = int(frame.loc[frame["part"] == "missing", "rows"].sum())
    values = frame[frame["part"] == "value"]
    tail = f"{missing:,} of {len(data):,} rows ({missing / len(data):.1%}) have no value."
    if not values["rows"].sum():
        return f"'{column}' has no value on this axis; {tail}"
    if frame["scale"].iloc[0] == "level":
        most = values.groupby("level", sort=False)["rows"].sum()
        return (
            f"The most frequent level of '{column}' is '{most.idxmax()}' with "
            f"{most.max() / len(data):.1%} of the rows; {tail}"
        )
    given = numbers(data.frame[column])
    shown = given[np.isfinite(given) & ((given > 0) | (frame["scale"].iloc[0] != "log"))]
    (middle,) = quantiles(np.sort(shown), [0.5])
    if frame["scale"].iloc[0] == "date":
        half = pd.Timestamp(int(middle), unit="s").date()
        return f"Half of the dates of '{column}' are {half} or earlier; {tail}"
    return f"Half of the values of '{column}' are {number(middle)} or less; {tail}"
