"""Partial dependence of two columns at once, exact over all rows, for every pair from one walk.

With columns a and b set to codes, a leaf is reached by the rows that meet all its conditions but
those on a and b, if both codes lie in its sets. A surface is the sum of the two curves and of what
the pair does together, and only leaves that ask about both add to the latter. What is kept are
counts; a surface is put together when it is asked for, so that all surfaces are never held at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.progress import Progress, silent

from .dependence import Curves, curves_from, margin_curves
from .ensemble import TreeEnsemble
from .paths import Paths, Places, paths_of

if TYPE_CHECKING:
    from .kernels.counts import PairCounts
    from .kernels.pair_counts import Sets

Floats = NDArray[np.float64]
Pair = tuple[int, int]

#: The most cells of one table; 64 MB.
MOST_CELLS = 8 * 2**20


@dataclass(frozen=True, eq=False)
class Surfaces:
    """The average sum of the trees with two columns set to the codes of their grids.

    `of(a, b)` (codes of a, codes of b) puts one surface together; `together(a, b)` is the part
    that is not the sum of the two `curves`: surface − curve of a − curve of b + mean.
    """

    pairs: tuple[Pair, ...]
    grids: tuple[Places, ...]
    curves: Curves
    _meet: NDArray[np.bool_]
    _apart: Callable[[int, int], Floats]

    def of(self, a: int, b: int) -> Floats:
        """The surface of one pair; rows are codes of the first column named."""
        first = self.curves.of(a)[self.grids[a]] - self.curves.mean
        second = self.curves.of(b)[self.grids[b]]
        return np.asarray(self.together(a, b) + first[:, None] + second[None, :])

    def meets(self, a: int, b: int) -> bool:
        """Whether some path asks about both; if not, they do nothing together."""
        return bool(self._meet[a, b])

    def together(self, a: int, b: int) -> Floats:
        """What the pair does beyond its two curves; zeros where no leaf asks about both."""
        if not self.meets(a, b):
            return np.zeros((len(self.grids[a]), len(self.grids[b])))
        return self._apart(a, b) if a < b else self._apart(b, a).T


def margin_surfaces(
    ensemble: TreeEnsemble,
    codes: Any,
    pairs: Sequence[Pair] | None = None,
    grids: Sequence[Any] | None = None,
    progress: Progress = silent,
) -> Surfaces:
    """The exact two-way partial dependence of the sum of the trees over all rows, pair by pair.

    One output. `grids[f]` are codes of column f, by default all. Cost: one walk of about a
    prediction for all pairs; where the counts of all pairs do not fit (forests of unlimited
    depth), a walk per surface when it is asked for.
    """
    from .kernels.counts import pair_counts, pairs_fit

    features = ensemble.features
    wanted = tuple(combinations(range(features), 2)) if pairs is None else tuple(pairs)
    every = [np.arange(n) for n in ensemble.encoder.code_counts] if grids is None else grids
    asked = tuple(np.asarray(grid, dtype=np.int64) for grid in every)
    rows = codes.shape[1]
    apart: _Counted | _Walked
    if pairs_fit(ensemble):
        counts = pair_counts(ensemble, codes, progress)
        curves = curves_from(ensemble, counts.all, counts.but_one, rows, tuple(range(features)))
        apart = _Counted(ensemble, asked, rows, counts)
    else:
        curves = margin_curves(ensemble, codes, progress=progress)
        apart = _Walked(ensemble, asked, codes, curves)
    return Surfaces(wanted, asked, curves, _meeting(ensemble), apart)


def margin_surface(
    ensemble: TreeEnsemble,
    codes: Any,
    features: Pair,
    grids: tuple[Any, Any],
    progress: Progress = silent,
) -> Floats:
    """One pair's surface (codes of the first grid, codes of the second); see `margin_surfaces`.

    Cost: a walk with one set of rows, about a fifth of a prediction.
    """
    from .kernels.counts import free_counts

    a, b = features
    if a == b:
        raise ValueError(f"A surface is of two columns; both are column {a}.")
    sizes = ensemble.encoder.code_counts
    first, second = (
        _Grid.of(np.asarray(grid, dtype=np.int64), int(sizes[f]))
        for grid, f in zip(grids, features, strict=True)
    )
    free = free_counts(ensemble, codes, features, progress)
    entries = _of_free_counts(ensemble, free, features)
    table = _table(entries, 0, len(free), (first, second)) + entries.rest.sum()
    return np.asarray(float(ensemble.base[0]) + table / codes.shape[1])


def _meeting(ensemble: TreeEnsemble) -> NDArray[np.bool_]:
    """(columns, columns) whether some path asks about both."""
    paths = paths_of(ensemble)
    asks = np.zeros((paths.leaves, ensemble.features), dtype=np.float32)
    leaf_of_slot = np.repeat(np.arange(paths.leaves), np.diff(paths.slot_start))
    asks[leaf_of_slot, paths.feature] = 1
    return np.asarray(asks.T @ asks > 0)


@dataclass(frozen=True, eq=False)
class _Grid:
    """A column's grid as tables are filled: distinct and ascending, and the way back.

    `place[c]` is how many of the `size` distinct codes are smaller than c; `order` are the places
    of the grid's codes, None where these are ascending as they stand.
    """

    size: int
    place: Places
    order: Places | None

    @classmethod
    def of(cls, codes: Places, code_count: int) -> _Grid:
        distinct, order = np.unique(codes, return_inverse=True)
        place = np.searchsorted(distinct, np.arange(code_count + 1)).astype(np.int64)
        is_plain = len(distinct) == len(codes) and bool((distinct == codes).all())
        return cls(len(distinct), place, None if is_plain else order)


@dataclass(frozen=True, eq=False)
class _Entries:
    """One line per leaf, and pair of slots: the two slots, what the leaf adds where both codes lie
    in its sets (`joint`), where one does (`alone_a`, `alone_b`), and everywhere (`rest`)."""

    sets: Sets
    slots_a: Places
    slots_b: Places
    joint: Floats
    alone_a: Floats
    alone_b: Floats
    rest: Floats


@dataclass(frozen=True, eq=False)
class _Counted:
    """From the counts of all pairs of slots."""

    ensemble: TreeEnsemble
    grids: tuple[Places, ...]
    rows: int
    counts: PairCounts

    def __call__(self, a: int, b: int) -> Floats:
        key = a * self.ensemble.features + b
        starts, everywhere, entries = self._sorted
        table = _table(entries, starts[key], starts[key + 1], (self._grid(a), self._grid(b)))
        return np.asarray((table + everywhere[key]) / self.rows)

    @cached_property
    def _grid(self) -> Callable[[int], _Grid]:
        sizes = self.ensemble.encoder.code_counts
        return cache(lambda f: _Grid.of(self.grids[f], int(sizes[f])))

    @cached_property
    def _sorted(self) -> tuple[list[int], list[float], _Entries]:
        """All pairs of slots, those of the same two columns beside each other: where each two
        columns' begin, and what theirs add everywhere."""
        from .kernels.counts import slot_pairs

        paths = paths_of(self.ensemble)
        one, two, leaf = slot_pairs(self.ensemble)
        swapped = paths.feature[one] > paths.feature[two]
        a, b = np.where(swapped, two, one), np.where(swapped, one, two)
        keys = self.ensemble.features**2
        key = paths.feature[a].astype(np.int64) * self.ensemble.features + paths.feature[b]
        # small whole numbers are sorted by counting
        order = np.argsort(key.astype(np.min_scalar_type(keys)), kind="stable")
        a, b, leaf, key = a[order], b[order], leaf[order], key[order]
        value = self.ensemble.value[paths.leaf[leaf], 0]
        rest = value * self.counts.all[leaf]
        entries = _Entries(
            _sets(paths),
            a, b,
            value * self.counts.but_two[order],
            -value * self.counts.but_one[a],
            -value * self.counts.but_one[b],
            rest,
        )  # fmt: skip
        starts = np.searchsorted(key, np.arange(keys + 1))
        return starts.tolist(), np.bincount(key, rest, keys).tolist(), entries


