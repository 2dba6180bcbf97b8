"""Path-dependent SHAP values of deep trees: one walk of every tree for a block of rows at once.

With a_i = 1 where member i lets the row pass and r_i its ratio, a leaf adds to player j

    φ_j = value · ∫₀¹ (a_j - r_j) Π_{i≠j} (r_i + t (a_i - r_i)) dt,

a polynomial in t of degree members - 1, so that Gauss-Legendre quadrature with ⌈members / 2⌉ nodes
is exact. The walk carries P(t) = Π_i (r_i + t (a_i - r_i)) down, and H(t) = Σ value · P(t) of the
leaves below up again; a player's share is H · G with G = (a_j - r_j) / (r_j + t (a_j - r_j)), and
it is added edge by edge as H below the edge times the change of G there.

At the nodes 0 < t < 1, so G is finite but for a = r = 0, where P is 0 and nothing is added. For
a = 0, G = -1 / (1 - t) whatever the ratio; for a = 1 it is larger by g(r), so both P and G are
linear in a, and the loops over rows have no branches. A player not met yet has a = r = 1.

Cost: rows × edges × nodes of the quadrature, vectorised over rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from ..ensemble import TreeEnsemble
from ..paths import Paths
from ..players import Members
from ._compile import F8, F8_2, I4, INT, NODES, for_codes, kernel

#: Rows that walk together: few enough that what the last levels of a walk hold stays in cache.
ROWS_TOGETHER = 64


def quadrature(most_members: int) -> tuple[Any, Any]:
    """Nodes and weights on [0, 1] that are exact for leaves of so many members."""
    x, w = np.polynomial.legendre.leggauss(max(1, -(-most_members // 2)))
    return (x + 1) / 2, w / 2


def add_deep_values(
    ensemble: TreeEnsemble, paths: Paths, members: Members, players: Any, value: Any,
    codes: Any, start: int, stop: int, out: Any,
) -> None:  # fmt: skip
    """Adds the contributions of the rows `start` to `stop` to `out` (these rows, players).

    `value` (nodes,) is that of one output.
    """
    _walk(ensemble.nodes, ensemble.roots, ensemble.weight, value, players, paths.depth,
          *quadrature(members.most), codes, start, stop, out)  # fmt: skip


class Walk(NamedTuple):
    """Where a walk stands, by depth. Depth 0 is the root, where everything is known to pass.

    `stage` counts the children that were visited; `player` is that of the edge from above, and
    `before` the depth at which it was asked last, 0 if never; `passes` (depth, rows) is 1 where
    the player passes so far, and `ratio` its ratio; `product` and `sums` are P and H by depth,
    quadrature node and row.
    """

    node: Any
    stage: Any
    player: Any
    before: Any
    last: Any
    ratio: Any
    passes: Any
    product: Any
    sums: Any


@numba.njit
def begin_walk(depth: int, players: int, quadrature_weight: Any, together: int) -> Walk:
    """Everything a walk writes on, at the root."""
    count = len(quadrature_weight)
    walk = Walk(
        np.zeros(depth + 1, np.int64),
        np.zeros(depth + 1, np.int64),
        np.zeros(depth + 1, np.int64),
        np.zeros(depth + 1, np.int64),
        np.zeros(players, np.int64),
        np.ones(depth + 1),
        np.ones((depth + 1, together)),
        np.empty((depth + 1, count, together)),
        np.zeros((depth + 1, count, together)),
    )
    for q in range(count):
        for r in range(together):
            walk.product[0, q, r] = quadrature_weight[q]
    return walk


@numba.njit
def gain(ratio: float, t: float) -> float:
    """g: how much larger G is for a player that passes than for one that does not."""
    return 1.0 / ((1.0 - t) * (ratio * (1.0 - t) + t))


@numba.njit
def _passes(nodes: Any, u: int, is_left: bool, column: Any, before: Any, now: Any) -> None:
    """now = before where the code goes this way at node u, else 0."""
    row = nodes.levels[u]
    rows = len(column)
    if row < 0:
        low = np.uint32(nodes.low[u])
        width = nodes.width[u]
        side = 1.0 if is_left else 0.0
        for r in range(rows):
            inside = np.uint32(column[r] - low) < width
            now[r] = before[r] * (side if inside else 1.0 - side)
        return
    for r in range(rows):
        word = nodes.bits[row, column[r] >> 6]
        inside = (word >> np.uint64(column[r] & 63)) & np.uint64(1) != 0
        now[r] = before[r] if inside == is_left else 0.0


@numba.njit
def enter(
    walk: Any, d: int, nodes: Any, weight: Any, players: Any, codes: Any, first: int, rows: int
) -> int:
    """Goes from the node at depth d to its next child, at depth d + 1; returns the child."""
    u = walk.node[d]
    is_left = walk.stage[d] == 0
    walk.stage[d] += 1
    child = nodes.left[u] if is_left else nodes.right[u]
    player = players[nodes.feature[u]]
    before = walk.last[player]
    walk.node[d + 1] = child
    walk.stage[d + 1] = 0
    walk.player[d + 1] = player
    walk.before[d + 1] = before
    walk.last[player] = d + 1
    share = weight[child] / weight[u] if weight[u] > 0 else 0.0
    walk.ratio[d + 1] = walk.ratio[before] * share
    column = codes[nodes.feature[u], first : first + rows]
    _passes(nodes, u, is_left, column, walk.passes[before], walk.passes[d + 1])
    return child


@numba.njit
def step_of(walk: Any, d: int, t: float) -> tuple[float, float, float]:
    """What the edge to depth d multiplies P(t) by: c + a_before · c_before + a_now · c_now."""
    old = walk.ratio[walk.before[d]]
    new = walk.ratio[d]
    passed = old * (1.0 - t) + t
    neither = new / old if old > 0.0 else 0.0
    only_before = new * (1.0 - t) / passed
    both = (new * (1.0 - t) + t) / passed
    return neither, only_before - neither, both - only_before


@numba.njit
def multiply(walk: Any, d: int, nodes_t: Any, rows: int) -> None:
    """P of depth d from P of its parent; no sums yet."""
    before = walk.passes[walk.before[d]]
    now = walk.passes[d]
    for q in range(len(nodes_t)):
        c, c_before, c_now = step_of(walk, d, nodes_t[q])
        above = walk.product[d - 1, q]
        product = walk.product[d, q]
        sums = walk.sums[d, q]
        for r in range(rows):
            product[r] = above[r] * (c + before[r] * c_before + now[r] * c_now)
            sums[r] = 0.0


@numba.njit
def sum_up(walk: Any, d: int, nodes_t: Any, rows: int, total: Any) -> None:
    """Adds H of depth d to its parent's, and times the change of G to the player's total."""
    before = walk.passes[walk.before[d]]
    now = walk.passes[d]
    for q in range(len(nodes_t)):
        g_before = gain(walk.ratio[walk.before[d]], nodes_t[q])
        g_now = gain(walk.ratio[d], nodes_t[q])
        sums = walk.sums[d, q]
        above = walk.sums[d - 1, q]
        for r in range(rows):
            total[r] += sums[r] * (now[r] * g_now - before[r] * g_before)
            above[r] += sums[r]


@numba.njit
def _leaf(walk: Any, d: int, value: float, nodes_t: Any, rows: int, total: Any) -> None:
    """`multiply` and `sum_up` in one for the edge to a leaf: more than half of all edges."""
    before = walk.passes[walk.before[d]]
    now = walk.passes[d]
    for q in range(len(nodes_t)):
        c, c_before, c_now = step_of(walk, d, nodes_t[q])
        g_before = gain(walk.ratio[walk.before[d]], nodes_t[q])
        g_now = gain(walk.ratio[d], nodes_t[q])
        product = walk.product[d - 1, q]
        above = walk.sums[d - 1, q]
        for r in range(rows):
            h = value * product[r] * (c + before[r] * c_before + now[r] * c_now)
            total[r] += h * (now[r] * g_now - before[r] * g_before)
            above[r] += h


@numba.njit
def _walk_tree(
    walk: Any, root: int, nodes: Any, weight: Any, value: Any, players: Any, nodes_t: Any,
    codes: Any, first: int, rows: int, totals: Any,
) -> None:  # fmt: skip
    d = 0
    walk.node[0] = root
    walk.stage[0] = 0 if nodes.left[root] >= 0 else 2
    while True:
        if walk.stage[d] < 2:
            child = enter(walk, d, nodes, weight, players, codes, first, rows)
            d += 1
            if nodes.left[child] >= 0:
                multiply(walk, d, nodes_t, rows)
                continue
            _leaf(walk, d, value[child], nodes_t, rows, totals[walk.player[d]])
        elif d > 0:
            sum_up(walk, d, nodes_t, rows, totals[walk.player[d]])
        else:
            return
        walk.last[walk.player[d]] = walk.before[d]
        d -= 1


@kernel(
    *for_codes(lambda codes: types.void(NODES, I4, F8, F8, I4, INT, F8, F8, codes, INT, INT, F8_2)),
    fastmath=True,
)
def _walk(
    nodes: Any,
    roots: Any,
    weight: Any,
    value: Any,
    players: Any,
    depth: int,
    nodes_t: Any,
    weights_t: Any,
    codes: Any,
    start: int,
    stop: int,
    out: Any,
) -> None:
    walk = begin_walk(depth, out.shape[1], weights_t, ROWS_TOGETHER)
    totals = np.empty((out.shape[1], ROWS_TOGETHER))
    for first in range(start, stop, ROWS_TOGETHER):
        rows = min(stop - first, ROWS_TOGETHER)
        for p in range(out.shape[1]):
            for r in range(rows):
                totals[p, r] = 0.0
        for t in range(len(roots)):
            _walk_tree(walk, roots[t], nodes, weight, value, players, nodes_t, codes, first,
                       rows, totals)  # fmt: skip
        for r in range(rows):
            for p in range(out.shape[1]):
                out[first - start + r, p] += totals[p, r]
