"""From a fitted model and rows to what the engine's doors take; part of our time in every task."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..world import World


class Engine(NamedTuple):
    """The normal form, and the rows' codes."""

    trees: Any
    codes: Any


def engine(world: World) -> Engine:
    """Reads the model and encodes the rows."""
    from interpret.trees.readers import read_trees

    trees = read_trees(world.model)
    return Engine(trees, trees.encoder.encode(world.values))
