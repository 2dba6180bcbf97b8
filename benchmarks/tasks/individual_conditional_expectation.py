"""ICE: every row's own curve, for every column at 50 points."""

from __future__ import annotations

from ..contender import Answer, Contender, Task, ours
from ..sizes import MAIN, SMALL
from ..world import World
from ._engine import engine
from ._grids import grid, grid_codes


def _ours(world: World) -> Answer:
    from interpret.trees.rows import ice

    trees, codes = engine(world)
    features = list(range(world.size.features))
    return ice(trees, codes, features, grid_codes(trees, world))


def _sklearn(world: World) -> Answer:
    from sklearn.inspection import partial_dependence

    return [
        partial_dependence(
            world.model, world.values, [f], method="brute", kind="individual",
            custom_values={f: grid(world, f)},
        )["individual"][0]
        for f in range(world.size.features)
    ]  # fmt: skip


TASK = Task(
    name="individual_conditional_expectation",
    title="Individual conditional expectation",
    question="Every row's prediction with a column set to each of 50 values, for every column.",
    ours=ours(_ours, "rows"),
    peers=(
        Contender(
            "scikit-learn (brute)",
            _sklearn,
            ("sklearn.inspection", "scipy.stats"),
            ("scikit-learn", "xgboost-cpu"),
            seconds=18,
        ),
    ),
    sizes=(MAIN,),
    few=(SMALL,),
)
