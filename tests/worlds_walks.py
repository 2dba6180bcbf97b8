"""Small boosters with everything odd in them, for properties of what is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st

from interpret.trees import TreeEnsemble, read_trees


def changed(codes: np.ndarray, given: Mapping[int, Any]) -> np.ndarray:
    """Codes with some columns set to a code, or to a code per row."""
    found = codes.copy()
    for feature, code in given.items():
        found[feature] = code
    return found


@st.composite
def random_booster(draw: Any) -> tuple[TreeEnsemble, np.ndarray]:
    """A booster's normal form and codes of some rows.

    Column 1 is column 0 again, column 2 never changes, column 3 holds levels; cells may be
    missing, trees may be single leaves, and there may be one row alone.
    """
    import xgboost

    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    depth = draw(st.integers(0, 6))
    levels = draw(st.sampled_from([3, 70, 200]))
    rows = draw(st.sampled_from([1, 2, 63, 64, 65, 150]))
    x = rng.normal(size=(150, 5)).round(1)
    x[:, 1], x[:, 2] = x[:, 0], 1.0
    x[:, 3] = rng.integers(0, levels, 150)
    y = x[:, 0] * (x[:, 3] % 3) + x[:, 4]
    x[rng.random(x.shape) < draw(st.sampled_from([0, 0.3]))] = np.nan
    model = xgboost.XGBRegressor(
        n_estimators=3, max_depth=depth, n_jobs=1, feature_types=["q", "q", "q", "c", "q"],
        enable_categorical=True, tree_method="hist", min_child_weight=0, max_cat_to_onehot=2,
        base_score=0.5, learning_rate=0.9, gamma=0 if depth else 1e9, colsample_bynode=0.6,
    ).fit(x, y)  # fmt: skip
    ensemble = read_trees(model)
    return ensemble, ensemble.encoder.encode(x[:rows])
