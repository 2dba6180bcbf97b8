"""How much a column acts together with all others: Friedman's H of one against the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.progress import Progress, part, silent

from .dependence import margin_curves
from .ensemble import TreeEnsemble
from .expected import expected_margins

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TotalInteraction:
    """H² per column is `numerator` / `denominator`, both averages over the rows.

    The numerator is the variance of the sum that is neither the column's own nor the others'
    without it; the denominator, one number, is the variance of the sum.
    """

    numerator: Floats
    denominator: float

    @property
    def h_squared(self) -> Floats:
        """H² (columns,); NaN where the model is constant over the rows."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.numerator / self.denominator)


def total_interaction(
    ensemble: TreeEnsemble, codes: Any, progress: Progress = silent
) -> TotalInteraction:
    """H² of each column against all others over all rows (Friedman & Popescu 2008, eq. 45):

        Hⱼ² = Σᵢ (F(xᵢ) − Fⱼ(xᵢⱼ) − F₋ⱼ(xᵢ,₋ⱼ))² / Σᵢ F(xᵢ)²

    F is the sum of the trees (of one output), Fⱼ its partial dependence on column j, F₋ⱼ that on
    all others, each centred, and all averages are over all rows. Cost: a walk that branches.
    """
    from .kernels.predict import margins

    everything = margins(ensemble, codes)[:, 0]
    curves = margin_curves(ensemble, codes, progress=part(progress, 0, 0.2))
    others = expected_margins(ensemble, codes, progress=part(progress, 0.2, 1))
    numerator = np.empty(ensemble.features)
    for f in range(ensemble.features):
        rest = everything - curves.of(f)[codes[f]] - others[f]
        numerator[f] = rest.var()
    return TotalInteraction(numerator, float(everything.var()))
