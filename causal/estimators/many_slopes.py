"""Many regressions at once that differ in the treatment alone, or in a column of noise: what the
covariates leave is had for all of them by products of matrices, block by block of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import blocks

from .partial_slope import PartialSlope

Floats = NDArray[np.float64]
#: Treatments are made for so many numbers at a time, but at least this many of them, as all share
#: one reading of the covariates …
AT_ONCE, FEWEST_AT_ONCE = 2**18, 8
#: … and worked on for so many numbers at a time, which then stay near the processor.
NEAR = 2**15
#: A column of which this share is left by the others is made up of them.
NOTHING = 1e-10


def regressions_at_once(rows: int) -> int:
    """How many regressions on so many rows are best done at once."""
    return max(FEWEST_AT_ONCE, AT_ONCE // rows)


def slopes_of(partial: PartialSlope, treatments: Floats) -> tuple[Floats, Floats]:
    """The coefficients (k,) of treatments (k, n) and their errors, a regression for each: those of
    `PartialSlope.slope`."""
    if partial.clusters is not None:
        return _one_by_one(partial.slope(partial.rest(each)) for each in treatments)
    middle = treatments.mean(axis=1, keepdims=True)

    def values(at: slice) -> Floats:
        return _rooted(partial, treatments[:, at] - middle, at)

    of = _Products.of(partial, values, treatments.shape, (partial.rest_of_y,))
    size = of.squares - _squares(of.projected)
    estimate = of.toward[0] / size
    spread = np.zeros(len(treatments))
    for at in _blocks(treatments.shape):
        rest = values(at) - of.projected @ partial.q[at].T
        left = partial.rest_of_y[at] - estimate[:, None] * rest
        spread += _spread(rest, left, size, 1 - partial.leverage[at])
    return estimate, np.sqrt(spread) / size


def slopes_beside_noise(
    partial: PartialSlope, rest_of_t: Floats, noise: Floats
) -> tuple[Floats, Floats]:
    """The coefficients (k,) of one treatment, of which the covariates leave `rest_of_t` (n,), and
    their errors, each beside one of the columns (k, n) and its square."""
    middle = noise.mean(axis=1, keepdims=True)
    summed = sum(_squares(noise[:, at] - middle) for at in _blocks(noise.shape))
    variance = np.reshape(summed, (-1, 1)) / noise.shape[1]
    if partial.clusters is not None:
        pairs = (np.column_stack([each, each**2 - own]) for each, own in
                 zip(noise - middle, variance, strict=True))  # fmt: skip
        return _one_by_one(partial.slope(rest_of_t, partial.rest(pair)) for pair in pairs)

    def first(at: slice) -> Floats:
        return _rooted(partial, noise[:, at] - middle, at)

    def second(at: slice) -> Floats:
        return _rooted(partial, (noise[:, at] - middle) ** 2 - variance, at)

    toward = (rest_of_t, partial.rest_of_y)
    one = _Products.of(partial, first, noise.shape, toward)
    two = _Products.of(partial, second, noise.shape, toward)
    # Gram and Schmidt, by products alone: e1 = first / size, e2 = (second - turn first) / size.
    both = sum(np.einsum("ij,ij->i", first(at), second(at)) for at in _blocks(noise.shape))
    both = both - np.einsum("ij,ij->i", one.projected, two.projected)
    per1 = _one_by_size(one.squares - _squares(one.projected), one.squares)
    turn = both * per1**2
    per2 = _one_by_size(two.squares - _squares(two.projected) - turn * both, two.squares)
    (t1, y1) = (each * per1 for each in one.toward)
    (t2, y2) = ((b - turn * a) * per2 for a, b in zip(one.toward, two.toward, strict=True))
    size = rest_of_t @ rest_of_t - t1**2 - t2**2
    estimate = (rest_of_t @ partial.rest_of_y - t1 * y1 - t2 * y2) / size
    spread = np.zeros(len(noise))
    for at in _blocks(noise.shape):
        q = partial.q[at].T
        e1 = first(at) - one.projected @ q
        e2 = second(at) - two.projected @ q
        e2 -= turn[:, None] * e1
        e1 *= per1[:, None]
        e2 *= per2[:, None]
        rest = rest_of_t[at] - t1[:, None] * e1 - t2[:, None] * e2
        left = partial.rest_of_y[at] - y1[:, None] * e1 - y2[:, None] * e2
        left -= estimate[:, None] * rest
        spread += _spread(rest, left, size, 1 - partial.leverage[at] - e1 * e1 - e2 * e2)
    return estimate, np.sqrt(spread) / size


@dataclass(frozen=True)
class _Products:
    """Of columns (k, n) the sums (k,) of their squares, their products (k, p) with the covariates'
    orthogonal columns, and those (k,) with each of some other columns (n,)."""

    squares: Floats
    projected: Floats
    toward: tuple[Floats, ...]

    @classmethod
    def of(
        cls,
        partial: PartialSlope,
        columns: Callable[[slice], Floats],
        shape: tuple[int, ...],
        others: tuple[Floats, ...],
    ) -> _Products:
        """One reading of the covariates."""
        squares, projected = np.zeros(shape[0]), np.zeros((shape[0], partial.q.shape[1]))
        toward = [np.zeros(shape[0]) for _ in others]
        for at in _blocks(shape):
            block = columns(at)
            squares += _squares(block)
            projected += block @ partial.q[at]
            for k, other in enumerate(others):
                toward[k] += block @ other[at]
        return cls(squares, projected, tuple(toward))


def _rooted(partial: PartialSlope, columns: Floats, at: slice) -> Floats:
    return columns if partial.root is None else columns * partial.root[at]


def _spread(rest: Floats, left: Floats, size: Floats, free: Floats) -> Floats:
    """The sums (k,) of the squared scores by what leverage leaves (HC2), over a block of rows: of
    the treatment `rest` (k, b) is left, of the outcome `left`; `free` is 1 less the leverage of all
    else. Writes into `left`."""
    squares = rest * rest
    left *= left
    left *= squares
    squares /= -size[:, None]
    squares += free
    np.maximum(squares, 1e-10, out=squares)
    left /= squares
    return np.asarray(left.sum(axis=1))


def _blocks(shape: tuple[int, ...]) -> list[slice]:
    return blocks(shape[1], max(1, NEAR // shape[0]))


def _squares(rows: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", rows, rows))


def _one_by_size(left: Floats, whole: Floats) -> Floats:
    """1 by the length of what is left of columns, of which the squares sum to `left` (k,) and did
    to `whole` (k,); 0 where nothing is left, so that the column counts as none."""
    is_left = left > NOTHING * whole
    return np.where(is_left, 1 / np.sqrt(np.where(is_left, left, 1.0)), 0.0)


def _one_by_one(found: Iterator[tuple[float, float]]) -> tuple[Floats, Floats]:
    estimates, errors = np.array(list(found)).T
    return estimates, errors
