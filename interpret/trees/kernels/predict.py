"""The sum of the trees for every row. Cost: rows × trees × depth, the yardstick of the others."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import types

from workbench.blocks import fold
from workbench.progress import Progress, silent

from ..ensemble import TreeEnsemble
from ._compile import F8_2, I4, INT, NODES, for_codes, kernel


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


@kernel(*for_codes(lambda codes: types.void(NODES, I4, F8_2, codes, INT, INT, F8_2)))
def _add_trees(
    nodes: Any, roots: Any, value: Any, codes: Any, start: int, stop: int, out: Any
) -> None:
    outputs = value.shape[1]
    # a few rows through all trees: the rows' codes and the top of each tree stay in cache
    for first in range(start, stop, 256):
        last = min(stop, first + 256)
        for t in range(len(roots)):
            for i in range(first, last):
                u = roots[t]
                while nodes.left[u] >= 0:
                    code = np.int64(codes[nodes.feature[u], i])
                    u = nodes.left[u] if goes_left(nodes, u, code) else nodes.right[u]
                for k in range(outputs):
                    out[i, k] += value[u, k]
