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

from ._compile import F8, I4, I8, INT, U8_2
from ._masks import first_failed, popcount


class Bins(NamedTuple):
    """The bins of all columns in a row, and each leaf's sets.

    `border[code_start[f] + f + c]` is the bin between whose edges the border below code c lies, or
    -1; `of_row` (columns, rows) each row's bin or -1; `member` (bins, words) are the rows of each
    bin, filled block by block. `sums` receives the effects: per bin, or for the columns `a` and
    `b` per cell, the bins of b beside each other. `leaf` is each node's place among the leaves.
    """

    leaf: Any
    value: Any
    slot_start: Any
    feature: Any
    interval_start: Any
    low: Any
    high: Any
    code_start: Any
    border: Any
    of_row: Any
    member: Any
    sums: Any
    a: int
    b: int
    first_a: int
    first_b: int
    bins_b: int


I4_2 = types.Array(types.int32, 2, "C")
#: `Bins`, as a kernel sees it.
BINS = types.NamedTuple(
    (I4, F8, I8, I4, I8, I4, I4, I8, I4, I4_2, U8_2, F8, INT, INT, INT, INT, INT), Bins
)


#: For a walk that only counts.
NO_BINS = Bins(
    *(np.zeros(0, kind) for kind in (np.int32, np.float64, np.int64, np.int32, np.int64)),
    *(np.zeros(0, kind) for kind in (np.int32, np.int32, np.int64, np.int32)),
    np.zeros((0, 0), np.int32), np.zeros((0, 0), np.uint64), np.zeros(0),
    0, 0, 0, 0, 0,
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


@numba.njit
def _rows_in(mask: Any, count: Any, d: int, state: int, member: Any, b: int) -> int:
    """How many rows of a state are in a bin."""
    found = np.uint64(0)
    if count[d, state] > 0:
        for w in range(mask.shape[2]):
            found += popcount(mask[d, state, w] & member[b, w])
    return np.int64(found)


@numba.njit
def _rows_in_cell(mask: Any, d: int, member: Any, a: int, b: int) -> int:
    """How many rows of state 0 are in two bins."""
    found = np.uint64(0)
    for w in range(mask.shape[2]):
        found += popcount(mask[d, 0, w] & member[a, w] & member[b, w])
    return np.int64(found)


@numba.njit
def _borders(out: Bins, s: int, k: int) -> tuple[int, int]:
    """The bins in which interval k of slot s begins and ends; twice -1 where it is the same."""
    f = np.int64(out.feature[s])
    start = out.code_start[f] + f
    begin = np.int64(out.border[start + out.low[k]])
    end = np.int64(out.border[start + out.high[k]])
    if begin == end:
        return -1, -1
    return begin, end


@numba.njit
def effects_of_sets(mask: Any, count: Any, u: int, d: int, slots: int, out: Bins) -> None:
    """Adds a leaf's local effects in all bins, from its sets at depth d of a walk of order 1."""
    leaf = out.leaf[u]
    value = out.value[u]
    first = out.slot_start[leaf]
    for s in range(slots):
        for k in range(out.interval_start[first + s], out.interval_start[first + s + 1]):
            begin, end = _borders(out, first + s, k)
            for b, sign in ((begin, 1), (end, -1)):
                if b >= 0:
                    rows = _rows_in(mask, count, d, 0, out.member, b)
                    rows += _rows_in(mask, count, d, 1 + s, out.member, b)
                    out.sums[b] += value * (sign * rows)


@numba.njit
def _change(out: Bins, s: int, own: int) -> int:
    """Whether slot s's set is entered (1) or left (-1) on the way through a row's own bin."""
    change = 0
    if own >= 0:
        for k in range(out.interval_start[s], out.interval_start[s + 1]):
            enters, leaves = _borders(out, s, k)
            change += np.int64(enters == own) - np.int64(leaves == own)
    return change


@numba.njit
def effects_of_list(rows: Any, u: int, first: int, begin: int, end: int, out: Bins) -> None:
    """The same from the rows listed between `begin` and `end`."""
    leaf = out.leaf[u]
    for i in range(begin, end):
        row = first + (rows[i] & 0xFFFF)
        failed = first_failed(rows[i])
        slot = out.slot_start[leaf]
        last = out.slot_start[leaf + 1]
        if failed > 0:
            slot += failed - 1
            last = slot + 1
        for s in range(slot, last):
            own = np.int64(out.of_row[out.feature[s], row])
            change = _change(out, s, own)
            if change != 0:
                out.sums[own] += change * out.value[u]


@numba.njit
def _slot_about(out: Bins, leaf: int, f: int) -> int:
    """A leaf's slot of a column, or -1."""
    for s in range(out.slot_start[leaf], out.slot_start[leaf + 1]):
        if out.feature[s] == f:
            return s
    return -1


@numba.njit
def _cell(out: Bins, bin_a: int, bin_b: int) -> int:
    return (bin_a - out.first_a) * out.bins_b + bin_b - out.first_b


@numba.njit
def cells_of_set(mask: Any, u: int, d: int, out: Bins) -> None:
    """Adds a leaf's second differences in all cells, from a walk of order 0 with a and b free."""
    a = _slot_about(out, out.leaf[u], out.a)
    b = _slot_about(out, out.leaf[u], out.b)
    if a < 0 or b < 0:
        return
    for k in range(out.interval_start[a], out.interval_start[a + 1]):
        begin_a, end_a = _borders(out, a, k)
        for m in range(out.interval_start[b], out.interval_start[b + 1]):
            begin_b, end_b = _borders(out, b, m)
            for i, sign_i in ((begin_a, 1), (end_a, -1)):
                for j, sign_j in ((begin_b, 1), (end_b, -1)):
                    if i >= 0 and j >= 0:
                        rows = sign_i * sign_j * _rows_in_cell(mask, d, out.member, i, j)
                        out.sums[_cell(out, i, j)] += out.value[u] * rows


@numba.njit
def cells_of_list(rows: Any, u: int, first: int, begin: int, end: int, out: Bins) -> None:
    """The same from the rows listed between `begin` and `end`."""
    a = _slot_about(out, out.leaf[u], out.a)
    b = _slot_about(out, out.leaf[u], out.b)
    if a < 0 or b < 0:
        return
    for i in range(begin, end):
        row = first + (rows[i] & 0xFFFF)
        own_a = np.int64(out.of_row[out.a, row])
        own_b = np.int64(out.of_row[out.b, row])
        change = _change(out, a, own_a) * _change(out, b, own_b)
        if change != 0:
            out.sums[_cell(out, own_a, own_b)] += change * out.value[u]
