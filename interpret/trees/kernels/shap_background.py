"""How often players pass a leaf when they are not known: a share for every set of its members.

For each leaf and each set T of its members, N(T) is the chance that all members in T let a row
pass. Path-dependent, the members are taken as independent, each with its ratio. Interventional, it
is the share of the background's rows, counted by bitsets: an AND and a popcount per 64 rows. Cost:
Σ over leaves of 2^members × rows / 64.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import types

from ..ensemble import TreeEnsemble
from ..paths import Paths
from ..players import Members
from ._compile import F8, I4, I8, INT, for_codes, kernel
from ._masks import popcount

#: What the bitsets of a block of background rows may take, in bytes.
BITSET_BYTES = 16 * 2**20
#: And how many words of 64 rows a block has at most.
MOST_WORDS = 32


def set_starts(members: Members) -> Any:
    """Where each leaf's sets of members begin when those of all stand in a row, and the end."""
    return np.concatenate([[0], np.cumsum(np.int64(1) << np.diff(members.start))]).astype(np.int64)


def path_shares(members: Members) -> Any:
    """N(T) of the path-dependent game: products of the ratios."""
    starts = set_starts(members)
    shares = np.empty(starts[-1])
    _products(members.start, members.ratio, starts, shares)
    return shares


def background_shares(
    ensemble: TreeEnsemble, paths: Paths, members: Members, background: Any
) -> Any:
    """N(T) of the interventional game: shares of the background's rows, (features, rows)."""
    starts = set_starts(members)
    counts = np.zeros(starts[-1], np.int64)
    words = int(np.clip(BITSET_BYTES // (8 * ensemble.code_starts[-1]), 1, MOST_WORDS))
    rows = background.shape[1]
    for first in range(0, rows, 64 * words):
        _count(
            background, first, min(rows, first + 64 * words), words, ensemble.code_starts,
            paths.slot_start, paths.feature, paths.interval_start, paths.low, paths.high,
            members.start, members.of_slot, starts, counts,
        )  # fmt: skip
    return counts / rows


@kernel(types.void(I8, F8, I8, F8))
def _products(member_start: Any, ratio: Any, starts: Any, shares: Any) -> None:
    for leaf in range(len(member_start) - 1):
        at = starts[leaf]
        shares[at] = 1.0
        size = 1
        for m in range(member_start[leaf], member_start[leaf + 1]):
            for b in range(size):
                shares[at + size + b] = shares[at + b] * ratio[m]
            size *= 2


@numba.njit
def _codes_below(background: Any, first: int, stop: int, code_starts: Any, below: Any) -> None:
    """below[code_starts[f] + f + c]: the rows whose code of column f is under c."""
    for i in range(below.shape[0]):
        for w in range(below.shape[1]):
            below[i, w] = 0
    for f in range(background.shape[0]):
        base = code_starts[f] + f
        for i in range(first, stop):
            bit = np.uint64(1) << np.uint64((i - first) & 63)
            below[base + background[f, i] + 1, (i - first) >> 6] |= bit
        for c in range(1, code_starts[f + 1] - code_starts[f] + 1):
            for w in range(below.shape[1]):
                below[base + c, w] |= below[base + c - 1, w]


@kernel(
    *for_codes(
        lambda codes: types.void(codes, INT, INT, INT, I8, I8, I4, I8, I4, I4, I8, I8, I8, I8)
    )
)
def _count(
    background: Any,
    first: int,
    stop: int,
    words: int,
    code_starts: Any,
    slot_start: Any,
    feature: Any,
    interval_start: Any,
    low: Any,
    high: Any,
    member_start: Any,
    of_slot: Any,
    starts: Any,
    counts: Any,
) -> None:
    """Adds to `counts`, for each leaf and set of members, the rows that pass all of the set."""
    below = np.empty((code_starts[-1] + background.shape[0], words), np.uint64)
    _codes_below(background, first, stop, code_starts, below)
    most = 0
    for leaf in range(len(starts) - 1):
        most = max(most, starts[leaf + 1] - starts[leaf])
    passed = np.empty((most, words), np.uint64)
    member = np.empty((64, words), np.uint64)
    for leaf in range(len(starts) - 1):
        members = member_start[leaf + 1] - member_start[leaf]
        for w in range(words):
            left = min(max(stop - first - 64 * w, 0), 64)
            everyone = (
                ~np.uint64(0) if left == 64 else (np.uint64(1) << np.uint64(left)) - np.uint64(1)
            )
            passed[0, w] = everyone
            for m in range(members):
                member[m, w] = everyone
        for s in range(slot_start[leaf], slot_start[leaf + 1]):
            base = code_starts[feature[s]] + feature[s]
            m = of_slot[s] - member_start[leaf]
            for w in range(words):
                found = np.uint64(0)
                for i in range(interval_start[s], interval_start[s + 1]):
                    found |= below[base + high[i], w] & ~below[base + low[i], w]
                member[m, w] &= found
        size = 1
        counts[starts[leaf]] += stop - first
        for m in range(members):
            for b in range(size):
                n = np.uint64(0)
                for w in range(words):
                    word = passed[b, w] & member[m, w]
                    passed[size + b, w] = word
                    n += popcount(word)
                counts[starts[leaf] + size + b] += np.int64(n)
            size *= 2
