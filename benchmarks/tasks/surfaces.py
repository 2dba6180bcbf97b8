"""Two-dimensional partial dependence of all pairs of columns, 10 × 10 points each."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..contender import Answer, Contender, Parts, Task, ours
from ..sizes import MAIN, SMALL, Size
from ..world import World
from ._engine import engine
from ._grids import SIDE, grid, grid_codes


def pairs(size: Size) -> list[tuple[int, int]]:
    """All pairs of columns, in the order of the answers."""
    return list(combinations(range(size.features), 2))


def one_pair(size: Size) -> Parts:
    """What a peer is measured on that would need hours for all."""
    return Parts(1, len(pairs(size)), "pairs")


def _ours(world: World) -> Answer:
    from interpret.trees.surfaces import margin_surfaces

    trees, codes = engine(world)
    found = margin_surfaces(trees, codes, pairs(world.size), grid_codes(trees, world, SIDE))
    return np.array([found.of(a, b) for a, b in pairs(world.size)])


def _sklearn(world: World) -> Answer:
    from sklearn.inspection import partial_dependence

    a, b = pairs(world.size)[0]
    grids = {f: grid(world, f, SIDE) for f in (a, b)}
    found = partial_dependence(
        world.model, world.values, [a, b], method="brute", custom_values=grids
    )
    return np.asarray(found["average"])


def _woodelf(world: World) -> Answer:
    from woodelf.pdp import woodelf_pdp_joint

    found, first, second = woodelf_pdp_joint(world.model, world.frame, k=SIDE, verbose=False)
    surfaces = []
    for a, b in pairs(world.size):
        pair = (world.names[a], world.names[b])
        # its points come in either order
        order = np.lexsort((second[pair], first[pair]))
        surfaces.append(np.asarray(found[pair])[order].reshape(SIDE, SIDE))
    return np.array(surfaces)


TASK = Task(
    name="surfaces",
    title="Partial dependence of all pairs of columns",
    question="The average prediction with two columns set to each of 10 × 10 values, every pair.",
    ours=ours(_ours, "surfaces"),
    peers=(
        Contender(
            "woodelf",
            _woodelf,
            ("woodelf.pdp",),
            ("woodelf-explainer", "xgboost-cpu"),
            venv="peers",
            seconds=2.8,
        ),
        Contender(
            "scikit-learn (brute)",
            _sklearn,
            ("sklearn.inspection", "scipy.stats"),
            ("scikit-learn", "xgboost-cpu"),
            parts=one_pair,
        ),
    ),
    sizes=(SMALL, MAIN),
    few=(SMALL,),
    reference=SMALL,
)
