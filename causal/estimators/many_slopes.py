"""Many regressions at once that differ in the treatment alone, or in a column of noise: what the
covariates leave is had for all of them by products of matrices, block by block of rows."""

from __future__ import annotations

from collections.abc import Iterator

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
    values = treatments - treatments.mean(axis=1, keepdims=True)
    values = values if partial.root is None else values * partial.root
    projected = values @ partial.q
    size = _squares(values) - _squares(projected)
    estimate = (values @ partial.rest_of_y) / size
    spread = np.zeros(len(values))
    for at in _blocks(values):
        rest = values[:, at] - projected @ partial.q[at].T
        left = partial.rest_of_y[at] - estimate[:, None] * rest
        spread += _spread(rest, left, size, 1 - partial.leverage[at])
    return estimate, np.sqrt(spread) / size


def slopes_beside_noise(
    partial: PartialSlope, rest_of_t: Floats, noise: Floats
) -> tuple[Floats, Floats]:
    """The coefficients (k,) of one treatment, of which the covariates leave `rest_of_t` (n,), and
    their errors, each beside one of the columns (k, n) and its square."""
    first = noise - noise.mean(axis=1, keepdims=True)
    second = first * first
    second -= second.mean(axis=1, keepdims=True)
    if partial.clusters is not None:
        pairs = (np.column_stack(pair) for pair in zip(first, second, strict=True))
        return _one_by_one(partial.slope(rest_of_t, partial.rest(pair)) for pair in pairs)
    if partial.root is not None:
        first, second = first * partial.root, second * partial.root
    on_first, on_second = first @ partial.q, second @ partial.q
    # Gram and Schmidt, by products alone: e1 = first / size, e2 = (second - turn first) / size.
    per1 = _one_by_size(_squares(first) - _squares(on_first), _squares(first))
    both = np.einsum("ij,ij->i", first, second) - np.einsum("ij,ij->i", on_first, on_second)
    turn = both * per1**2
    per2 = _one_by_size(_squares(second) - _squares(on_second) - turn * both, _squares(second))
    (t1, t2), (y1, y2) = (
        (first @ rest * per1, (second @ rest - turn * (first @ rest)) * per2)
        for rest in (rest_of_t, partial.rest_of_y)
    )
    size = rest_of_t @ rest_of_t - t1**2 - t2**2
    estimate = (rest_of_t @ partial.rest_of_y - t1 * y1 - t2 * y2) / size
    spread = np.zeros(len(noise))
    for at in _blocks(noise):
        q = partial.q[at].T
        e1 = first[:, at] - on_first @ q
        e2 = second[:, at] - on_second @ q
        e2 -= turn[:, None] * e1
        e1 *= per1[:, None]
        e2 *= per2[:, None]
        rest = rest_of_t[at] - t1[:, None] * e1 - t2[:, None] * e2
        left = partial.rest_of_y[at] - y1[:, None] * e1 - y2[:, None] * e2
        left -= estimate[:, None] * rest
        spread += _spread(rest, left, size, 1 - partial.leverage[at] - e1 * e1 - e2 * e2)
    return estimate, np.sqrt(spread) / size


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


def _blocks(columns: Floats) -> list[slice]:
    return blocks(columns.shape[1], max(1, NEAR // len(columns)))


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
