"""Counts of rows at the leaves of a walk."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from ._compile import I8, I8_2, INT
from ._masks import first_failed, helper, second_failed


class Tally(NamedTuple):
    """Whole numbers: how many rows reach each leaf, fail one slot of it alone, or two alone.

    All stand in `totals`. For a leaf u, `place[u]` says where its rows are counted, where those of
    its first slot, and where those of its first pair of slots; pair (a < b) follows b (b - 1) / 2
    + a places later, as in the walk's states from `pair_state` on.
    """

    place: Any
    totals: Any
    pair_state: int


#: `Tally`, as the kernel sees it.
TALLY = types.NamedTuple((I8_2, I8, INT), Tally)
#: For a walk that does not count.
NO_COUNTS = Tally(np.zeros((0, 3), np.int64), np.zeros(0, np.int64), 0)


@helper
def tally_sets(count: Any, u: int, d: int, slots: int, order: int, out: Tally) -> None:
    """Adds a leaf's rows, counted state by state at depth d."""
    out.totals[out.place[u, 0]] += count[d, 0]
    if order > 0:
        for s in range(slots):
            out.totals[out.place[u, 1] + s] += count[d, 1 + s]
    if order == 2:
        for j in range(slots * (slots - 1) // 2):
            out.totals[out.place[u, 2] + j] += count[d, out.pair_state + j]


@helper
def tally_list(rows: Any, u: int, begin: int, end: int, out: Tally) -> None:
    """Adds a leaf's rows, listed from `begin` to `end`."""
    for i in range(begin, end):
        one = first_failed(rows[i])
        two = second_failed(rows[i])
        place = out.place[u, 0]
        if two > 0:
            a = min(one, two) - 1
            b = max(one, two) - 1
            place = out.place[u, 2] + b * (b - 1) // 2 + a
        elif one > 0:
            place = out.place[u, 1] + one - 1
        out.totals[place] += 1
