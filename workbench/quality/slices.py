"""Every slice of rows by one or two columns, its mean loss beside that of all other rows.

Whether a row is in a condition is a matrix of 0 and 1; the rows, the sums and the sums of squares
of all slices by two conditions are three products of it with itself, added up over row blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..dates import date_name, days_of
from ..figures import number
from ..groups import equal_groups
from ..metrics import Floats
from ..progress import Progress

#: Numbers are cut into so many parts of about equal size; of names so many are looked at.
PARTS, MOST_LEVELS = 4, 20
#: A slice by two columns is told only where its difference is larger than that of either alone by
#: this factor.
WORSE_TOGETHER = 1.1
#: A wider slice is not told where a slice within it carries this share of its excess.
SAME_EXCESS = 0.75
ROWS_AT_A_TIME = 20_000


@dataclass(frozen=True)
class Conditions:
    """Conditions on single columns: in words, of which column (its number), and which rows hold
    them, (n, conditions)."""

    words: tuple[str, ...]
    column: NDArray[np.intp]
    holds: NDArray[np.bool_]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Searched:
    """The slices with enough rows, one entry each: the one or two conditions (the second −1 where
    there is one), rows, mean loss inside and outside, and the standard error of the difference:
    Welch's, or that of losses that vary alike everywhere if it is larger; with Welch's degrees of
    freedom."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    rows: NDArray[np.intp]
    inside: Floats
    outside: Floats
    std_error: Floats
    freedom: Floats

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def difference(self) -> Floats:
        """Mean loss inside less that outside."""
        return self.inside - self.outside

    def corrected(self) -> Floats:
        """The chance of such a difference or a larger one, of any of the slices, were none worse:
        Welch's one-sided t with Holm's correction (Scandinavian Journal of Statistics 6, 1979)."""
        from scipy.stats import t

        if not len(self):
            return np.empty(0)
        single = t.sf(self.difference / self.std_error, self.freedom)
        order = np.argsort(single, kind="stable")
        steps = single[order] * (len(single) - np.arange(len(single)))
        holm = np.empty(len(single))
        holm[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
        return holm

    def at_least(self) -> Floats:
        """By how much each slice is worse at the least: all of these limits hold at once in 95 of
        100 tables (one-sided, Bonferroni). There is no upper limit: of losses with a long right
        tail the few rows of a slice do not show how large the mean may be."""
        from scipy.stats import t

        limit: Floats = t.ppf(1 - 0.05 / max(len(self), 1), self.freedom) * self.std_error
        return self.difference - limit


def conditions(frame: pd.DataFrame, kinds: dict[str, str]) -> Conditions:
    """The conditions on the columns of a table: levels, quarters of numbers, missing."""
    words: list[str] = []
    column: list[int] = []
    holds: list[NDArray[np.bool_]] = []
    left_out: list[str] = []
    for place, name in enumerate(frame.columns):
        values = frame[name]
        missing = values.isna().to_numpy()
        found = quarters(name, values, kinds[name]) or _levels(name, values, missing, left_out)
        found.append((f"{name} is missing", missing))
        for said, rows in found:
            if 0 < rows.sum() < len(frame):
                words.append(said)
                column.append(place)
                holds.append(rows)
    matrix = np.column_stack(holds) if holds else np.zeros((len(frame), 0), dtype=bool)
    return Conditions(
        tuple(words), np.array(column, dtype=np.intp), matrix, tuple(left_out)
    )  # fmt: skip


def search(
    found: Conditions, loss: Floats, fewest: int, progress: Progress, *, pairs: bool = True
) -> Searched:
    """All slices by one condition, and with `pairs` by two of different columns, that hold
    `fewest` rows or more inside and outside."""
    count, total, squares = _products(found.holds, loss, progress, pairs)
    k = len(found.words)
    first, second = np.triu_indices(k)
    differ = (first == second) | (found.column[first] != found.column[second])
    wanted = differ if pairs else first == second
    first, second = first[wanted], second[wanted]
    rows = np.rint(count[first, second]).astype(np.intp)
    enough = (rows >= fewest) & (len(loss) - rows >= fewest)
    first, second, rows = first[enough], second[enough], rows[enough]
    inside, spread = _moments(rows, total[first, second], squares[first, second])
    outside, spread_out = _moments(
        len(loss) - rows, loss.sum() - total[first, second],
        (loss**2).sum() - squares[first, second],
    )  # fmt: skip
    a, b = spread / rows, spread_out / (len(loss) - rows)
    # a few rows that happen to agree, as all of them wrong, do not make a slice certain: its error
    # is at least that of a slice whose losses vary as those of all rows do
    alike = float(loss.var(ddof=1)) * (1 / rows + 1 / (len(loss) - rows))
    known = a + b > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = (a + b) ** 2 / (a**2 / (rows - 1) + b**2 / (len(loss) - rows - 1))
    return Searched(
        first[known], np.where(first == second, -1, second)[known], rows[known], inside[known],
        outside[known], np.sqrt(np.maximum(a + b, alike))[known], freedom[known],
    )  # fmt: skip


def told(found: Searched) -> NDArray[np.bool_]:
    """Which slices to tell: by two conditions only where that is worse than by either alone, and by
    one only where no slice within it carries most of its excess."""
    at = {
        (int(f), int(s)): i for i, (f, s) in enumerate(zip(found.first, found.second, strict=True))
    }
    excess = found.difference * found.rows
    kept = np.ones(len(found), dtype=bool)
    for (f, s), i in at.items():
        if s < 0:
            continue
        wider = [at[c, -1] for c in (f, s) if (c, -1) in at]
        most = max((found.difference[w] for w in wider), default=0.0)
        kept[i] = found.difference[i] > WORSE_TOGETHER * max(most, 0.0)
        if kept[i]:
            for w in wider:
                kept[w] &= excess[i] < SAME_EXCESS * excess[w]
    return kept


def in_words(found: Conditions, first: int, second: int) -> str:
    """A slice as a person says it."""
    return found.words[first] if second < 0 else f"{found.words[first]} and {found.words[second]}"


def _products(
    holds: NDArray[np.bool_], loss: Floats, progress: Progress, pairs: bool
) -> tuple[Floats, Floats, Floats]:
    k = holds.shape[1]
    count, total, squares = (np.zeros((k, k)) for _ in range(3))
    for start in range(0, len(loss), ROWS_AT_A_TIME):
        progress(start / len(loss), "Comparing slices")
        part = holds[start : start + ROWS_AT_A_TIME].astype(float)
        lost = loss[start : start + ROWS_AT_A_TIME, None]
        if pairs:
            count += part.T @ part
            total += part.T @ (part * lost)
            squares += part.T @ (part * lost**2)
        else:
            count += np.diag(part.sum(axis=0))
            total += np.diag((part * lost).sum(axis=0))
            squares += np.diag((part * lost**2).sum(axis=0))
    return count, total, squares


def _moments(rows: NDArray[np.intp], total: Floats, squares: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of each slice."""
    mean = total / rows
    return mean, np.maximum(squares - rows * mean**2, 0.0) / (rows - 1)


def quarters(name: str, values: pd.Series, kind: str) -> list[tuple[str, NDArray[np.bool_]]]:
    """A number or a date cut into parts of about equal size: in words, and its rows; nothing for
    other kinds."""
    said: Callable[[float], str] = number
    if kind == "date":
        numbers, said = days_of(values), date_name
    elif kind == "number" and pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        return []
    known = np.isfinite(numbers)
    if not known.any():
        return []
    group = np.full(len(values), -1, dtype=np.intp)
    group[known] = equal_groups(numbers[known], PARTS)
    made = []
    for part in range(int(group.max()) + 1):
        rows = group == part
        low, high = said(float(numbers[rows].min())), said(float(numbers[rows].max()))
        made.append((f"{name} = {low}" if low == high else f"{name} from {low} to {high}", rows))
    return made


def _levels(
    name: str, values: pd.Series, missing: NDArray[np.bool_], left_out: list[str]
) -> list[tuple[str, NDArray[np.bool_]]]:
    text = values.astype(str).to_numpy(dtype=object)
    counts = pd.Series(text[~missing]).value_counts()
    if len(counts) > MOST_LEVELS:
        left_out.append(name)
    return [
        (f"{name} = {level}", (text == level) & ~missing) for level in counts.index[:MOST_LEVELS]
    ]
