"""SHAP values, path-dependent: absent columns follow the training rows through each tree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..contender import Answer, Contender, Task, ours
from ..sizes import FOREST, HUGE, LARGE, MAIN, SMALL, VARIATIONS
from ..world import World
from . import _shap_peers as peers
from ._engine import engine


def _ours(world: World) -> Answer:
    from interpret.trees.shap import shap_values

    trees, codes = engine(world)
    found = [shap_values(trees.output(k), codes).values for k in range(trees.outputs)]
    return np.asarray(found[0] if len(found) == 1 else np.stack(found, axis=-1))


_XGBOOST = peers.xgboost(peers.xgboost_contributions, 11.2)
_SHAP = peers.shap(peers.shap_path_dependent, 7.5)

TASK = Task(
    name="shap_path_dependent",
    title="SHAP values, path-dependent",
    question="Every row's prediction divided among the columns; an absent column follows the "
    "training rows at the trees' splits.",
    ours=ours(_ours, "shap"),
    peers=(
        _XGBOOST,
        peers.newest(_XGBOOST),
        replace(_SHAP, everywhere=False),
        peers.newest(_SHAP),
        peers.woodelf(peers.woodelf_path_dependent, 1.84),
    ),
    sizes=(MAIN, SMALL, LARGE, HUGE, *VARIATIONS),
    few=(SMALL,),
)

FOREST_TASK = Task(
    name="shap_forest",
    title="SHAP values, path-dependent, a forest of unlimited depth",
    question="The same for trees that are grown to their last row.",
    ours=ours(_ours, "shap"),
    peers=(Contender("shap", peers.shap_path_dependent, ("shap",), ("shap",), seconds=2_000),),
    sizes=(FOREST.with_rows(1_000),),
    few=(FOREST.with_rows(100),),
    reference=FOREST,
)
