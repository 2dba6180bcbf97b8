"""Counts of rows at the leaves of a walk."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from ._compile import I4, I8, INT
from ._masks import first_failed, second_failed


class Tally(NamedTuple):
    """Rows that reach each leaf (`there`), fail one slot alone (`one`), or two alone (`two`).

    `leaf` is each node's place among the leaves; `slot_start` and `pair_start` say where a leaf's
    slots and its pairs of slots begin; pair (a < b) of a leaf is at b (b - 1) / 2 + a, as are the
    walk's states of pairs from `pair_state` on.
    """

    leaf: Any
    slot_start: Any
    pair_start: Any
    there: Any
    one: Any
    two: Any
    pair_state: int


#: `Tally`, as the kernel sees it.
TALLY = types.NamedTuple((I4, I8, I8, I8, I8, I8, INT), Tally)
_NONE = np.zeros(0, np.int64)
#: For a walk that does not count.
NO_COUNTS = Tally(np.zeros(0, np.int32), _NONE, _NONE, _NONE, _NONE, _NONE, 0)


@numba.njit
def tally_sets(count: Any, u: int, d: int, slots: int, order: int, out: Tally) -> None:
    """Adds a leaf's rows, counted state by state at depth d."""
    leaf = out.leaf[u]
    out.there[leaf] += count[d, 0]
    if order == 0:
        return
    start = out.slot_start[leaf]
    for s in range(slots):
        out.one[start + s] += count[d, 1 + s]
    if order == 2:
        start = out.pair_start[leaf]
        for j in range(slots * (slots - 1) // 2):
            out.two[start + j] += count[d, out.pair_state + j]


@numba.njit
def tally_list(rows: Any, u: int, begin: int, end: int, out: Tally) -> None:
    """Adds a leaf's rows, listed from `begin` to `end`."""
    leaf = out.leaf[u]
    for i in range(begin, end):
        one = first_failed(rows[i])
        two = second_failed(rows[i])
        if one == 0:
            out.there[leaf] += 1
        elif two == 0:
            out.one[out.slot_start[leaf] + one - 1] += 1
        else:
            a = min(one, two) - 1
            b = max(one, two) - 1
            out.two[out.pair_start[leaf] + b * (b - 1) // 2 + a] += 1
