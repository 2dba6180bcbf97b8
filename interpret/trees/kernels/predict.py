"""The sum of the trees for every row. Cost: rows × trees × depth, the yardstick of the others."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from workbench.blocks import fold
from workbench.progress import Progress, silent

from ..ensemble import TreeEnsemble
from ._compile import F8_2, I4, INT, NODES, for_codes, kernel

#: Rows that walk side by side, so that none waits for another's node to come from memory.
TOGETHER = 64


def margins(ensemble: TreeEnsemble, codes: Any, progress: Progress = silent) -> Any:
    """base + Σ trees, (rows, outputs), of codes (features, rows)."""
    rows = codes.shape[1]
    out = np.tile(ensemble.base, (rows, 1))

    def step(at: slice) -> int:
        _add_trees(ensemble.nodes, ensemble.roots, ensemble.value, codes, at.start, at.stop, out)
        return 0

    if rows:
        fold(step, max, rows, bytes_per_row=8 * ensemble.outputs, progress=progress)
    return out


# numba would count the owners of every array at each call; nothing is owned here
@numba.njit(_nrt=False, forceinline=True)
def goes_left(nodes: Any, u: int, code: int) -> bool:
    """Whether a code goes left at an inner node."""
    row = nodes.levels[u]
    if row < 0:
        return np.uint32(code - nodes.low[u]) < nodes.width[u]
    word = nodes.bits[row, code >> 6]
    return (word >> np.uint64(code & 63)) & np.uint64(1) != 0


class _Steps(NamedTuple):
    """The trees as a walk without branches takes them: at a leaf every step stays.

    `kids[u, 1]` is where a row goes that goes left, `kids[u, 0]` where it goes else. For a
    category's node `low` is -1 - its row of bits.
    """

    kids: Any
    feature: Any
    low: Any


@numba.njit
def _steps(nodes: Any) -> Any:
    count = len(nodes.left)
    kids = np.empty((count, 2), np.int32)
    feature = np.zeros(count, np.int32)
    low = np.zeros(count, np.int32)
    for u in range(count):
        is_leaf = nodes.left[u] < 0
        kids[u, 1] = u if is_leaf else nodes.left[u]
        kids[u, 0] = u if is_leaf else nodes.right[u]
        if not is_leaf:
            feature[u] = nodes.feature[u]
            low[u] = nodes.low[u] if nodes.levels[u] < 0 else -1 - nodes.levels[u]
    return _Steps(kids, feature, low)


@numba.njit
def _to_leaves(nodes: Any, steps: Any, rows: Any, count: int, at: Any) -> None:
    """Takes rows (row, column), all at once, from where they are `at` to their leaves."""
    moved = np.int32(1)
    while moved != 0:
        moved = np.int32(0)
        for i in range(count):
            u = np.uint32(at[i])
            code = np.int32(rows[i, np.uint32(steps.feature[u])])
            low = steps.low[u]
            if low >= 0:
                is_left = np.uint32(code - low) < nodes.width[u]
            else:
                word = nodes.bits[-1 - low, code >> 6]
                is_left = (word >> np.uint64(code & 63)) & np.uint64(1) != 0
            following = steps.kids[u, np.uint32(is_left)]
            moved |= following ^ at[i]
            at[i] = following


@kernel(*for_codes(lambda codes: types.void(NODES, I4, F8_2, codes, INT, INT, F8_2)))
def _add_trees(
    nodes: Any, roots: Any, value: Any, codes: Any, start: int, stop: int, out: Any
) -> None:
    steps = _steps(nodes)
    at = np.empty(TOGETHER, np.int32)
    rows = np.empty((TOGETHER, codes.shape[0]), codes.dtype)
    for first in range(start, stop, TOGETHER):
        count = min(TOGETHER, stop - first)
        for f in range(codes.shape[0]):
            for i in range(count):
                rows[i, f] = codes[f, first + i]
        for t in range(len(roots)):
            for i in range(count):
                at[i] = roots[t]
            _to_leaves(nodes, steps, rows, count, at)
            for i in range(count):
                for k in range(value.shape[1]):
                    out[first + i, k] += value[at[i], k]
