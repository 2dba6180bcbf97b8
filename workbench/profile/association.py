"""Which columns go together?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any, ClassVar, Literal, cast

import numpy as np
import pandas as pd

from ..blocks import run_all
from ..correlation import Codes, Floats, dense, mid_ranks, product, unit
from ..dataset import Dataset
from ..errors import NotApplicable
from ..figures import LIGHT_GREY, escape, new_figure, number
from ..methods import method
from ..progress import Progress, part, silent
from ..reading.room import require_room
from ..result import Result
from ._measures import correlation_ratio, cramers_v
from ._values import levels, measured
from ._values import numbers as as_numbers

Correlation = Literal["spearman", "pearson"]
#: Columns a matrix has room for.
MOST_COLUMNS = 50
#: What a column takes while it is paired: its values, codes, ranks and both brought to length one.
BYTES_PER_CELL = 40
#: A measure within a sentence.
_SPOKEN = {"spearman": "Spearman's correlation", "pearson": "Pearson's correlation",
           "correlation ratio": "correlation ratio", "Cramér's V": "Cramér's V"}  # fmt: skip
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
            said = "no measure" if np.isnan(value) else number(value, 3)
            words[at] = (f"{escape(row.first, 30)} and {escape(row.second, 30)}<br>"
                         f"{row.measure}: {said}, {row.rows:,} rows")  # fmt: skip
        figure = new_figure(height=150 + max(24 * size, 200))
        for place, name in enumerate(order):
            words[place, place] = escape(name, 30)
        # a colour of its own: what has no measure is no zero
        figure.add_heatmap(
            z=np.where(np.isnan(cells), 1.0, np.nan), customdata=words, xgap=1, ygap=1,
            hoverongaps=False, showscale=False, colorscale=[[0, LIGHT_GREY], [1, LIGHT_GREY]],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
        figure.add_heatmap(
            z=cells, customdata=words, zmin=-1, zmax=1, xgap=1, ygap=1, hoverongaps=False,
            colorscale=[[0, "#B2182B"], [0.5, "#FFFFFF"], [1, "#0072B2"]],
            hovertemplate="%{customdata}<extra></extra>",
            text=[["" if v != v else f"{v + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−")
                   for v in row] for row in cells],
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
    """A column ready to be paired.

    `codes` are the levels, or the ranks of numbers; `values` the numbers, NaN where there is none.
    `unit` and `ranks` are those of all its present rows, taken once for all pairs with columns
    that miss nothing there.
    """

    name: str
    is_number: bool
    present: np.ndarray
    is_whole: bool
    codes: Codes
    values: Floats
    unit: Floats | None = None
    ranks: Floats | None = None


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
    require_room(BYTES_PER_CELL * len(data) * len(names), f"The association of {data.name}")
    parts = list(
        run_all(lambda name: _measurable(data, name, numbers), names,
                progress=part(progress, 0, 0.4, "columns"))
    )  # fmt: skip
    found = run_all(lambda pair: _pair(*pair, numbers), list(combinations(parts, 2)),
                    progress=part(progress, 0.4, 1, "pairs of columns"))  # fmt: skip
    frame = _both_ways(pd.DataFrame(list(found)), names)
    return Association(
        frame=frame,
        summary=_summary(frame),
        notes=_notes(data, frame, len(names), left_out),
    )


def _measurable(data: Dataset, name: str, how: Correlation) -> _Measurable:
    if measured(data, name) == "level":
        codes = levels(data.frame[name]).codes
        present = codes >= 0
        return _Measurable(name, False, present, bool(present.all()), codes, np.empty(0))
    values = as_numbers(data.frame[name])
    present = np.isfinite(values)
    is_whole = bool(present.all())
    if not is_whole:
        values = np.where(present, values, np.nan)
    held = values if is_whole else values[present]
    codes, ranks = np.empty(0, dtype=np.int64), None
    if how == "spearman":
        codes = dense(values)
        ranks = unit(mid_ranks(codes if is_whole else codes[present])) if len(held) else None
    return _Measurable(name, True, present, is_whole, codes, values, unit(held), ranks)


def _pair(a: _Measurable, b: _Measurable, how: Correlation) -> dict[str, Any]:
    rows = a.present & b.present
    count = int(rows.sum())
    said = {"first": a.name, "second": b.name, "rows": count, "value": np.nan}
    if a.is_number and b.is_number:
        take = _ranks if how == "spearman" else _numbers
        measure: str = how
        value = product(take(a, b, rows), take(b, a, rows))
    elif a.is_number or b.is_number:
        number, level = (a, b) if a.is_number else (b, a)
        measure = "correlation ratio"
        value = correlation_ratio(_codes(level, number, rows), _numbers(number, level, rows))
    else:
        measure, value = "Cramér's V", cramers_v(_codes(a, b, rows), _codes(b, a, rows))
    return {**said, "measure": measure, "value": value}


def _numbers(column: _Measurable, other: _Measurable, rows: np.ndarray) -> Floats | None:
    """The numbers in these rows, which are all of its own where the other column is whole."""
    return column.unit if other.is_whole else unit(column.values[rows])


def _ranks(column: _Measurable, other: _Measurable, rows: np.ndarray) -> Floats | None:
    """The same as ranks, which are those among these rows."""
    if other.is_whole:
        return column.ranks
    held = column.codes[rows]
    return unit(mid_ranks(held)) if len(held) else None


def _codes(column: _Measurable, other: _Measurable, rows: np.ndarray) -> Codes:
    """The levels in these rows."""
    return column.codes if column.is_whole and other.is_whole else column.codes[rows]


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
        f"'{best['first']}' and '{best['second']}' go together most ({_SPOKEN[best['measure']]} "
        f"{number(best['value'], 2)}); {strong} of {len(frame) // 2} pairs reach {STRONG}."
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
