"""Local effects of the sum of the trees, whose accumulation is the ALE (Apley & Zhu 2020).

A bin's local effect is what the sum changes by when a column moves from the bin's lower edge to
its upper one, added up over the rows in the bin; a cell's is the second difference at its four
corners. They are counted, not predicted. Accumulating and centring is the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.progress import Progress, silent

from .ensemble import TreeEnsemble
from .paths import Places, paths_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LocalEffects:
    """Per column and bin: the sum of the local effects of its rows, and how many these are."""

    sums: tuple[Floats, ...]
    counts: tuple[Places, ...]


@dataclass(frozen=True, eq=False)
class CellEffects:
    """The sum of the second differences of each cell (bins, bins) over its rows; their number."""

    sums: Floats
    counts: Places


def local_effects(
    ensemble: TreeEnsemble,
    codes: Any,
    edges: Sequence[Any],
    bins: Any,
    progress: Progress = silent,
) -> LocalEffects:
    """The local effects of all bins of all columns, over all rows. One output.

    `edges[f]` are the codes of column f's edges, never falling (empty for a column that is not
    asked about); `bins` (columns, rows) is each row's bin, from 0, or -1 for a row that is in none.
    Cost: about a prediction.
    """
    from .kernels.effects import BinLayout, summed_effects

    layout = BinLayout.of(ensemble, tuple(range(ensemble.features)), edges, bins)
    paths = paths_of(ensemble)
    place = np.zeros((len(ensemble.nodes.left), 2), dtype=np.int64)
    place[paths.leaf, 0], place[paths.leaf, 1] = paths.slot_start[:-1], paths.slot_start[1:]
    found = summed_effects(ensemble, codes, layout, place, None, progress)
    rows = np.bincount(layout.of_row[layout.of_row >= 0], minlength=layout.bins)
    cuts = layout.start[1:-1]
    return LocalEffects(tuple(np.split(found, cuts)), tuple(np.split(rows, cuts)))


def cell_effects(
    ensemble: TreeEnsemble,
    codes: Any,
    features: tuple[int, int],
    edges: tuple[Any, Any],
    bins: Any,
    progress: Progress = silent,
) -> CellEffects:
    """The second differences of all cells of two columns, over the rows that are in a cell.

    `edges` and `bins` (2, rows) as in `local_effects`, for the two columns. Cost: half a
    prediction.
    """
    if features[0] == features[1]:
        raise ValueError(f"Cells are of two columns; both are column {features[0]}.")
    from .kernels.effects import BinLayout, summed_effects

    layout = BinLayout.of(ensemble, features, edges, bins)
    paths = paths_of(ensemble)
    place = np.full((len(ensemble.nodes.left), 2), -1, dtype=np.int64)
    leaf_of_slot = np.repeat(paths.leaf, np.diff(paths.slot_start))
    for side, f in enumerate(features):
        own = np.flatnonzero(paths.feature == f)
        place[leaf_of_slot[own], side] = own
    shape = tuple(np.diff(layout.start))
    found = summed_effects(ensemble, codes, layout, place, features, progress)
    inside = layout.of_row[:, (layout.of_row >= 0).all(axis=0)]
    cell = inside[0] * shape[1] + inside[1] - layout.start[1]
    rows = np.bincount(cell, minlength=shape[0] * shape[1])
    return CellEffects(found.reshape(shape), rows.reshape(shape))
