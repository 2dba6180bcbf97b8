"""The tree of at most two splits that wins most, by exact search over a bounded list of splits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.figures import number
from workbench.progress import Progress, silent

from ..design_matrix import DesignMatrix

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Splits that are tried; more columns are cut at fewer values each.
MOST_SPLITS = 400
BLOCK = 8_192


@dataclass(frozen=True)
class Split:
    """Rows whose value in column `k` of a matrix is at most `at` go to the left."""

    k: int
    at: float

    def goes_left(self, x: Floats) -> Mask:
        """For every row."""
        return np.asarray(x[:, self.k] <= self.at)


@dataclass(frozen=True)
class Leaf:
    """The splits on the way, each with whether its left side is taken, and whether to treat."""

    way: tuple[tuple[Split, bool], ...]
    treats: bool

    def holds(self, x: Floats) -> Mask:
        """Which rows come here."""
        here = np.ones(len(x), dtype=bool)
        for split, is_left in self.way:
            here &= split.goes_left(x) == is_left
        return here

    def says(self, x: DesignMatrix) -> str:
        """The conditions in words."""
        return " and ".join(_condition(x, *each) for each in self.way) or "every row"


@dataclass(frozen=True)
class PolicyTree:
    """At most four leaves, which share the rows out."""

    leaves: tuple[Leaf, ...]

    def treats(self, x: Floats) -> Mask:
        """Whom the tree treats."""
        chosen = np.zeros(len(x), dtype=bool)
        for leaf in self.leaves:
            if leaf.treats:
                chosen |= leaf.holds(x)
        return chosen


def candidate_splits(x: Floats, points: int) -> tuple[Split, ...]:
    """At most `points` values of every column, at its quantiles; never the largest, which parts
    nothing. No more than `MOST_SPLITS` in all."""
    points = max(1, min(points, MOST_SPLITS // max(x.shape[1], 1)))
    shares = np.arange(1, points + 1) / (points + 1)
    return tuple(
        Split(k, float(at))
        for k in range(x.shape[1])
        for at in np.unique(np.quantile(x[:, k], shares, method="inverted_cdf"))
        if at < x[:, k].max()
    )[:MOST_SPLITS]


def best_tree(
    x: Floats, gain: Floats, splits: tuple[Split, ...], depth: int, fewest: int,
    progress: Progress = silent,
) -> PolicyTree:  # fmt: skip
    """The tree with the largest sum of `gain` (n,) over those it treats, each leaf with at least
    `fewest` rows; among equals the one with fewer splits.

    Exact: for every pair of splits the sums in their four cells come from one product of matrices.
    """
    inside = _cells(x, gain, splits, progress)
    best, value = _stump((), float(gain.sum())), max(float(gain.sum()), 0.0)
    least = 1e-12 * float(np.abs(gain).sum())
    for r, root in enumerate(splits if depth else ()):
        sides, total = [], 0.0
        for is_left in (True, False):
            leaves, won = inside.best_side(r, root, is_left, depth, fewest)
            sides += leaves
            total += won
        if inside.parts(r, fewest) and total > value + least:
            best, value = tuple(sides), total
    return PolicyTree(tuple(best))


@dataclass(frozen=True)
class _Cells:
    """Sums of the gain and counts of rows left of both of two splits, (s, s), whose diagonals are
    those left of one, and over all rows."""

    splits: tuple[Split, ...]
    sums: Floats
    counts: Floats
    total: float
    rows: int

    def parts(self, r: int, fewest: int) -> bool:
        """Both sides of a split hold enough rows."""
        return bool(fewest <= self.counts[r, r] <= self.rows - fewest)

    def best_side(
        self, r: int, root: Split, is_left: bool, depth: int, fewest: int
    ) -> tuple[list[Leaf], float]:
        """The best leaf or pair of leaves on one side of the root, and what it wins."""
        own = self.sums[r, r] if is_left else self.total - self.sums[r, r]
        way = ((root, is_left),)
        plain = list(_stump(way, own)), max(own, 0.0)
        if depth < 2:
            return plain
        left = self.sums[r] if is_left else np.diag(self.sums) - self.sums[r]
        held = self.counts[r] if is_left else np.diag(self.counts) - self.counts[r]
        size = self.counts[r, r] if is_left else self.rows - self.counts[r, r]
        won = np.maximum(left, 0) + np.maximum(own - left, 0)
        won = np.where((held >= fewest) & (size - held >= fewest), won, -np.inf)
        c = int(np.argmax(won))
        if won[c] <= plain[1] + 1e-12 * abs(own):
            return plain
        both = [(True, left[c]), (False, own - left[c])]
        leaves = [Leaf((*way, (self.splits[c], side)), bool(value > 0)) for side, value in both]
        return leaves, float(won[c])


def _stump(way: tuple[tuple[Split, bool], ...], value: float) -> tuple[Leaf, ...]:
    return (Leaf(way, bool(value > 0)),)


def _cells(x: Floats, gain: Floats, splits: tuple[Split, ...], progress: Progress) -> _Cells:
    size = len(splits)
    sums, counts = np.zeros((size, size)), np.zeros((size, size))
    columns = np.array([s.k for s in splits], dtype=int)
    at = np.array([s.at for s in splits])
    for start in range(0, len(x), BLOCK):
        progress(start / len(x))
        rows = slice(start, start + BLOCK)
        left = (x[rows][:, columns] <= at).astype(float)
        sums += (left * gain[rows, None]).T @ left
        counts += left.T @ left
    return _Cells(splits, sums, counts, float(gain.sum()), len(x))


def _condition(x: DesignMatrix, split: Split, is_left: bool) -> str:
    term = x.terms[split.k]
    if term.level is not None:
        return f"{term.column} {'≠' if is_left else '='} {term.level}"
    return f"{term.label} {'≤' if is_left else '>'} {number(split.at)}"
