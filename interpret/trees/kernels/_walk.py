"""The walk that counts rows: from a root to the leaves with sets of rows, all at once.

A row that meets every condition on the way to a node is *there*. A row that meets all but those on
one column would be there for other values of that column; a row that meets all but those on two
columns would be there for other values of both. The walk carries, per node, the set of the rows
that are there (state 0) and, of order 1, for every slot of the path the rows that fail this slot
alone; of order 2 also, for every two slots, the rows that fail these two alone. A row is in one
state at most, so that every set soon becomes thin, and an empty one costs nothing.

Of order 0 there is state 0 alone, and `free` columns are not asked about: their nodes send every
row both ways.

Sets are bits as long as they are full; where few rows are left they become a list, and the rest
of the subtree is walked row by row. Cost: per block of 2,048 rows, nodes × states × 32 words at
the top, one step per row, state and node below.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from ._compile import I8, I8_2, INT, U8_2
from ._masks import (
    ALL,
    MOST_WORDS,
    fill_condition,
    fill_rows,
    first_failed,
    helper,
    lowest,
    popcount,
    second_failed,
)
from ._tally import tally_list, tally_sets
from .ale import cells_of_list, cells_of_set, effects_of_list, effects_of_sets, fill_members
from .predict import goes_left

#: What a walk does at a leaf: counts rows (any order), adds up the local effects of all bins (of
#: order 1), or of the cells of two free columns (of order 0).
COUNTS, EFFECTS, CELLS = 0, 1, 2
#: A node's sets become a list below so many rows per state. Found by trial: shallow trees are
#: quickest with 2 … 8, grown ones with 4 … 16.
FEW = 6
#: The sets of one walk stay below this many bytes; a path of very many columns gets shorter blocks.
MOST_BYTES = 8 * 2**20


class Scratch(NamedTuple):
    """What one walk writes to, by depth: the rows and their number in each state, the question.

    State 0 is "there", 1 + s "fails slot s alone", `pair_state` the others. `slot` is the slot of
    the question asked at this depth (-1: a free column), `size` how many slots the path has so far
    and `feature` their columns.
    """

    mask: Any
    count: Any
    condition: Any
    size: Any
    slot: Any
    node: Any
    feature: Any
    stack: Any
    rows: Any
    few: int


#: `Scratch`, as a kernel sees it.
SCRATCH = types.NamedTuple(
    (types.Array(types.uint64, 3, "C"), I8_2, U8_2, I8, I8, I8, I8, I8_2, I8, INT), Scratch
)


def scratch(depth: int, most_slots: int, order: int) -> Scratch:
    """Room for a walk of an order through trees of a depth, whose leaves have so many slots."""
    states = _states(most_slots, order)
    words = _words(depth, most_slots, order)
    return Scratch(
        mask=np.empty((depth + 2, states, words), np.uint64),
        count=np.zeros((depth + 2, states), np.int64),
        condition=np.zeros((depth + 2, words), np.uint64),
        size=np.zeros(depth + 2, np.int64),
        slot=np.zeros(depth + 2, np.int64),
        node=np.zeros(depth + 2, np.int64),
        feature=np.zeros(most_slots + 1, np.int64),
        stack=np.zeros((2 * depth + 2, 4), np.int64),
        rows=np.zeros(_longest_list(states, words) * (2 * depth + 3), np.int64),
        few=FEW,
    )


def scratch_bytes(depth: int, most_slots: int, order: int) -> int:
    """What `scratch` takes, nearly."""
    states = _states(most_slots, order)
    words = _words(depth, most_slots, order)
    return 8 * (depth + 2) * ((states + 1) * words + 2 * _longest_list(states, words))


def _longest_list(states: int, words: int) -> int:
    """A row is in one state at most, and a list has no more rows than the block."""
    return min(FEW * states, 64 * words)


def _words(depth: int, most_slots: int, order: int) -> int:
    fit = MOST_BYTES // (8 * (depth + 2) * _states(most_slots, order))
    return int(max(1, min(MOST_WORDS, fit)))


def _states(most_slots: int, order: int) -> int:
    pairs = most_slots * (most_slots - 1) // 2 if order == 2 else 0
    return 1 + (most_slots if order else 0) + pairs


@helper
def pair_state(states: int, most_slots: int, a: int, b: int) -> int:
    """The state "fails slots a < b alone" of a walk with so many states."""
    return states - most_slots * (most_slots - 1) // 2 + b * (b - 1) // 2 + a


@helper
def _states_of(slots: int, order: int) -> int:
    """How many states a node has whose path has so many slots."""
    if order == 0:
        return 1
    return 1 + slots + (slots * (slots - 1) // 2 if order == 2 else 0)


@helper
def _pass(mask: Any, count: Any, condition: Any, d: int, state: int, flip: int) -> Any:
    """The parent's rows of a state that meet the parent's condition on this side; how many."""
    found = np.uint64(0)
    if count[d - 1, state] > 0:
        for w in range(mask.shape[2]):
            word = mask[d - 1, state, w] & (condition[d - 1, w] ^ flip)
            mask[d, state, w] = word
            found += popcount(word)
    count[d, state] = np.int64(found)
    return np.int64(found)


@helper
def _fall(
    mask: Any, count: Any, condition: Any, d: int, source: int, state: int, flip: int, stays: bool
) -> Any:
    """Into `state` fall the rows of `source` that the condition sends the other way.

    With `stays` the parent's rows of `state` stay in it: they already failed this slot.
    """
    found = np.uint64(0)
    stays = stays and count[d - 1, state] > 0
    falls = count[d - 1, source] > 0
    if stays or falls:
        kept = ALL if stays else np.uint64(0)
        fallen = ALL if falls else np.uint64(0)
        for w in range(mask.shape[2]):
            word = fallen & mask[d - 1, source, w] & ~(condition[d - 1, w] ^ flip)
            word |= kept & mask[d - 1, state, w]
            mask[d, state, w] = word
            found += popcount(word)
    count[d, state] = np.int64(found)
    return np.int64(found)


@helper
def _enter(mask: Any, count: Any, condition: Any, d: int, slot: int, before: int, flip: int,
           order: int, most_slots: int) -> int:  # fmt: skip
    """The sets of a node at depth `d`, from its parent's; how many rows they hold together.

    The parent, whose path has the slots below `before`, asks about `slot` (-1: a free column).
    """
    if slot < 0:
        return _fall(mask, count, condition, d, 0, 0, flip, True)  # all stay
    held = _pass(mask, count, condition, d, 0, flip)
    if order == 0:
        return held
    for s in range(before):
        if s != slot:
            held += _pass(mask, count, condition, d, 1 + s, flip)
    held += _fall(mask, count, condition, d, 0, 1 + slot, flip, slot < before)
    if order == 1:
        return held
    states = mask.shape[1]
    for b in range(before):
        for a in range(b):
            if slot not in (a, b):
                state = pair_state(states, most_slots, a, b)
                held += _pass(mask, count, condition, d, state, flip)
        if b != slot:
            state = pair_state(states, most_slots, min(b, slot), max(b, slot))
            held += _fall(mask, count, condition, d, 1 + b, state, flip, slot < before)
    return held


@helper
def _slot_of(f: int, size: Any, feature: Any, d: int, order: int, free: Any) -> int:
    """The slot of a column at depth `d`, a new one where the path meets it first.

    Of order 0 there are no slots: -1 for a free column, 0 for another.
    """
    if order == 0:
        return -1 if free[f] else 0
    s = 0
    while s < size[d] and feature[s] != f:
        s += 1
    feature[s] = f
    size[d + 1] = max(size[d], s + 1)
    return s


@numba.njit
def _list(mask: Any, rows: Any, d: int, state: int, tags: int, n: int) -> int:
    """Appends the rows of a state to the list, each with the state's tags; the new length."""
    for w in range(mask.shape[2]):
        word = mask[d, state, w]
        while word != np.uint64(0):
            rows[n] = (64 * w + lowest(word)) | tags
            n += 1
            word &= word - np.uint64(1)
    return n


