"""SHAP interaction values, path-dependent, of 1,000 rows."""

from __future__ import annotations

import numpy as np

from ..contender import Answer, Task, ours
from ..sizes import SMALL
from ..world import World
from . import _shap_peers as peers
from ._engine import engine


def _ours(world: World) -> Answer:
    from interpret.trees.shap import shap_interactions

    return np.asarray(shap_interactions(*engine(world)))


_XGBOOST = peers.xgboost(peers.xgboost_interactions, 51)
_SHAP = peers.shap(peers.shap_interactions, 600)

TASK = Task(
    name="shap_interactions",
    title="SHAP interaction values, path-dependent",
    question="Every row's prediction divided among the pairs of columns; the diagonal is what is "
    "left for each column alone.",
    ours=ours(_ours, "shap"),
    peers=(
        _XGBOOST,
        peers.newest(_XGBOOST),
        _SHAP,
        peers.woodelf(peers.woodelf_interactions, 2.4),
    ),
    sizes=(SMALL,),
    few=(SMALL.with_rows(200),),
    reference=SMALL,
)
