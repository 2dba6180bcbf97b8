"""The path table: a depth-first walk that carries the set of codes of every column on the way."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from ..ensemble import TreeEnsemble
from ..paths import Paths
from ._compile import F8, I4, I8, INT, NODES, kernel
from ._masks import helper


def find_paths(ensemble: TreeEnsemble) -> Paths:
    """See `paths.Paths`."""
    nodes = ensemble.nodes
    depth = int(_depth(nodes, ensemble.roots))
    counts = np.diff(ensemble.code_starts).astype(np.int32)
    nothing = np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0)
    ints, places, floats = nothing
    leaves, slots, intervals = _walk(
        nodes, ensemble.roots, ensemble.weight, counts, depth, False,
        ints, ints, places, ints, floats, places, ints, ints,
    )  # fmt: skip
    found = Paths(
        leaf=np.empty(leaves, np.int32),
        tree=np.empty(leaves, np.int32),
        slot_start=np.zeros(leaves + 1, np.int64),
        feature=np.empty(slots, np.int32),
        ratio=np.empty(slots),
        interval_start=np.zeros(slots + 1, np.int64),
        low=np.empty(intervals, np.int32),
        high=np.empty(intervals, np.int32),
        depth=depth,
    )
    _walk(
        nodes, ensemble.roots, ensemble.weight, counts, depth, True,
        found.leaf, found.tree, found.slot_start, found.feature, found.ratio,
        found.interval_start, found.low, found.high,
    )  # fmt: skip
    return found


@kernel(INT(NODES, I4))
def _depth(nodes: Any, roots: Any) -> int:
    """The most splits between a root and a leaf."""
    deepest = 0
    stack = np.empty(len(nodes.left) + 1, np.int32)
    level = np.empty(len(nodes.left) + 1, np.int32)
    for t in range(len(roots)):
        stack[0] = roots[t]
        level[0] = 0
        size = 1
        while size > 0:
            size -= 1
            u = stack[size]
            d = level[size]
            deepest = max(deepest, d)
            if nodes.left[u] >= 0:
                stack[size] = nodes.right[u]
                level[size] = d + 1
                stack[size + 1] = nodes.left[u]
                level[size + 1] = d + 1
                size += 2
    return deepest


class _Slots(NamedTuple):
    """By depth: how many slots, and each slot's column, set of codes and ratio.

    A number's set is the codes `low` to below `high`, and missing; a category's is a row of bits.
    """

    size: Any
    feature: Any
    is_category: Any
    low: Any
    high: Any
    missing: Any
    bits: Any
    ratio: Any


@numba.njit
def _scratch(depth: int, words: int) -> _Slots:
    shape = (depth + 1, depth + 1)
    return _Slots(
        np.zeros(depth + 1, np.int64),
        np.zeros(shape, np.int32),
        np.zeros(shape, np.bool_),
        np.zeros(shape, np.int32),
        np.zeros(shape, np.int32),
        np.zeros(shape, np.bool_),
        np.zeros((depth + 1, depth + 1, words), np.uint64),
        np.zeros(shape),
    )


@helper
def _enter(at: Any, nodes: Any, weight: Any, code_counts: Any, p: int, u: int, d: int) -> None:
    """The slots of node `u` at depth `d`: its parent's, with the parent's split added."""
    at.size[d] = at.size[d - 1]
    for s in range(at.size[d]):
        at.feature[d, s] = at.feature[d - 1, s]
        at.is_category[d, s] = at.is_category[d - 1, s]
        at.low[d, s] = at.low[d - 1, s]
        at.high[d, s] = at.high[d - 1, s]
        at.missing[d, s] = at.missing[d - 1, s]
        at.ratio[d, s] = at.ratio[d - 1, s]
        for w in range(at.bits.shape[2]):
            at.bits[d, s, w] = at.bits[d - 1, s, w]
    f = nodes.feature[p]
    row = nodes.levels[p]
    s = 0
    while s < at.size[d] and at.feature[d, s] != f:
        s += 1
    if s == at.size[d]:
        at.size[d] += 1
        at.feature[d, s] = f
        at.is_category[d, s] = row >= 0
        at.low[d, s] = 1
        at.high[d, s] = code_counts[f]
        at.missing[d, s] = True
        at.ratio[d, s] = 1.0
        for w in range(at.bits.shape[2]):
            at.bits[d, s, w] = np.uint64(0xFFFFFFFFFFFFFFFF)
    at.ratio[d, s] *= weight[u] / weight[p] if weight[p] > 0 else 0.0
    is_left = nodes.left[p] == u
    if row >= 0:
        for w in range(nodes.bits.shape[1]):
            at.bits[d, s, w] &= nodes.bits[row, w] if is_left else ~nodes.bits[row, w]
        return
    # of the codes from 1 on, those below `border` go left
    border = nodes.low[p] + np.int32(nodes.width[p])
    if is_left:
        at.high[d, s] = min(at.high[d, s], border)
    else:
        at.low[d, s] = max(at.low[d, s], border)
    if is_left != (nodes.low[p] == 0):
        at.missing[d, s] = False


@helper
def _intervals(
    at: Any, d: int, s: int, code_counts: Any, fill: bool, first: int, low: Any, high: Any
) -> int:
    """How many intervals a slot's set has; writes them from place `first` on when `fill`."""
    found = 0
    inside = False
    # the codes where the set may begin or end: all of a category's, four of a number's
    if at.is_category[d, s]:
        for code in range(code_counts[at.feature[d, s]] + 1):
            is_end = code == code_counts[at.feature[d, s]]
            word = at.bits[d, s, 0] if is_end else at.bits[d, s, code >> 6]
            holds = not is_end and (word >> np.uint64(code & 63)) & np.uint64(1) != 0
            if holds and not inside and fill:
                low[first + found] = code
            if inside and not holds:
                if fill:
                    high[first + found] = code
                found += 1
            inside = holds
        return found
    begin = at.low[d, s]
    end = at.high[d, s]
    if at.missing[d, s]:
        joins = begin == 1 and end > 1
        if fill:
            low[first] = 0
            high[first] = end if joins else 1
        if joins:
            return 1
        found = 1
    if begin < end:
        if fill:
            low[first + found] = begin
            high[first + found] = end
        found += 1
    return found


