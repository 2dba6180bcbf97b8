"""SHAP values of shallow trees by looking them up: one pattern per row and subtree.

A subtree (`shap_cuts`) answers only as many ways as it has patterns, so what it adds to each of
its players is tabled once (Nadel & Wettenstein, WOODELF, 2025, on subtrees instead of leaves).
The path-dependent and the interventional game differ only in the shares of the background
(`shap_background`) that the tables are made with (`_leaf_games`). Cost of the tables: Σ over leaves
of (members² 2^members / 4 + patterns × members); cost of a row: per subtree one pattern and one
look-up per player.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import types

from ..players import Members
from ._compile import F8, F8_2, I4, I8, INT, for_codes, kernel
from ._leaf_games import add_to_table, find_passed, leaf_values, value_chances
from ._look_up import LOOK_UPS, LookUps, look_up, look_ups_of, pattern_room
from .shap_cuts import BITS, Bits, Cuts

#: Rows that are looked up together: their sums stay in the processor's cache.
ROWS_TOGETHER = 1024


class Seats(NamedTuple):
    """Subtree s has the seats `start[s]` to `start[s + 1]`: one per player its leaves know.

    Seat q is taken by `player[q]`, its table begins at `table[q]`: one number per pattern.
    """

    start: Any
    player: Any
    table: Any


SEATS = types.NamedTuple((I8, I4, I8), Seats)


@dataclass(frozen=True, eq=False)
class ValueTables:
    """All that a row is looked up in."""

    bits: Bits
    look_ups: LookUps
    values: Any


def seats_of(cuts: Cuts, members: Members, players: int) -> tuple[Seats, Any]:
    """The seats of every subtree, and the place among its subtree's seats of every member."""
    subtrees = len(cuts.leaf_start) - 1
    start = np.zeros(subtrees + 1, np.int64)
    player = np.empty(len(members.player), np.int32)
    place = np.empty(len(members.player), np.int32)
    size = _seat(cuts.leaf_start, members.start, members.player, players, start, player, place)
    each = np.repeat(cuts.patterns, np.diff(start))
    table = np.concatenate([[0], np.cumsum(each)]).astype(np.int64)
    return Seats(start, player[:size].copy(), table), place


def build_value_tables(
    cuts: Cuts, members: Members, seats: Seats, place: Any, passing: Any, starts: Any, value: Any
) -> ValueTables:
    """`passing` and `starts` are those of `shap_background`, `value` is each leaf's."""
    table = np.zeros(seats.table[-1])
    of_member = member_masks(cuts, members)
    _fill(cuts.leaf_start, cuts.bits.start, members.start, place, *of_member, starts, passing,
          value, value_chances(members.most), seats, cuts.most_patterns, table)  # fmt: skip
    return ValueTables(cuts.bits, look_ups_of(*seats), table)


def add_values(tables: ValueTables, codes: Any, start: int, stop: int, out: Any) -> None:
    """Adds the contributions of the rows `start` to `stop` to `out` (these rows, players)."""
    _look_up(codes, start, stop, tables.bits, tables.look_ups, tables.values, out)


def member_masks(cuts: Cuts, members: Members) -> tuple[Any, Any]:
    """Which bits a member needs, and how: those of all its slots."""
    mask = np.zeros(len(members.player), np.int32)
    want = np.zeros(len(members.player), np.int32)
    np.bitwise_or.at(mask, members.of_slot, cuts.mask)
    np.bitwise_or.at(want, members.of_slot, cuts.want)
    return mask, want


@kernel(INT(I8, I8, I4, INT, I8, I4, I4))
def _seat(
    leaf_start: Any,
    member_start: Any,
    member_player: Any,
    players: int,
    start: Any,
    player: Any,
    place: Any,
) -> int:
    """Gives every player of a subtree a seat, in the order in which they come."""
    taken = np.full(players, -1, np.int64)
    n = 0
    for s in range(len(leaf_start) - 1):
        for m in range(member_start[leaf_start[s]], member_start[leaf_start[s + 1]]):
            p = member_player[m]
            if taken[p] < start[s]:
                taken[p] = n
                player[n] = p
                n += 1
            place[m] = taken[p] - start[s]
        start[s + 1] = n
    return n


@kernel(types.void(I8, I8, I8, I4, I4, I4, I8, F8, F8, F8_2, SEATS, INT, F8))
def _fill(
    leaf_start: Any,
    bit_start: Any,
    member_start: Any,
    place: Any,
    mask: Any,
    want: Any,
    starts: Any,
    passing: Any,
    value: Any,
    chance: Any,
    seats: Any,
    most_patterns: int,
    table: Any,
) -> None:
    most = chance.shape[0] - 1
    room = np.empty((2, 1 << most))
    found = np.empty((most, 1 << most))
    passed = np.empty(most_patterns, np.int32)
    for s in range(len(leaf_start) - 1):
        patterns = 1 << (bit_start[s + 1] - bit_start[s])
        for leaf in range(leaf_start[s], leaf_start[s + 1]):
            first = member_start[leaf]
            k = member_start[leaf + 1] - first
            leaf_values(k, passing, starts[leaf], value[leaf], chance, room, found)
            find_passed(patterns, first, k, mask, want, passed)
            for j in range(k):
                at = seats.table[seats.start[s] + place[first + j]]
                add_to_table(table, at, patterns, passed, found[j])


@kernel(*for_codes(lambda codes: types.void(codes, INT, INT, BITS, LOOK_UPS, F8, F8_2)))
def _look_up(
    codes: Any, start: int, stop: int, bits: Any, look_ups: Any, table: Any, out: Any
) -> None:
    players = out.shape[1]
    patterns = pattern_room(ROWS_TOGETHER)
    sums = np.empty((players, ROWS_TOGETHER))
    for first in range(start, stop, ROWS_TOGETHER):
        rows = min(stop - first, ROWS_TOGETHER)
        sums[:] = 0.0
        look_up(bits, look_ups, table, codes, first, rows, patterns, sums)
        for r in range(rows):
            for p in range(players):
                out[first - start + r, p] += sums[p, r]
