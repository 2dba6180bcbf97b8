"""How much is won by treating those first for whom a prediction says most: TOC, AUTOC and Qini."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Half-samples drawn for the standard errors.
DRAWS = 200


def targeting(prediction: Floats, scores: Floats, weight: Floats) -> tuple[float, float]:
    """AUTOC and Qini coefficient of treating by `prediction`, the highest first.

    TOC(q) is the mean score of the first share q of rows minus that of all; AUTOC its mean over q,
    Qini the mean of q · TOC(q). Rows with the same prediction share their mean score.
    """
    levels, of_row = np.unique(-prediction, return_inverse=True)
    size = np.bincount(of_row, weights=weight, minlength=len(levels))
    held = np.bincount(of_row, weights=weight * scores, minlength=len(levels))
    known = size > 0
    order = np.argsort(of_row, kind="stable")
    mean = held[known].sum() / size.sum()
    shared = np.zeros(len(levels))
    shared[known] = held[known] / size[known]
    w, s = weight[order], shared[of_row[order]]
    reached = np.cumsum(w)
    toc = np.cumsum(w * s) / np.where(reached > 0, reached, 1) - mean
    total = reached[-1]
    return float((w * toc).sum() / total), float((w * toc * reached).sum() / total**2)


def errors_of_targeting(
    prediction: Floats,
    scores: Floats,
    weight: Floats,
    clusters: NDArray[np.intp] | None,
    seed: int,
) -> tuple[float, float]:
    """Standard errors of the two: their spread over half-samples of rows, or of clusters, which is
    that of all rows (Yadlowsky et al. 2021)."""
    rng = np.random.default_rng(seed)
    unit = np.arange(len(scores)) if clusters is None else clusters
    count = int(unit.max()) + 1
    drawn = np.empty((DRAWS, 2))
    for k in range(DRAWS):
        half = np.zeros(count, dtype=bool)
        half[rng.permutation(count)[: count // 2]] = True
        rows = half[unit]
        drawn[k] = targeting(prediction[rows], scores[rows], weight[rows])
    autoc, qini = drawn.std(axis=0, ddof=1)
    return float(autoc), float(qini)
