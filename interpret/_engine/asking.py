"""Answers had by asking the model itself, again and again: for any model whatever.

This is what every other tool does, and it is right: it only takes longer. The model is given rows
with values replaced, a block at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.blocks import block_length, blocks, run_all
from workbench.model import FittedModel
from workbench.progress import Progress, part, silent
from workbench.transform import Floats

from .answers import Lenders, Means, Places, Target, means, weighted_means, weighted_sums

#: Rows that the model is given in one go, at most; so the bar moves.
MOST_ROWS_AT_A_TIME = 20_000


@dataclass(frozen=True)
class Asking:
    """The engine for every model; `why` says why the exact one does not serve.

    `is_waiting` where that is only because its kernels are still being compiled: nothing is known
    against the trees. Where they were found not to be what predicts, nothing may be read from them.
    """

    model: FittedModel
    why: str
    is_waiting: bool = False

    is_exact = False

    @property
    def note(self) -> str:
        return f"Computed by asking the model itself for every changed row. {self.why}"

    def predict(self, rows: Floats, target: Target, progress: Progress = silent) -> Floats:
        def answer(at: slice) -> Floats:
            return self._ask(rows[at], target)

        return np.concatenate(self._in_blocks(answer, rows, 1, progress))

    def curves(
        self, rows: Floats, feature: int, grid: Floats, target: Target,
        progress: Progress = silent,
    ) -> Floats:  # fmt: skip
        def answer(at: slice) -> Floats:
            return self._curves(rows[at], feature, grid, target)

        return np.concatenate(list(self._in_blocks(answer, rows, len(grid), progress)))

    def average(
        self, rows: Floats, feature: int, grid: Floats, target: Target,
        progress: Progress = silent, weights: Floats | None = None,
    ) -> Means:  # fmt: skip
        # sums about the first row's curve, so that squares of large numbers lose no digits
        centre = self._curves(rows[:1], feature, grid, target)[0]

        def answer(at: slice) -> Floats:
            moved = self._curves(rows[at], feature, grid, target) - centre
            return weighted_sums(moved, None if weights is None else weights[at])

        sums = np.sum(list(self._in_blocks(answer, rows, len(grid), progress)), axis=0)
        found = weighted_means(sums, weights, len(rows))
        return Means(found.mean + centre, found.std_error, found.rows)

    def surface(
        self, rows: Floats, features: tuple[int, int], grids: tuple[Floats, Floats],
        target: Target, progress: Progress = silent,
    ) -> Floats:  # fmt: skip
        first, second = np.meshgrid(*grids, indexing="ij")

        def answer(at: slice) -> Floats:
            given = np.repeat(rows[at], first.size, axis=0)
            given[:, features[0]] = np.tile(first.ravel(), len(rows[at]))
            given[:, features[1]] = np.tile(second.ravel(), len(rows[at]))
            return np.asarray(self._ask(given, target).reshape(-1, first.size).sum(axis=0))

        total = np.sum(list(self._in_blocks(answer, rows, first.size, progress)), axis=0)
        return np.asarray(total / len(rows)).reshape(first.shape)

    def steps(
        self, rows: Floats, feature: int, edges: Floats, bins: Places, target: Target,
        progress: Progress = silent,
    ) -> Means:  # fmt: skip
        inside = np.flatnonzero(bins >= 0)
        rows, bins, count = rows[inside], bins[inside], len(edges) - 1

        def answer(at: slice) -> Floats:
            low, high = rows[at].copy(), rows[at].copy()
            low[:, feature], high[:, feature] = edges[bins[at]], edges[bins[at] + 1]
            return self._ask(high, target) - self._ask(low, target)

        step = np.concatenate([np.zeros(0), *self._in_blocks(answer, rows, 2, progress)])
        total = np.asarray(np.bincount(bins, step, count), dtype=float)
        squares = np.asarray(np.bincount(bins, step**2, count), dtype=float)
        return means(total, squares, np.bincount(bins, minlength=count).astype(np.int64))

    def cell_steps(
        self, rows: Floats, features: tuple[int, int], edges: tuple[Floats, Floats],
        bins: tuple[Places, Places], target: Target, progress: Progress = silent,
    ) -> Floats:  # fmt: skip
        inside = np.flatnonzero((bins[0] >= 0) & (bins[1] >= 0))
        rows, first, second = rows[inside], bins[0][inside], bins[1][inside]

        def answer(at: slice) -> Floats:
            def corner(up: int, right: int) -> Floats:
                given = rows[at].copy()
                given[:, features[0]] = edges[0][first[at] + up]
                given[:, features[1]] = edges[1][second[at] + right]
                return self._ask(given, target)

            return (corner(1, 1) - corner(0, 1)) - (corner(1, 0) - corner(0, 0))

        step = np.concatenate([np.zeros(0), *self._in_blocks(answer, rows, 4, progress)])
        shape = len(edges[0]) - 1, len(edges[1]) - 1
        cell = np.ravel_multi_index((first, second), shape)
        with np.errstate(invalid="ignore"):
            mean = np.bincount(cell, step, shape[0] * shape[1]) / np.bincount(
                cell, minlength=shape[0] * shape[1]
            )
        return np.asarray(mean).reshape(shape)

    def permuted(
        self,
        rows: Floats,
        groups: Sequence[tuple[int, ...]],
        lenders: Lenders,
        progress: Progress = silent,
    ) -> Iterator[Floats]:
        for g, group in enumerate(groups):
            stretch = part(progress, g / len(groups), (g + 1) / len(groups))
            yield self._permuted(rows, list(group), lenders(g), stretch)

    def _permuted(
        self, rows: Floats, columns: list[int], lenders: Places, progress: Progress
    ) -> Floats:
        def answer(which: tuple[int, slice]) -> Floats:
            repeat, block = which
            given = rows[block].copy()
            given[:, columns] = rows[lenders[repeat, block]][:, columns]
            return self.model.response(given)

        length = min(block_length(16 * (rows.shape[1] + 8)), MOST_ROWS_AT_A_TIME)
        slices = blocks(len(rows), length)
        items = [(repeat, block) for repeat in range(len(lenders)) for block in slices]
        found = np.concatenate(list(run_all(answer, items, progress=progress, threads=1)))
        return found.reshape(len(lenders), len(rows), *found.shape[1:])

    def _curves(self, rows: Floats, feature: int, grid: Floats, target: Target) -> Floats:
        given = np.repeat(rows, len(grid), axis=0)
        given[:, feature] = np.tile(grid, len(rows))
        return self._ask(given, target).reshape(len(rows), len(grid))

    def _ask(self, rows: Floats, target: Target) -> Floats:
        return self.model.column(self.model.on_scale(rows, target.scale), target.target_class)

    def _in_blocks(
        self, answer: Callable[[slice], Floats], rows: Floats, each: int, progress: Progress
    ) -> list[Floats]:
        """`answer` of blocks of rows of which the model is asked `each` times."""
        columns = rows.shape[1] + max(1, len(self.model.classes))
        fits = min(block_length(3 * 8 * columns * each), max(1, MOST_ROWS_AT_A_TIME // each))
        # one thread, since the models use the cores themselves; two forests that predict at once
        # disturb scikit-learn's handling of warnings
        return list(run_all(answer, blocks(len(rows), fits), progress=progress, threads=1))
