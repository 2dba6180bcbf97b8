"""What a standard error from clusters is worth when few of them are, or few are treated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]
#: Below so many clusters their usual standard error is a guess that needs a second opinion.
FEW_CLUSTERS = 40


def cluster_sums(influence: Floats, clusters: Codes) -> Floats:
    """The sum of each cluster's influences."""
    return np.asarray(np.bincount(clusters, weights=influence), dtype=float)


def welch_degrees(sums: Floats, treated: Mask, others: float = np.inf) -> float:
    """Degrees of freedom of a standard error to which treated and other clusters contribute their
    squared `sums` (G,): Satterthwaite's, as for two groups of unequal variance (Welch 1947); the
    number of clusters less one at most, one at least. Where the other clusters count unequally,
    `others` is how many that count alike would do."""
    most = len(sums) - 1.0
    below = 0.0
    counts = float(treated.sum()), min(float((~treated).sum()), others)
    parts = [float((sums[arm] ** 2).sum()) for arm in (treated, ~treated)]
    for size, count in zip(parts, counts, strict=True):
        if count > 1:
            below += size**2 / (count - 1)
    return float(np.clip(sum(parts) ** 2 / below, 1.0, most)) if below > 0 else most


def smaller_arm(clusters: int, treated: int) -> int:
    """How many clusters the smaller side of the comparison has; where all are treated in the end,
    they are compared with one another."""
    return min(treated, clusters - treated) if clusters > treated else clusters


def few_notes(clusters: int, treated: int, column: str) -> list[str]:
    """How far the usual interval can be trusted."""
    if smaller_arm(clusters, treated) < 2:
        alone = "treated" if treated == 1 else "compared with"
        return [
            (
                f"Warning: only one '{column}' is {alone}, so its own ups and downs cannot be "
                "told from the effect. The standard error leaves them out and is too small, "
                "often by far: compare with placebos."
            )
        ]
    if clusters < FEW_CLUSTERS or treated < 10:
        return [
            (
                f"Warning: there are {clusters} '{column}', of which {treated} are treated. With "
                "so few, intervals from clustered standard errors tend to be too short."
            )
        ]
    return []
