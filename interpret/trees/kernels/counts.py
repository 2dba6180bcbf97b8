"""How many rows reach each leaf, and how many would if some columns took other values.

Everything that is an average over rows of a tree's answer is a sum of leaf values times such
counts. They are whole numbers, so nothing is rounded, and counts of blocks of rows add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import types

from workbench.blocks import fold
from workbench.progress import Progress, silent

from ..ensemble import TreeEnsemble
from ..paths import Places, paths_of
from ._compile import BOOLS, I4, INT, NODES, kernel
from ._tally import TALLY, Tally
from ._walk import COUNTS, SCRATCH, Scratch, scratch, scratch_bytes, walk
from .ale import BINS, NO_BINS, Bins

#: Beyond so many bytes of counts of pairs, pairs are counted one by one.
MOST_PAIR_BYTES = 64 * 2**20


class Counts(NamedTuple):
    """Rows that meet all conditions of each leaf, and all but those of each slot."""

    all: Places
    but_one: Places


class PairCounts(NamedTuple):
    """`Counts`, and rows that meet all conditions but those of two slots.

    Pair (a < b) of leaf l is at `start[l]` + b (b - 1) / 2 + a.
    """

    all: Places
    but_one: Places
    but_two: Places
    start: Places


def leaf_counts(ensemble: TreeEnsemble, codes: Any, progress: Progress = silent) -> Counts:
    """Counts for all leaves and slots in one walk. Cost: about a third of a prediction."""
    there, one, _ = _counted(ensemble, codes, 1, (), progress)
    return Counts(there, one + np.repeat(there, np.diff(paths_of(ensemble).slot_start)))


def free_counts(
    ensemble: TreeEnsemble, codes: Any, free: Sequence[int], progress: Progress = silent
) -> Places:
    """(leaves,) rows that meet all conditions of a leaf but those on the columns `free`."""
    return _counted(ensemble, codes, 0, free, progress)[0]


def pairs_fit(ensemble: TreeEnsemble) -> bool:
    """Whether the counts of all pairs can be held."""
    return 8 * int(_pair_start(ensemble)[-1]) <= MOST_PAIR_BYTES


def pair_counts(ensemble: TreeEnsemble, codes: Any, progress: Progress = silent) -> PairCounts:
    """Counts for all pairs of slots in one walk. Cost: about a prediction."""
    there, one, two = _counted(ensemble, codes, 2, (), progress)
    start = _pair_start(ensemble)
    slots = np.diff(paths_of(ensemble).slot_start)
    a, b, leaf = slot_pairs(ensemble)
    both = two + one[a] + one[b] + there[leaf]
    return PairCounts(there, one + np.repeat(there, slots), both, start)


def slot_pairs(ensemble: TreeEnsemble) -> tuple[Places, Places, Places]:
    """The two slots and the leaf of each pair, in the order of `PairCounts`."""
    paths = paths_of(ensemble)
    start = _pair_start(ensemble)
    leaf = np.repeat(np.arange(paths.leaves), np.diff(start))
    place = np.arange(start[-1]) - start[leaf]
    upper, lower = np.tril_indices(max(paths.most_slots, 1), -1)
    first = paths.slot_start[leaf]
    return first + lower[place], first + upper[place], leaf


def _pair_start(ensemble: TreeEnsemble) -> Places:
    slots = np.diff(paths_of(ensemble).slot_start)
    return np.concatenate([[0], np.cumsum(slots * (slots - 1) // 2)]).astype(np.int64)


def count_rows(
    ensemble: TreeEnsemble,
    codes: Any,
    mode: int,
    order: int,
    free: Sequence[int],
    tally: Tally,
    bins: Bins,
) -> None:
    """One walk of an order with all rows of a block of codes, which adds to the tally or the bins.

    `mode` is what is added (see `_walk`), `free` are columns that are not asked about.
    """
    paths = paths_of(ensemble)
    is_free = np.zeros(ensemble.features, dtype=bool)
    is_free[list(free)] = True
    # one width for all: the loops are compiled once
    wide = np.ascontiguousarray(codes, dtype=np.uint16)
    room = scratch(paths.depth, paths.most_slots, order)
    _count(ensemble.nodes, ensemble.roots, wide, mode, order, is_free, room, tally, bins)


def bytes_per_row(ensemble: TreeEnsemble, order: int, result: int) -> int:
    """What a walk over a block takes per row, with `result` bytes of its own."""
    paths = paths_of(ensemble)
    room = scratch_bytes(paths.depth, paths.most_slots, order)
    return 2 * ensemble.features + (room + result) // 2_048


def _counted(
    ensemble: TreeEnsemble, codes: Any, order: int, free: Sequence[int], progress: Progress
) -> tuple[Places, Places, Places]:
    """Rows that reach each leaf, that fail one slot alone, and that fail two, over all rows."""
    paths = paths_of(ensemble)
    pairs = _pair_start(ensemble)
    sizes = paths.leaves, paths.slots if order else 0, int(pairs[-1]) if order == 2 else 0
    place = np.zeros((len(ensemble.nodes.left), 3), dtype=np.int64)
    place[paths.leaf, 0] = np.arange(paths.leaves)
    place[paths.leaf, 1] = paths.leaves + paths.slot_start[:-1]
    place[paths.leaf, 2] = paths.leaves + paths.slots + pairs[:-1]

    def step(at: slice) -> Places:
        totals = np.zeros(sum(sizes), dtype=np.int64)
        tally = Tally(place, totals, 1 + paths.most_slots)
        count_rows(ensemble, codes[:, at], COUNTS, order, free, tally, NO_BINS)
        return totals

    needed = bytes_per_row(ensemble, order, 8 * sum(sizes))
    totals = fold(step, np.add, codes.shape[1], bytes_per_row=needed, progress=progress)
    there, one, two = np.split(totals, np.cumsum(sizes)[:-1])
    return there, one, two


@kernel(
    types.void(NODES, I4, types.Array(types.uint16, 2, "C"), INT, INT, BOOLS, SCRATCH, TALLY, BINS)
)
def _count(
    nodes: Any,
    roots: Any,
    codes: Any,
    mode: int,
    order: int,
    free: Any,
    at: Scratch,
    tally: Tally,
    bins: Bins,
) -> None:
    length = 64 * at.mask.shape[2]
    for first in range(0, codes.shape[1], length):
        rows = min(length, codes.shape[1] - first)
        walk(nodes, roots, codes, first, rows, mode, order, free, at, tally, bins)
