"""Who takes part in a Shapley game: columns, or groups of columns that come and go together.

A leaf's game of one row is value · Π over its players of "the player's columns let the row pass".
The slots of a leaf's path that belong to one player are one *member* of the leaf: it is passed
where all its slots are, and its ratio is the product of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.errors import ParameterError

from .ensemble import Floats, TreeEnsemble
from .nodes import Ints
from .paths import Paths, Places


@dataclass(frozen=True, eq=False)
class Members:
    """Leaf l has the members `start[l]` to `start[l + 1]`.

    Member m is player `player[m]`, passed with ratio `ratio[m]`; slot s of the paths belongs to
    member `of_slot[s]`.
    """

    start: Places
    player: Ints
    ratio: Floats
    of_slot: Places

    @property
    def most(self) -> int:
        """The most players any leaf has."""
        return int(np.diff(self.start).max(initial=0))


def checked_players(ensemble: TreeEnsemble, players: NDArray[np.integer] | None) -> Ints:
    """Each column's player 0 … n - 1; every column its own where `players` is None.

    Raises `ParameterError` where a column has no player, or a player no column.
    """
    if players is None:
        return np.arange(ensemble.features, dtype=np.int32)
    given = np.asarray(players)
    if given.shape != (ensemble.features,):
        raise ParameterError(
            f"{given.size} players were named for {ensemble.features} columns.",
            "Name one player, 0 or more, for every column.",
        )
    if not np.array_equal(np.unique(given), np.arange(given.max(initial=-1) + 1)):
        raise ParameterError(
            f"The players are {np.unique(given).tolist()}.",
            "Number them 0, 1, 2, … without a gap.",
        )
    return given.astype(np.int32)


def members_of(paths: Paths, players: Ints) -> Members:
    """The members of every leaf. Cost: a sort of the slots; nothing where no two can meet."""
    player = players[paths.feature]
    if len(np.unique(players)) == len(players):
        return Members(paths.slot_start, player, paths.ratio, np.arange(paths.slots))
    leaf = np.repeat(np.arange(paths.leaves), np.diff(paths.slot_start))
    count = int(players.max()) + 1
    keys, of_slot = np.unique(leaf * count + player, return_inverse=True)
    ratio = np.ones(len(keys))
    np.multiply.at(ratio, of_slot, paths.ratio)
    start = np.searchsorted(keys, np.arange(paths.leaves + 1) * count)
    return Members(start.astype(np.int64), (keys % count).astype(np.int32), ratio, of_slot)
