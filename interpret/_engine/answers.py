"""What an engine is asked and what it answers: the same words for both engines.

`rows` are encoded rows (n, features) as the model takes them, NaN missing; `grid`, `edges` and the
like are values of a column in the same code. Every answer is about one number of the model, its
`Target`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.model import FittedModel, Scale
from workbench.progress import Progress, silent
from workbench.transform import Floats

Places = NDArray[np.intp]
#: For the number of a group, which row lends to which: (repeats, n).
Lenders = Callable[[int], Places]


@dataclass(frozen=True)
class Target:
    """The number that is explained: of one class (None for regression), on one scale."""

    target_class: str | None
    scale: Scale


@dataclass(frozen=True)
class Means:
    """Means over rows with their standard errors from the sampling of rows, and how many rows."""

    mean: Floats
    std_error: Floats
    rows: NDArray[np.int64]


class Engine(Protocol):
    """A way to have a model's answers. `note` says which, and why, for the notes of a result."""

    @property
    def model(self) -> FittedModel: ...

    @property
    def is_exact(self) -> bool: ...

    @property
    def note(self) -> str: ...

    def predict(self, rows: Floats, target: Target, progress: Progress = silent) -> Floats:
        """The target of every row, (n,)."""
        ...

    def curves(
        self,
        rows: Floats,
        feature: int,
        grid: Floats,
        target: Target,
        progress: Progress = silent,
    ) -> Floats:
        """Every row's own curve: the target with the column set to each value, (n, grid)."""
        ...  # fmt: skip

    def average(
        self,
        rows: Floats,
        feature: int,
        grid: Floats,
        target: Target,
        progress: Progress = silent,
        weights: Floats | None = None,
    ) -> Means:
        """The (weighted) mean curve over all rows, without holding theirs, (grid,)."""
        ...  # fmt: skip

    def surface(
        self,
        rows: Floats,
        features: tuple[int, int],
        grids: tuple[Floats, Floats],
        target: Target,
        progress: Progress = silent,
    ) -> Floats:
        """The mean over all rows with two columns set, (grid of the first, of the second)."""
        ...  # fmt: skip

    def steps(
        self,
        rows: Floats,
        feature: int,
        edges: Floats,
        bins: Places,
        target: Target,
        progress: Progress = silent,
    ) -> Means:
        """Per bin the mean change of the target from its lower edge to its upper, over the rows
        in it; `bins` is every row's bin, -1 for none. (edges - 1,)"""
        ...  # fmt: skip

    def cell_steps(
        self,
        rows: Floats,
        features: tuple[int, int],
        edges: tuple[Floats, Floats],
        bins: tuple[Places, Places],
        target: Target,
        progress: Progress = silent,
    ) -> Floats:
        """Per cell of two columns' bins the mean second difference over its rows; NaN where a
        cell holds no row."""
        ...  # fmt: skip

    def permuted(
        self,
        rows: Floats,
        groups: Sequence[tuple[int, ...]],
        lenders: Lenders,
        progress: Progress = silent,
    ) -> Iterator[Floats]:
        """Group by group, predictions on the response scale with the group's columns of row i
        taken together from row `lenders(group)[r, i]`: (repeats, n) for regression, else (repeats,
        n, classes)."""
        ...


def means(total: Floats, squares: Floats, rows: NDArray[np.int64]) -> Means:
    """Means and standard errors from sums and sums of squares; NaN where a row is too few."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / rows
        variance = np.maximum(squares / rows - mean**2, 0) * rows / (rows - 1)
        error = np.sqrt(variance / rows)
    return Means(mean, np.where(rows > 1, error, np.nan), rows)


def weighted_sums(values: Floats, weights: Floats | None) -> Floats:
    """What `weighted_means` is made of, for rows (n, grid): Σ w x, Σ w² x and Σ w² x²."""
    weight = np.ones(len(values)) if weights is None else weights
    return np.stack([weight @ values, weight**2 @ values, weight**2 @ values**2])


def weighted_means(sums: Floats, weights: Floats | None, rows: int) -> Means:
    """Means and standard errors of a ratio of sums Σ w x / Σ w, from all rows' `weighted_sums`;
    without weights those of a plain mean."""
    weight = np.ones(rows) if weights is None else weights
    total, counted = weight.sum(), int((weight > 0).sum())
    mean = sums[0] / total
    spread = np.maximum(sums[2] - 2 * mean * sums[1] + mean**2 * (weight**2).sum(), 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(spread * counted / (counted - 1)) / total
    found = np.where(counted > 1, error, np.nan)
    return Means(mean, np.asarray(found), np.full(len(mean), rows))
