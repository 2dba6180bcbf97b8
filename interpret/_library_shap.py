"""SHAP values by the libraries, for when the exact engine does not serve (it is still compiling).

Path-dependent TreeSHAP (Lundberg et al., Nature Machine Intelligence 2, 2020): a feature that is
"not known" is averaged over the training rows as they flowed through each tree. XGBoost and
LightGBM compute their own contributions; scikit-learn's trees go through the `shap` library as
arrays of our own (`_tree_arrays`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.blocks import blocks, run_all
from workbench.model import FittedModel
from workbench.progress import Progress, silent
from workbench.transform import Floats

from ._tree_arrays import TreeArrays, of_histogram_tree, of_sklearn_tree, work_per_row
from .trees.readers import READERS

#: The library holds the interpreter's lock through a call: rows at a time, and steps at a time.
MOST_ROWS_AT_A_TIME, STEPS_AT_A_TIME = 100, 12_000_000


@dataclass(frozen=True)
class _Engine:
    """`contributions(codes)` is (n, features + 1, outputs), the base last."""

    contributions: Callable[[Floats], Floats]
    rows_at_a_time: int


def serves(model: FittedModel) -> bool:
    """Whether a library's values of this family can be trusted."""
    natively = model.settings.get("categories") == "native" and any(model.transform.is_category)
    # for sets of levels of the histogram booster shap reads thresholds, without an error
    is_trees = any(reader.knows(model.trees) for reader in READERS)
    # of a date the library would explain each part as if it were a column
    has_dates = len(model.transform.owners) > len(model.features)
    return is_trees and model.family.name in _ENGINES and not natively and not has_dates


def contributions(
    model: FittedModel, codes: Floats, target_class: str | None, progress: Progress = silent
) -> tuple[float, Floats]:
    """Base and path-dependent SHAP values (n, p) of one class, on the scale of the trees' sum."""
    engine = _ENGINES[model.family.name](model)
    slices = blocks(len(codes), engine.rows_at_a_time)
    parts = list(
        # one thread: the libraries use the cores themselves or hold the interpreter's lock
        run_all(lambda at: engine.contributions(codes[at]), slices, progress=progress, threads=1)
    )
    values = _of_class(model, np.concatenate(parts), target_class)
    return float(values[0, -1]), values[:, :-1]


def _xgboost(model: FittedModel) -> _Engine:
    import xgboost

    booster = model.estimator.get_booster()
    types = ["c" if category else "q" for category in model.transform.is_category]

    def contributions(codes: Floats) -> Floats:
        matrix = xgboost.DMatrix(codes, feature_types=types, enable_categorical=True)
        found = booster.predict(matrix, pred_contribs=True, strict_shape=True)
        return np.moveaxis(np.asarray(found, dtype=float), 1, 2)

    return _Engine(contributions, 10 * MOST_ROWS_AT_A_TIME)


def _lightgbm(model: FittedModel) -> _Engine:
    booster, features = model.estimator.booster_, len(model.features)

    def contributions(codes: Floats) -> Floats:
        found = np.asarray(booster.predict(codes, pred_contrib=True), dtype=float)
        return np.moveaxis(found.reshape(len(codes), -1, features + 1), 1, 2)

    return _Engine(contributions, 10 * MOST_ROWS_AT_A_TIME)


def _one_tree(model: FittedModel) -> _Engine:
    # scikit-learn's trees compare the value in single precision with the threshold in double
    return _shap_engine([[of_sklearn_tree(model.estimator.tree_, 1.0)]], [0.0], np.float32)


def _forest(model: FittedModel) -> _Engine:
    trees = [e.tree_ for e in model.estimator.estimators_]
    arrays = [of_sklearn_tree(tree, 1 / len(trees)) for tree in trees]
    return _shap_engine([arrays], [0.0], np.float32)


def _histogram_boosting(model: FittedModel) -> _Engine:
    # one tree per class and round; reading them is not public, and a change would be caught by
    # the reconciliation
    rounds = model.estimator._predictors
    per_class = [[of_histogram_tree(r[k].nodes) for r in rounds] for k in range(len(rounds[0]))]
    base = np.ravel(model.estimator._baseline_prediction)
    return _shap_engine(per_class, [float(b) for b in base], np.float64)


#: By family: how its contributions are computed.
_ENGINES: Mapping[str, Callable[[FittedModel], _Engine]] = {
    "decision_tree": _one_tree,
    "random_forest": _forest,
    "extra_trees": _forest,
    "gradient_boosting": _histogram_boosting,
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
}


def _shap_engine(
    ensembles: list[list[TreeArrays]], bases: list[float], compared_as: type
) -> _Engine:
    """One sum of trees per element of `ensembles`; their outputs stand side by side."""
    explainers = [
        _explainer({"trees": trees, "base_offset": base, "input_dtype": compared_as})
        for trees, base in zip(ensembles, bases, strict=True)
    ]

    def contributions(codes: Floats) -> Floats:
        return np.concatenate([_of_explainer(e, codes) for e in explainers], axis=2)

    work = sum(work_per_row(trees) for trees in ensembles)
    rows = int(np.clip(STEPS_AT_A_TIME / work, 1, MOST_ROWS_AT_A_TIME))
    return _Engine(contributions, rows)


def _explainer(ensemble: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        # matplotlib tells shap, while it is imported, of a name that will go one day
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        import shap
    return shap.TreeExplainer(ensemble, feature_perturbation="tree_path_dependent")


def _of_explainer(explainer: Any, codes: Floats) -> Floats:
    found = np.asarray(explainer.shap_values(codes, check_additivity=False))
    found = found if found.ndim == 3 else found[:, :, None]
    base = np.broadcast_to(np.ravel(explainer.expected_value), (len(codes), 1, found.shape[2]))
    return np.concatenate([found, base], axis=1)


def _of_class(model: FittedModel, every: Floats, chosen: str | None) -> Floats:
    """One output (n, p + 1) of all (n, p + 1, outputs)."""
    if chosen is None:
        return every[:, :, 0]
    code = model.classes.index(chosen)
    if every.shape[2] > 1:
        return every[:, :, code]
    # two classes share one log-odds; 0 - x, so that nothing becomes -0
    return every[:, :, 0] if code == 1 else 0 - every[:, :, 0]
