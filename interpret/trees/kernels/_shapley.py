"""Shapley weights and interaction weights, by how many players each side owns."""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np


def value_weights(most: int) -> tuple[Any, Any]:
    """What a leaf adds to a player of the row, and takes from one of the background.

    The leaf is reached where the row's a players are known and the background's b are not, so a
    player of the row finds the others in place with (a-1)! b! / (a+b)!, one of the background
    spoils it with a! (b-1)! / (a+b)!. Both are (most + 1, most + 1), by a and b.
    """
    own = np.zeros((most + 1, most + 1))
    other = np.zeros((most + 1, most + 1))
    for a in range(most + 1):
        for b in range(most + 1 - a):
            if a > 0:
                own[a, b] = factorial(a - 1) * factorial(b) / factorial(a + b)
            if b > 0:
                other[a, b] = factorial(a) * factorial(b - 1) / factorial(a + b)
    return own, other


def pair_weights(most: int) -> tuple[Any, Any, Any]:
    """The same for pairs: both of the row, one of each, both of the background.

    Half the Shapley interaction index (Grabisch & Roubens 1999), since each of the two cells of a
    pair holds one half (Lundberg et al. 2020).
    """
    shape = most + 1, most + 1
    both, mixed, neither = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for a in range(most + 1):
        for b in range(most + 1 - a):
            if a > 1:
                both[a, b] = factorial(a - 2) * factorial(b) / factorial(a + b - 1) / 2
            if a > 0 and b > 0:
                mixed[a, b] = -factorial(a - 1) * factorial(b - 1) / factorial(a + b - 1) / 2
            if b > 1:
                neither[a, b] = factorial(a) * factorial(b - 2) / factorial(a + b - 1) / 2
    return both, mixed, neither
