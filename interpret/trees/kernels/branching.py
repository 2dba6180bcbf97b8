"""What becomes of a row when one of its columns changes: a walk that branches both ways.

Per tree a row's own way down is walked once. At each of its splits the codes of the split's column
that would have gone the other way (and had followed the row so far) start a *detour*: the row with
that column at any of these codes. A detour walks down like the row, and parts again where its own
column is asked about anew. So all leaves that a row can reach by changing one column are found,
each with the interval of codes that leads there; every other code leaves the row where it is:

    f(row with column j at code c) = f(row) + Σ over detours of j that hold c of (leaf − own leaf)

Cost: rows × trees × depth²/2 steps where all columns are wanted; rows × trees × depth and a little
for one. Two things about the compiler shape the code: an index known to be unsigned costs no check
for a negative one, and numba is told not to count the owners of arrays, which would take longer
than the walk.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from ._compile import BOOLS, F8, INT, U4, U8_2, kernel

# A node is six numbers in a row, in one line of the processor's cache; it is known by the place of
# the first. They are a child per side (0 is left, 1 is right), the column asked about, of a number
# the first code that goes left and how many do, and of a category the row of bits. A leaf asks
# about no column, and its first number is its place in the ensemble.
NODE_SIZE = 6
FEATURE, LOW, WIDTH, LEVELS = np.uint32(2), np.uint32(3), np.uint32(4), np.uint32(5)
NONE = np.uint32(0xFFFFFFFF)
ONE = np.uint32(1)
# A detour is where it is (its row, once it has arrived), its column, and the codes that take it.
PLACE, COLUMN, FROM, TO = 0, 1, 2, 3
# Of a number is asked: whether missing is, and a stretch of codes.
MISSING, FIRST, END = 0, 1, 2

# Without `nrt` numba keeps no count of an array's owners. That is right where no array is made.
unowned = numba.njit(_nrt=False, forceinline=True, error_model="numpy")

U4_2 = types.Array(types.uint32, 2, "C")
I4_2 = types.Array(types.int32, 2, "C")


@unowned
def _side(nodes: Any, bits: Any, u: Any, code: Any) -> Any:
    """0 where a code goes left at an inner node, 1 where it goes right."""
    row = nodes[u + LEVELS]
    if row == NONE:
        return np.uint32(np.uint32(code - nodes[u + LOW]) >= nodes[u + WIDTH])
    word = bits[row, np.uint32(code) >> np.uint32(6)]
    return np.uint32(~(word >> np.uint64(code & 63)) & np.uint64(1))


@unowned
def _put(detours: Any, at: int, place: int, column: int, low: int, high: int) -> None:
    detours[at, PLACE] = place
    detours[at, COLUMN] = column
    detours[at, FROM] = low
    detours[at, TO] = high


@unowned
def _leave_number(nodes: Any, u: Any, side: Any, still: Any, detours: Any, count: Any) -> Any:
    """Adds the codes of a number that part from the row at node `u`; `still` keeps the others."""
    f = nodes[u + FEATURE]
    other = nodes[u + (ONE - side)]
    # of the codes from 1 on, those below `border` go left
    border = np.int64(nodes[u + LOW]) + np.int64(nodes[u + WIDTH])
    low, high = np.int64(still[f, FIRST]), np.int64(still[f, END])
    start_right, end_left = max(low, border), min(high, border)
    # the side is a coin's throw and a wrong guess of it dear, so there is no branch to guess
    still[f, FIRST] = start_right if side else low
    still[f, END] = high if side else end_left
    away = low if side else start_right
    until = end_left if side else high
    _put(detours, count, other, f, away, until)
    count += np.int64(away < until)
    if still[f, MISSING] != 0 and (nodes[u + LOW] == 0) != (side == 0):
        still[f, MISSING] = 0
        _put(detours, count, other, f, 0, 1)
        count += 1
    return count


@unowned
def _leave_category(
    nodes: Any, bits: Any, u: Any, side: Any, still: Any, detours: Any, count: Any
) -> Any:
    """The same for a category: one detour for each run of codes."""
    f = nodes[u + FEATURE]
    other = nodes[u + (ONE - side)]
    first = count
    for w in range(bits.shape[1]):
        stays = bits[nodes[u + LEVELS], w]
        if side == 1:
            stays = ~stays
        away = still[f, w] & ~stays
        still[f, w] &= stays
        code = 64 * w
        while away != 0:
            if away & np.uint64(1) != 0:
                if count > first and detours[count - 1, TO] == code:
                    detours[count - 1, TO] = code + 1
                else:
                    _put(detours, count, other, f, code, code + 1)
                    count += 1
            away >>= np.uint64(1)
            code += 1
    return count


@unowned
def _part(nodes: Any, bits: Any, u: Any, detours: Any, d: int, count: Any) -> Any:
    """Detour `d` at a split about its own column: each run of codes on one side is one now."""
    column, low, high = detours[d, COLUMN], np.int64(detours[d, FROM]), np.int64(detours[d, TO])
    side = _side(nodes, bits, u, low)
    detours[d, PLACE] = nodes[u + side]
    begin, end = low + 1, high
    if nodes[u + LEVELS] == NONE:  # a number's codes change sides once, at the border
        begin = max(begin, np.int64(nodes[u + LOW]) + np.int64(nodes[u + WIDTH]))
        end = min(end, begin + 1)
    last = d
    for code in range(begin, end):
        if _side(nodes, bits, u, code) != side:
            side = ONE - side
            detours[last, TO] = code
            last = count
            _put(detours, count, nodes[u + side], column, code, high)
            count += 1
    return count


@unowned
def _own_way(
    nodes: Any,
    bits: Any,
    u: int,
    rows: Any,
    i: int,
    wanted: Any,
    still: Any,
    still_bits: Any,
    met: Any,
    detours: Any,
    count: int,
) -> tuple[int, int, int]:
    """A row's own leaf, how many detours there are now, and how many columns were `met`."""
    columns = 0
    f = nodes[u + FEATURE]
    while f != NONE:
        side = _side(nodes, bits, u, rows[i, f])
        if wanted[f]:
            met[columns] = f
            columns += 1
            if nodes[u + LEVELS] == NONE:
                count = _leave_number(nodes, u, side, still, detours, count)
            else:
                count = _leave_category(nodes, bits, u, side, still_bits, detours, count)
        u = nodes[u + side]
        f = nodes[u + FEATURE]
    return u, count, columns


