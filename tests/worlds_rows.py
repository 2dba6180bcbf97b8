"""What a library itself predicts for rows that were changed: the truth about rows' own curves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from interpret.trees import TreeEnsemble, read_trees
from tests.worlds_trees import MODELS, table


def own_margin(estimator: Any, rows: np.ndarray) -> np.ndarray:
    """The library's own sums, (rows, outputs)."""
    module = type(estimator).__module__
    if module.startswith("xgboost"):
        found = estimator.predict(rows, output_margin=True)
    elif module.startswith("lightgbm"):
        found = estimator.predict(rows, raw_score=True)
    elif hasattr(estimator, "decision_function"):
        found = estimator.decision_function(rows)
    elif "histogram" in module or "hist_gradient" in module:
        found = estimator._raw_predict(rows)
    elif hasattr(estimator, "predict_proba"):
        found = estimator.predict_proba(rows)
    else:
        found = estimator.predict(rows)
    return np.asarray(found, dtype=float).reshape(len(rows), -1)


def own_response(estimator: Any, rows: np.ndarray) -> np.ndarray:
    """The library's own predictions, (rows, outputs); of two classes P(the second) alone."""
    if not hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict(rows), dtype=float).reshape(len(rows), -1)
    found = np.asarray(estimator.predict_proba(rows), dtype=float)
    return found if own_margin(estimator, rows[:1]).shape[1] > 1 else found[:, 1:]


@dataclass(frozen=True)
class Probe:
    """A model, its normal form, rows it has not seen, and the gap that rounding allows."""

    estimator: Any
    ensemble: TreeEnsemble
    x: np.ndarray
    codes: np.ndarray
    allowed: float

    def margin(self, rows: np.ndarray, k: int = 0) -> np.ndarray:
        """The library's own sum of one output."""
        return own_margin(self.estimator, rows)[:, k]

    def response(self, rows: np.ndarray, k: int = 0) -> np.ndarray:
        """The library's own prediction of one output."""
        return own_response(self.estimator, rows)[:, k]

    def grid(self, feature: int, points: int = 9) -> tuple[np.ndarray, np.ndarray]:
        """Some of a column's values, the missing one too where there is one, and their codes."""
        values = np.unique(self.x[:, feature])
        chosen = values[np.unique(np.linspace(0, len(values) - 1, points).astype(int))]
        return chosen, self.ensemble.encoder.code_of(feature, chosen)

    def curves(self, ask: Any, feature: int, values: np.ndarray) -> np.ndarray:
        """`ask` of every row with one column set to each value, (rows, values)."""
        changed = np.concatenate([with_column(self.x, feature, v) for v in values])
        return np.asarray(ask(changed)).reshape(len(values), len(self.x)).T


def with_column(x: np.ndarray, feature: int, value: Any) -> np.ndarray:
    """The rows with one column set."""
    changed = x.copy()
    changed[:, feature] = value
    return changed


@cache
def probe(name: str, rows: int = 70) -> Probe:
    """One of `worlds_trees.MODELS`, fitted to a table with missing values where it takes them."""
    missing = not name.startswith("GradientBoosting")
    estimator = MODELS[name](*table(missing=missing))
    x, _ = table(rows=rows, seed=3, missing=missing)
    ensemble = read_trees(estimator)
    largest = max(1.0, float(np.abs(own_margin(estimator, x)).max()))
    share = 1e-6 if name.startswith(("XGBoost", "LightGBM")) else 1e-10
    return Probe(estimator, ensemble, x, ensemble.encoder.encode(x), share * largest)
