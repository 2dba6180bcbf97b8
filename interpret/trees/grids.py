"""Where the points of several columns' grids stand in one row of places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ensemble import TreeEnsemble

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Layout:
    """Each column's distinct grid codes in rising order, column by column, each column with a
    place more than its grid: what begins or ends after the last point goes there.

    `place` holds, for the codes of all columns in a row (one more for each, as in
    `Question.starts`), the place of the first grid point at or after the code; `ends` where each
    column's places end. `codes` are the distinct codes, `back[s]` brings column s's distinct points
    back to the order that was asked for.
    """

    codes: dict[int, Places]
    place: Places
    ends: Places
    back: tuple[Places, ...]

    @classmethod
    def of(cls, ensemble: TreeEnsemble, features: Sequence[int], grids: Sequence[Any]) -> Layout:
        """Of one grid (codes, in any order) for each of the columns."""
        starts = ensemble.code_starts[:-1] + np.arange(ensemble.features)
        counts = ensemble.encoder.code_counts
        place = np.zeros(int(ensemble.code_starts[-1]) + ensemble.features, dtype=np.int64)
        codes, back, ends, end = {}, [], [], 0
        for f, grid in zip(features, grids, strict=True):
            codes[f], order = np.unique(np.asarray(grid, dtype=np.int64), return_inverse=True)
            at = np.searchsorted(codes[f], np.arange(counts[f] + 1))
            place[starts[f] : starts[f] + counts[f] + 1] = end + at
            end += len(codes[f]) + 1
            back.append(order)
            ends.append(end)
        return cls(codes, place, np.array(ends, dtype=np.int64), tuple(back))

    @property
    def places(self) -> int:
        """How many places there are."""
        return int(self.ends[-1]) if len(self.ends) else 0

    def parts(self, values: Floats) -> list[Floats]:
        """What stands at the places (rows, places), per column in the order that was asked for."""
        found = []
        for s, (codes, back) in enumerate(zip(self.codes.values(), self.back, strict=True)):
            first = int(self.ends[s]) - len(codes) - 1
            part = values[:, first : first + len(codes)]
            in_order = len(back) == len(codes) and bool((np.diff(back) > 0).all())
            found.append(part if in_order else part[:, back])
        return found
