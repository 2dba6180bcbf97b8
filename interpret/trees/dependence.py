"""Partial dependence of every column at every code, exact over all rows (Friedman 2001).

A tree's answer, averaged over the rows with column j set to code c, is the sum over its leaves of
the leaf's value times the share of rows that meet all its conditions but those on j, where c lies
in the leaf's set of j. So one walk that counts rows gives every curve at every code at once; what
a curve costs does not depend on how many columns or grid points there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.progress import Progress, silent

from .ensemble import TreeEnsemble
from .paths import Paths, Places, paths_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curves:
    """The average sum of the trees (base included) with a column set to each of its codes.

    `values[i]` (codes,) belongs to column `features[i]`; place 0 is missing. `mean` is the average
    over the rows as they are.
    """

    features: tuple[int, ...]
    values: tuple[Floats, ...]
    mean: float

    def of(self, feature: int) -> Floats:
        """One column's curve."""
        return self.values[self.features.index(feature)]


def margin_curves(
    ensemble: TreeEnsemble,
    codes: Any,
    features: Sequence[int] | None = None,
    progress: Progress = silent,
) -> Curves:
    """The exact partial dependence of the sum of the trees over all rows of `codes`.

    One output (`ensemble.output(k)`). Cost: one walk, about half a prediction, whatever is asked.
    """
    from .kernels.counts import leaf_counts

    counts = leaf_counts(ensemble, codes, progress)
    wanted = tuple(range(ensemble.features)) if features is None else tuple(features)
    return curves_from(ensemble, counts.all, counts.but_one, codes.shape[1], wanted)


def curves_from(
    ensemble: TreeEnsemble,
    there: Places,
    but_one: Places,
    rows: int,
    features: tuple[int, ...],
) -> Curves:
    """Curves from the counts of leaves and slots over `rows` rows."""
    paths = paths_of(ensemble)
    value = ensemble.value[paths.leaf, 0]
    leaf_of_slot = np.repeat(np.arange(paths.leaves), np.diff(paths.slot_start))
    slot_value = value[leaf_of_slot]
    # a slot takes its leaf's rows out of what does not depend on its column …
    total = float(value @ there)
    rest = total - np.bincount(paths.feature, slot_value * there[leaf_of_slot], ensemble.features)
    # … and gives back its own, at the codes of its set
    changes = _changes(ensemble, paths, slot_value * but_one)
    starts = ensemble.code_starts
    base = float(ensemble.base[0])
    return Curves(
        features,
        tuple(
            base + (rest[f] + np.cumsum(changes[starts[f] + f : starts[f + 1] + f])) / rows
            for f in features
        ),
        base + total / rows,
    )


def _changes(ensemble: TreeEnsemble, paths: Paths, amount: Floats) -> Floats:
    """The codes of all columns in a row: what is added where an interval begins, less its end.

    One place more per column than it has codes, for the intervals that end with its last.
    """
    count = np.diff(paths.interval_start)
    first = (ensemble.code_starts[:-1] + np.arange(ensemble.features))[paths.feature]
    at, added = np.repeat(first, count), np.repeat(amount, count)
    size = int(ensemble.code_starts[-1]) + ensemble.features
    begins = np.bincount(at + paths.low, added, size)
    return np.asarray(begins - np.bincount(at + paths.high, added, size))
