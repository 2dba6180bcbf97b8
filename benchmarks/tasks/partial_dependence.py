"""Partial dependence of every column at 50 points, averaged over all rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..contender import Answer, Contender, Task, ours
from ..sizes import FOREST, HUGE, LARGE, MAIN, SMALL, VARIATIONS, Size
from ..world import World
from ._engine import engine
from ._grids import POINTS, curves_at, grid, grid_codes


def _ours(world: World) -> Answer:
    from interpret.trees.dependence import margin_curves

    trees, codes = engine(world)
    return curves_at(margin_curves(trees, codes), grid_codes(trees, world))


def _sklearn(world: World) -> Answer:
    from sklearn.inspection import partial_dependence

    return np.array(
        [
            partial_dependence(
                world.model, world.values, [f], method="brute", kind="average",
                custom_values={f: grid(world, f)},
            )["average"][0]
            for f in range(world.size.features)
        ]
    )  # fmt: skip


def _woodelf(world: World) -> Answer:
    from woodelf.pdp import woodelf_pdp

    curves, _ = woodelf_pdp(world.model, world.frame, k=POINTS, centered=False, verbose=False)
    # a column no tree asks about has no curve: it is the average
    average = float(world.model.predict(world.frame).mean())
    return np.array([curves.get(name, np.full(POINTS, average)) for name in world.names])


def _pdpbox(world: World) -> Answer:
    from pdpbox.pdp import PDPIsolate

    return np.array(
        [
            PDPIsolate(
                world.model, world.frame, world.names, name, name, n_classes=0,
                cust_grid_points=grid(world, f), n_jobs=1,
            ).results[0].pdp
            for f, name in enumerate(world.names)
        ]
    )  # fmt: skip


def _explainerdashboard(world: World) -> Answer:
    from explainerdashboard.explainer_methods import get_pdp_df

    return np.array(
        [
            get_pdp_df(world.model, world.frame, name, grid_values=list(grid(world, f)))
            .mean()
            .to_numpy()
            for f, name in enumerate(world.names)
        ]
    )


_SKLEARN = Contender(
    "scikit-learn (brute)",
    _sklearn,
    ("sklearn.inspection", "scipy.stats"),
    ("scikit-learn", "xgboost-cpu"),
    seconds=18,
)


def _regressions(sizes: tuple[Size, ...]) -> tuple[Size, ...]:
    # a classifier's curves on the scale of its sums: scikit-learn and its kin cannot be asked
    return tuple(size for size in sizes if size.target == "regression")


TASK = Task(
    name="partial_dependence",
    title="Partial dependence of all columns",
    question="The average prediction with a column set to each of 50 values, for every column.",
    ours=ours(_ours, "dependence"),
    peers=(
        _SKLEARN,
        Contender(
            "woodelf",
            _woodelf,
            ("woodelf.pdp",),
            ("woodelf-explainer", "xgboost-cpu"),
            venv="peers",
            seconds=1.5,
        ),
        Contender(
            "PDPbox",
            _pdpbox,
            ("pdpbox.pdp",),
            ("PDPbox", "xgboost-cpu"),
            venv="pdpbox",
            seconds=26,
            everywhere=False,
        ),
        Contender(
            "explainerdashboard",
            _explainerdashboard,
            ("explainerdashboard.explainer_methods",),
            ("explainerdashboard", "xgboost-cpu"),
            venv="explainerdashboard",
            seconds=22,
            everywhere=False,
        ),
    ),
    sizes=(MAIN, SMALL, LARGE, HUGE, *_regressions(VARIATIONS)),
    few=(SMALL,),
)

FOREST_TASK = Task(
    name="partial_dependence_forest",
    title="Partial dependence of all columns, a forest of unlimited depth",
    question="The same, exact. scikit-learn's `recursion` answers another question.",
    ours=TASK.ours,
    peers=(replace(_SKLEARN, seconds=91),),
    sizes=(FOREST,),
    few=(FOREST.with_rows(500),),
    reference=FOREST,
)
