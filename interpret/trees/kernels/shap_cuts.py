"""Trees cut into subtrees so small that all they can do with a row is one of a few patterns.

A subtree's *bits* are the conditions on the way to its root, one per column, and its inner nodes.
A row's pattern says which of them hold, and with the pattern the way through the subtree, and
everything that could be asked about it, is known. The leaves of a subtree follow each other in
the order of `paths_of`. Cost: nodes × depth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from ..ensemble import TreeEnsemble
from ..paths import Paths
from ..players import Members
from ._compile import I4, I8, INT, NODES, kernel
from .paths import find_paths

U2 = types.Array(types.uint16, 1, "C")
#: A pattern is a 16-bit number.
MOST_BITS = 16


class Bits(NamedTuple):
    """What a row's patterns are made from.

    Subtree s has the bits `start[s]` to `start[s + 1]`. Bit b asks whether the code of column
    `feature[b]` lies in one of the runs `run[b]` to `run[b + 1]`: from `low` to `low + span`.
    """

    start: Any
    feature: Any
    run: Any
    low: Any
    span: Any


BITS = types.NamedTuple((I8, I4, I8, U2, U2), Bits)


@dataclass(frozen=True, eq=False)
class Cuts:
    """Subtree s has the leaves `leaf_start[s]` to `leaf_start[s + 1]`.

    A pattern passes slot s of the paths where `pattern & mask[s] == want[s]`.
    """

    bits: Bits
    leaf_start: Any
    mask: Any
    want: Any

    @property
    def patterns(self) -> Any:
        """How many patterns each subtree has."""
        return np.int64(1) << np.diff(self.bits.start)

    @property
    def most_patterns(self) -> int:
        """The most that any subtree has."""
        return int(self.patterns.max(initial=1))


def cut(ensemble: TreeEnsemble, paths: Paths, most_bits: int) -> Cuts:
    """Subtrees of at most `most_bits` bits; a leaf whose own path has more stands alone."""
    nodes = ensemble.nodes
    inner = np.zeros(len(nodes.left), np.int32)
    left = nodes.left.copy()
    _prune(nodes, ensemble.roots, paths.depth, most_bits, inner, left)
    pruned = find_paths(replace(ensemble, nodes=nodes._replace(left=left)))
    start = np.concatenate([[0], np.cumsum(np.diff(pruned.slot_start) + inner[pruned.leaf])])
    bit_node = np.full(start[-1], -1, np.int32)
    mask = np.zeros(paths.slots, np.int32)
    want = np.zeros(paths.slots, np.int32)
    leaf_start = np.zeros(pruned.leaves + 1, np.int64)
    _number(
        nodes, pruned.leaf, pruned.slot_start, start, paths.slot_start, paths.feature, paths.depth,
        bit_node, mask, want, leaf_start,
    )  # fmt: skip
    return Cuts(_bits(ensemble, pruned, start, bit_node), leaf_start, mask, want)


def some_cuts(
    cuts: Cuts, paths: Paths, members: Members, begin: int, end: int
) -> tuple[Cuts, Paths, Members]:
    """The subtrees from `begin` up to `end` alone, with their leaves' paths and members."""
    leaf = slice(int(cuts.leaf_start[begin]), int(cuts.leaf_start[end]))
    slot = _between(paths.slot_start, leaf)
    interval = _between(paths.interval_start, slot)
    member = _between(members.start, leaf)
    bit = _between(cuts.bits.start, slice(begin, end))
    run = _between(cuts.bits.run, bit)
    some_paths = replace(
        paths,
        leaf=paths.leaf[leaf], tree=paths.tree[leaf],
        slot_start=_from_zero(paths.slot_start, leaf),
        feature=paths.feature[slot], ratio=paths.ratio[slot],
        interval_start=_from_zero(paths.interval_start, slot),
        low=paths.low[interval], high=paths.high[interval],
    )  # fmt: skip
    some_members = replace(
        members,
        start=_from_zero(members.start, leaf),
        player=members.player[member], ratio=members.ratio[member],
        of_slot=members.of_slot[slot] - member.start,
    )  # fmt: skip
    bits = Bits(
        _from_zero(cuts.bits.start, slice(begin, end)), cuts.bits.feature[bit],
        _from_zero(cuts.bits.run, bit), cuts.bits.low[run], cuts.bits.span[run],
    )  # fmt: skip
    leaves = _from_zero(cuts.leaf_start, slice(begin, end))
    return Cuts(bits, leaves, cuts.mask[slot], cuts.want[slot]), some_paths, some_members


