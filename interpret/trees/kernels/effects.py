"""The local effects of bins and cells, added up over blocks of rows by the walk that counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import fold
from workbench.progress import Progress

from ..ensemble import TreeEnsemble
from ..nodes import Ints
from ..paths import Places, paths_of
from ._masks import MOST_WORDS
from ._tally import NO_COUNTS
from ._walk import CELLS, EFFECTS
from .ale import Bins
from .counts import bytes_per_row, count_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BinLayout:
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
    ) -> BinLayout:
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


def summed_effects(
    ensemble: TreeEnsemble,
    codes: Any,
    layout: BinLayout,
    place: Places,
    free: tuple[int, int] | None,
    progress: Progress,
) -> Floats:
    """The effects of all bins, or of the cells of two `free` columns, over all rows."""
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