@dataclass(frozen=True, eq=False)
class _Walked:
    """From a walk of its own per pair, where the counts of all pairs do not fit."""

    ensemble: TreeEnsemble
    grids: tuple[Places, ...]
    codes: Any
    curves: Curves

    def __call__(self, a: int, b: int) -> Floats:
        grids = self.grids[a], self.grids[b]
        whole = margin_surface(self.ensemble, self.codes, (a, b), grids)
        first, second = self.curves.of(a)[grids[0]], self.curves.of(b)[grids[1]]
        return np.asarray(whole - first[:, None] - second[None, :] + self.curves.mean)


def _of_free_counts(ensemble: TreeEnsemble, free: Places, pair: Pair) -> _Entries:
    """One entry per leaf, from the rows that meet all its conditions but those on the pair."""
    paths = paths_of(ensemble)
    amount = ensemble.value[paths.leaf, 0] * free
    # a leaf that does not ask about a column has the empty slot of `_sets`
    slots = np.full((2, paths.leaves), paths.slots)
    leaf_of_slot = np.repeat(np.arange(paths.leaves), np.diff(paths.slot_start))
    for row, f in enumerate(pair):
        own = np.flatnonzero(paths.feature == f)
        slots[row, leaf_of_slot[own]] = own
    a, b = slots < paths.slots
    return _Entries(
        _sets(paths),
        slots[0], slots[1], amount * (a & b), amount * (a & ~b), amount * (b & ~a),
        amount * ~(a | b),
    )  # fmt: skip


def _sets(paths: Paths) -> Sets:
    """The intervals of every slot, and of one more that has none."""
    from .kernels.pair_counts import Sets

    starts = np.append(paths.interval_start, paths.interval_start[-1])
    return Sets(starts, paths.low, paths.high)


def _table(entries: _Entries, first: int, last: int, grids: tuple[_Grid, _Grid]) -> Floats:
    """What the entries from `first` to `last` add at the codes of two grids, without `rest`."""
    from .kernels.pair_counts import fill_table

    rows, columns = (grid.size for grid in grids)
    if rows * columns > MOST_CELLS:
        raise NotApplicable(
            f"A surface of {rows:,} × {columns:,} codes is too large to be held.",
            "Choose a coarser grid, or fewer rows.",
        )
    table = np.empty((rows + 1, columns + 1))
    fill_table(entries.slots_a, entries.slots_b, entries.joint, entries.alone_a, entries.alone_b,
               first, last, entries.sets, grids[0].place, grids[1].place,
               table)  # fmt: skip
    found = table[:-1, :-1]
    for axis, grid in enumerate(grids):
        if grid.order is not None:
            found = found.take(grid.order, axis=axis)
    return found
