"""Permutation importance: the loss of every column shuffled ten times."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..contender import Answer, Contender, Task, ours
from ..sizes import LARGE, MAIN, SMALL
from ..world import World
from ._engine import engine

REPEATS = 10
SEED = 0


def _ours(world: World) -> Answer:
    from interpret.trees.kernels.predict import margins
    from interpret.trees.rows import permuted

    trees, codes = engine(world)
    columns = world.size.features
    lenders = np.tile(_shuffles(world.size.rows), (columns, 1, 1))
    shuffled = permuted(trees, codes, list(range(columns)), lenders)
    as_it_is = np.mean((world.target - margins(trees, codes)[:, 0]) ** 2)
    losses = [np.mean((world.target - one) ** 2, axis=-1) for one in shuffled]
    return np.asarray(np.stack(losses) - as_it_is)


def _sklearn(world: World) -> Answer:
    from sklearn.inspection import permutation_importance

    found = permutation_importance(
        world.model, world.values, world.target, scoring="neg_mean_squared_error",
        n_repeats=REPEATS, random_state=SEED, n_jobs=1,
    )  # fmt: skip
    return np.asarray(found.importances)


def _shuffles(rows: int) -> Any:
    """Who lends to whom, (repeats, rows): scikit-learn's own draws, so that the answers agree.

    It shuffles one order of the rows again and again, and the column, already shuffled, by it.
    """
    draw = np.random.RandomState(np.random.RandomState(SEED).randint(np.iinfo(np.int32).max + 1))
    order, lender = np.arange(rows), np.arange(rows)
    lenders = []
    for _ in range(REPEATS):
        draw.shuffle(order)
        lender = lender[order]
        lenders.append(lender)
    return np.stack(lenders)


TASK = Task(
    name="permutation_importance",
    title="Permutation importance",
    question="How much the squared error grows when a column is shuffled; ten times, all columns. "
    "Both are given the same shuffles.",
    ours=ours(_ours, "rows"),
    peers=(
        Contender(
            "scikit-learn",
            _sklearn,
            ("sklearn.inspection",),
            ("scikit-learn", "xgboost-cpu"),
            seconds=3.8,
        ),
    ),
    sizes=(MAIN, LARGE),
    few=(SMALL,),
)
