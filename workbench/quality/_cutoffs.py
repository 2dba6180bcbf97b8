"""What a cutoff separates, for every cutoff there is: the ground of the curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..metrics import Floats
from ._rows import ClassRows

#: A curve is drawn through at most so many points.
MOST_POINTS = 600


@dataclass(frozen=True)
class Cutoffs:
    """Every distinct chance, from the highest down: what the rows at or above it weigh, and what
    those of them weigh that are of the class."""

    chance: Floats
    taken: Floats
    found: Floats

    @property
    def total(self) -> float:
        """What all rows weigh: how many there are where every row counts the same."""
        return float(self.taken[-1])

    @property
    def total_found(self) -> float:
        """What all rows of the class weigh."""
        return float(self.found[-1])


def cutoffs(rows: ClassRows) -> Cutoffs:
    """All the cutoffs that separate these rows; rows of one chance stay together."""
    order = np.argsort(-rows.chance, kind="stable")
    chance = rows.chance[order]
    last = np.flatnonzero(np.append(chance[1:] != chance[:-1], True))
    weight = rows.weight[order]
    taken, found = np.cumsum(weight)[last], np.cumsum(weight * rows.is_class[order])[last]
    return Cutoffs(chance[last], taken, found)


def place_of(cuts: Cutoffs, cutoff: float) -> int:
    """The place of the last rows that a cutoff calls, those with at least this chance; −1 where it
    calls none."""
    return int(np.searchsorted(-cuts.chance, -cutoff, side="right")) - 1


def spread_with(cuts: Cutoffs, cutoff: float | None) -> tuple[NDArray[np.intp], int | None]:
    """The places a curve is drawn through, with that of a cutoff among them; and that place: None
    without a cutoff, −1 where it calls no row."""
    kept = spread(len(cuts.chance))
    if cutoff is None:
        return kept, None
    place = place_of(cuts, cutoff)
    return (np.union1d(kept, [place]) if place >= 0 else kept), place


def spread(points: int, most: int = MOST_POINTS) -> NDArray[np.intp]:
    """The places of at most so many of the points, evenly, the first and the last among them."""
    return np.unique(np.linspace(0, points - 1, min(points, most)).round().astype(np.intp))


def spread_note(points: int) -> tuple[str, ...]:
    """What the picture leaves out."""
    if points <= MOST_POINTS:
        return ()
    words = (
        f"The curve is drawn through {MOST_POINTS:,} of its {points:,} points; the numbers are "
        "those of all of them."
    )
    return (words,)
