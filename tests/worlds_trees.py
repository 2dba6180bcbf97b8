"""One fitted model of every kind the exact engine reads, on one table with everything in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

Fitted = Callable[[np.ndarray, np.ndarray], Any]
#: The column of `table` that holds levels, more than 64 of them.
LEVELS = 3


def table(rows: int = 300, seed: int = 0, missing: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Six columns and a target: numbers, one of few values, one of 90 levels, one rounded
    and one that says nothing; a seventh of the cells is gone where `missing`."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 6))
    x[:, 2] = rng.integers(0, 4, rows)
    x[:, LEVELS] = rng.integers(0, 90, rows)
    x[:, 4] = np.round(x[:, 4], 1)
    y = 2 * x[:, 0] + x[:, 1] * x[:, 2] + 0.5 * (x[:, LEVELS] % 7) + 0.1 * rng.normal(size=rows)
    if missing:
        gone = rng.random(x.shape) < 0.15
        y = y + gone[:, 0]
        x[gone] = np.nan
    return x, y


def two(y: np.ndarray) -> np.ndarray:
    """Two classes of a target."""
    return (y > np.median(y)).astype(int)


def four(y: np.ndarray) -> np.ndarray:
    """Four classes of a target."""
    return np.digitize(y, np.quantile(y, [0.25, 0.5, 0.75]))


def above_zero(y: np.ndarray) -> np.ndarray:
    """A target for counts."""
    return y - y.min() + 0.1


def same(y: np.ndarray) -> np.ndarray:
    """The target as it is."""
    return y


def _fit(
    module: str, name: str, target: Callable[[np.ndarray], np.ndarray], **settings: Any
) -> Any:
    def fitted(x: np.ndarray, y: np.ndarray) -> Any:
        import importlib

        estimator = getattr(importlib.import_module(module), name)(**settings)
        return estimator.fit(x, target(y))

    return fitted


_xgb = partial(_fit, "xgboost", n_estimators=12, max_depth=4, n_jobs=1)
_levels = {
    "feature_types": ["c" if f == LEVELS else "q" for f in range(6)],
    "enable_categorical": True,
    "tree_method": "hist",
}
_forest = partial(_fit, "sklearn.ensemble", n_estimators=6, random_state=0)
_histogram = partial(_fit, "sklearn.ensemble", max_iter=10, min_samples_leaf=5, random_state=0)
_lightgbm = partial(_fit, "lightgbm", n_estimators=12, min_child_samples=5, verbose=-1, n_jobs=1)

#: Each fits itself to the table: name -> function of (x, y).
MODELS: dict[str, Fitted] = {
    "XGBoost": _xgb(name="XGBRegressor", target=same),
    "XGBoost binary": _xgb(name="XGBClassifier", target=two),
    "XGBoost multiclass": _xgb(name="XGBClassifier", target=four),
    "XGBoost levels": _xgb(name="XGBRegressor", target=same, **_levels),
    "XGBoost binary levels": _xgb(name="XGBClassifier", target=two, **_levels),
    "XGBoost DART": _xgb(name="XGBRegressor", target=same, booster="dart", rate_drop=0.3),
    "XGBoost DART multiclass": _xgb(
        name="XGBClassifier", target=four, booster="dart", rate_drop=0.3
    ),
    "XGBoost Poisson": _xgb(name="XGBRegressor", target=above_zero, objective="count:poisson"),
    "XGBoost Tweedie": _xgb(name="XGBRegressor", target=above_zero, objective="reg:tweedie"),
    "XGBoost median": _xgb(name="XGBRegressor", target=same, objective="reg:absoluteerror"),
    "DecisionTree": _fit("sklearn.tree", "DecisionTreeRegressor", same, random_state=0),
    "DecisionTree multiclass": _fit("sklearn.tree", "DecisionTreeClassifier", four),
    "RandomForest": _forest(name="RandomForestRegressor", target=same),
    "RandomForest binary": _forest(name="RandomForestClassifier", target=two),
    "RandomForest multiclass": _forest(name="RandomForestClassifier", target=four, max_depth=5),
    "ExtraTrees": _forest(name="ExtraTreesRegressor", target=same),
    "ExtraTrees binary": _forest(name="ExtraTreesClassifier", target=two),
    "GradientBoosting": _forest(name="GradientBoostingRegressor", target=same),
    "GradientBoosting binary": _forest(name="GradientBoostingClassifier", target=two),
    "GradientBoosting multiclass": _forest(name="GradientBoostingClassifier", target=four),
    "GradientBoosting AdaBoost": _forest(
        name="GradientBoostingClassifier", target=two, loss="exponential"
    ),
    "HistGradientBoosting": _histogram(name="HistGradientBoostingRegressor", target=same),
    "HistGradientBoosting multiclass": _histogram(
        name="HistGradientBoostingClassifier", target=four
    ),
    "HistGradientBoosting levels": _histogram(
        name="HistGradientBoostingRegressor", target=same, categorical_features=[LEVELS]
    ),
    "HistGradientBoosting Poisson": _histogram(
        name="HistGradientBoostingRegressor", target=above_zero, loss="poisson"
    ),
    "LightGBM": _lightgbm(name="LGBMRegressor", target=same),
    "LightGBM binary": _lightgbm(name="LGBMClassifier", target=two),
    "LightGBM multiclass": _lightgbm(name="LGBMClassifier", target=four),
    "LightGBM zero is missing": _lightgbm(name="LGBMRegressor", target=same, zero_as_missing=True),
}
NAMES = tuple(MODELS)
