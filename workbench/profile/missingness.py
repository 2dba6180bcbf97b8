"""Where are values missing, where together, and does it tell the target?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ..correlation import Floats
from ..dataset import Dataset
from ..figures import BLUE, GREY, LIGHT_GREY, escape, new_figure, number
from ..methods import method
from ..progress import Progress, silent
from ..result import Result
from ._values import levels, measured, numbers

#: Patterns and columns that a table and a picture have room for.
MOST_PATTERNS, MOST_DRAWN, MOST_JOINED = 20, 40, 40
#: Squares of numbers beyond this, summed over any table, may be no number.
LARGEST_SQUARED = 1e140
#: Below so many rows on a side nothing is said of the target.
FEWEST_ROWS = 20
#: The 97.5 % point of the normal distribution.
Z = 1.959963984540054


@dataclass(frozen=True, kw_only=True)
class Missingness(Result):
    """Columns with missing values, and the sets of columns that are missing in the same rows."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": "column, or pattern: a set of columns missing in the same rows",
        "name": "the column; or those of the pattern, joined by ' + ' (the first 40 of more)",
        "pattern": "the number of the pattern, the most frequent first; -1 for a column",
        "column": "the column (a pattern has one row for each of its columns)",
        "rows": "rows in which the column, or exactly this set of columns, is missing",
        "share": "the same as a share of all rows",
        "target": "what is compared of the target: its mean, or the share of a class",
        "target_if_missing": "that of the rows in which the column is missing",
        "target_if_present": "that of the other rows",
        "difference": "the first less the second",
        "conf_low": "lower end of the 95 % interval of the difference",
        "conf_high": "upper end",
    }

    def figure(self) -> Any:
        """Above a bar per column with missing values, below which of them are missing together."""
        single = self.frame[self.frame["part"] == "column"]
        drawn = single[single["rows"] > 0].sort_values("rows", ascending=False, kind="stable")
        drawn = drawn.head(MOST_DRAWN)
        patterns = self.frame[self.frame["part"] == "pattern"]
        patterns = patterns[patterns["pattern"] >= 0]
        many = patterns["pattern"].nunique()
        figure = new_figure(height=max(260 + 24 * many, 320), y="share missing", showlegend=False)
        places = {name: at for at, name in enumerate(drawn["column"])}
        figure.add_bar(x=list(places.values()), y=drawn["share"], marker={"color": GREY},
                       customdata=drawn[["rows"]],
                       hovertemplate="%{customdata[0]:,} rows (%{y:.1%})"
                       "<extra></extra>")  # fmt: skip
        if not places:
            figure.add_annotation(text="no value is missing", showarrow=False, x=0.5, y=0.5,
                                  xref="paper", yref="paper", font={"size": 15})  # fmt: skip
        _draw_patterns(figure, patterns, places, many)
        figure.update_yaxes(rangemode="tozero", tickformat=".0%")
        figure.update_xaxes(tickvals=list(places.values()), showgrid=False, zeroline=False,
                            ticktext=[escape(name, 22) for name in places],
                            range=[-0.6, max(len(places), 1) - 0.4])  # fmt: skip
        return figure


def _draw_patterns(figure: Any, patterns: pd.DataFrame, places: dict[str, int], many: int) -> None:
    shown = patterns[patterns["column"].isin(list(places))]
    if shown.empty:
        return
    every = [(at, p) for at in places.values() for p in range(many)]
    for x, y, colour in (([a for a, _ in every], [p for _, p in every], LIGHT_GREY),
                         (shown["column"].map(places), shown["pattern"], BLUE)):  # fmt: skip
        figure.add_scatter(x=x, y=y, yaxis="y2", mode="markers", hoverinfo="skip",
                           marker={"size": 9, "color": colour})  # fmt: skip
    labels = shown.drop_duplicates("pattern")
    top = 0.42 if many < 6 else 0.6
    figure.update_layout(
        yaxis={"domain": [top + 0.04, 1]}, xaxis={"anchor": "y2"},
        yaxis2={"domain": [0, top], "range": [many - 0.4, -0.6], "showgrid": False,
                "tickvals": labels["pattern"], "automargin": True, "zeroline": False,
                "ticktext": [f"{rows:,} rows" for rows in labels["rows"]]},
    )  # fmt: skip


