"""Which codes part from a row at each node: the tree's matter, found once for all rows.

A code of column f comes to a node where it passes all questions about f on the way there. Of those
that come, the ones that go to the other side than the row part from it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from ._compile import I4, I8, INT, U4, U8_2, kernel
from .lines import FEATURE, LEVELS, LOW, NODE, NODE_SIZE, NONE, WIDTH, Trees

I4_2 = types.Array(types.int32, 2, "C")
# Of a number is asked: whether missing is, and a stretch of codes.
MISSING, FIRST, END = 0, 1, 2


class Away(NamedTuple):
    """The asked codes that part from a row at each node.

    Where a row goes to `side` of node u, those in the runs `begin[2 u + side]` up to `end[…]` go
    the other way: from `low` up to but without `high`.
    """

    begin: Any
    end: Any
    low: Any
    high: Any


AWAY = types.NamedTuple((I8, I8, I4, I4), Away)


def away_of(trees: Trees, depth: int, codes: Any, code_bits: Any) -> Away:
    """Which of the codes asked about part from a row at each node of trees of a depth.

    Per column `codes` says whether missing is asked, and of a number the stretch of codes;
    `code_bits` a category's codes, one bit each. Cost: nodes × words of a category's bits.
    """
    begin = np.zeros(2 * (len(trees.nodes) // NODE_SIZE), np.int64)
    end = begin.copy()
    nothing = np.zeros(0, np.int32)
    given = trees.nodes, trees.bits, trees.roots, depth, codes, code_bits, begin, end
    runs = _away(*given, False, nothing, nothing)
    low, high = np.empty(runs, np.int32), np.empty(runs, np.int32)
    _away(*given, True, low, high)
    return Away(begin, end, low, high)


@numba.njit
def _add_run(at: int, begin: int, end: int, fill: bool, low: Any, high: Any) -> int:
    if begin >= end:
        return at
    if fill:
        low[at] = begin
        high[at] = end
    return at + 1


@numba.njit
def _runs_away(
    nodes: Any, bits: Any, u: int, side: int, still: Any, still_bits: Any, fill: bool, at: int,
    low: Any, high: Any,
) -> int:  # fmt: skip
    """Writes the runs of the codes that are `still` there and do not go to this side of node u."""
    if nodes[u + LEVELS] == NONE:
        # of the codes from 1 on, those below `border` go left
        border = np.int64(nodes[u + LOW]) + np.int64(nodes[u + WIDTH])
        if still[MISSING] != 0 and (nodes[u + LOW] == 0) != (side == 0):
            at = _add_run(at, 0, 1, fill, low, high)
        if side == 0:
            return _add_run(at, max(still[FIRST], border), still[END], fill, low, high)
        return _add_run(at, still[FIRST], min(still[END], border), fill, low, high)
    start = -1
    for code in range(64 * len(still_bits)):
        word = bits[nodes[u + LEVELS], code >> 6]
        word = still_bits[code >> 6] & (~word if side == 0 else word)
        goes = (word >> np.uint64(code & 63)) & np.uint64(1) != 0
        if goes and start < 0:
            start = code
        if start >= 0 and not goes:
            at = _add_run(at, start, code, fill, low, high)
            start = -1
    return _add_run(at, start, 64 * len(still_bits), fill, low, high) if start >= 0 else at


@numba.njit
def _keep(nodes: Any, bits: Any, u: int, side: int, still: Any, still_bits: Any) -> None:
    """Leaves of the codes that are `still` there those that go to this side of node u."""
    if nodes[u + LEVELS] != NONE:
        for w in range(len(still_bits)):
            word = bits[nodes[u + LEVELS], w]
            still_bits[w] &= word if side == 0 else ~word
        return
    border = np.int64(nodes[u + LOW]) + np.int64(nodes[u + WIDTH])
    if side == 0:
        still[END] = min(still[END], border)
    else:
        still[FIRST] = max(still[FIRST], border)
    if (nodes[u + LOW] == 0) != (side == 0):
        still[MISSING] = 0


@kernel(INT(U4, U8_2, U4, INT, I4_2, U8_2, I8, I8, types.boolean, I4, I4))
def _away(
    nodes: Any, bits: Any, roots: Any, depth: int, codes: Any, code_bits: Any, begin: Any,
    end: Any, fill: bool, low: Any, high: Any,
) -> int:  # fmt: skip
    """Counts the runs of all nodes; writes them too when `fill`."""
    still = codes.copy()
    still_bits = code_bits.copy()
    # what was still there of a node's column when the walk came to it
    before = np.empty((depth + 1, 3), np.int32)
    before_bits = np.empty((depth + 1, bits.shape[1]), np.uint64)
    node = np.empty(depth + 2, np.int64)
    side = np.zeros(depth + 2, np.int64)
    n = 0
    for t in range(len(roots)):
        d = 0
        node[0] = roots[t]
        side[0] = 0
        while d >= 0:
            u = node[d]
            f = nodes[u + FEATURE]
            if f == NONE:
                d -= 1
                continue
            if side[d] == 0:
                before[d] = still[f]
                before_bits[d] = still_bits[f]
                for each in range(2):
                    k = 2 * nodes[u + NODE] + each
                    begin[k] = n
                    n = _runs_away(nodes, bits, u, each, still[f], still_bits[f], fill, n, low,
                                   high)  # fmt: skip
                    end[k] = n
            still[f] = before[d]
            still_bits[f] = before_bits[d]
            if side[d] == 2:
                d -= 1
                continue
            _keep(nodes, bits, u, side[d], still[f], still_bits[f])
            node[d + 1] = nodes[u + side[d]]
            side[d] += 1
            d += 1
            side[d] = 0
    return n