@kernel(
    types.UniTuple(INT, 3)(NODES, I4, F8, I4, INT, types.boolean, I4, I4, I8, I4, F8, I8, I4, I4)
)
def _walk(
    nodes: Any,
    roots: Any,
    weight: Any,
    code_counts: Any,
    depth: int,
    fill: bool,
    leaf: Any,
    tree: Any,
    slot_start: Any,
    slot_feature: Any,
    slot_ratio: Any,
    interval_start: Any,
    low: Any,
    high: Any,
) -> tuple[int, int, int]:
    """Counts leaves, slots and intervals; writes them too when `fill`."""
    at = _scratch(depth, nodes.bits.shape[1])
    stack = np.empty(2 * depth + 2, np.int32)
    level = np.empty(2 * depth + 2, np.int32)
    parent = np.empty(2 * depth + 2, np.int32)
    n_leaves = 0
    n_slots = 0
    n_intervals = 0
    for t in range(len(roots)):
        stack[0] = roots[t]
        level[0] = 0
        at.size[0] = 0
        waiting = 1
        while waiting > 0:
            waiting -= 1
            u = stack[waiting]
            d = level[waiting]
            if d > 0:
                _enter(at, nodes, weight, code_counts, parent[waiting], u, d)
            if nodes.left[u] >= 0:
                stack[waiting] = nodes.right[u]
                stack[waiting + 1] = nodes.left[u]
                level[waiting] = level[waiting + 1] = d + 1
                parent[waiting] = parent[waiting + 1] = u
                waiting += 2
                continue
            for s in range(at.size[d]):
                n_intervals += _intervals(at, d, s, code_counts, fill, n_intervals, low, high)
                if fill:
                    slot_feature[n_slots] = at.feature[d, s]
                    slot_ratio[n_slots] = at.ratio[d, s]
                    interval_start[n_slots + 1] = n_intervals
                n_slots += 1
            if fill:
                leaf[n_leaves] = u
                tree[n_leaves] = t
                slot_start[n_leaves + 1] = n_slots
            n_leaves += 1
    return n_leaves, n_slots, n_intervals
