"""Exact curves of what the model answers, not of the sum behind it.

A probability is no sum of trees: the average of the probabilities is not the probability of the
average. So every row's own curve goes through the link, and the average is taken then. With
several classes each answer depends on all sums, and all are walked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import fold
from workbench.progress import Progress, silent

from .detours import Question, rows_of
from .ensemble import TreeEnsemble
from .grids import Layout
from .rows import add_curves

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MeanCurve:
    """A mean over rows at every grid point, and its standard error from the sampling of rows."""

    mean: Floats
    std_error: Floats


@dataclass(frozen=True, eq=False)
class LocalSteps:
    """Per bin: the sum of the rows' changes over it, of their squares, and how many rows."""

    total: Floats
    squares: Floats
    rows: Places


def response_ice(
    ensemble: TreeEnsemble,
    codes: Any,
    feature: int,
    grid_codes: Any,
    output: int = 0,
    progress: Progress = silent,
) -> Floats:
    """Each row's prediction with one column set to each of the grid's codes, (rows, grid)."""
    curves = _Curves.of(ensemble, feature, grid_codes, output)
    out = np.empty((codes.shape[1], len(np.asarray(grid_codes))))

    def step(at: slice) -> int:
        out[at] = curves(rows_of(codes, at))
        return 0

    if codes.shape[1]:
        fold(step, max, codes.shape[1], bytes_per_row=curves.row_bytes, progress=progress)
    return out


def response_curve(
    ensemble: TreeEnsemble,
    codes: Any,
    feature: int,
    grid_codes: Any,
    output: int = 0,
    weights: Any = None,
    progress: Progress = silent,
) -> MeanCurve:
    """The (weighted) average over all rows of the prediction with a column set, (grid,).

    Its standard error is that of a mean of independent rows; with weights, of the ratio of sums
    Σ w y / Σ w: √(n/(n−1) Σ w² (y − mean)²) / Σ w. NaN for a single row.
    """
    curves = _Curves.of(ensemble, feature, grid_codes, output)
    weight = np.ones(codes.shape[1]) if weights is None else np.asarray(weights, dtype=np.float64)
    # sums about the first row's curve: squares of large numbers would lose digits
    centre = curves(rows_of(codes, slice(0, 1)))[0]

    def step(at: slice) -> Floats:
        moved, given = curves(rows_of(codes, at)) - centre, weight[at]
        return np.stack([given @ moved, given**2 @ moved, given**2 @ moved**2])

    sums = fold(step, np.add, len(weight), bytes_per_row=curves.row_bytes, progress=progress)
    return _mean_curve(sums, weight, centre)


def _mean_curve(sums: Floats, weight: Floats, centre: Floats) -> MeanCurve:
    total, rows = weight.sum(), int((weight != 0).sum())
    mean = sums[0] / total
    if rows < 2:
        return MeanCurve(centre + mean, np.full(len(mean), np.nan))
    spread = sums[2] - 2 * mean * sums[1] + mean**2 * (weight**2).sum()
    error = np.sqrt(np.maximum(spread, 0) * rows / (rows - 1)) / total
    return MeanCurve(centre + mean, error)


def response_surface(
    ensemble: TreeEnsemble,
    codes: Any,
    features: tuple[int, int],
    grids: tuple[Any, Any],
    output: int = 0,
    progress: Progress = silent,
) -> Floats:
    """The average prediction with two columns set, (first grid, second grid).

    Cost: a walk for one column, for every point of the first grid.
    """
    first, second = features
    curves = _Curves.of(ensemble, second, grids[1], output)
    points = np.asarray(grids[0])

    def step(at: slice) -> Floats:
        rows = rows_of(codes, at)
        found = np.empty((len(points), len(np.asarray(grids[1]))))
        for g, code in enumerate(points):
            rows[:, first] = code
            found[g] = curves(rows).sum(axis=0)
        return found

    rows = codes.shape[1]
    total = fold(step, np.add, rows, bytes_per_row=curves.row_bytes, progress=progress)
    return np.asarray(total / rows)


def response_ale(
    ensemble: TreeEnsemble,
    codes: Any,
    feature: int,
    edge_codes: Any,
    bins: Any,
    output: int = 0,
    progress: Progress = silent,
) -> LocalSteps:
    """Accumulated local effects' local part (Apley & Zhu 2020): per bin the rows' changes.

    `edge_codes` (bins + 1,) are the codes of the edges, `bins` (rows,) each row's bin, -1 for none;
    the change is that of the prediction from the bin's lower edge to its upper.
    """
    edges, count = np.asarray(edge_codes), len(np.asarray(edge_codes)) - 1
    curves = _Curves.of(ensemble, feature, edges, output)

    def step(at: slice) -> Floats:
        inside = np.flatnonzero(bins[at] >= 0)
        own = bins[at][inside]
        found = curves(rows_of(codes, at)[inside])
        each = np.arange(len(inside))
        change = found[each, own + 1] - found[each, own]
        sums = [np.bincount(own, each_weight, count) for each_weight in (change, change**2)]
        return np.stack([*sums, np.bincount(own, minlength=count)])

    rows = codes.shape[1]
    total = fold(step, np.add, rows, bytes_per_row=curves.row_bytes, progress=progress)
    return LocalSteps(total[0], total[1], total[2].astype(np.int64))


@dataclass(frozen=True, eq=False)
class _Curves:
    """Rows (n, columns) to their predictions at the points of one column's grid, (n, grid)."""

    ensemble: TreeEnsemble
    layout: Layout
    questions: tuple[Question, ...]
    output: int

    @classmethod
    def of(cls, ensemble: TreeEnsemble, feature: int, grid: Any, output: int) -> _Curves:
        layout = Layout.of(ensemble, [feature], [grid])
        # without a link that ties the sums together one of them is enough
        outputs = [output] if ensemble.link.name == "identity" else range(ensemble.outputs)
        questions = tuple(Question.about(ensemble.output(k), layout.codes) for k in outputs)
        return cls(ensemble, layout, questions, 0 if len(questions) == 1 else output)

    @property
    def row_bytes(self) -> int:
        """Memory per row: the curves of every sum, and what the link makes of them."""
        return 4 * self.ensemble.features + 32 * self.layout.places * len(self.questions)

    def __call__(self, rows: Any) -> Floats:
        sums = np.zeros((len(self.questions), len(rows), self.layout.places))
        for question, out in zip(self.questions, sums, strict=True):
            add_curves(question, self.layout, rows, out)
        return self.layout.parts(self.ensemble.link.one(sums, self.output))[0]
