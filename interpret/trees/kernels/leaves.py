"""In how many trees do rows end in the same leaf as one row? Cost: rows × trees × depth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from workbench.blocks import fold
from workbench.progress import Progress, silent

from ..ensemble import TreeEnsemble
from ._compile import I4, I8, INT, NODES, for_codes, kernel
from .predict import goes_left


def shared_leaves(ensemble: TreeEnsemble, one: Any, codes: Any, progress: Progress = silent) -> Any:
    """For each row of `codes` (features, rows) the number of trees in which it ends in the leaf
    where the single row `one` (features, 1) ends, (rows,)."""
    rows = codes.shape[1]
    count = np.zeros(rows, dtype=np.int64)

    def step(at: slice) -> int:
        _count_shared(ensemble.nodes, ensemble.roots, one, codes, at.start, at.stop, count)
        return 0

    if rows:
        fold(step, max, rows, bytes_per_row=8, progress=progress)
    return count


@kernel(*for_codes(lambda codes: types.void(NODES, I4, codes, codes, INT, INT, I8)))
def _count_shared(
    nodes: Any, roots: Any, one: Any, codes: Any, start: int, stop: int, count: Any
) -> None:
    for t in range(len(roots)):
        for i in range(start, stop):
            u = roots[t]
            while nodes.left[u] >= 0:
                f = nodes.feature[u]
                left = goes_left(nodes, u, np.int64(one[f, 0]))
                if goes_left(nodes, u, np.int64(codes[f, i])) != left:
                    break
                u = nodes.left[u] if left else nodes.right[u]
            if nodes.left[u] < 0:
                count[i] += 1
