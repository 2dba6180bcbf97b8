"""What leads to each leaf: one set of codes per column on the way.

A leaf is reached by a row when, for every column on its path, the row's code lies in that column's
set. Conditions on the same column are merged, so a leaf of depth 12 that asks about five columns
has five *slots*. A slot's set is kept as intervals of codes, at most two for a number (missing,
and a stretch) and as many as a category's levels have runs; so whatever is assembled from leaves
(curves, surfaces) knows neither missing values nor categories.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from .ensemble import Floats, TreeEnsemble
from .nodes import Ints

Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Paths:
    """All leaves of an ensemble, tree by tree, the left one first.

    Leaf l has the slots `slot_start[l]` to `slot_start[l + 1]`, in the order in which its path
    first asks about their columns. Slot s is about column `feature[s]`, holds the intervals
    `interval_start[s]` to `interval_start[s + 1]` (codes `low` up to but without `high`; none where
    nothing can come this way), and `ratio[s]` is the share of the training weight that followed
    the path at the column's splits.
    """

    leaf: Ints
    tree: Ints
    slot_start: Places
    feature: Ints
    ratio: Floats
    interval_start: Places
    low: Ints
    high: Ints
    depth: int

    @property
    def leaves(self) -> int:
        """How many leaves there are."""
        return len(self.leaf)

    @property
    def slots(self) -> int:
        """How many slots all leaves have together."""
        return len(self.feature)

    @property
    def most_slots(self) -> int:
        """The most columns any leaf's path asks about."""
        return int(np.diff(self.slot_start).max(initial=0))


_KEPT: WeakKeyDictionary[TreeEnsemble, Paths] = WeakKeyDictionary()


def paths_of(ensemble: TreeEnsemble) -> Paths:
    """The paths of every leaf, kept as long as the ensemble. Cost: leaves × depth."""
    from .kernels.paths import find_paths

    if ensemble not in _KEPT:
        _KEPT[ensemble] = find_paths(ensemble)
    return _KEPT[ensemble]
