"""The check at the door: does the normal form predict what the library predicts?

A reader could misread a model of a version it has never seen. Every model is therefore compared on
real rows before anything is explained; where the two differ by more than the rounding of the
arithmetic the library uses, the exact engine is refused.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from workbench.errors import ModelError

from .ensemble import TreeEnsemble

Floats = NDArray[np.float64]

#: Rows that are compared at most: the first, the last and others evenly between.
MOST_ROWS = 2_000
#: Allowed gap as a share of the largest prediction; XGBoost adds up in single precision.
ROUNDING = {"XGBoost": 2e-6, "scikit-learn": 1e-10, "LightGBM": 1e-10}


def check_against(ensemble: TreeEnsemble, values: Floats, own: Callable[[Floats], Floats]) -> float:
    """The largest gap between the normal form's predictions and the library's own.

    `values` (rows, features) are real rows; `own` gives the library's predictions of them through
    its link, (rows,) or (rows, outputs). Raises `ModelError` where the gap is beyond rounding.
    """
    from .kernels.predict import margins

    at = np.unique(np.linspace(0, len(values) - 1, min(len(values), MOST_ROWS)).astype(int))
    rows = np.ascontiguousarray(values[at], dtype=np.float64)
    found = ensemble.link.apply(margins(ensemble, ensemble.encoder.encode(rows)))
    expected = np.asarray(own(rows), dtype=np.float64).reshape(len(rows), -1)
    if expected.shape[1] == 2 and found.shape[1] == 1:
        expected = expected[:, 1:]  # of two classes the second is the sum's
    if expected.shape != found.shape:
        raise ModelError(
            f"The trees have {found.shape[1]} outputs where the model has {expected.shape[1]}.",
            "It is explained by asking the model itself.",
        )
    gap = float(np.abs(found - expected).max(initial=0.0))
    allowed = ROUNDING[ensemble.library] * max(1.0, float(np.abs(expected).max(initial=0.0)))
    if not gap <= allowed:
        raise ModelError(
            f"The trees as they were read miss the model's own prediction by up to {gap:.3g} "
            f"(allowed: {allowed:.2g}).",
            "It is explained by asking the model itself.",
        )
    return gap
