"""Rows in groups of about equal size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .metrics import Floats


def equal_groups(values: Floats, groups: int, weights: Floats | None = None) -> NDArray[np.intp]:
    """For each row the number of its group, (n,): groups of about equal size (or weight) by value,
    from 0; equal values share a group, so there may be fewer."""
    shares = np.arange(1, groups) / groups
    if weights is None:
        edges = np.unique(np.quantile(values, shares))
    else:
        edges = np.unique(np.quantile(values, shares, weights=weights, method="inverted_cdf"))
    found = np.unique(np.searchsorted(edges, values, side="left"), return_inverse=True)[1]
    return np.asarray(found, dtype=np.intp)
