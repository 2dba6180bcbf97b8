"""Local effects of the sum of the trees, whose accumulation is the ALE (Apley & Zhu 2020).

A bin's local effect is what the sum changes by when a column moves from the bin's lower edge to
its upper one, added up over the rows in the bin; a cell's is the second difference at its four
corners. They are counted, not predicted. Accumulating and centring is the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import fold
from workbench.progress import Progress, silent

from .ensemble import TreeEnsemble
from .nodes import Ints
from .paths import Places, paths_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LocalEffects:
    """Per column and bin: the sum of the local effects of its rows, and how many these are."""

    sums: tuple[Floats, ...]
    counts: tuple[Places, ...]


@dataclass(frozen=True, eq=False)
class CellEffects:
    """The sum of the second differences of each cell (bins, bins) over its rows; their number."""

    sums: Floats
    counts: Places


def local_effects(
    ensemble: TreeEnsemble,
    codes: Any,
    edges: Sequence[Any],
    bins: Any,
    progress: Progress = silent,
) -> LocalEffects:
    """The local effects of all bins of all columns, over all rows. One output.

    `edges[f]` are the codes of column f's edges, never falling (empty for a column that is not
    asked about); `bins` (columns, rows) is each row's bin, from 0, or -1 for a row that is in none.
    Cost: about a prediction.
    """
    layout = _Layout.of(ensemble, tuple(range(ensemble.features)), edges, bins)
    paths = paths_of(ensemble)
    place = np.zeros((len(ensemble.nodes.left), 2), dtype=np.int64)
    place[paths.leaf, 0], place[paths.leaf, 1] = paths.slot_start[:-1], paths.slot_start[1:]
    found = _summed(ensemble, codes, layout, place, None, progress)
    rows = np.bincount(layout.of_row[layout.of_row >= 0], minlength=layout.bins)
    cuts = layout.start[1:-1]
    return LocalEffects(tuple(np.split(found, cuts)), tuple(np.split(rows, cuts)))


def cell_effects(
    ensemble: TreeEnsemble,
    codes: Any,
    features: tuple[int, int],
    edges: tuple[Any, Any],
    bins: Any,
    progress: Progress = silent,
) -> CellEffects:
    """The second differences of all cells of two columns, over the rows that are in a cell.

    `edges` and `bins` (2, rows) as in `local_effects`, for the two columns. Cost: half a
    prediction.
    """
    if features[0] == features[1]:
        raise ValueError(f"Cells are of two columns; both are column {features[0]}.")
    layout = _Layout.of(ensemble, features, edges, bins)
    paths = paths_of(ensemble)
    place = np.full((len(ensemble.nodes.left), 2), -1, dtype=np.int64)
    leaf_of_slot = np.repeat(paths.leaf, np.diff(paths.slot_start))
    for side, f in enumerate(features):
        own = np.flatnonzero(paths.feature == f)
        place[leaf_of_slot[own], side] = own
    shape = tuple(np.diff(layout.start))
    found = _summed(ensemble, codes, layout, place, features, progress)
    inside = layout.of_row[:, (layout.of_row >= 0).all(axis=0)]
    cell = inside[0] * shape[1] + inside[1] - layout.start[1]
    rows = np.bincount(cell, minlength=shape[0] * shape[1])
    return CellEffects(found.reshape(shape), rows.reshape(shape))


@dataclass(frozen=True, eq=False)
class _Layout:
    """The bins of the columns asked about in a row, column i's from `start[i]` on.

    `ends`, `of_row` and `column` (of each slot) are what `kernels.ale.Bins` needs.
    """

    start: Places
    ends: Ints
    of_row: Ints
    column: Ints

    @classmethod
    def of(
        cls, ensemble: TreeEnsemble, features: tuple[int, ...], edges: Sequence[Any], bins: Any
    ) -> _Layout:
        paths = paths_of(ensemble)
        slot_of_interval = np.repeat(np.arange(paths.slots), np.diff(paths.interval_start))
        feature = paths.feature[slot_of_interval]
        given = np.asarray(bins)
        start = np.zeros(len(features) + 1, dtype=np.int64)
        ends = np.full((len(feature), 2), -1, dtype=np.int32)
        of_row = np.full((len(features), given.shape[1]), -1, dtype=np.int32)
        column = np.zeros(ensemble.features, dtype=np.int32)
        for i, (f, cuts) in enumerate(zip(features, edges, strict=True)):
            own = np.asarray(cuts, dtype=np.int64)
            size = max(0, len(own) - 1)
            if (np.diff(own) < 0).any() or given[i].max(initial=-1) >= size:
                raise ValueError(f"Column {f}: its edges fall, or a row is beyond the last.")
            here = np.flatnonzero(feature == f)
            for side, borders in enumerate((paths.low[here], paths.high[here])):
                ends[here, side] = _bin_of(own, borders, int(start[i]))
            of_row[i] = np.where(given[i] >= 0, given[i] + start[i], -1)
            start[i + 1] = start[i] + size
            column[f] = i
        ends[ends[:, 0] == ends[:, 1]] = -1
        return cls(start, ends, of_row, column[paths.feature])

    @property
    def bins(self) -> int:
        return int(self.start[-1])


def _bin_of(edges: Places, borders: Ints, first: int) -> Places:
    """The bin whose two edges lie on different sides of each border, or -1.

    A border c lies between the codes c - 1 and c, so it is the bin with edge < c <= next edge.
    """
    bins = np.searchsorted(edges, borders, side="left") - 1
    return np.where((bins >= 0) & (bins < len(edges) - 1), first + bins, -1)


def _summed(
    ensemble: TreeEnsemble,
    codes: Any,
    layout: _Layout,
    place: Places,
    free: tuple[int, int] | None,
    progress: Progress,
) -> Floats:
    """The effects of all bins, or of the cells of two `free` columns, over all rows."""
    from .kernels._masks import MOST_WORDS
    from .kernels._tally import NO_COUNTS
    from .kernels._walk import CELLS, EFFECTS
    from .kernels.ale import Bins
    from .kernels.counts import bytes_per_row, count_rows

    paths = paths_of(ensemble)
    value = np.ascontiguousarray(ensemble.value[:, 0])
    mode, order = (EFFECTS, 1) if free is None else (CELLS, 0)
    first_b, bins_b = (0, 0) if free is None else (int(layout.start[1]), int(layout.bins))
    bins_b -= first_b
    size = layout.bins if free is None else first_b * bins_b

    def step(at: slice) -> Floats:
        sums = np.zeros(size)
        member = np.zeros((layout.bins, MOST_WORDS), np.uint64)
        of_row = np.ascontiguousarray(layout.of_row[:, at])
        out = Bins(place, value, paths.interval_start, layout.ends, layout.column, of_row, member,
                   sums, first_b, bins_b)  # fmt: skip
        count_rows(ensemble, codes[:, at], mode, order, free or (), NO_COUNTS, out)
        return sums

    needed = bytes_per_row(ensemble, order, 8 * (size + MOST_WORDS * layout.bins))
    return fold(step, np.add, codes.shape[1], bytes_per_row=needed, progress=progress)
