"""Friedman's H² of all pairs of columns, every average over all rows (Friedman & Popescu 2008)."""

from __future__ import annotations

import numpy as np

from ..contender import Answer, Contender, Task, ours
from ..sizes import LARGE, MAIN, SMALL
from ..world import Floats, World
from ._engine import engine
from .surfaces import one_pair, pairs


def _ours(world: World) -> Answer:
    from interpret.trees.interaction import pair_interactions

    found = pair_interactions(*engine(world))
    return np.asarray([found.numerator[pair] for pair in pairs(world.size)])


def _brute(world: World) -> Answer:
    """The numerator of H² of the first pair, by setting columns to every row's values in turn."""
    a, b = pairs(world.size)[0]
    joint, first, second = (_at_all_rows(world, columns) for columns in ((a, b), (a,), (b,)))
    joint, first, second = (each - each.mean() for each in (joint, first, second))
    return np.array([np.mean((joint - first - second) ** 2)])


def _at_all_rows(world: World, columns: tuple[int, ...]) -> Floats:
    found = np.empty(world.size.rows)
    for i, row in enumerate(world.values):
        changed = world.values.copy()
        changed[:, columns] = row[list(columns)]
        found[i] = world.model.predict(changed).astype(np.float64).mean()
    return found


TASK = Task(
    name="interaction",
    title="Friedman's H of all pairs of columns",
    question="How much of a pair's joint effect is not the sum of the two: the average of "
    "(joint − first − second)² over the rows, the numerator of H². No peer does this: the brute "
    "force is our own few lines around the library's predict.",
    ours=ours(_ours, "interaction"),
    peers=(
        Contender(
            "brute force",
            _brute,
            (),
            ("xgboost-cpu",),
            seconds=1,
            parts=one_pair,
        ),
    ),
    sizes=(SMALL, MAIN, LARGE),
    few=(SMALL,),
    reference=SMALL.with_rows(200),
    peer_rows=1_000,
)
