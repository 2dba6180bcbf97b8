"""Which columns go together?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Annotated, Any, ClassVar, Literal, cast

import numpy as np
import pandas as pd

from ..dataset import Dataset
from ..errors import NotApplicable
from ..figures import LIGHT_GREY, escape, new_figure
from ..methods import method
from ..progress import Progress, silent
from ..result import Result
from ._measures import correlation_ratio, cramers_v, dense, mid_ranks, pearson, spearman
from ._values import Codes, Floats, levels, measured
from ._values import numbers as as_numbers

Correlation = Literal["spearman", "pearson"]
#: Columns a matrix has room for.
MOST_COLUMNS = 50
#: From here on a pair is named in the summary as going together.
STRONG = 0.3


@dataclass(frozen=True, kw_only=True)
class Association(Result):
    """One row per pair of columns, both ways round; places are those of the clustered matrix."""

    columns: ClassVar[Mapping[str, str]] = {
        "first": "one column",
        "second": "another column",
        "measure": "spearman or pearson (from −1 to 1), correlation ratio, Cramér's V (0 to 1)",
        "value": "the measure; missing where it cannot be had, as of a column that does not vary",
        "strength": "its size without its sign",
        "rows": "rows that hold both values, over which it was taken",
        "first_place": "place of the first column in the matrix, like ones side by side",
        "second_place": "place of the second column",
    }

    def figure(self) -> Any:
        """The matrix: red and blue for the two signs, grey where there is no measure."""
        order = self.frame.drop_duplicates("first").sort_values("first_place")["first"].tolist()
        size = len(order)
        cells, words = np.full((size, size), np.nan), np.full((size, size), "", dtype=object)
        for row in self.frame.itertuples():
            at = (int(cast(int, row.first_place)), int(cast(int, row.second_place)))
            value = float(cast(float, row.value))
            cells[at] = value
            said = "no measure" if np.isnan(value) else f"{value:.3f}"
            words[at] = (f"{escape(row.first, 30)} and {escape(row.second, 30)}<br>"
                         f"{row.measure}: {said}, {row.rows:,} rows")  # fmt: skip
        figure = new_figure(height=150 + max(24 * size, 200))
        figure.update_layout(plot_bgcolor=LIGHT_GREY)
        figure.add_heatmap(
            z=cells, customdata=words, zmin=-1, zmax=1, xgap=1, ygap=1, hoverongaps=False,
            colorscale=[[0, "#B2182B"], [0.5, "#FFFFFF"], [1, "#0072B2"]],
            hovertemplate="%{customdata}<extra></extra>",
            text=[[f"{v:.2f}" if v == v else "" for v in row] for row in cells],
            texttemplate="%{text}" if size <= 12 else "", textfont={"size": 11},
            colorbar={"thickness": 12, "outlinewidth": 0},
        )  # fmt: skip
        names = [escape(name, 22) for name in order]
        axis = {"tickvals": list(range(size)), "ticktext": names, "showgrid": False,
                "zeroline": False}  # fmt: skip
        figure.update_xaxes(tickangle=-45, **axis)
        figure.update_yaxes(range=[size - 0.5, -0.5], **axis)
        return figure


@dataclass(frozen=True)
class _Measurable:
    """A column ready to be paired: present rows, its number or its level per row."""

    name: str
    is_number: bool
    present: np.ndarray
    values: Floats
    codes: Codes

    @cached_property
    def ranks(self) -> Floats:
        """Mid-ranks of a column without missing values, taken once for all of its pairs."""
        return mid_ranks(self.codes)


@method("Associations", page="profile")
def association(
    data: Dataset,
    /,
    *,
    numbers: Annotated[Correlation, "Between two numbers"] = "spearman",
    progress: Progress = silent,
) -> Association:
    """Which columns go together, with a measure that fits each pair.

    Two numbers: Spearman's (1904) or Pearson's correlation. A number and a category: the
    correlation ratio η (Pearson 1905), the root of the share of the number's variance that lies
    between the levels. Two categories: Cramér's V with the correction of Bergsma (2013, Journal
    of the Korean Statistical Society 42:323). Each is taken over all rows that hold both values.
    Dates are numbers, yes-or-no columns categories; infinite values count as missing. The three
    measures are not on one scale: compare pairs of the same measure. η has no correction and
    grows with the number of levels. Identifiers and free text are left out. Raises
    `NotApplicable` where fewer than two columns are left.
    """
    names = [c for c in data.columns if data.kinds[c] not in ("identifier", "text")]
    if len(names) < 2:
        raise NotApplicable(
            f"The table has {len(names)} columns that are neither identifier nor text.",
            "Two are needed: change a column's kind if it was guessed wrongly.",
        )
    left_out = len(names) - MOST_COLUMNS
    names = names[:MOST_COLUMNS]
    parts = []
    for done, name in enumerate(names):
        progress(0.2 * done / len(names), name)
        parts.append(_measurable(data, name))
    pairs = list(combinations(parts, 2))
    found = []
    for done, (a, b) in enumerate(pairs):
        progress(0.2 + 0.8 * done / len(pairs))
        found.append(_pair(a, b, numbers))
    frame = _both_ways(pd.DataFrame(found), names)
    return Association(
        frame=frame,
        summary=_summary(frame),
        notes=_notes(data, frame, len(names), left_out),
    )


def _measurable(data: Dataset, name: str) -> _Measurable:
    is_number = measured(data, name) != "level"
    if is_number:
        values = as_numbers(data.frame[name])
        values = np.where(np.isfinite(values), values, np.nan)
        codes = dense(values)
    else:
        codes = levels(data.frame[name]).codes
        values = np.empty(0)
    return _Measurable(name, is_number, codes >= 0, values, codes)


def _pair(a: _Measurable, b: _Measurable, how: Correlation) -> dict[str, Any]:
    both = a.present & b.present
    rows = int(both.sum())
    is_whole = rows == len(both)
    if is_whole:
        both = slice(None)  # all rows, without a copy
    if a.is_number and b.is_number:
        measure: str = how
        if how == "pearson":
            value = pearson(a.values[both], b.values[both])
        elif is_whole:
            value = pearson(a.ranks, b.ranks)
        else:  # the ranks are those among the rows that hold both
            value = spearman(a.codes[both], b.codes[both]) if rows >= 3 else np.nan
    elif a.is_number or b.is_number:
        number, level = (a, b) if a.is_number else (b, a)
        measure = "correlation ratio"
        value = correlation_ratio(level.codes[both], number.values[both])
    else:
        measure, value = "Cramér's V", cramers_v(a.codes[both], b.codes[both])
    return {"first": a.name, "second": b.name, "measure": measure, "value": value, "rows": rows}


def _both_ways(half: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    turned = half.rename(columns={"first": "second", "second": "first"})
    frame = pd.concat([half, turned], ignore_index=True)
    frame["strength"] = frame["value"].abs()
    place = {name: at for at, name in enumerate(_clustered(half, names))}
    frame["first_place"] = frame["first"].map(place)
    frame["second_place"] = frame["second"].map(place)
    return frame[list(Association.columns)]


def _clustered(half: pd.DataFrame, names: list[str]) -> list[str]:
    """Like columns side by side: average linkage on one less the strength."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    distance = (
        1 - half["value"].abs().fillna(0.0).to_numpy()
    )  # pairs are in the order linkage takes
    if len(names) < 3:
        return names
    return [names[at] for at in leaves_list(linkage(distance, "average", optimal_ordering=True))]


def _summary(frame: pd.DataFrame) -> str:
    known = frame.dropna(subset="value")
    if known.empty:
        return "No two columns vary together in rows that hold both, so there is no measure."
    best = known.iloc[int(known["strength"].to_numpy().argmax())]
    strong = int((known["strength"] >= STRONG).sum()) // 2
    return (
        f"'{best['first']}' and '{best['second']}' go together most ({best['measure']} "
        f"{best['value']:.2f}); {strong} of {len(frame) // 2} pairs reach {STRONG}."
    )


def _notes(data: Dataset, frame: pd.DataFrame, shown: int, left_out: int) -> tuple[str, ...]:
    notes = [
        "Taken over all rows that hold both values; the three measures are not on one scale.",
        "To go together is not to cause: a third column may move both.",
    ]
    aside = [c for c in data.columns if data.kinds[c] in ("identifier", "text")]
    if aside:
        notes.append(f"{len(aside)} columns that are identifiers or free text are left out.")
    if left_out > 0:
        notes.append(f"The first {shown} columns are compared; {left_out} more are not.")
    none = int(frame["value"].isna().sum()) // 2
    if none:
        notes.append(f"{none} pairs have no measure and are grey: a column does not vary there.")
    return tuple(notes)
