"""Kinds of rows by one column: its levels, or for a number ranges that hold equally many rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.dataset import Dataset
from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.transform import level_names

Mask = NDArray[np.bool_]
#: Into how many ranges a number is cut.
RANGES = 4
#: A group needs this many rows of each arm, or its effect is not given.
FEWEST_IN_ARM = 10
#: More groups than this are not told apart.
MOST_GROUPS = 30


@dataclass(frozen=True)
class RowGroups:
    """The group (n,) of every row, numbered from 0 in the order of `names`, -1 for rows in none;
    `are_ranges` of a number, not levels. `left_out` names the groups that were too small."""

    column: str
    names: tuple[str, ...]
    codes: NDArray[np.intp]
    are_ranges: bool
    left_out: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Mask]:
        """The rows of each group."""
        return iter([self.codes == k for k in range(len(self.names))])

    @property
    def rows(self) -> tuple[int, ...]:
        """How many rows each group holds."""
        return tuple(int(mask.sum()) for mask in self)

    def large_enough(self, *arms: Mask) -> RowGroups:
        """Those that hold enough rows of every arm.

        Raises `NotApplicable` where fewer than two do.
        """
        fewest = [min(int((mask & arm).sum()) for arm in arms) for mask in self]
        kept = [k for k, count in enumerate(fewest) if count >= FEWEST_IN_ARM]
        if len(kept) < 2:
            raise NotApplicable(
                f"Fewer than two groups hold {FEWEST_IN_ARM} rows of each arm.",
                "Choose another column, or fewer groups.",
            )
        place = np.full(len(self.names) + 1, -1, dtype=np.intp)  # the last is for code -1
        place[kept] = np.arange(len(kept))
        names = tuple(self.names[k] for k in kept)
        left = tuple(name for name in self.names if name not in names)
        return RowGroups(self.column, names, place[self.codes], self.are_ranges, left)

    @property
    def notes(self) -> tuple[str, ...]:
        """Which groups were too small, in words."""
        if not self.left_out:
            return ()
        why = f"Not given, because they hold fewer than {FEWEST_IN_ARM} rows of one arm"
        return (f"{why}: {', '.join(self.left_out)}.",)


def _edges(edges: list[float]) -> list[str]:
    """Edges in words, with as many digits as tell them apart."""
    for significant in (4, 6, 8, 10, 12):
        said = [number(edge, significant) for edge in edges]
        if len(set(said)) == len(edges):
            return said
    return [repr(edge) for edge in edges]


def row_groups(
    data: Dataset, column: str, rows: NDArray[np.intp], ranges: int = RANGES
) -> RowGroups:
    """The groups of some rows, none of which misses the column. A number that takes no more values
    than there would be `ranges` is grouped by them.

    Raises `NotApplicable` where there are too many levels.
    """
    values = data.frame[column].iloc[rows]
    is_number = pd.api.types.is_numeric_dtype(values) and data.kinds[column] != "category"
    if is_number and not pd.api.types.is_bool_dtype(values) and values.nunique() > ranges:
        cut = pd.qcut(values.astype(float), ranges, duplicates="drop")
        edges = _edges([float(i.right) for i in cut.cat.categories])
        names = [f"{column}: {low} to {high}" for low, high in pairwise(edges)]
        # The first interval of pandas starts a little below the least value.
        names.insert(0, f"{column}: up to {edges[0]}")
        return RowGroups(column, tuple(names), cut.cat.codes.to_numpy().astype(np.intp), True)
    texts = level_names(values)
    levels = sorted(set(texts))
    if is_number:
        levels = [str(k) for k in dict.fromkeys(texts.iloc[np.argsort(values.to_numpy())])]
    if len(levels) > MOST_GROUPS:
        raise NotApplicable(
            f"'{column}' has {len(levels)} levels, too many to tell their effects apart.",
            f"Group them into at most {MOST_GROUPS}.",
        )
    codes = pd.Categorical(texts, categories=levels).codes.astype(np.intp)
    return RowGroups(column, tuple(f"{column} = {level}" for level in levels), codes, False)
