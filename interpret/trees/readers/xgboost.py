"""XGBoost: gbtree and DART, any objective, learnt missing directions, sets of levels.

Value and threshold are compared in single precision; a value below the threshold goes left. The
levels a node lists go right, all others left, those never met included. `base_score` is stored
on the scale of the prediction, one number or one per output. A DART tree counts with its weight.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from ..encoder import Encoder
from ..ensemble import RawTree, TreeEnsemble, assemble
from ..links import EXPONENTIAL, IDENTITY, LOGISTIC, SOFTMAX, STEP, Link
from ._names import is_a
from ._ubjson import loads

#: By objective: what the sum of the trees goes through. Others give the sum itself.
LINKS = {
    "binary:logistic": LOGISTIC, "reg:logistic": LOGISTIC, "binary:hinge": STEP,
    "multi:softprob": SOFTMAX, "multi:softmax": SOFTMAX,
    "count:poisson": EXPONENTIAL, "reg:gamma": EXPONENTIAL, "reg:tweedie": EXPONENTIAL,
    "survival:cox": EXPONENTIAL, "survival:aft": EXPONENTIAL,
}  # fmt: skip
#: Objectives whose base_score is a chance, of which the trees' sum starts at the log-odds.
STARTS_AT_LOG_ODDS = ("binary:logistic", "reg:logistic", "binary:logitraw")

Model = dict[str, Any]


def knows(estimator: Any) -> bool:
    """A fitted XGBModel of the scikit-learn interface, or a Booster."""
    return is_a(estimator, "xgboost", "XGBModel", "Booster")


def read(estimator: Any) -> TreeEnsemble:
    """The normal form; one output, or one per class, quantile or target."""
    booster = estimator.get_booster() if hasattr(estimator, "get_booster") else estimator
    learner: Model = loads(bytes(booster.save_raw("ubj")))["learner"]
    trees, weights = _trees_of(learner["gradient_booster"])
    trees, weights, outputs_of = _until_the_best(estimator, learner, trees, weights)
    outputs = max(outputs_of, default=0) + 1
    features = int(learner["learner_model_param"]["num_feature"])
    levels = _levels(trees, features)
    raw = [
        _raw(tree, k, outputs, weight, levels)
        for tree, k, weight in zip(trees, outputs_of, weights, strict=True)
    ]
    rules = Encoder.empty(
        levels,
        single=True,
        single_cuts=True,
        equal_goes_left=False,
        missing=_missing(estimator),
        truncates_levels=True,
    )
    objective = learner["objective"]["name"]
    base = np.broadcast_to(_base(learner, objective), (outputs,)).copy()
    return assemble(raw, rules, base, LINKS.get(objective, IDENTITY), "XGBoost")


def _trees_of(booster: Model) -> tuple[list[Model], list[float]]:
    """The trees and what each counts with."""
    name = booster["name"]
    if name == "dart":
        trees = booster["gbtree"]["model"]["trees"]
        return trees, [float(w) for w in booster["weight_drop"]]
    if name != "gbtree":
        raise NotApplicable(
            f"This XGBoost model is '{name}': a linear model, not trees.",
            "It is explained by asking the model itself.",
        )
    trees = booster["model"]["trees"]
    return trees, [1.0] * len(trees)


def _until_the_best(
    estimator: Any, learner: Model, trees: list[Model], weights: list[float]
) -> tuple[list[Model], list[float], list[int]]:
    """After early stopping the scikit-learn interface predicts with the best round and before."""
    booster = learner["gradient_booster"]
    model = booster["gbtree"]["model"] if booster["name"] == "dart" else booster["model"]
    outputs_of = [int(k) for k in model["tree_info"]]
    best = learner.get("attributes", {}).get("best_iteration")
    if best is None or not hasattr(estimator, "get_booster") or booster["name"] == "dart":
        return trees, weights, outputs_of
    end = int(model["iteration_indptr"][int(best) + 1])
    return trees[:end], weights[:end], outputs_of[:end]


def _levels(trees: list[Model], features: int) -> list[NDArray[np.float64]]:
    """Per feature the levels 0 … the largest that any node lists; empty for numbers."""
    most = np.full(features, -1)
    for tree in trees:
        for node, first, count in _listed(tree):
            f = tree["split_indices"][node]
            most[f] = max(most[f], max(tree["categories"][first : first + count], default=0))
    return [np.arange(m + 1, dtype=np.float64) for m in most]


def _listed(tree: Model) -> Any:
    return zip(
        tree["categories_nodes"],
        tree["categories_segments"],
        tree["categories_sizes"],
        strict=True,
    )


def _raw(
    tree: Model, k: int, outputs: int, weight: float, levels: list[NDArray[np.float64]]
) -> RawTree:
    left = np.array(tree["left_children"], dtype=np.int32)
    leaf = left < 0
    feature = np.array(tree["split_indices"], dtype=np.int32)
    condition = np.array(tree["split_conditions"], dtype=np.float32)
    if int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
        raise NotApplicable(
            "This XGBoost model grows trees with a vector in every leaf (multi_strategy="
            "'multi_output_tree').",
            "Train it with multi_strategy='one_output_per_tree'.",
        )
    value = np.zeros((len(left), outputs))
    value[leaf, k] = condition[leaf].astype(np.float64) * weight
    levels_left = {}
    for node, first, count in _listed(tree):
        listed = np.array(tree["categories"][first : first + count], dtype=np.float64)
        levels_left[int(node)] = np.setdiff1d(levels[feature[node]], listed)
    return RawTree(
        left=left,
        right=np.array(tree["right_children"], dtype=np.int32),
        feature=np.where(leaf, -1, feature).astype(np.int32),
        threshold=condition.astype(np.float64),
        missing_left=np.array(tree["default_left"], dtype=bool),
        value=value,
        weight=np.array(tree["sum_hessian"], dtype=np.float64),
        gain=np.array(tree["loss_changes"], dtype=np.float64),
        levels_left=levels_left,
        others_left=dict.fromkeys(levels_left, True),
    )


def _missing(estimator: Any) -> float:
    missing = getattr(estimator, "missing", np.nan)
    return float("nan") if missing is None else float(missing)


def _base(learner: Model, objective: str) -> NDArray[np.float64]:
    """Where the sum of the trees starts."""
    text = str(learner["learner_model_param"]["base_score"]).strip("[]")
    score = np.array([float(part) for part in text.split(",")])
    if objective in STARTS_AT_LOG_ODDS:
        return np.asarray(np.log(score) - np.log1p(-score))
    link: Link = LINKS.get(objective, IDENTITY)
    return np.log(score) if link is EXPONENTIAL else score
