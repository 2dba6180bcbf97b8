"""Partial dependence of a classifier on the scale of the probability, at 50 points per column."""

from __future__ import annotations

import numpy as np

from ..contender import Answer, Contender, Task, ours
from ..sizes import MAIN, Size
from ..world import World
from ._engine import engine
from ._grids import grid, grid_codes


def _ours(world: World) -> Answer:
    from interpret.trees.response import response_curve

    trees, codes = engine(world)
    # of two classes the engine keeps the second, of more all of them
    outputs = range(trees.outputs)
    return np.array(
        [
            [response_curve(trees, codes, f, at, k).mean for k in outputs]
            for f, at in enumerate(grid_codes(trees, world))
        ]
    )


def _sklearn(world: World) -> Answer:
    from sklearn.inspection import partial_dependence

    return np.array(
        [
            partial_dependence(
                world.model, world.values, [f], method="brute", kind="average",
                response_method="predict_proba", custom_values={f: grid(world, f)},
            )["average"]
            for f in range(world.size.features)
        ]
    )  # fmt: skip


TASK = Task(
    name="partial_dependence_of_a_probability",
    title="Partial dependence of a probability",
    question="The average probability with a column set to each of 50 values, for every column.",
    ours=ours(_ours, "response"),
    peers=(
        Contender(
            "scikit-learn (brute)",
            _sklearn,
            ("sklearn.inspection", "scipy.stats"),
            ("scikit-learn", "xgboost-cpu"),
            seconds=18,
        ),
    ),
    sizes=(Size(target="binary"), Size(target="four classes")),
    few=(Size(rows=1_000, target="binary"),),
    reference=MAIN,
)