@numba.njit
def _list_all(
    mask: Any, count: Any, rows: Any, d: int, size: int, order: int, most_slots: int
) -> int:
    """Writes the rows of all states of a node at depth `d` to the list; how many."""
    n = 0
    if count[d, 0] > 0:
        n = _list(mask, rows, d, 0, 0, n)
    if order == 0:
        return n
    for b in range(size):
        if count[d, 1 + b] > 0:
            n = _list(mask, rows, d, 1 + b, (b + 1) << 16, n)
        if order == 1:
            continue
        for a in range(b):
            state = pair_state(mask.shape[1], most_slots, a, b)
            if count[d, state] > 0:
                n = _list(mask, rows, d, state, ((a + 1) << 16) | ((b + 1) << 32), n)
    return n


@numba.njit
def _split(
    nodes: Any, u: int, codes: Any, first: int, order: int, rows: Any, slot: int, begin: int,
    end: int,
) -> tuple[int, int]:  # fmt: skip
    """A node's list parted: the right child's from `end` on, the left's `end - begin` after it.

    A row goes its own way as it is, and the other way too: as it is where it already failed this
    slot, with the slot noted where it may fail one more. Written without branches.
    """
    f = nodes.feature[u]
    tag = slot + 1
    right: Any = end
    left: Any = end + (end - begin)
    for i in range(begin, end):
        x = rows[i]
        one = first_failed(x)
        two = second_failed(x)
        failed = (one == tag) | (two == tag)
        falls = (not failed) & (order > 0) & (one == 0)
        falls_twice = (not failed) & (order == 2) & (one != 0) & (two == 0)
        y = x | (tag << 16 if falls else 0) | (tag << 32 if falls_twice else 0)
        both = failed | falls | falls_twice
        is_left = goes_left(nodes, u, np.int64(codes[f, first + (x & 0xFFFF)]))
        rows[left] = x if is_left else y
        rows[right] = y if is_left else x
        left += np.int64(is_left | both)
        right += np.int64(both | (not is_left))
    return left - (end + (end - begin)), right - end


