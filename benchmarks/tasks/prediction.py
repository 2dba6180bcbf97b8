"""One prediction of all rows: the unit in which the other tasks are counted."""

from __future__ import annotations

import numpy as np

from ..contender import Answer, Contender, Task, ours
from ..sizes import FOREST, HUGE, LARGE, MAIN, SMALL, VARIATIONS
from ..world import World
from ._engine import engine


def _ours(world: World) -> Answer:
    from interpret.trees.kernels.predict import margins

    return np.asarray(margins(*engine(world)))


def _library(world: World) -> Answer:
    margin = {"output_margin": True} if world.size.model == "boosted" else {}
    return np.asarray(world.model.predict(world.values, **margin)).reshape(world.size.rows, -1)


TASK = Task(
    name="prediction",
    title="Prediction",
    question="The sum of the trees for every row. Ours reads the model and encodes the rows anew.",
    ours=ours(_ours),
    peers=(Contender("the library itself", _library, (), ("xgboost-cpu", "scikit-learn")),),
    sizes=(MAIN, SMALL, LARGE, HUGE, *VARIATIONS[3:], FOREST),
    few=(SMALL,),
    peer_rows=1_000_000,
)
