"""What is in the table? One row for each column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ..blocks import run_all
from ..column_kinds import MOST_LEVELS
from ..dataset import Dataset
from ..figures import BLUE, GREY, INK, LIGHT_GREY, escape, new_figure, number
from ..methods import method
from ..progress import Progress, named, silent
from ..result import Result
from ._values import day, measured, numbers, quantiles

#: Shares from which a column is called odd.
MOSTLY, NEARLY_ALL = 0.5, 0.99
#: A tail is called heavy where an end lies so many interquartile ranges outside the quartiles.
HEAVY_TAIL = 10.0
#: Columns that a picture has room for.
MOST_DRAWN = 60


@dataclass(frozen=True, kw_only=True)
class Profile(Result):
    """One row per column of the table, in the table's order."""

    columns: ClassVar[Mapping[str, str]] = {
        "column": "the column",
        "kind": "what it is: number, category, boolean, date, text or identifier",
        "role": "what it is for: feature, target, weight, group, time or ignore",
        "rows": "rows of the table",
        "missing": "rows without a value",
        "missing_share": "the same as a share of all rows",
        "distinct": "different values, missing not counted",
        "infinite": "values that are infinite; they are in no quartile",
        "zero_share": "zeros as a share of the values (numbers)",
        "low": "the smallest finite value (numbers)",
        "lower_quartile": "the value below which a quarter of the values lie (numbers)",
        "median": "the middle value (numbers)",
        "upper_quartile": "the value above which a quarter of the values lie (numbers)",
        "high": "the largest finite value (numbers)",
        "first_date": "the earliest date, in UTC (dates)",
        "last_date": "the latest date, in UTC (dates)",
        "top": "the most frequent value; of several numbers the smallest",
        "top_rows": "rows that have it",
        "top_share": "the same as a share of all rows",
        "remark": "what is odd about the column; empty where nothing is",
    }

    def figure(self) -> Any:
        """A bar per column: missing, the most frequent value, all others; what is odd is written
        beside it."""
        shown = self.frame.head(MOST_DRAWN)
        names = [escape(name, 28) for name in shown["column"]]
        rest = 1 - shown["missing_share"] - shown["top_share"]
        figure = new_figure(height=110 + 30 * len(shown), x="share of the rows", barmode="stack",
                            bargap=0.25)  # fmt: skip
        figure.update_layout(legend_traceorder="normal")
        parts = (("most frequent value", shown["top_share"], BLUE),
                 ("other values", rest, LIGHT_GREY),
                 ("missing", shown["missing_share"], GREY))  # fmt: skip
        top = [escape(value, 40) for value in shown["top"]]
        for name, share, colour in parts:
            figure.add_bar(
                y=list(range(len(shown))), x=share.clip(lower=0), orientation="h", name=name,
                marker={"color": colour}, customdata=list(zip(names, top, strict=True)),
                hovertemplate="%{customdata[0]}: " + name + " %{x:.1%}"
                + (" (%{customdata[1]})" if colour == BLUE else "") + "<extra></extra>",
            )  # fmt: skip
        for at, remark in enumerate(shown["remark"]):
            if remark:
                figure.add_annotation(x=0.01, y=at, text=escape(remark, 60), showarrow=False,
                                      xanchor="left", bgcolor="rgba(255,255,255,0.85)",
                                      font={"size": 11, "color": INK},
                                      borderpad=1)  # fmt: skip
        figure.update_yaxes(tickvals=list(range(len(shown))), ticktext=names,
                            range=[len(shown) - 0.4, -0.6], showgrid=False)  # fmt: skip
        figure.update_xaxes(range=[0, 1], tickformat=".0%")
        return figure


@method("Columns", page="profile")
def profile(data: Dataset, /, *, progress: Progress = silent) -> Profile:
    """What each column holds: what is missing, its values, and what is odd about it.

    Counted over all rows. Quartiles are those of the finite values, linear between neighbours
    (definition 7 of Hyndman & Fan 1996, The American Statistician 50:361). Dates are counted in
    UTC. A column is called odd where it has one value only, no value, more than half missing,
    infinite values, one value in 99 % of the rows, more than 300 levels, almost as many values as
    rows though it is no measured number, or an end ten interquartile ranges beyond a quartile.
    """
    # on threads, so that the bar moves and a click stops it while one long column is counted
    rows = list(run_all(lambda column: _row(data, column), data.columns,
                        progress=named(progress, "columns")))  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(Profile.columns))
    return Profile(frame=frame, summary=_summary(data, frame), notes=_notes(frame))


