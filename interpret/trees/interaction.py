"""How much two columns act together: Friedman's H of every pair, exact over all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import run_all
from workbench.progress import Progress, part, silent

from .ensemble import TreeEnsemble
from .surfaces import Surfaces, margin_surfaces

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairInteractions:
    """H² of a pair is `numerator` / `denominator`, both (columns, columns) averages over the rows.

    The numerator is the variance of what the pair does together beyond the two columns' own
    effects; the denominator that of the pair's joint effect. Symmetric, the diagonal is NaN.
    """

    numerator: Floats
    denominator: Floats

    @property
    def h_squared(self) -> Floats:
        """H² (columns, columns); NaN where the pair has no effect at all."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.numerator / self.denominator)


def pair_interactions(
    ensemble: TreeEnsemble, codes: Any, progress: Progress = silent
) -> PairInteractions:
    """H² of every pair over all rows (Friedman & Popescu 2008, eq. 44):

        Hⱼₖ² = Σᵢ (Fⱼₖ(xᵢⱼ, xᵢₖ) − Fⱼ(xᵢⱼ) − Fₖ(xᵢₖ))² / Σᵢ Fⱼₖ(xᵢⱼ, xᵢₖ)²

    F are centred partial dependences of the sum of the trees (of one output), each averaged over
    all rows and taken at all rows. Cost: the walk of `margin_surfaces`, then per pair its table
    of the codes that occur and one look-up per row. Raises `NotApplicable` where a table is too
    large (forests of unlimited depth on many rows).
    """
    seen, places = zip(*(np.unique(column, return_inverse=True) for column in codes), strict=True)
    surfaces = margin_surfaces(ensemble, codes, None, seen, part(progress, 0, 0.3))
    at = np.stack(places).astype(np.uint16)
    curves = np.stack([surfaces.curves.of(f)[grid][at[f]] for f, grid in enumerate(seen)])
    curves -= curves.mean(axis=1, keepdims=True)
    additive = curves @ curves.T / codes.shape[1]
    found = np.full((2, ensemble.features, ensemble.features), np.nan)
    firsts = range(ensemble.features - 1)

    def step(a: int) -> None:
        for b in range(a + 1, ensemble.features):
            left, crossed = _of_pair(surfaces, at, a, b, curves)
            alone = additive[a, a] + additive[b, b] + 2 * additive[a, b]
            found[:, a, b] = found[:, b, a] = left, max(0.0, left + 2 * crossed + alone)

    for _ in run_all(step, firsts, progress=part(progress, 0.3, 1)):
        pass
    return PairInteractions(found[0], found[1])


def _of_pair(surfaces: Surfaces, at: Any, a: int, b: int, curves: Floats) -> tuple[float, float]:
    """The variance of what a pair does together, and its covariance with its two curves."""
    from .kernels.pair_counts import spread_over_rows

    if not surfaces.meets(a, b):
        return 0.0, 0.0
    table = np.ascontiguousarray(surfaces.together(a, b))
    left, crossed = spread_over_rows(table, at, a, b, curves)
    return float(left), float(crossed)
