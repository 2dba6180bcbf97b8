"""Pairs of treated and untreated rows with nearly the same chance of treatment, for checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]
#: Partners are at most this many standard deviations of the log odds apart (Austin 2011).
CALIPER = 0.2


@dataclass(frozen=True)
class Pairs:
    """Positions of the two rows of each pair (pairs,), and how many rows of the smaller arm found
    no partner."""

    treated: Rows
    untreated: Rows
    alone: int


def nearest_pairs(arm: Mask, chance: Floats) -> Pairs:
    """Each row of the smaller arm with the nearest row of the other that is still free, by the log
    odds of treatment, within the caliper; those hardest to match choose first."""
    odds = np.log(np.clip(chance, 1e-6, 1 - 1e-6))
    odds = odds - np.log1p(-np.clip(chance, 1e-6, 1 - 1e-6))
    treated_choose = arm.sum() <= (~arm).sum()
    choosing = np.flatnonzero(arm if treated_choose else ~arm)
    others = np.flatnonzero(~arm if treated_choose else arm)
    others = others[np.argsort(odds[others], kind="stable")]
    far_out = odds if treated_choose else -odds
    choosing = choosing[np.argsort(-far_out[choosing], kind="stable")]
    spread = np.sqrt((odds[arm].var() + odds[~arm].var()) / 2)
    partners = _nearest_free(odds[choosing], odds[others], CALIPER * float(spread))
    found = partners >= 0
    first, second = choosing[found], others[partners[found]]
    one, two = (first, second) if treated_choose else (second, first)
    return Pairs(one, two, int((~found).sum()))


def _nearest_free(wanted: Floats, offered: Floats, caliper: float) -> Rows:
    """For each value wanted, in turn, the position of the nearest of the sorted values offered
    that is not taken; -1 where none is near enough."""
    left, right = list(range(len(offered) + 1)), list(range(len(offered) + 1))
    # left[k] leads to the last free place before k (0: none), right[k] to the first free from k on

    def root(links: list[int], k: int) -> int:
        while links[k] != k:
            links[k] = links[links[k]]
            k = links[k]
        return k

    made = np.full(len(wanted), -1, dtype=np.intp)
    for at, start in enumerate(np.searchsorted(offered, wanted)):
        above, below = root(right, int(start)), root(left, int(start)) - 1
        places = [k for k in (below, above) if 0 <= k < len(offered)]
        if not places:
            continue
        best = min(places, key=lambda k: abs(offered[k] - wanted[at]))
        if abs(offered[best] - wanted[at]) <= caliper:
            made[at] = best
            right[best], left[best + 1] = best + 1, best
    return made