def _between(start: Any, some: slice) -> slice:
    """The places of what begins at `start`, for some of its owners."""
    return slice(int(start[some.start]), int(start[some.stop]))


def _from_zero(start: Any, some: slice) -> Any:
    """`start` of some owners alone, counted anew."""
    return start[some.start : some.stop + 1] - start[some.start]


def _bits(ensemble: TreeEnsemble, pruned: Paths, start: Any, bit_node: Any) -> Bits:
    """The runs of codes of every bit."""
    counts = ensemble.encoder.code_counts.astype(np.int32)
    feature = np.empty(len(bit_node), np.int32)
    run = np.zeros(len(bit_node) + 1, np.int64)
    ways = (ensemble.nodes, counts, start, bit_node, pruned.slot_start, pruned.feature,
            pruned.interval_start, pruned.low, pruned.high)  # fmt: skip
    nothing = np.zeros(0, np.uint16)
    runs = _runs(*ways, False, feature, run, nothing, nothing)
    low = np.empty(runs, np.uint16)
    span = np.empty(runs, np.uint16)
    _runs(*ways, True, feature, run, low, span)
    return Bits(start, feature, run, low, span)


@numba.njit
def count_inner(nodes: Any, root: int, order: Any, inner: Any) -> None:
    """How many inner nodes each node of a tree has below it, itself included."""
    order[0] = root
    size = 1
    at = 0
    while at < size:
        u = order[at]
        at += 1
        if nodes.left[u] >= 0:
            order[size] = nodes.left[u]
            order[size + 1] = nodes.right[u]
            size += 2
    for i in range(size - 1, -1, -1):
        u = order[i]
        inner[u] = 0
        if nodes.left[u] >= 0:
            inner[u] = 1 + inner[nodes.left[u]] + inner[nodes.right[u]]


@kernel(types.void(NODES, I4, INT, INT, I4, I4))
def _prune(nodes: Any, roots: Any, depth: int, most_bits: int, inner: Any, left: Any) -> None:
    """Marks the root of every subtree as a leaf of `left`."""
    order = np.empty(len(nodes.left) + 1, np.int32)
    stack = np.empty(2 * depth + 2, np.int32)
    level = np.empty(2 * depth + 2, np.int32)
    parent = np.empty(2 * depth + 2, np.int32)
    slots = np.zeros(depth + 1, np.int64)
    asked = np.empty(depth + 1, np.int32)
    for t in range(len(roots)):
        count_inner(nodes, roots[t], order, inner)
        stack[0] = roots[t]
        level[0] = 0
        waiting = 1
        while waiting > 0:
            waiting -= 1
            u = stack[waiting]
            d = level[waiting]
            if d > 0:
                f = nodes.feature[parent[waiting]]
                asked[d] = f
                slots[d] = slots[d - 1] + 1
                for e in range(1, d):
                    if asked[e] == f:
                        slots[d] = slots[d - 1]
            if nodes.left[u] < 0:
                continue
            if slots[d] + inner[u] <= most_bits:
                left[u] = -1
                continue
            stack[waiting] = nodes.right[u]
            stack[waiting + 1] = nodes.left[u]
            level[waiting] = level[waiting + 1] = d + 1
            parent[waiting] = parent[waiting + 1] = u
            waiting += 2


