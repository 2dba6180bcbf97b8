"""Interventional SHAP of deep trees: every row beside every background row, one walk per tree.

Two rows walk a tree together (independent TreeSHAP, Lundberg et al. 2020). Where they part on the
question of a player nobody owns yet, both ways are walked: this player is then owned by the row
or by the background. A leaf is reached by the coalitions that hold all of the row's players and
none of the background's, and what that adds depends only on how many there are of each.

Cost: rows × background rows × trees × (depth + leaves between the two).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from ..ensemble import TreeEnsemble
from ..paths import Paths
from ..players import Members
from ._compile import F8, F8_2, F8_3, I4, INT, NODES, for_codes, kernel
from ._shapley import pair_weights, value_weights
from .predict import goes_left


def add_pairwise_values(
    ensemble: TreeEnsemble, paths: Paths, members: Members, players: Any, value: Any,
    background: Any, codes: Any, start: int, stop: int, out: Any,
) -> None:  # fmt: skip
    """Adds the contributions of the rows `start` to `stop` to `out` (these rows, players)."""
    _values(ensemble.nodes, ensemble.roots, value, players, paths.depth,
            *value_weights(members.most), background, codes, start, stop, out)  # fmt: skip


def add_pairwise_interactions(
    ensemble: TreeEnsemble, paths: Paths, members: Members, players: Any, value: Any,
    background: Any, codes: Any, start: int, stop: int, out: Any,
) -> None:  # fmt: skip
    """Adds what pairs add to `out` (these rows, players, players); the diagonal stays."""
    _interactions(ensemble.nodes, ensemble.roots, value, players, paths.depth,
                  *pair_weights(members.most), background, codes, start, stop, out)  # fmt: skip


class Pair(NamedTuple):
    """A row and a background row on their way.

    `mine` and `theirs` are the codes of the two, `owner` of each player 0 nobody, 1 the row, 2 the
    background, `owned` the players that have an owner, in turn. The ways not walked yet are on a
    stack: the node, how many players had an owner, and whose the last of them is to be.
    """

    mine: Any
    theirs: Any
    owner: Any
    owned: Any
    node: Any
    count: Any
    last_owner: Any


@numba.njit
def _meet(features: int, players: int, depth: int) -> Pair:
    return Pair(
        np.zeros(features, np.int64),
        np.zeros(features, np.int64),
        np.zeros(players, np.int64),
        np.zeros(depth + 1, np.int64),
        np.zeros(depth + 2, np.int64),
        np.zeros(depth + 2, np.int64),
        np.zeros(depth + 2, np.int64),
    )


@numba.njit
def _take(codes: Any, i: int, into: Any) -> None:
    for f in range(codes.shape[0]):
        into[f] = codes[f, i]


@numba.njit
def _next_leaf(pair: Any, nodes: Any, players: Any, waiting: int, owned: int) -> tuple[Any, ...]:
    """Takes the last way from the stack to its leaf: the leaf, the ways left, the players owned."""
    waiting -= 1
    u = pair.node[waiting]
    count = pair.count[waiting]
    for i in range(count, owned):
        pair.owner[pair.owned[i]] = 0
    if count > 0:
        pair.owner[pair.owned[count - 1]] = pair.last_owner[waiting]
    while nodes.left[u] >= 0:
        f = nodes.feature[u]
        player = players[f]
        left = nodes.left[u]
        right = nodes.right[u]
        mine = left if goes_left(nodes, u, pair.mine[f]) else right
        theirs = left if goes_left(nodes, u, pair.theirs[f]) else right
        owner = pair.owner[player]
        if mine != theirs and owner == 0:
            pair.owned[count] = player
            count += 1
            pair.owner[player] = 1
            pair.node[waiting] = theirs
            pair.count[waiting] = count
            pair.last_owner[waiting] = 2
            waiting += 1
        u = theirs if owner == 2 else mine
    return u, waiting, count


@numba.njit
def _owned_by_row(pair: Any, owned: int) -> int:
    a = 0
    for i in range(owned):
        a += pair.owner[pair.owned[i]] & 1
    return a


@numba.njit
def _restart(pair: Any, root: int, owned: int) -> None:
    """Back to a root; the players owned at the last leaf have no owner."""
    for i in range(owned):
        pair.owner[pair.owned[i]] = 0
    pair.node[0] = root
    pair.count[0] = 0


@kernel(
    *for_codes(
        lambda codes: types.void(NODES, I4, F8, I4, INT, F8_2, F8_2, codes, codes, INT, INT, F8_2)
    )
)
def _values(
    nodes: Any, roots: Any, value: Any, players: Any, depth: int, own: Any, other: Any,
    background: Any, codes: Any, start: int, stop: int, out: Any,
) -> None:  # fmt: skip
    pair = _meet(codes.shape[0], out.shape[1], depth)
    share = 1.0 / background.shape[1]
    owned = 0
    for i in range(start, stop):
        _take(codes, i, pair.mine)
        for z in range(background.shape[1]):
            _take(background, z, pair.theirs)
            for t in range(len(roots)):
                _restart(pair, roots[t], owned)
                waiting = 1
                owned = 0
                while waiting > 0:
                    u, waiting, owned = _next_leaf(pair, nodes, players, waiting, owned)
                    a = _owned_by_row(pair, owned)
                    given = share * value[u] * own[a, owned - a]
                    taken = share * value[u] * other[a, owned - a]
                    for k in range(owned):
                        p = pair.owned[k]
                        out[i - start, p] += given if pair.owner[p] == 1 else -taken


@kernel(
    *for_codes(
        lambda codes: types.void(
            NODES, I4, F8, I4, INT, F8_2, F8_2, F8_2, codes, codes, INT, INT, F8_3
        )
    )
)
def _interactions(
    nodes: Any, roots: Any, value: Any, players: Any, depth: int, both: Any, mixed: Any,
    neither: Any, background: Any, codes: Any, start: int, stop: int, out: Any,
) -> None:  # fmt: skip
    pair = _meet(codes.shape[0], out.shape[1], depth)
    share = 1.0 / background.shape[1]
    owned = 0
    by_owners = np.zeros(5)
    for i in range(start, stop):
        _take(codes, i, pair.mine)
        for z in range(background.shape[1]):
            _take(background, z, pair.theirs)
            for t in range(len(roots)):
                _restart(pair, roots[t], owned)
                waiting = 1
                owned = 0
                while waiting > 0:
                    u, waiting, owned = _next_leaf(pair, nodes, players, waiting, owned)
                    a = _owned_by_row(pair, owned)
                    # by the sum of the two owners: 1 + 1, 1 + 2, 2 + 2
                    by_owners[2] = share * value[u] * both[a, owned - a]
                    by_owners[3] = share * value[u] * mixed[a, owned - a]
                    by_owners[4] = share * value[u] * neither[a, owned - a]
                    for k in range(owned):
                        p = pair.owned[k]
                        for j in range(k):
                            q = pair.owned[j]
                            add = by_owners[pair.owner[p] + pair.owner[q]]
                            out[i - start, p, q] += add
                            out[i - start, q, p] += add
