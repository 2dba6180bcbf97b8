"""From counts to what two columns do together, one table of codes by codes at a time.

Cost of a table: its cells, and four corners for each leaf and rectangle of its two sets.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from ._compile import F8, F8_2, I4, I8, INT, kernel


class Sets(NamedTuple):
    """The intervals of all slots (see `paths.Paths`), as this file's kernels are given them."""

    start: Any
    low: Any
    high: Any


#: `Sets`, as a kernel sees it.
SETS = types.NamedTuple((I8, I4, I4), Sets)
U2_2 = types.Array(types.uint16, 2, "C")


@numba.njit
def _strips(
    slots: Any, amount: Any, sets: Any, first: int, last: int, place: Any, along: Any
) -> None:
    """Adds to `along` the change of each slot's amount at the ends of its intervals."""
    for i in range(first, last):
        for k in range(sets.start[slots[i]], sets.start[slots[i] + 1]):
            along[place[sets.low[k]]] += amount[i]
            along[place[sets.high[k]]] -= amount[i]


@kernel(
    types.void(I8, I8, F8, F8, F8, INT, INT, SETS, I8, I8, F8_2),
)
def fill_table(
    slots_a: Any,
    slots_b: Any,
    joint: Any,
    alone_a: Any,
    alone_b: Any,
    first: int,
    last: int,
    sets: Any,
    place_a: Any,
    place_b: Any,
    table: Any,
) -> None:
    """`table[i, j]` = Σ over entries of joint·[i ∈ A][j ∈ B] + alone_a·[i ∈ A] + alone_b·[j ∈ B].

    Entry e has the set A of slot `slots_a[e]` and B of `slots_b[e]`. `place` says for a code how
    many codes of the grid are smaller. The table has one row and one column more than the grid;
    they hold what ends with the last code and mean nothing.
    """
    rows, columns = table.shape
    for i in range(rows):
        for j in range(columns):
            table[i, j] = 0.0
    for e in range(first, last):
        a = slots_a[e]
        b = slots_b[e]
        for k in range(sets.start[a], sets.start[a + 1]):
            top = place_a[sets.low[k]]
            bottom = place_a[sets.high[k]]
            for m in range(sets.start[b], sets.start[b + 1]):
                left = place_b[sets.low[m]]
                right = place_b[sets.high[m]]
                table[top, left] += joint[e]
                table[top, right] -= joint[e]
                table[bottom, left] -= joint[e]
                table[bottom, right] += joint[e]
    along_a = np.zeros(rows)
    along_b = np.zeros(columns)
    _strips(slots_a, alone_a, sets, first, last, place_a, along_a)
    _strips(slots_b, alone_b, sets, first, last, place_b, along_b)
    # what is alone lies at the table's edge: it holds for every code of the other column
    for i in range(rows):
        table[i, 0] += along_a[i]
    for j in range(columns):
        table[0, j] += along_b[j]
    for i in range(rows):
        across = 0.0
        for j in range(columns):
            across += table[i, j]
            table[i, j] = across + (table[i - 1, j] if i > 0 else 0.0)


@kernel(types.UniTuple(types.float64, 2)(F8_2, U2_2, INT, INT, F8_2))
def spread_over_rows(table: Any, at: Any, a: int, b: int, curves: Any) -> tuple[float, float]:
    """The variance over the rows of `table[at[a], at[b]]`, and its covariance with the sum of
    `curves[a]` and `curves[b]` (features, rows), which are centred."""
    rows = at.shape[1]
    start = table[at[a, 0], at[b, 0]]
    total = 0.0
    squares = 0.0
    products = 0.0
    for i in range(rows):
        # less the first row's: what is squared is no larger than its spread
        x = table[at[a, i], at[b, i]] - start
        total += x
        squares += x * x
        products += x * (curves[a, i] + curves[b, i])
    mean = total / rows
    return max(0.0, squares / rows - mean * mean), products / rows