def _row(data: Dataset, column: str) -> dict[str, Any]:
    values = data.frame[column]
    missing = int(values.isna().sum())
    row: dict[str, Any] = {
        "column": column, "kind": data.kinds[column], "role": data.roles[column],
        "rows": len(values), "missing": missing, "missing_share": missing / len(values),
        "infinite": 0, "zero_share": np.nan, "low": np.nan, "lower_quartile": np.nan,
        "median": np.nan, "upper_quartile": np.nan, "high": np.nan, "first_date": "",
        "last_date": "",
    }  # fmt: skip
    how = measured(data, column)
    row |= _of_levels(values) if how == "level" else _of_numbers(values, is_date=how == "date")
    row["top_share"] = row["top_rows"] / len(values)
    return row | {"remark": _remark(row, how)}


def _of_levels(values: pd.Series) -> dict[str, Any]:
    counts = values.value_counts(sort=False)
    most = int(counts.to_numpy().argmax()) if len(counts) else -1
    times = int(counts.iloc[most]) if most >= 0 else 0
    return {
        "distinct": int((counts > 0).sum()),
        "top": str(counts.index[most]) if times else "",
        "top_rows": times,
    }


def _of_numbers(values: pd.Series, *, is_date: bool) -> dict[str, Any]:
    """Once in order, a column tells all of it at a glance."""
    ordered = _in_order(values, is_date=is_date)
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    lengths = np.diff(starts, append=len(ordered))
    finite = ordered[np.searchsorted(ordered, -np.inf, "right") : np.searchsorted(ordered, np.inf)]
    counted = {"distinct": len(starts), "infinite": len(ordered) - len(finite), "top": "",
               "top_rows": 0}  # fmt: skip
    if len(ordered):
        most = int(lengths.argmax())
        top = ordered[starts[most]]
        counted |= {"top": day(top) if is_date else str(top), "top_rows": int(lengths[most])}
    if not len(finite):
        return counted
    if is_date:
        return counted | {"first_date": day(finite[0]), "last_date": day(finite[-1])}
    names = ("low", "lower_quartile", "median", "upper_quartile", "high")
    zeros = int(np.searchsorted(ordered, 0, "right") - np.searchsorted(ordered, 0))
    cuts = zip(names, quantiles(finite, [0, 0.25, 0.5, 0.75, 1]), strict=True)
    return {**counted, "zero_share": zeros / len(ordered), **dict(cuts)}


def _in_order(values: pd.Series, *, is_date: bool) -> np.ndarray:
    """The values that are there, sorted; whole numbers stay whole, since floats would merge long
    ones."""
    is_whole = pd.api.types.is_integer_dtype(values.dtype) and not is_date
    held = values.dropna().to_numpy() if is_whole else numbers(values)
    return np.sort(held if is_whole else held[~np.isnan(held)])


def _remark(row: dict[str, Any], how: str) -> str:
    present = row["rows"] - row["missing"]
    if not present:
        return "no values"
    odd = []
    if row["distinct"] == 1:
        odd.append("one value only")
    elif row["top_rows"] >= NEARLY_ALL * present:
        odd.append(f"nearly constant: {row['top']}")
    if row["missing_share"] > MOSTLY:
        odd.append(f"{row['missing_share']:.0%} missing")
    if row["infinite"]:
        odd.append(f"{row['infinite']:,} infinite")
    if how == "level" and present > 20 and row["distinct"] > 0.95 * present:
        odd.append("nearly every value differs")
    elif how == "level" and row["distinct"] > MOST_LEVELS:
        odd.append(f"{row['distinct']:,} levels")
    if row["kind"] == "number" and _has_heavy_tail(row):
        odd.append(f"heavy tail: {number(row['low'])} to {number(row['high'])}")
    return "; ".join(odd)


def _has_heavy_tail(row: dict[str, Any]) -> bool:
    range_of_half = row["upper_quartile"] - row["lower_quartile"]
    beyond = max(row["high"] - row["upper_quartile"], row["lower_quartile"] - row["low"])
    return bool(range_of_half > 0 and beyond > HEAVY_TAIL * range_of_half)


def _summary(data: Dataset, frame: pd.DataFrame) -> str:
    cells = int(frame["missing"].sum())
    odd = int((frame["remark"] != "").sum())
    return (
        f"The table has {len(data):,} rows and {len(frame):,} columns; "
        f"{cells / (len(data) * len(frame)):.1%} of its values are missing, and "
        f"{odd:,} {'column is' if odd == 1 else 'columns are'} odd in a way that is named."
    )


def _notes(frame: pd.DataFrame) -> tuple[str, ...]:
    notes = ["Counted over all rows; nothing is sampled."]
    infinite = int(frame["infinite"].sum())
    if infinite:
        notes.append(f"{infinite:,} infinite values are counted apart and are in no quartile.")
    if len(frame) > MOST_DRAWN:
        notes.append(
            f"The picture shows the first {MOST_DRAWN} of {len(frame):,} columns; the table all."
        )
    return tuple(notes)
