"""Sums of local effects, counted: what a leaf adds changes only where its set begins or ends.

The local effect of a bin is the sum over its rows of f(upper edge) − f(lower edge). A leaf's value
enters or leaves only if a border of its set lies between the two edges; then it does so for the
bin's rows that meet all the leaf's other conditions. Cost: a walk, and one look-up per border.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from ._compile import F8, I4, I8, I8_2, INT, U8_2
from ._masks import first_failed, helper, popcount


class Bins(NamedTuple):
    """The bins of all columns in a row, and which of them each leaf's sets begin or end in.

    Of all columns at once, leaf u has the slots `place[u, 0]` to below `place[u, 1]`; of two, the
    slots `place[u, 0]` and `place[u, 1]` of these, or -1. Interval k of a slot begins and ends in
    the bins `ends[k]`, -1 where this is in none, or both in the same. `feature` is each slot's row
    of `of_row` (columns, rows), where every row's bin stands, or -1; `member` (bins, words) are the
    rows of each bin, filled block by block. `sums` receives the effects: per bin, or per cell of
    two columns, whose bins begin at 0 and `first_b` and of which the second has `bins_b`.
    """

    place: Any
    value: Any
    interval_start: Any
    ends: Any
    feature: Any
    of_row: Any
    member: Any
    sums: Any
    first_b: int
    bins_b: int


I4_2 = types.Array(types.int32, 2, "C")
#: `Bins`, as a kernel sees it.
BINS = types.NamedTuple((I8_2, F8, I8, I4_2, I4, I4_2, U8_2, F8, INT, INT), Bins)
#: For a walk that only counts.
NO_BINS = Bins(
    np.zeros((0, 2), np.int64), np.zeros(0), np.zeros(0, np.int64), np.zeros((0, 2), np.int32),
    np.zeros(0, np.int32), np.zeros((0, 0), np.int32), np.zeros((0, 0), np.uint64), np.zeros(0),
    0, 0,
)  # fmt: skip


@numba.njit
def fill_members(member: Any, of_row: Any, first: int, rows: int) -> None:
    """The rows of each bin among the `rows` rows from `first` on."""
    for b in range(member.shape[0]):
        for w in range(member.shape[1]):
            member[b, w] = np.uint64(0)
    for f in range(of_row.shape[0]):
        for r in range(rows):
            b = of_row[f, first + r]
            if b >= 0:
                member[b, r >> 6] |= np.uint64(1) << np.uint64(r & 63)


@helper
def _rows_in(mask: Any, count: Any, d: int, state: int, member: Any, b: int) -> Any:
    """How many rows of a state are in a bin."""
    found = np.uint64(0)
    if count[d, state] > 0:
        for w in range(mask.shape[2]):
            found += popcount(mask[d, state, w] & member[b, w])
    return np.int64(found)


@helper
def effects_of_sets(mask: Any, count: Any, u: int, d: int, out: Bins) -> None:
    """Adds a leaf's local effects in all bins, from its sets at depth d of a walk of order 1."""
    first = out.place[u, 0]
    for s in range(first, out.place[u, 1]):
        for k in range(out.interval_start[s], out.interval_start[s + 1]):
            for end in range(2):
                b = np.int64(out.ends[k, end])
                if b >= 0:
                    rows = _rows_in(mask, count, d, 0, out.member, b)
                    rows += _rows_in(mask, count, d, 1 + s - first, out.member, b)
                    out.sums[b] += out.value[u] * (rows if end == 0 else -rows)


@helper
def _change(out: Bins, s: int, own: int) -> Any:
    """Whether slot s's set is entered (1) or left (-1) on the way through a row's own bin."""
    change: Any = 0
    if own >= 0:
        for k in range(out.interval_start[s], out.interval_start[s + 1]):
            change += np.int64(out.ends[k, 0] == own) - np.int64(out.ends[k, 1] == own)
    return change


@helper
def effects_of_list(rows: Any, u: int, first: int, begin: int, end: int, out: Bins) -> None:
    """The same from the rows listed between `begin` and `end`."""
    for i in range(begin, end):
        row = first + (rows[i] & 0xFFFF)
        failed = first_failed(rows[i])
        slot = out.place[u, 0] + max(0, failed - 1)
        last = slot + 1 if failed > 0 else out.place[u, 1]
        for s in range(slot, last):
            own = np.int64(out.of_row[out.feature[s], row])
            change = _change(out, s, own)
            if change != 0:
                out.sums[own] += change * out.value[u]


@helper
def _cell(out: Bins, bin_a: int, bin_b: int) -> int:
    return bin_a * out.bins_b + bin_b - out.first_b


@helper
def _rows_in_cell(mask: Any, d: int, member: Any, a: int, b: int) -> Any:
    """How many rows of state 0 are in two bins."""
    found = np.uint64(0)
    for w in range(mask.shape[2]):
        found += popcount(mask[d, 0, w] & member[a, w] & member[b, w])
    return np.int64(found)


@helper
def _corners(mask: Any, u: int, d: int, k: int, m: int, out: Bins) -> None:
    """Adds the second differences at the corners of interval k of a and m of b, cell by cell."""
    for end_a in range(2):
        for end_b in range(2):
            i = np.int64(out.ends[k, end_a])
            j = np.int64(out.ends[m, end_b])
            if i >= 0 and j >= 0:
                rows = _rows_in_cell(mask, d, out.member, i, j)
                out.sums[_cell(out, i, j)] += out.value[u] * (rows if end_a == end_b else -rows)


@helper
def cells_of_set(mask: Any, u: int, d: int, out: Bins) -> None:
    """Adds a leaf's second differences in all cells, from a walk of order 0 with a and b free."""
    a = out.place[u, 0]
    b = out.place[u, 1]
    if a >= 0 and b >= 0:
        for k in range(out.interval_start[a], out.interval_start[a + 1]):
            for m in range(out.interval_start[b], out.interval_start[b + 1]):
                _corners(mask, u, d, k, m, out)


@helper
def cells_of_list(rows: Any, u: int, first: int, begin: int, end: int, out: Bins) -> None:
    """The same from the rows listed between `begin` and `end`."""
    a = out.place[u, 0]
    b = out.place[u, 1]
    if a < 0 or b < 0:
        return
    for i in range(begin, end):
        row = first + (rows[i] & 0xFFFF)
        own_a = np.int64(out.of_row[0, row])
        own_b = np.int64(out.of_row[1, row])
        change = _change(out, a, own_a) * _change(out, b, own_b)
        if change != 0:
            out.sums[_cell(out, own_a, own_b)] += change * out.value[u]
