"""SHAP interaction values: what two players add together beyond what each adds alone.

The Shapley interaction index (Grabisch & Roubens 1999), half of it in each of the two cells of a
pair (Lundberg et al. 2020). Shallow trees are looked up in tables, one per pair of a subtree's
players (see `shap_tables`); deep trees are walked (see `shap_deep`), where a leaf adds

    φ_ij = value / 2 · ∫₀¹ (a_i - r_i)(a_j - r_j) Π_{l≠i,j} (r_l + t (a_l - r_l)) dt.

All kernels here fill the cells of pairs; the diagonal is what of a player's value is left.
Cost of a row: per subtree one look-up per pair of players; deep: edges × members × nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numba import types

from ..ensemble import TreeEnsemble
from ..paths import Paths
from ..players import Members
from ._compile import F8, F8_2, F8_3, I4, I8, INT, NODES, for_codes, kernel
from ._leaf_games import add_to_table, find_passed, leaf_pairs, pair_chances
from ._look_up import LOOK_UPS, LookUps, look_up, look_ups_of, pattern_room, rows_together
from .shap_cuts import BITS, Bits, Cuts
from .shap_deep import begin_walk, enter, gain, multiply, quadrature
from .shap_tables import (
    SEATS,
    Seats,
    member_masks,
)

#: What the sums of the rows that are looked up together may take, in bytes.
SUMS_BYTES = 1 * 2**20
#: Rows that walk together.
ROWS_TOGETHER = 32


@dataclass(frozen=True, eq=False)
class PairTables:
    """All that a row's pairs are looked up in.

    A player of `look_ups` is a pair: a place in `first` and `second`.
    """

    bits: Bits
    look_ups: LookUps
    first: Any
    second: Any
    values: Any

    @property
    def rows_together(self) -> int:
        """How many rows are looked up at a time."""
        wanted = np.clip(SUMS_BYTES // (8 * max(1, len(self.first))), 16, 1024)
        return rows_together(int(wanted))


def pair_seats(cuts: Cuts, seats: Seats) -> tuple[Seats, Any, Any]:
    """A seat for every pair of seats (p, q < p) of a subtree, and the players of every pair.

    The pair p, q of a subtree comes p(p - 1)/2 + q after its first.
    """
    count = np.diff(seats.start)
    start = np.concatenate([[0], np.cumsum(count * (count - 1) // 2)]).astype(np.int64)
    key = np.empty(start[-1], np.int64)
    players = int(seats.player.max(initial=0)) + 1
    _name_pairs(seats.start, seats.player, players, start, key)
    pairs, cell = np.unique(key, return_inverse=True)
    table = np.concatenate([[0], np.cumsum(np.repeat(cuts.patterns, np.diff(start)))])
    named = Seats(start, cell.astype(np.int32), table.astype(np.int64))
    return named, (pairs // players).astype(np.int32), (pairs % players).astype(np.int32)


def build_pair_tables(
    cuts: Cuts, members: Members, seats: Seats, place: Any, passing: Any, starts: Any, value: Any
) -> PairTables:
    """As `shap_tables.build_value_tables`, for pairs."""
    named, first, second = pair_seats(cuts, seats)
    table = np.zeros(named.table[-1])
    of_member = member_masks(cuts, members)
    _fill(cuts.leaf_start, cuts.bits.start, members.start, place, *of_member, starts, passing,
          value, pair_chances(members.most), named, cuts.most_patterns, table)  # fmt: skip
    return PairTables(cuts.bits, look_ups_of(*named), first, second, table)


def add_pairs(tables: PairTables, codes: Any, start: int, stop: int, out: Any) -> None:
    """Adds what pairs add to `out` (these rows, players, players); the diagonal stays."""
    _look_up(codes, start, stop, tables.rows_together, tables.bits, tables.look_ups, tables.first,
             tables.second, tables.values, out)  # fmt: skip


def add_deep_pairs(
    ensemble: TreeEnsemble, paths: Paths, members: Members, players: Any, value: Any,
    codes: Any, start: int, stop: int, out: Any,
) -> None:  # fmt: skip
    """The same for deep trees, path-dependent."""
    _walk(ensemble.nodes, ensemble.roots, ensemble.weight, value, players, paths.depth,
          *quadrature(members.most), codes, start, stop, out)  # fmt: skip


@kernel(types.void(I8, I4, INT, I8, I8))
def _name_pairs(start: Any, player: Any, players: int, pair_start: Any, key: Any) -> None:
    """key = larger player · players + smaller player, for every pair of seats."""
    for s in range(len(start) - 1):
        n = pair_start[s]
        for p in range(start[s], start[s + 1]):
            for q in range(start[s], p):
                a = np.int64(player[p])
                b = np.int64(player[q])
                key[n] = max(a, b) * players + min(a, b)
                n += 1


@kernel(types.void(I8, I8, I8, I4, I4, I4, I8, F8, F8, F8_2, SEATS, INT, F8))
def _fill(
    leaf_start: Any, bit_start: Any, member_start: Any, place: Any, mask: Any, want: Any,
    starts: Any, passing: Any, value: Any, chance: Any, seats: Any, most_patterns: int, table: Any,
) -> None:  # fmt: skip
    most = chance.shape[0] - 1
    room = np.empty((most + 2, 1 << most))
    found = np.empty((most * most // 2 + 1, 1 << most))
    passed = np.empty(most_patterns, np.int32)
    for s in range(len(leaf_start) - 1):
        patterns = 1 << (bit_start[s + 1] - bit_start[s])
        for leaf in range(leaf_start[s], leaf_start[s + 1]):
            first = member_start[leaf]
            k = member_start[leaf + 1] - first
            leaf_pairs(k, passing, starts[leaf], value[leaf], chance, room, found)
            find_passed(patterns, first, k, mask, want, passed)
            for i in range(k):
                for j in range(i):
                    p = max(place[first + i], place[first + j])
                    q = min(place[first + i], place[first + j])
                    at = seats.table[seats.start[s] + p * (p - 1) // 2 + q]
                    add_to_table(table, at, patterns, passed, found[i * (i - 1) // 2 + j])


@kernel(
    *for_codes(lambda codes: types.void(codes, INT, INT, INT, BITS, LOOK_UPS, I4, I4, F8, F8_3))
)
def _look_up(
    codes: Any, start: int, stop: int, together: int, bits: Any, look_ups: Any, one: Any, two: Any,
    table: Any, out: Any,
) -> None:  # fmt: skip
    patterns = pattern_room(together)
    sums = np.empty((len(one), together))
    for first in range(start, stop, together):
        rows = min(stop - first, together)
        sums[:] = 0.0
        look_up(bits, look_ups, table, codes, first, rows, patterns, sums)
        for r in range(rows):
            for n in range(len(one)):
                out[first - start + r, one[n], two[n]] += sums[n, r]
                out[first - start + r, two[n], one[n]] += sums[n, r]


@numba.njit
def _share_out(walk: Any, d: int, sums: Any, nodes_t: Any, rows: int, out: Any) -> None:
    """Adds ½ · ∫ H · (change of G at depth d) · G_j for every other player j on the way.

    H is `sums` (nodes, rows).
    """
    p = walk.player[d]
    before = walk.passes[walk.before[d]]
    now = walk.passes[d]
    change = np.empty((len(nodes_t), rows))
    for q in range(len(nodes_t)):
        g_before = gain(walk.ratio[walk.before[d]], nodes_t[q])
        g_now = gain(walk.ratio[d], nodes_t[q])
        for r in range(rows):
            step = now[r] * g_now - before[r] * g_before
            change[q, r] = 0.5 * sums[q, r] * step
    for e in range(1, d):
        j = walk.player[e]
        if j == p or walk.last[j] != e:
            continue
        passes = walk.passes[e]
        total = out[p, j]
        for q in range(len(nodes_t)):
            g = gain(walk.ratio[e], nodes_t[q])
            g_absent = gain(1.0, nodes_t[q])
            for r in range(rows):
                total[r] += change[q, r] * (passes[r] * g - g_absent)


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
            multiply(walk, d, nodes_t, rows)
            if nodes.left[child] >= 0:
                continue
            for q in range(len(nodes_t)):
                for r in range(rows):
                    walk.sums[d, q, r] = value[child] * walk.product[d, q, r]
        if d == 0:
            return
        _share_out(walk, d, walk.sums[d], nodes_t, rows, totals)
        for q in range(len(nodes_t)):
            for r in range(rows):
                walk.sums[d - 1, q, r] += walk.sums[d, q, r]
        walk.last[walk.player[d]] = walk.before[d]
        d -= 1


@kernel(
    *for_codes(lambda codes: types.void(NODES, I4, F8, F8, I4, INT, F8, F8, codes, INT, INT, F8_3)),
    fastmath=True,
)
def _walk(
    nodes: Any, roots: Any, weight: Any, value: Any, players: Any, depth: int, nodes_t: Any,
    weights_t: Any, codes: Any, start: int, stop: int, out: Any,
) -> None:  # fmt: skip
    count = out.shape[1]
    walk = begin_walk(depth, count, weights_t, ROWS_TOGETHER)
    totals = np.empty((count, count, ROWS_TOGETHER))
    for first in range(start, stop, ROWS_TOGETHER):
        rows = min(stop - first, ROWS_TOGETHER)
        totals[:] = 0.0
        for t in range(len(roots)):
            _walk_tree(walk, roots[t], nodes, weight, value, players, nodes_t, codes, first,
                       rows, totals)  # fmt: skip
        for r in range(rows):
            for p in range(count):
                for j in range(count):
                    # each pair was met from both sides, in different edges
                    out[first - start + r, p, j] += totals[p, j, r] + totals[j, p, r]
