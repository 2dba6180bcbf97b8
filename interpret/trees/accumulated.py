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

from .ensemble import Ints, TreeEnsemble
from .paths import Places, paths_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LocalEffects:
    """Per column and bin: the sum of the local effects of the rows in it, and how many these are."""

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
    layout = _Layout.of(ensemble, edges)
    of_row = layout.of_row(bins)
    found = _summed(ensemble, codes, layout, of_row, None, layout.bins, progress)
    counts = np.bincount(of_row[of_row >= 0], minlength=layout.bins)
    cuts = layout.start[1:-1]
    return LocalEffects(tuple(np.split(found, cuts)), tuple(np.split(counts, cuts)))


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
    every: list[Any] = [()] * ensemble.features
    wide = np.full((ensemble.features, codes.shape[1]), -1)
    for f, own, rows in zip(features, edges, bins, strict=True):
        every[f], wide[f] = own, rows
    layout = _Layout.of(ensemble, every)
    of_row = layout.of_row(wide)
    shape = tuple(max(0, len(own) - 1) for own in edges)
    found = _summed(ensemble, codes, layout, of_row, features, shape[0] * shape[1], progress)
    inside = np.all(np.asarray(bins) >= 0, axis=0)
    cell = np.asarray(bins)[0, inside] * shape[1] + np.asarray(bins)[1, inside]
    counts = np.bincount(cell, minlength=shape[0] * shape[1])
    return CellEffects(found.reshape(shape), counts.reshape(shape))


@dataclass(frozen=True, eq=False)
class _Layout:
    """The bins of all columns in a row; column f's begin at `start[f]`. See `kernels.ale.Bins`."""

    start: Places
    border: Ints

    @classmethod
    def of(cls, ensemble: TreeEnsemble, edges: Sequence[Any]) -> _Layout:
        given = [np.asarray(own, dtype=np.int64) for own in edges]
        sizes = [max(0, len(own) - 1) for own in given]
        start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        border = [
            _bin_of_border(own, int(count), int(first))
            for own, count, first in zip(
                given, ensemble.encoder.code_counts, start[:-1], strict=True
            )
        ]
        return cls(start, np.concatenate(border).astype(np.int32))

    @property
    def bins(self) -> int:
        return int(self.start[-1])

    def of_row(self, bins: Any) -> Ints:
        """Each row's place among the bins of all columns, or -1."""
        given = np.asarray(bins)
        sizes = np.diff(self.start)
        if (given.max(axis=1, initial=-1) >= np.maximum(sizes, 0)).any():
            raise ValueError("A row is in a bin beyond the last edge of its column.")
        return np.where(given >= 0, given + self.start[:-1, None], -1).astype(np.int32)


def _bin_of_border(edges: Places, code_count: int, first: int) -> Places:
    """For each code, and the end: the bin that has the border below it between its edges, or -1."""
    if len(edges) < 2:
        return np.full(code_count + 1, -1)
    if (np.diff(edges) < 0).any():
        raise ValueError("The codes of a column's edges fall.")
    # edges[b] < border <= edges[b + 1]
    bins = np.searchsorted(edges, np.arange(code_count + 1), side="left") - 1
    return np.where((bins >= 0) & (bins < len(edges) - 1), first + bins, -1)


def _summed(
    ensemble: TreeEnsemble,
    codes: Any,
    layout: _Layout,
    of_row: Ints,
    free: tuple[int, int] | None,
    size: int,
    progress: Progress,
) -> Floats:
    """The effects of all bins, or of the cells of two `free` columns, over all rows."""
    from .kernels._masks import MOST_WORDS
    from .kernels._tally import NO_COUNTS
    from .kernels._walk import CELLS, EFFECTS
    from .kernels.ale import Bins
    from .kernels.counts import bytes_per_row, count_rows, leaf_places

    paths = paths_of(ensemble)
    leaf = leaf_places(ensemble)
    value = np.ascontiguousarray(ensemble.value[:, 0])
    a, b = free or (0, 0)
    bins_b = int(layout.start[b + 1] - layout.start[b])
    mode, order = (EFFECTS, 1) if free is None else (CELLS, 0)

    def step(at: slice) -> Floats:
        sums = np.zeros(size)
        out = Bins(
            leaf, value, paths.slot_start, paths.feature, paths.interval_start, paths.low,
            paths.high, ensemble.code_starts, layout.border, np.ascontiguousarray(of_row[:, at]),
            np.zeros((layout.bins, MOST_WORDS), np.uint64), sums, a, b,
            int(layout.start[a]), int(layout.start[b]), bins_b,
        )  # fmt: skip
        count_rows(ensemble, codes[:, at], mode, order, free or (), NO_COUNTS, out)
        return sums

    needed = bytes_per_row(ensemble, order, 8 * (size + MOST_WORDS * layout.bins))
    return fold(step, np.add, codes.shape[1], bytes_per_row=needed, progress=progress)
