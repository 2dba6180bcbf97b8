"""The curves of all columns at once, by one walk through the trees where these can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.model import FittedModel
from workbench.progress import Progress, part
from workbench.transform import Floats

from ._accumulate import Accumulated, Bins, accumulate, accumulate_levels, make_bins
from ._engine import Engine, Means, Target
from ._engine.exact import Exact
from ._grid import Grid, make_grid
from ._level_order import level_order
from ._values import Shown, is_levels, shown_values, value_names


@dataclass(frozen=True)
class Curve:
    """One column's curve; `values` are NaN for levels and for missing and moments for a date,
    `support` are the rows at each point and `importance` the standard deviation over the rows."""

    feature: int
    values: Shown
    names: tuple[str, ...]
    answers: Floats
    support: NDArray[np.int64]
    importance: float


def partial_curves(
    model: FittedModel,
    engine: Engine,
    rows: Floats,
    features: Sequence[int],
    target: Target,
    points: int,
    progress: Progress,
) -> tuple[Curve, ...]:
    """Partial dependence, missing a point of its own."""
    grids = {f: make_grid(model, model.features[f], rows[:, f], points) for f in features}
    answers = _averages(engine, rows, grids, target, progress)
    return tuple(_partial(f, grids[f], answers[f]) for f in features)


def _partial(feature: int, grid: Grid, answers: Floats) -> Curve:
    share = grid.support / grid.support.sum()
    spread = float(np.sqrt(share @ (answers - share @ answers) ** 2))
    return Curve(feature, grid.values, grid.labels, answers, grid.support, spread)


def _averages(
    engine: Engine, rows: Floats, grids: dict[int, Grid], target: Target, progress: Progress
) -> dict[int, Floats]:
    """Every column's curve at its grid: counted in one walk, or asked column by column."""
    if isinstance(engine, Exact):
        from .trees.dependence import margin_curves

        trees, sign = engine.additive_part(target)
        curves = margin_curves(trees, engine.codes(rows), tuple(grids), progress)
        code_of = trees.encoder.code_of
        return {f: sign * curves.of(f)[code_of(f, grid.codes)] for f, grid in grids.items()}
    return {
        f: engine.average(rows, f, grid.codes, target, _stretch(progress, i, len(grids))).mean
        for i, (f, grid) in enumerate(grids.items())
    }


def accumulated_curves(
    model: FittedModel,
    engine: Engine,
    rows: Floats,
    features: Sequence[int],
    target: Target,
    points: int,
    progress: Progress,
) -> tuple[Curve, ...]:
    """Accumulated local effects; missing has none."""
    levels = [f for f in features if is_levels(model.transform, model.features[f])]
    bins = {f: make_bins(rows[:, f], points) for f in features if f not in levels}
    share = len(bins) / len(features)
    steps = _steps(engine, rows, bins, target, part(progress, 0, share))
    found = {f: accumulate(steps[f], bins[f]) for f in bins}
    for i, f in enumerate(levels):
        order = level_order(model, rows, f).codes
        stretch = _stretch(part(progress, share, 1), i, len(levels))
        found[f] = accumulate_levels(engine, rows, f, order, target, stretch)
    return tuple(_accumulated(model, f, found[f]) for f in features)


def _accumulated(model: FittedModel, feature: int, found: Accumulated) -> Curve:
    name = model.features[feature]
    names = tuple(value_names(model.transform, name, found.codes))
    values = shown_values(model.transform, name, found.codes)
    return Curve(feature, values, names, found.effect, found.rows, found.spread)


def _steps(
    engine: Engine, rows: Floats, bins: dict[int, Bins], target: Target, progress: Progress
) -> dict[int, Means]:
    """The mean change across every bin of every number: counted in one walk, or asked."""
    if isinstance(engine, Exact):
        return _counted_steps(engine, rows, bins, target, progress)
    return {
        f: engine.steps(rows, f, each.edges, each.of_row, target, _stretch(progress, i, len(bins)))
        for i, (f, each) in enumerate(bins.items())
    }


def _counted_steps(
    engine: Exact, rows: Floats, bins: dict[int, Bins], target: Target, progress: Progress
) -> dict[int, Means]:
    from .trees.accumulated import local_effects

    trees, sign = engine.additive_part(target)
    edges = [np.zeros(0, dtype=np.int64)] * trees.features
    of_row = np.full((trees.features, len(rows)), -1)
    for f, each in bins.items():
        edges[f] = trees.encoder.code_of(f, each.edges)
        of_row[f] = each.of_row
    found = local_effects(trees, engine.codes(rows), edges, of_row, progress)
    # sums alone are counted: how the rows of a bin differ is not shown here
    return {
        f: Means(
            sign * found.sums[f] / found.counts[f],
            np.full(len(found.sums[f]), np.nan),
            found.counts[f],
        )
        for f in bins
    }


def _stretch(progress: Progress, i: int, of: int) -> Progress:
    return part(progress, i / of, (i + 1) / of)
