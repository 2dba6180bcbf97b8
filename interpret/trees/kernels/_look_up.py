"""Looking rows up in tables: one pattern per row and subtree, one number per pattern and player.

Reading from memory is all that this costs, so each row's sum is read and written once for several
subtrees, and four patterns are read at a time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types

from ._compile import I4, I8
from .shap_cuts import find_patterns

#: Subtrees whose patterns are at hand together: the more, the more of them share a player.
SUBTREES_TOGETHER = 64
#: Patterns in a word.
QUAD = 4
_LOWEST, _WIDTH = np.uint64(0xFFFF), np.uint64(16)


class LookUps(NamedTuple):
    """Every look-up that a row needs, in batches of `SUBTREES_TOGETHER` subtrees.

    Batch b has the runs `batch[b]` to `batch[b + 1]`; run q adds to `player[q]` what the look-ups
    `run[q]` to `run[q + 1]` find: in the table that begins at `table`, by the pattern of the
    subtree at `place` in its batch.
    """

    batch: Any
    run: Any
    player: Any
    place: Any
    table: Any


LOOK_UPS = types.NamedTuple((I8, I8, I4, I8, I8), LookUps)


def look_ups_of(start: Any, player: Any, table: Any) -> LookUps:
    """The look-ups of subtrees whose seats begin at `start`, each with its player and table."""
    subtrees = len(start) - 1
    subtree = np.repeat(np.arange(subtrees), np.diff(start))
    batch = subtree // SUBTREES_TOGETHER
    order = np.lexsort((subtree, player, batch))
    of_batch, of_player = batch[order], player[order]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (np.diff(of_batch) != 0) | (np.diff(of_player) != 0)
    runs = np.flatnonzero(is_first)
    batches = -(-subtrees // SUBTREES_TOGETHER)
    return LookUps(
        batch=np.searchsorted(of_batch[runs], np.arange(batches + 1)).astype(np.int64),
        run=np.append(runs, len(order)).astype(np.int64),
        player=of_player[runs].astype(np.int32),
        place=(subtree % SUBTREES_TOGETHER)[order].astype(np.int64),
        table=np.ascontiguousarray(table[:-1][order]),
    )


def rows_together(wanted: int) -> int:
    """So many rows at a time, in whole words of patterns."""
    return max(QUAD, wanted - wanted % QUAD)


@numba.njit
def pattern_room(together: int) -> Any:
    """Room for the patterns of one batch."""
    return np.zeros((SUBTREES_TOGETHER, together), np.uint16)


@numba.njit
def _add_two(
    table: Any, one: int, two: int, first: Any, second: Any, words: int, sums: Any
) -> None:
    a = np.uint64(one)
    b = np.uint64(two)
    for w in range(words):
        x = first[w]
        y = second[w]
        r = np.uint64(QUAD * w)
        for i in range(QUAD):
            sums[r + np.uint64(i)] += table[a + (x & _LOWEST)] + table[b + (y & _LOWEST)]
            x >>= _WIDTH
            y >>= _WIDTH


@numba.njit
def _add_one(table: Any, one: int, first: Any, words: int, sums: Any) -> None:
    a = np.uint64(one)
    for w in range(words):
        x = first[w]
        r = np.uint64(QUAD * w)
        for i in range(QUAD):
            sums[r + np.uint64(i)] += table[a + (x & _LOWEST)]
            x >>= _WIDTH


@numba.njit
def look_up(
    bits: Any, look_ups: Any, table: Any, codes: Any, first: int, rows: int, patterns: Any,
    sums: Any,
) -> None:  # fmt: skip
    """Adds to `sums` (players, rows together) what all subtrees add for the rows from `first` on.

    Sums past `rows`, up to a whole word, are written to without meaning.
    """
    quads = patterns.view(np.uint64)
    words = (rows + QUAD - 1) // QUAD
    subtrees = len(bits.start) - 1
    for b in range(len(look_ups.batch) - 1):
        begin = b * SUBTREES_TOGETHER
        for s in range(begin, min(subtrees, begin + SUBTREES_TOGETHER)):
            find_patterns(bits, s, codes, first, rows, patterns[s - begin])
            # what another subtree left there could point past this one's tables
            patterns[s - begin, rows : QUAD * words] = 0
        for q in range(look_ups.batch[b], look_ups.batch[b + 1]):
            total = sums[look_ups.player[q]]
            e = look_ups.run[q]
            end = look_ups.run[q + 1]
            while e + 1 < end:
                _add_two(
                    table, look_ups.table[e], look_ups.table[e + 1], quads[look_ups.place[e]],
                    quads[look_ups.place[e + 1]], words, total,
                )  # fmt: skip
                e += 2
            if e < end:
                _add_one(table, look_ups.table[e], quads[look_ups.place[e]], words, total)
