"""Nearest rows with all ties, found among distinct rows so that ties cost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.progress import Progress, silent

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]
#: Queries are answered this many at a time, which bounds memory and lets a person cancel.
BLOCK = 1_000
#: Distances that differ by less than this share are ties.
TIE = 1e-9


@dataclass(frozen=True)
class Pairs:
    """Which distinct rows of the pool (position `pool`) are matched to which query (`query`), both
    (m,); a query without a match does not occur."""

    query: Positions
    pool: Positions


def nearest(
    queries: Floats,
    pool: Floats,
    counts: NDArray[np.intp],
    rows: int,
    *,
    limit: float = np.inf,
    progress: Progress = silent,
) -> Pairs:
    """For every query (m, p) the nearest distinct rows of the pool (c, p) that together stand for
    at least `rows` rows (each for `counts` of them), and all as near as the last of them; none
    farther than `limit`."""
    from sklearn.neighbors import NearestNeighbors

    tree = NearestNeighbors(algorithm="kd_tree").fit(pool)
    found: list[Pairs] = []
    for start in range(0, len(queries), BLOCK):
        block = np.arange(start, min(start + BLOCK, len(queries)))
        found += _answered(tree, queries, block, counts, rows, limit)
        progress((start + len(block)) / len(queries), "Looking for neighbours")
    return Pairs(np.concatenate([f.query for f in found]), np.concatenate([f.pool for f in found]))


def _answered(
    tree: Any, queries: Floats, block: Positions, counts: NDArray[np.intp], rows: int,
    limit: float,
) -> Iterator[Pairs]:  # fmt: skip
    """The pairs of a block; queries whose ties reach beyond what was looked at are asked again."""
    width = min(len(counts), rows + 3)
    while len(block):
        distances, where = tree.kneighbors(queries[block], n_neighbors=width)
        enough = np.cumsum(counts[where], axis=1) >= rows
        last = distances[np.arange(len(block)), enough.argmax(axis=1)]
        inside = distances <= (last * (1 + TIE) + 1e-12)[:, None]
        is_open = inside[:, -1] & (width < len(counts))
        near = inside & (distances <= limit) & ~is_open[:, None]
        query, column = np.nonzero(near)
        yield Pairs(block[query], where[query, column])
        block, width = block[is_open], min(2 * width, len(counts))
