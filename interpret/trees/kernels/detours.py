"""What is made of detours (see `branching`): a loop each, over the first `count` of a room.

A detour of row i by the codes low … high - 1 of column f, which changes the sum by x, is four whole
numbers (i, f, low, high) and x. Rows are counted within the few that were walked together.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import types

from ._compile import F8, F8_2, F8_3, I8, INT, kernel
from .away import I4_2
from .branching import COLUMN, FROM, ROW, TO

U4_3 = types.Array(types.uint32, 3, "C")
#: As `expected.Loss` and `expected.LINKS` number them.
SQUARED, ABSOLUTE, LOG = 0, 1, 2
IDENTITY, LOGISTIC, HALF_LOGISTIC = 0, 1, 2
#: The trees are added up in another order than the library's. A probability this near to a half is
#: a half, and a mean of the trees' probabilities this near to zero is zero.
ROUNDING = 1e-12


@numba.njit
def _loss(y: float, margin: float, loss: int, link: int, smallest: float) -> float:
    """The loss of a prediction, given the sum of the trees."""
    if link == IDENTITY:
        prediction = margin
    elif link == LOGISTIC:
        prediction = 1 / (1 + np.exp(-margin))
    elif link == HALF_LOGISTIC:
        prediction = 1 / (1 + np.exp(-2 * margin))
    else:
        prediction = np.exp(margin)
    if loss == SQUARED:
        return (y - prediction) ** 2
    if loss == ABSOLUTE:
        return abs(y - prediction)
    if loss == LOG:
        observed = prediction if y > 0.5 else 1 - prediction
        if link == IDENTITY and observed < ROUNDING:
            observed = 0.0
        return -np.log(max(observed, smallest))
    return 1.0 if (prediction > 0.5 + ROUNDING) != (y > 0.5) else 0.0


@kernel(types.void(I4_2, F8, INT, I8, I8, F8_2))
def add_changes(detours: Any, change: Any, count: int, starts: Any, place: Any, out: Any) -> None:
    """To `out` (rows, places) where each row's curves rise and fall.

    `place[starts[f] + code]` is the place of the first grid point of column f at or after a code.
    """
    for d in range(count):
        i, first = detours[d, ROW], starts[detours[d, COLUMN]]
        out[i, place[first + detours[d, FROM]]] += change[d]
        out[i, place[first + detours[d, TO]]] -= change[d]


@kernel(types.void(F8_2, F8, I8))
def add_up(curves: Any, own: Any, ends: Any) -> None:
    """Rises and falls (rows, places) to heights; a column's places end before its `ends`."""
    for i in range(len(curves)):
        at = 0
        for s in range(len(ends)):
            height = own[i]
            for p in range(at, ends[s]):
                height += curves[i, p]
                curves[i, p] = height
            at = ends[s]


@kernel(types.void(I4_2, F8, INT, I8, F8, F8))
def add_weighted(
    detours: Any, change: Any, count: int, starts: Any, weights: Any, out: Any
) -> None:
    """To `out` (codes and one more of each column) all rows' rises and falls, weighted."""
    for d in range(count):
        x = weights[detours[d, ROW]] * change[d]
        first = starts[detours[d, COLUMN]]
        out[first + detours[d, FROM]] += x
        out[first + detours[d, TO]] -= x


@kernel(types.void(I4_2, F8, INT, I8, U4_3, F8_3))
def add_replaced(detours: Any, change: Any, count: int, slots: Any, codes: Any, out: Any) -> None:
    """To `out` what changes with a row's column f at each of `codes`, (rows, slots[f], repeats)."""
    for d in range(count):
        i, s = detours[d, ROW], slots[detours[d, COLUMN]]
        low, x = np.uint32(detours[d, FROM]), change[d]
        width = np.uint32(detours[d, TO] - detours[d, FROM])
        asked, sums = codes[i, s], out[i, s]
        for r in range(len(asked)):
            # as unsigned numbers, so that one comparison tells both ends
            sums[r] += x if np.uint32(asked[r] - low) < width else 0.0


@kernel(types.void(I4_2, F8, INT, I8, F8, I8, F8_2))
def add_expected(
    detours: Any, change: Any, count: int, starts: Any, below: Any, slots: Any, out: Any
) -> None:
    """To `out` (rows, slots) what changes on average over the codes of a column.

    `below[starts[f] + code]` is the share of rows that have a smaller code.
    """
    for d in range(count):
        f = detours[d, COLUMN]
        share = below[starts[f] + detours[d, TO]] - below[starts[f] + detours[d, FROM]]
        out[detours[d, ROW], slots[f]] += share * change[d]


@kernel(types.void(F8_2, F8, I8, F8, F8, INT, INT, types.float64, F8, F8_2, F8))
def add_losses(
    curves: Any,
    sums: Any,
    ends: Any,
    share: Any,
    y: Any,
    loss: int,
    link: int,
    smallest: float,
    own: Any,
    borrowed: Any,
    lent: Any,
) -> None:
    """How much more each row loses with a column at every code, to be added up both ways.

    `curves` are rises and falls (rows, places) as of `add_changes`, and are zero afterwards; `sums`
    are the rows' own. To `own` (rows,) goes each row's loss, to `borrowed` (rows, slots) what is
    lost more, averaged over a column's codes by their `share`, and to `lent` (places,) the same
    summed over the rows. `smallest` is the least probability whose logarithm is taken.
    """
    for i in range(len(curves)):
        own[i] = _loss(y[i], sums[i], loss, link, smallest)
        at = 0
        for s in range(len(ends)):
            height, more = sums[i], 0.0
            # the last place of a column stands behind its codes
            for p in range(at, ends[s] - 1):
                if curves[i, p] != 0.0:
                    height += curves[i, p]
                    more = _loss(y[i], height, loss, link, smallest) - own[i]
                    curves[i, p] = 0.0
                borrowed[i, s] += share[p] * more
                lent[p] += more
            curves[i, ends[s] - 1] = 0.0
            at = ends[s]