@kernel(types.void(NODES, I4, I8, I8, I8, I4, INT, I4, I4, I4, I8))
def _number(
    nodes: Any,
    cut_node: Any,
    cut_slot: Any,
    bit_start: Any,
    slot_start: Any,
    slot_feature: Any,
    depth: int,
    bit_node: Any,
    mask: Any,
    want: Any,
    leaf_start: Any,
) -> None:
    """Numbers the bits below each cut, and says for each leaf's slots which bits they need.

    The slots of the way to the cut are the first ones of every leaf below it.
    """
    stack = np.empty(2 * depth + 2, np.int32)
    level = np.empty(2 * depth + 2, np.int32)
    lefts = np.empty(2 * depth + 2, np.int32)
    above = np.empty(2 * depth + 2, np.int32)
    feature = np.empty(depth + 1, np.int32)
    bit = np.empty(depth + 1, np.int32)
    is_left = np.empty(depth + 1, np.int32)
    leaf = 0
    for c in range(len(cut_node)):
        given = cut_slot[c + 1] - cut_slot[c]
        next_bit = given
        stack[0] = cut_node[c]
        level[0] = 0
        waiting = 1
        while waiting > 0:
            waiting -= 1
            u = stack[waiting]
            d = level[waiting]
            if d > 0:
                bit[d] = above[waiting]
                is_left[d] = lefts[waiting]
                feature[d] = nodes.feature[bit_node[bit_start[c] + bit[d]]]
            if nodes.left[u] >= 0:
                bit_node[bit_start[c] + next_bit] = u
                stack[waiting] = nodes.right[u]
                stack[waiting + 1] = nodes.left[u]
                lefts[waiting] = 0
                lefts[waiting + 1] = 1
                level[waiting] = level[waiting + 1] = d + 1
                above[waiting] = above[waiting + 1] = next_bit
                next_bit += 1
                waiting += 2
                continue
            first = slot_start[leaf]
            for s in range(first, slot_start[leaf + 1]):
                if s - first < given:
                    mask[s] = want[s] = 1 << (s - first)
                for e in range(1, d + 1):
                    if feature[e] == slot_feature[s]:
                        mask[s] |= 1 << bit[e]
                        want[s] |= is_left[e] << bit[e]
            leaf += 1
        leaf_start[c + 1] = leaf


@numba.njit
def _put(at: int, begin: int, end: int, fill: bool, low: Any, span: Any) -> int:
    """Writes the run of codes `begin` up to without `end`; how many runs that makes."""
    if begin >= end:
        return 0
    if fill:
        low[at] = begin
        span[at] = end - 1 - begin
    return 1


@kernel(INT(NODES, I4, I8, I4, I8, I4, I8, I4, I4, types.boolean, I4, I8, U2, U2))
def _runs(
    nodes: Any,
    code_counts: Any,
    bit_start: Any,
    bit_node: Any,
    cut_slot: Any,
    cut_feature: Any,
    interval_start: Any,
    interval_low: Any,
    interval_high: Any,
    fill: bool,
    feature: Any,
    run: Any,
    low: Any,
    span: Any,
) -> int:
    """Counts the runs of all bits; writes them too when `fill`."""
    n = 0
    for c in range(len(bit_start) - 1):
        for b in range(bit_start[c], bit_start[c + 1]):
            u = bit_node[b]
            if u < 0:
                s = cut_slot[c] + b - bit_start[c]
                feature[b] = cut_feature[s]
                for i in range(interval_start[s], interval_start[s + 1]):
                    n += _put(n, interval_low[i], interval_high[i], fill, low, span)
            elif nodes.levels[u] < 0:
                feature[b] = nodes.feature[u]
                first = np.int64(nodes.low[u])
                n += _put(n, first, first + np.int64(nodes.width[u]), fill, low, span)
            else:
                feature[b] = nodes.feature[u]
                begin = -1
                for code in range(code_counts[feature[b]] + 1):
                    holds = False
                    if code < code_counts[feature[b]]:
                        word = nodes.bits[nodes.levels[u], code >> 6]
                        holds = (word >> np.uint64(code & 63)) & np.uint64(1) != 0
                    if holds and begin < 0:
                        begin = code
                    if begin >= 0 and not holds:
                        n += _put(n, begin, code, fill, low, span)
                        begin = -1
            run[b + 1] = n
    return n


@numba.njit
def find_patterns(bits: Any, s: int, codes: Any, first: int, rows: int, patterns: Any) -> None:
    """The patterns in subtree `s` of the rows from `first` on. Cost: rows × runs."""
    for r in range(rows):
        patterns[r] = 0
    for b in range(bits.start[s], bits.start[s + 1]):
        # a bit's runs do not overlap, so that each can add the bit
        bit = np.uint16(1 << (b - bits.start[s]))
        # a view from `first` on: an index that cannot be negative is what lets this be vectorised
        column = codes[bits.feature[b], first : first + rows]
        for i in range(bits.run[b], bits.run[b + 1]):
            low = bits.low[i]
            span = bits.span[i]
            for r in range(rows):
                inside = np.uint16(column[r] - low) <= span
                patterns[r] |= bit if inside else np.uint16(0)