@unowned
def _arrive(
    nodes: Any, bits: Any, rows: Any, i: Any, detours: Any, d: int, count: Any
) -> tuple[Any, Any]:
    """The leaf of detour `d`, and how many detours there are now: what parts from it is new."""
    u = np.uint32(detours[d, PLACE])
    column = np.uint32(detours[d, COLUMN])
    f = nodes[u + FEATURE]
    while f != NONE:
        if f == column:
            count = _part(nodes, bits, u, detours, d, count)
            u = np.uint32(detours[d, PLACE])
        else:
            u = nodes[u + _side(nodes, bits, u, rows[i, f])]
        f = nodes[u + FEATURE]
    return u, count


@unowned
def _ask_anew(
    met: Any, columns: int, asked: Any, asked_bits: Any, still: Any, still_bits: Any
) -> None:
    for k in range(columns):
        f = met[k]
        for part in range(3):
            still[f, part] = asked[f, part]
        for w in range(asked_bits.shape[1]):
            still_bits[f, w] = asked_bits[f, w]


@unowned
def _walk(
    nodes: Any,
    bits: Any,
    roots: Any,
    value: Any,
    wanted: Any,
    asked: Any,
    asked_bits: Any,
    still: Any,
    still_bits: Any,
    met: Any,
    detours: Any,
    change: Any,
    rows: Any,
    own: Any,
    tree: int,
    row: int,
    most: int,
) -> tuple[Any, Any, int]:
    count = 0
    t, i = np.uint64(tree), np.uint64(row)
    while t < np.uint64(len(roots)) and count + most <= len(detours):
        first = count
        u, count, columns = _own_way(
            nodes, bits, roots[t], rows, i, wanted, still, still_bits, met, detours, count
        )
        base = value[nodes[u]]
        own[i] += base
        d = first
        while d < count:
            u, count = _arrive(nodes, bits, rows, i, detours, d, count)
            change[d] = value[nodes[u]] - base
            detours[d, PLACE] = i
            d += 1
        _ask_anew(met, columns, asked, asked_bits, still, still_bits)
        i += np.uint64(1)
        if i == np.uint64(len(rows)):
            i = np.uint64(0)
            t += np.uint64(1)
    return np.int64(t), np.int64(i), count


class Trees(NamedTuple):
    """What is walked: nodes as described above, the rows of bits, roots, and the nodes' values."""

    nodes: Any
    bits: Any
    roots: Any
    value: Any


class Asked(NamedTuple):
    """Of which columns detours are `wanted`, and by which codes: see `detours.Question`."""

    wanted: Any
    codes: Any
    bits: Any


class Room(NamedTuple):
    """What a walk writes to: the codes that still follow a row (a copy of what is asked), the
    columns met on its way, and the detours with what each changes."""

    still: Any
    still_bits: Any
    met: Any
    detours: Any
    change: Any


TREES = types.NamedTuple((U4, U8_2, U4, F8), Trees)
ASKED = types.NamedTuple((BOOLS, I4_2, U8_2), Asked)
ROOM = types.NamedTuple((I4_2, U8_2, U4, I4_2, F8), Room)


@kernel(types.UniTuple(INT, 3)(TREES, ASKED, ROOM, U4_2, F8, INT, INT, INT))
def walk(
    trees: Any, asked: Any, room: Any, rows: Any, own: Any, tree: int, row: int, most: int
) -> tuple[int, int, int]:
    """Walks rows (n, columns) down one tree after another until there is no more room.

    Adds each row's leaves to `own`, and writes the detours with their rows and what they change.
    Begins with this `tree` and `row`; returns those to go on with, and how many detours there are.
    A row has at most `most` in one tree.
    """
    return _walk(
        trees.nodes, trees.bits, trees.roots, trees.value, asked.wanted, asked.codes, asked.bits,
        room.still, room.still_bits, room.met, room.detours, room.change, rows, own, tree, row,
        most,
    )  # fmt: skip