@method("Missing values", page="profile")
def missingness(data: Dataset, /, *, progress: Progress = silent) -> Missingness:
    """Where values are missing, in which columns together, and whether it tells the target.

    Counted over all rows. The 20 most frequent patterns are listed. With a target, its mean (of a
    class: its share) where a column is missing is compared with the other rows; the interval of
    the difference is Welch's with the normal quantile, for shares that of Agresti & Caffo (2000,
    The American Statistician 54:280). It takes rows as independent, and one interval in twenty
    leaves out a difference of zero by chance alone. Rows without a target are left out of it.
    """
    target = _target(data)
    incomplete: dict[str, np.ndarray] = {}
    rows = []
    for done, column in enumerate(data.columns):
        progress(0.6 * done / len(data.columns), column)
        missing = data.frame[column].isna().to_numpy()
        if missing.any():
            incomplete[column] = missing
        told = _told(missing, target) if column != data.target else _nothing(target)
        rows.append({"part": "column", "name": column, "pattern": -1, "column": column,
                     "rows": int(missing.sum()), "share": float(missing.mean()),
                     **told})  # fmt: skip
    found, left = _patterns(incomplete, len(data), target, progress)
    frame = pd.DataFrame([*rows, *found], columns=list(Missingness.columns))
    return Missingness(
        frame=frame, summary=_summary(data, frame, incomplete), notes=_notes(frame, target, left)
    )


@dataclass(frozen=True)
class _Target:
    """The target as a number per row, in units of `scale`, so that no square of it overflows."""

    says: str
    values: Floats
    is_share: bool
    scale: float = 1.0


def _target(data: Dataset) -> _Target | None:
    """The target as a number per row, NaN where there is none."""
    if data.target is None:
        return None
    values = data.frame[data.target]
    if measured(data, data.target) == "number" and values.nunique() > 2:
        given = numbers(values)
        given = np.where(np.isfinite(given), given, np.nan)
        largest = float(np.nanmax(np.abs(given), initial=0.0))
        scale = largest if largest > LARGEST_SQUARED else 1.0
        return _Target(f"mean of {data.target}", given / scale, False, scale)
    if measured(data, data.target) == "date":
        return None
    found = levels(values)
    if not len(found):
        return None
    # of two classes the later in the alphabet, which is 1 of 0/1 and yes of no/yes
    counts = np.bincount(found.codes[found.codes >= 0])
    code = max((0, 1), key=found.name) if len(found) == 2 else int(counts.argmax())
    share = np.where(found.codes < 0, np.nan, (found.codes == code).astype(float))
    return _Target(f"share of {data.target} = {found.name(code)}", share, True)


def _nothing(target: _Target | None) -> dict[str, Any]:
    names = ("target_if_missing", "target_if_present", "difference", "conf_low", "conf_high")
    return {"target": target.says if target else "", **dict.fromkeys(names, np.nan)}


def _told(missing: np.ndarray, target: _Target | None) -> dict[str, Any]:
    told = _nothing(target)
    if target is None or not missing.any():
        return told
    known = ~np.isnan(target.values)
    here, there = target.values[missing & known], target.values[~missing & known]
    if min(len(here), len(there)) < FEWEST_ROWS:
        return told
    difference = float(here.mean() - there.mean())
    centre, error = difference, _welch(here, there)
    if target.is_share:
        centre, error = _agresti_caffo(here, there)
    found = {"target_if_missing": float(here.mean()), "target_if_present": float(there.mean()),
             "difference": difference, "conf_low": centre - Z * error,
             "conf_high": centre + Z * error}  # fmt: skip
    return told | {name: value * target.scale for name, value in found.items()}