@helper
def _push(stack: Any, place: int, u: int, d: int, begin: int, end: int) -> None:
    stack[place, 0] = u
    stack[place, 1] = d
    stack[place, 2] = begin
    stack[place, 3] = end


@helper
def _at_sets(
    mode: int, order: int, mask: Any, count: Any, u: int, d: int, slots: int, tally: Any, bins: Any
) -> None:
    if mode == COUNTS:
        tally_sets(count, u, d, slots, order, tally)
    elif mode == EFFECTS:
        effects_of_sets(mask, count, u, d, bins)
    else:
        cells_of_set(mask, u, d, bins)


@helper
def _at_list(
    mode: int, rows: Any, u: int, first: int, begin: int, end: int, tally: Any, bins: Any
) -> None:
    if mode == COUNTS:
        tally_list(rows, u, begin, end, tally)
    elif mode == EFFECTS:
        effects_of_list(rows, u, first, begin, end, bins)
    else:
        cells_of_list(rows, u, first, begin, end, bins)


@numba.njit
def _walk_list(
    nodes: Any, waiting: int, codes: Any, first: int, mode: int, order: int, free: Any, at: Any,
    tally: Any, bins: Any,
) -> None:  # fmt: skip
    """The subtree on top of the stack, whose sets hold few rows, with lists."""
    below = waiting
    waiting += 1
    stack = at.stack
    while waiting > below:
        waiting -= 1
        u = stack[waiting, 0]
        d = stack[waiting, 1]
        begin = stack[waiting, 2]
        end = stack[waiting, 3]
        if nodes.left[u] < 0:
            _at_list(mode, at.rows, u, first, begin, end, tally, bins)
            continue
        slot = _slot_of(nodes.feature[u], at.size, at.feature, d, order, free)
        left, right = _split(nodes, u, codes, first, order, at.rows, slot, begin, end)
        if right > 0:
            _push(stack, waiting, np.int64(nodes.right[u]), d + 1, end, end + right)
            waiting += 1
        if left > 0:
            start = end + (end - begin)
            _push(stack, waiting, np.int64(nodes.left[u]), d + 1, start, start + left)
            waiting += 1


@numba.njit
def walk(
    nodes: Any, roots: Any, codes: Any, first: int, rows: int, mode: int, order: int, free: Any,
    at: Any, tally: Any, bins: Any,
) -> None:  # fmt: skip
    """All trees with the `rows` rows from `first` on, at most as many as `at` has bits."""
    mask = at.mask
    count = at.count
    stack = at.stack
    most_slots = len(at.feature) - 1
    fill_rows(mask, rows)
    fill_members(bins.member, bins.of_row, first, rows)
    count[0, 0] = rows
    at.size[0] = 0
    for t in range(len(roots)):
        _push(stack, 0, np.int64(roots[t]), 0, 0, 0)
        waiting = 1
        while waiting > 0:
            waiting -= 1
            u = stack[waiting, 0]
            d = stack[waiting, 1]
            held = rows
            if d > 0:
                flip = np.uint64(0) if nodes.left[at.node[d - 1]] == u else ALL
                held = _enter(mask, count, at.condition, d, at.slot[d - 1], at.size[d - 1],
                              flip, order, most_slots)  # fmt: skip
            if held == 0:
                continue
            if nodes.left[u] < 0:
                _at_sets(mode, order, mask, count, u, d, at.size[d], tally, bins)
                continue
            if held <= at.few * _states_of(at.size[d], order):
                stack[waiting, 2] = 0
                stack[waiting, 3] = _list_all(mask, count, at.rows, d, at.size[d], order,
                                              most_slots)  # fmt: skip
                _walk_list(nodes, waiting, codes, first, mode, order, free, at, tally, bins)
                continue
            at.node[d] = u
            at.slot[d] = _slot_of(nodes.feature[u], at.size, at.feature, d, order, free)
            if at.slot[d] >= 0:
                fill_condition(nodes, u, codes, first, rows, at.condition, d)
            _push(stack, waiting, np.int64(nodes.right[u]), d + 1, 0, 0)
            _push(stack, waiting + 1, np.int64(nodes.left[u]), d + 1, 0, 0)
            waiting += 2
