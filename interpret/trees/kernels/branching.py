"""What becomes of a row when one of its columns changes: a walk that branches both ways.

Per tree a row's own way down is walked once. At each of its splits the codes of the split's column
that would have gone the other way (and come to this split at all) start a *detour*: the row with
that column at any of these codes. Which codes these are is the tree's matter, not the row's, so
that they are found once for all rows (`Away`). A detour walks down like the row, and parts again
where its own column is asked about anew. So all leaves that a row can reach by changing one column
are found, each with the interval of codes that leads there; every other code leaves the row where
it is:

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

from ._compile import F8, I8, INT, U4, kernel
from .away import AWAY, I4_2
from .lines import FEATURE, LEVELS, LOW, NODE, NONE, ONE, TREES, WIDTH

# A detour is the node where it is, its column, the codes that take it, and its row.
PLACE, COLUMN, FROM, TO, ROW = 0, 1, 2, 3, 4
DETOUR_SIZE = 5
# Without `nrt` numba keeps no count of an array's owners. That is right where no array is made.
unowned = numba.njit(_nrt=False, forceinline=True, error_model="numpy")

U4_2 = types.Array(types.uint32, 2, "C")


@unowned
def _side(nodes: Any, bits: Any, u: Any, code: Any) -> Any:
    """0 where a code goes left at an inner node, 1 where it goes right."""
    row = nodes[u + LEVELS]
    if row == NONE:
        return np.uint32(np.uint32(code - nodes[u + LOW]) >= nodes[u + WIDTH])
    word = bits[row, np.uint32(code) >> np.uint32(6)]
    return np.uint32(~(word >> np.uint64(code & 63)) & np.uint64(1))


@unowned
def _put(detours: Any, at: int, place: int, column: int, low: int, high: int, row: int) -> None:
    detours[at, PLACE] = place
    detours[at, COLUMN] = column
    detours[at, FROM] = low
    detours[at, TO] = high
    detours[at, ROW] = row


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
            _put(detours, count, nodes[u + side], column, code, high, detours[d, ROW])
            count += 1
    return count


@unowned
def _own_step(
    nodes: Any, bits: Any, rows: Any, begin: Any, end: Any, low: Any, high: Any, at: Any,
    under_way: Any, walking: Any, detours: Any, count: Any,
) -> tuple[Any, Any]:  # fmt: skip
    """Takes the rows that are `under_way` from where they are `at` one split further.

    How many of them still are, and how many detours there are now.
    """
    still = np.int64(0)
    for n in range(walking):
        i = under_way[n]
        u = at[i]
        f = nodes[u + FEATURE]
        side = _side(nodes, bits, u, rows[i, f])
        other = nodes[u + (ONE - side)]
        k = nodes[u + NODE] + nodes[u + NODE] + side
        for run in range(np.uint64(begin[k]), np.uint64(end[k])):
            _put(detours, count, other, f, low[run], high[run], i)
            count += 1
        u = nodes[u + side]
        at[i] = u
        under_way[still] = i
        still += np.int64(nodes[u + FEATURE] != NONE)
    return still, count


@unowned
def _step_all(
    nodes: Any, bits: Any, rows: Any, detours: Any, under_way: Any, walking: int, count: int
) -> tuple[Any, Any]:
    """Takes the detours that are `under_way`, `walking` of them, one split further.

    How many of them still are, and how many detours there are now: what parts is new.
    """
    still = np.int64(0)
    before = count
    for n in range(walking):
        d = under_way[n]
        u = np.uint32(detours[d, PLACE])
        f = nodes[u + FEATURE]
        if f == np.uint32(detours[d, COLUMN]):
            count = _part(nodes, bits, u, detours, d, count)
            u = np.uint32(detours[d, PLACE])
        else:
            u = nodes[u + _side(nodes, bits, u, rows[np.uint32(detours[d, ROW]), f])]
            detours[d, PLACE] = u
        under_way[still] = d
        still += np.int64(nodes[u + FEATURE] != NONE)
    return _set_out(nodes, detours, under_way, still, before, count), count


@unowned
def _set_out(nodes: Any, detours: Any, under_way: Any, walking: Any, first: int, count: int) -> Any:
    """How many are under way with the detours from `first` on that are not at a leaf already."""
    for d in range(first, count):
        under_way[walking] = d
        walking += np.int64(nodes[np.uint32(detours[d, PLACE]) + FEATURE] != NONE)
    return walking


@unowned
def _walk(
    nodes: Any,
    bits: Any,
    roots: Any,
    value: Any,
    begin: Any,
    end: Any,
    low: Any,
    high: Any,
    detours: Any,
    under_way: Any,
    change: Any,
    at: Any,
    leaf: Any,
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
        # a row's detours may still part on their way: each row is left room for its most
        fit = np.uint64((len(detours) - count) // most)
        stop = min(np.uint64(len(rows)), i + fit)
        walking = np.int64(0)
        for r in range(i, stop):
            at[r] = roots[t]
            under_way[walking] = r
            walking += np.int64(nodes[roots[t] + FEATURE] != NONE)
        # all at once, so that none waits for another's node to come from memory
        while walking > 0:
            walking, count = _own_step(
                nodes, bits, rows, begin, end, low, high, at, under_way, walking, detours, count
            )
        for r in range(i, stop):
            leaf[r] = value[nodes[at[r] + NODE]]
            own[r] += leaf[r]
        i = stop
        walking = _set_out(nodes, detours, under_way, np.int64(0), first, count)
        while walking > 0:
            walking, count = _step_all(nodes, bits, rows, detours, under_way, walking, count)
        for d in range(first, count):
            change[d] = value[nodes[np.uint32(detours[d, PLACE]) + NODE]] - leaf[detours[d, ROW]]
        if i == np.uint64(len(rows)):
            i = np.uint64(0)
            t += np.uint64(1)
    return np.int64(t), np.int64(i), count


class Room(NamedTuple):
    """What a walk writes to: the detours, what is not at a leaf yet, what each detour changes,
    where each row is, and the value of its own leaf."""

    detours: Any
    under_way: Any
    change: Any
    at: Any
    leaf: Any


ROOM = types.NamedTuple((I4_2, I8, F8, U4, F8), Room)


@kernel(types.UniTuple(INT, 3)(TREES, AWAY, ROOM, U4_2, F8, INT, INT, INT))
def walk(
    trees: Any, away: Any, room: Any, rows: Any, own: Any, tree: int, row: int, most: int
) -> tuple[int, int, int]:
    """Walks rows (n, columns) down one tree after another until there is no more room.

    Adds each row's leaves to `own`, and writes the detours with their rows and what they change.
    Begins with this `tree` and `row`; returns those to go on with, and how many detours there are.
    A row has at most `most` in one tree.
    """
    return _walk(
        trees.nodes, trees.bits, trees.roots, trees.value, away.begin, away.end, away.low,
        away.high, room.detours, room.under_way, room.change, room.at, room.leaf,
        rows, own, tree, row, most,
    )  # fmt: skip
