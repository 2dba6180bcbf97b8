"""Accumulated local effects (Apley & Zhu 2020) of every column in 50 bins.

The peers cut their bins differently, so each is compared with ours in its own bins. The answer is
the average local effect of each bin, which is what is accumulated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ..contender import Answer, Contender, Task, ours
from ..sizes import LARGE, MAIN, SMALL
from ..world import Floats, World
from ._engine import engine
from ._grids import POINTS

Edges = Callable[[Floats], Floats]


def _ours(world: World, edges_of: Edges, right: bool) -> Answer:
    """`right` says whether a row on an edge belongs to the bin that the edge closes."""
    from interpret.trees.accumulated import local_effects

    trees, codes = engine(world)
    edges = [edges_of(column) for column in world.values.T]
    bins = np.stack(
        [
            np.clip(np.digitize(column, each, right=right) - 1, 0, len(each) - 2)
            for column, each in zip(world.values.T, edges, strict=True)
        ]
    )
    edge_codes = [trees.encoder.code_of(f, each) for f, each in enumerate(edges)]
    found = local_effects(trees, codes, edge_codes, bins)
    return np.array([s / n for s, n in zip(found.sums, found.counts, strict=True)])


def _quantiles(column: Floats) -> Floats:
    # as PyALE takes them: the value before the place n·q, but at both ends the outermost value
    last = len(column) - 1
    place = last * np.linspace(0, 1, POINTS + 1)
    before = np.ceil(place).astype(int) - 1
    before[0], before[-1] = 0, last
    return np.unique(np.sort(column)[before])


def _equal(column: Floats) -> Floats:
    return np.linspace(column.min(), column.max(), POINTS + 1)


def _pyale(world: World) -> Answer:
    from PyALE import ale

    return np.array(
        [
            np.diff(
                ale(
                    world.frame, world.model, [name], feature_type="continuous",
                    grid_size=POINTS, include_CI=False, plot=False,
                )["eff"]
            )
            for name in world.names
        ]
    )  # fmt: skip


def _effector(world: World) -> Answer:
    from effector import ALE
    from effector.axis_partitioning import Fixed

    effects = ALE(world.values, world.model.predict, nof_instances="all")
    effects.fit("all", centering=False, binning_method=Fixed(nof_bins=POINTS))
    return np.array(
        [
            np.diff(effects.eval(f, _equal(column), centering=False))
            for f, column in enumerate(world.values.T)
        ]
    )


TASK = Task(
    name="accumulated_local_effects",
    title="Accumulated local effects, bins of equal counts",
    question="The average local effect of each of 50 bins between quantiles, for every column.",
    ours=ours(partial(_ours, edges_of=_quantiles, right=True), "accumulated"),
    peers=(
        Contender("PyALE", _pyale, ("PyALE",), ("PyALE", "xgboost-cpu"), venv="peers", seconds=1.3),
    ),
    sizes=(MAIN, LARGE),
    few=(SMALL,),
)

EQUAL_WIDTHS = Task(
    name="accumulated_local_effects_equal_widths",
    title="Accumulated local effects, bins of equal widths",
    question="The same in 50 bins of equal width.",
    ours=ours(partial(_ours, edges_of=_equal, right=False), "accumulated"),
    peers=(
        Contender(
            "effector",
            _effector,
            ("effector", "effector.axis_partitioning"),
            ("effector", "xgboost-cpu"),
            venv="peers",
            seconds=0.9,
        ),
    ),
    sizes=(MAIN, LARGE),
    few=(SMALL,),
)
