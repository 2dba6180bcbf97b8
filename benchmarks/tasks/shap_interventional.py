"""SHAP values, interventional: absent columns take the values of 1,000 background rows."""

from __future__ import annotations

import numpy as np

from ..contender import Answer, Task, ours
from ..sizes import LARGE, MAIN, SMALL
from ..world import World
from . import _shap_peers as peers
from ._engine import engine


def _ours(world: World) -> Answer:
    from interpret.trees.shap import shap_values

    trees, codes = engine(world)
    background = trees.encoder.encode(world.background)
    return np.asarray(shap_values(trees, codes, background).values)


_SHAP = peers.shap(peers.shap_interventional, 40)

TASK = Task(
    name="shap_interventional",
    title="SHAP values, interventional, 1,000 background rows",
    question="Every row's prediction divided among the columns; an absent column takes the "
    "background's values. shap is told to use all 1,000 rows: left alone, it takes 100 in silence.",
    ours=ours(_ours, "shap"),
    peers=(_SHAP, peers.newest(_SHAP), peers.woodelf(peers.woodelf_interventional, 2.2)),
    sizes=(MAIN, LARGE),
    few=(SMALL,),
)