def _welch(here: Floats, there: Floats) -> float:
    return float(np.sqrt(here.var(ddof=1) / len(here) + there.var(ddof=1) / len(there)))


def _agresti_caffo(here: Floats, there: Floats) -> tuple[float, float]:
    """One success and one failure more on each side, then as if by the normal distribution."""
    (p, n), (q, m) = (((x.sum() + 1) / (len(x) + 2), len(x) + 2) for x in (here, there))
    return float(p - q), float(np.sqrt(p * (1 - p) / n + q * (1 - q) / m))


def _patterns(
    incomplete: dict[str, np.ndarray], rows: int, target: _Target | None, progress: Progress
) -> tuple[list[dict[str, Any]], int]:
    """The most frequent patterns, a row for each of their columns, and how many are left out."""
    if not incomplete:
        return [], 0
    codes = np.zeros(rows, dtype=np.int64)
    for done, missing in enumerate(incomplete.values()):
        progress(0.6 + 0.4 * done / len(incomplete))
        # numbered anew at each column: no number of columns is too many for the code
        codes = pd.factorize(codes * 2 + missing)[0]
    first = pd.Series(codes).drop_duplicates().index.to_numpy()
    counts = np.bincount(codes)
    patterns = []
    for code in np.argsort(-counts, kind="stable"):
        names = [column for column, missing in incomplete.items() if missing[first[code]]]
        if names:
            patterns.append((names, int(counts[code])))
    found = [
        {"part": "pattern", "name": _joined(names), "pattern": at, "column": column,
         "rows": times, "share": times / rows, **_nothing(target)}
        for at, (names, times) in enumerate(patterns[:MOST_PATTERNS])
        for column in names
    ]  # fmt: skip
    return found, len(patterns) - min(len(patterns), MOST_PATTERNS)


def _joined(names: list[str]) -> str:
    """The columns of a pattern; of very many the first, since each of them repeats the name."""
    more = len(names) - MOST_JOINED
    return " + ".join(names[:MOST_JOINED]) + (f" + {more:,} more" if more > 0 else "")


def _summary(data: Dataset, frame: pd.DataFrame, incomplete: dict[str, np.ndarray]) -> str:
    if not incomplete:
        return f"No value is missing in {len(data):,} rows and {len(data.columns)} columns."
    some = np.logical_or.reduce(list(incomplete.values()))
    single = frame[frame["part"] == "column"]
    worst = single.iloc[int(single["rows"].to_numpy().argmax())]
    return (
        f"{len(incomplete)} of {len(data.columns)} columns have missing values, in "
        f"{some.sum():,} of {len(data):,} rows ({some.mean():.1%}); most of all "
        f"'{worst['column']}' ({worst['share']:.1%})."
    )


def _notes(frame: pd.DataFrame, target: _Target | None, left: int) -> tuple[str, ...]:
    notes = ["Counted over all rows."]
    if left:
        notes.append(f"{left:,} rarer patterns are not listed.")
    with_some = frame[(frame["part"] == "column") & (frame["rows"] > 0)]
    if len(with_some) > MOST_DRAWN:
        notes.append(f"The picture shows the {MOST_DRAWN} columns with most missing values.")
    if target is None:
        return tuple(notes)
    telling = with_some[(with_some["conf_low"] > 0) | (with_some["conf_high"] < 0)]
    for _, row in telling.sort_values("difference", key=abs, ascending=False).head(3).iterrows():
        here, there, low, high = (
            number(float(row[name]))
            for name in ("target_if_missing", "target_if_present", "conf_low", "conf_high")
        )
        notes.append(
            f"Where '{row['column']}' is missing the {target.says} is {here}, elsewhere {there} "
            f"(95 % interval of the difference {low} to {high})."
        )
    return tuple(notes)
