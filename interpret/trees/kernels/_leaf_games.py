"""What one leaf adds to its players, for every kind of row at once.

A leaf has k members M. A coalition S ⊆ M brings a row to it where the row passes all of S and the
background passes the rest. With N(T), the share of the background that passes all of T, the game of
a row that passes exactly the members in A is

    v(S) = N(M ∖ S) where S ⊆ A, else 0.

Its Shapley values have the weights c(s) = s! (k - s - 1)! / k!, so that

    φ_j = -T(A) for j ∉ A,  φ_j = Q_j(A ∖ j) - T(A ∖ j) for j ∈ A, where
    T(A) = Σ_{S ⊆ A} c(|S|) N(M ∖ S)  and  Q_j(A) = Σ_{S ⊆ A} c(|S|) N(M ∖ S ∖ j).

Sums over the subsets of every A come from one addition per member and A (Yates 1937), so that a
leaf costs k² 2^k / 4 additions, whatever the background. The interaction index goes the same way,
with half of s! (k - s - 2)! / (k - 1)! and the sums over S that leave out both of a pair.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numba
import numpy as np

from ._masks import popcount


def value_chances(most: int) -> Any:
    """c(s) of a game of k players, (most + 1, most + 1) by k and s; 0 where it has no meaning."""
    chance = np.zeros((most + 1, most + 1))
    for k in range(1, most + 1):
        for s in range(k):
            chance[k, s] = factorial(s) * factorial(k - s - 1) / factorial(k)
    return chance


def pair_chances(most: int) -> Any:
    """The same for pairs: half the weights of the interaction index (Grabisch & Roubens 1999).

    Each of the two cells of a pair holds one half (Lundberg et al. 2020).
    """
    chance = np.zeros((most + 1, most + 1))
    for k in range(2, most + 1):
        for s in range(k - 1):
            chance[k, s] = factorial(s) * factorial(k - s - 2) / factorial(k - 1) / 2
    return chance


@numba.njit
def _with_gap(a: int, j: int) -> int:
    """The set numbered `a` among those without member j."""
    low = a & ((1 << j) - 1)
    return low | ((a ^ low) << 1)


@numba.njit
def _without(S: int, j: int) -> int:
    """The number of a set without member j among such sets."""
    low = S & ((1 << j) - 1)
    return low | ((S ^ low) >> 1)


@numba.njit
def _add_subsets(x: Any, members: int) -> None:
    """x[A] becomes the sum of x over all subsets of A."""
    for j in range(members):
        half = 1 << j
        for begin in range(0, 1 << members, 2 * half):
            for i in range(begin, begin + half):
                x[np.uint64(i + half)] += x[np.uint64(i)]


@numba.njit
def _weigh(k: int, j: int, passing: Any, at: int, value: float, chance: Any, x: Any) -> None:
    """x[A] = Σ_{S ⊆ A} c(|S|) N(M ∖ S ∖ j) · value, A numbered among the sets without member j.

    With j = k, which is no member, A is any set.
    """
    members = k if j == k else k - 1
    rest = ((1 << k) - 1) & ~(1 << j)
    for a in range(1 << members):
        known = _with_gap(a, j)
        share = passing[np.uint64(at + (rest ^ known))]
        x[a] = chance[k, np.int64(popcount(np.uint64(a)))] * share * value
    _add_subsets(x, members)


@numba.njit
def leaf_values(
    k: int, passing: Any, at: int, value: float, chance: Any, room: Any, found: Any
) -> None:
    """found[j, A] = φ_j for a row that passes the members in A.

    `passing[at + T]` is N(T); `room` (2, 2^k) is written to.
    """
    none, joined = room[0], room[1]
    _weigh(k, k, passing, at, value, chance, none)
    for j in range(k):
        _weigh(k, j, passing, at, value, chance, joined)
        for a in range(1 << (k - 1)):
            A = _with_gap(a, j)
            found[j, A] = -none[A]
            found[j, A | (1 << j)] = joined[a] - none[A]


@numba.njit
def leaf_pairs(
    k: int, passing: Any, at: int, value: float, chance: Any, room: Any, found: Any
) -> None:
    """found[i(i-1)/2 + j, A] = what members i and j < i add together for a row that passes A.

    `room` (k + 2, 2^k) is written to.
    """
    none, both = room[k], room[k + 1]
    _weigh(k, k, passing, at, value, chance, none)
    for i in range(k):
        _weigh(k, i, passing, at, value, chance, room[i])
    for i in range(k):
        for j in range(i):
            rest = ((1 << k) - 1) & ~((1 << i) | (1 << j))
            for a in range(1 << (k - 2)):
                S = _with_gap(_with_gap(a, j), i)
                share = passing[np.uint64(at + (rest ^ S))]
                both[a] = chance[k, np.int64(popcount(np.uint64(a)))] * share * value
            _add_subsets(both, k - 2)
            cell = found[i * (i - 1) // 2 + j]
            for a in range(1 << (k - 2)):
                S = _with_gap(_with_gap(a, j), i)
                one = none[S] - room[i, _without(S, i)]
                two = none[S] - room[j, _without(S, j)]
                cell[S] = none[S]
                cell[S | (1 << i)] = one
                cell[S | (1 << j)] = two
                cell[S | (1 << i) | (1 << j)] = both[a] + one + two - none[S]


@numba.njit
def find_passed(patterns: int, first: int, k: int, mask: Any, want: Any, passed: Any) -> None:
    """passed[pattern]: the set of a leaf's members that each of a subtree's patterns passes."""
    for p in range(patterns):
        passed[p] = 0
    for j in range(k):
        asked = mask[first + j]
        wanted = want[first + j]
        bit = np.int32(1 << j)
        for p in range(patterns):
            passed[p] |= bit if (np.int32(p) & asked) == wanted else np.int32(0)


@numba.njit
def add_to_table(table: Any, at: int, patterns: int, passed: Any, found: Any) -> None:
    """Adds to a seat's numbers what a leaf adds at every pattern."""
    begin = np.uint64(at)
    for p in range(patterns):
        table[begin + np.uint64(p)] += found[np.uint64(passed[p])]
