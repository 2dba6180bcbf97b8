"""What regressions are run on: the covariates themselves, their splines and the products of pairs
of them, standardised, made for a block of rows at a time.

Of a million rows the columns would take more memory than everything else together, so that they are
held only while they are few and else made again at every reading: either way the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import blocks

Floats = NDArray[np.float64]
#: Products of pairs of columns are taken only while there are at most this many.
MOST_PAIRS = 200
#: Rows whose columns are made at a time, which then stay near the processor.
BLOCK = 2_048
#: Columns are held, not made again, up to so many bytes.
MOST_HELD = 64 * 2**20


@dataclass(frozen=True)
class Columns:
    """What is made of the covariates: themselves, their splines, the products of pairs of them,
    and their squares."""

    knots: tuple[Floats, ...] = ()
    has_pairs: bool = False
    has_squares: bool = False

    @classmethod
    def bent(cls, x: Floats, *, has_squares: bool = False) -> Columns:
        """Splines of every column with enough values, and the products while they are few."""
        pairs = x.shape[1] * (x.shape[1] - 1) // 2
        return cls(_knots(x), pairs <= MOST_PAIRS, has_squares)

    @cached_property
    def _splines(self) -> dict[int, _Spline]:
        return {k: _Spline.at(knots) for k, knots in enumerate(self.knots) if len(knots)}

    @cached_property
    def _middle(self) -> Floats:
        return np.array([knots.mean() if len(knots) else 0.0 for knots in self.knots])[:, None]

    def count(self, covariates: int) -> int:
        """How many columns are made of so many covariates."""
        pairs = covariates * (covariates - 1) // 2 * self.has_pairs
        splines = sum(len(spline.weights) for spline in self._splines.values())
        return covariates + splines + pairs + len(self._splines) * self.has_squares

    def __call__(self, x: Floats) -> Floats:
        """The columns of rows (n, p), each of them a row: (k, n)."""
        x = np.ascontiguousarray(x.T)
        made = np.empty((self.count(len(x)), x.shape[1]))
        made[: len(x)] = x
        at = len(x)
        for k, spline in self._splines.items():
            size = len(spline.weights)
            spline(x[k], made[at : at + size])
            at += size
        if self.has_pairs or self.has_squares:
            x = x - self._middle
        for k in range(len(x) if self.has_pairs else 0):
            size = len(x) - k - 1
            np.multiply(x[k], x[k + 1 :], out=made[at : at + size])
            at += size
        if self.has_squares:
            made[at:] = x[list(self._splines)] ** 2
        return made


@dataclass(frozen=True)
class Moments:
    """Of the columns and, as the last of them, an outcome, over rows that count `n` together: their
    means (k + 1,), the sums of the products of their distances from these (k + 1, k + 1), and the
    largest size (k + 1,) of each."""

    n: float
    means: Floats
    products: Floats
    largest: Floats

    @classmethod
    def of(cls, x: Floats, y: Floats, weight: Floats, made_of: Columns) -> Moments:
        """Of rows that count by `weight` (n,), block by block, each about its own mean, so that no
        digits are lost (Chan, Golub & LeVeque 1983)."""
        size = made_of.count(x.shape[1]) + 1
        n, means, products, largest = 0.0, np.zeros(size), np.zeros((size, size)), np.zeros(size)
        for at in blocks(len(x), BLOCK):
            rows = np.vstack([made_of(x[at]), y[at]])
            largest = np.maximum(largest, np.abs(rows).max(axis=1))
            more = float(weight[at].sum())
            own = rows @ weight[at] / more
            rows -= own[:, None]
            rows *= np.sqrt(weight[at])
            products += rows @ rows.T
            apart = own - means
            products += np.outer(apart, apart) * (n * more / (n + more))
            means += apart * (more / (n + more))
            n += more
        return cls(n, means, products, largest)

    @cached_property
    def scale(self) -> Floats:
        """The standard deviation (k,) of every column; 0 of one that does not vary."""
        made = np.sqrt(np.diag(self.products)[:-1] / self.n)
        made[made < 1e-10 * np.maximum(self.largest[:-1], 1e-300)] = 0.0
        return np.asarray(made)

    @cached_property
    def correlations(self) -> Floats:
        """Of the columns that vary with one another."""
        kept = np.flatnonzero(self.scale)
        size = self.scale[kept]
        return np.asarray(self.products[np.ix_(kept, kept)] / np.outer(size, size) / self.n)

    @cached_property
    def with_outcome(self) -> Floats:
        """The mean products of the outcome with those columns, standardised."""
        kept = np.flatnonzero(self.scale)
        return np.asarray(self.products[-1, kept] / self.scale[kept] / self.n)

    @property
    def outcome(self) -> tuple[float, float]:
        """The mean of the outcome, and its variance."""
        return float(self.means[-1]), float(self.products[-1, -1] / self.n)


@dataclass(frozen=True)
class Basis:
    """Columns made of the covariates, standardised as in training; those that did not vary there
    are left out."""

    made_of: Columns
    centre: Floats
    scale: Floats

    @classmethod
    def of(cls, made_of: Columns, moments: Moments) -> Basis:
        """As the rows are from which the moments come."""
        return cls(made_of, moments.means[:-1], moments.scale)

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """Which of the columns varied."""
        return self.scale > 0

    def __call__(self, x: Floats) -> Floats:
        """The columns of rows (n, p), each of them a row: (k, n)."""
        made = self.made_of(x)
        if not self.kept.all():
            made = made[self.kept]
        made -= self.centre[self.kept, None]
        made *= 1 / self.scale[self.kept, None]
        return made

    def scores(self, x: Floats, slopes: Floats) -> Floats:
        """The columns of rows (n, p) times the slopes."""
        parts = [slopes @ self(x[at]) for at in blocks(len(x), BLOCK)]
        return np.concatenate(parts) if parts else np.empty(0)


@dataclass(frozen=True)
class Rows:
    """The standardised columns of the rows that are learned from, read a block at a time as often
    as one likes."""

    x: Floats
    basis: Basis

    @cached_property
    def _held(self) -> list[Floats] | None:
        bytes_needed = len(self.x) * int(self.basis.kept.sum()) * 8
        if bytes_needed > MOST_HELD:
            return None
        return [self.basis(self.x[at]) for at in blocks(len(self.x), BLOCK)]

    def __iter__(self) -> Iterator[tuple[slice, Floats]]:
        """The rows of a block, and their columns (k, b)."""
        for number, at in enumerate(blocks(len(self.x), BLOCK)):
            yield at, self.basis(self.x[at]) if self._held is None else self._held[number]


def standardised(x: Floats, made_of: Columns) -> Floats:
    """All columns made of the rows (n, p), each with mean 0 and variance 1, those that do not vary
    left out: (n, k)."""
    basis = Basis.of(made_of, Moments.of(x, np.zeros(len(x)), np.ones(len(x)), made_of))
    made = np.empty((len(x), int(basis.kept.sum())))
    for at in blocks(len(x), BLOCK):
        made[at] = basis(x[at]).T
    return made


def _knots(x: Floats) -> tuple[Floats, ...]:
    """Five quantiles of every column with enough values; none for the others."""
    shares = (0.05, 0.275, 0.5, 0.725, 0.95)
    found = [np.unique(np.quantile(x[:, k], shares)) for k in range(x.shape[1])]
    return tuple(at if len(at) >= 3 else np.empty(0) for at in found)


@dataclass(frozen=True)
class _Spline:
    """Restricted cubic splines, straight beyond the outer knots (Stone & Koo 1985): of the cubes of
    what values are above the knots (m,) the sums by `weights` (m - 2, m)."""

    knots: Floats
    weights: Floats

    @classmethod
    def at(cls, knots: Floats) -> _Spline:
        """With these knots, at least three."""
        last, before, inner = knots[-1], knots[-2], knots[:-2]
        weights = np.eye(len(knots))[:-2]
        weights[:, -2] = -(last - inner) / (last - before)
        weights[:, -1] = (before - inner) / (last - before)
        return cls(knots[:, None], weights / (last - knots[0]) ** 3)

    def __call__(self, values: Floats, made: Floats) -> None:
        """Writes the splines of values (n,) to `made` (m - 2, n)."""
        beyond = values - self.knots
        np.maximum(beyond, 0.0, out=beyond)
        cubes = beyond * beyond
        cubes *= beyond
        np.matmul(self.weights, cubes, out=made)
