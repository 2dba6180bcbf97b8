"""scikit-learn's HistGradientBoosting: learnt missing directions, sets of levels.

Values are compared in double precision and go left where they are at most the threshold. Where
some columns are categories, the estimator first moves those columns to the front and replaces their
values by their places among the values it met; a level it never met goes where missing goes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from ..encoder import Encoder
from ..ensemble import RawTree, TreeEnsemble, assemble
from ..links import EXPONENTIAL, IDENTITY, LOGISTIC, SOFTMAX, Link
from ._names import is_a

LINKS = {
    "squared_error": IDENTITY, "absolute_error": IDENTITY, "quantile": IDENTITY,
    "gamma": EXPONENTIAL, "poisson": EXPONENTIAL,
}  # fmt: skip


def knows(estimator: Any) -> bool:
    """A fitted HistGradientBoostingRegressor or HistGradientBoostingClassifier."""
    return is_a(estimator, "sklearn", "BaseHistGradientBoosting")


def read(estimator: Any) -> TreeEnsemble:
    """The normal form; one output, or one per class from three classes on."""
    levels = _levels(estimator)
    order = _column_order(levels)
    outputs = int(estimator.n_trees_per_iteration_)
    trees = [
        _raw(predictor, k, outputs, order, levels)
        for stage in estimator._predictors
        for k, predictor in enumerate(stage)
    ]
    encoder = Encoder.empty(levels, single=False, equal_goes_left=True)
    base = np.ravel(np.asarray(estimator._baseline_prediction, dtype=np.float64))
    return assemble(trees, encoder, base, _link(estimator), "scikit-learn")


def _levels(estimator: Any) -> list[NDArray[np.float64]]:
    """The values each category column was seen with; empty for numbers."""
    is_category = estimator.is_categorical_
    levels = [np.zeros(0)] * estimator.n_features_in_
    if is_category is None or not np.any(is_category):
        return levels
    encoder = estimator._preprocessor.named_transformers_["encoder"]
    for f, found in zip(np.flatnonzero(is_category), encoder.categories_, strict=True):
        values = np.asarray(found)
        if values.dtype.kind not in "fiu":
            raise NotApplicable(
                "This gradient boosting was trained on text; its levels are not numbers.",
                "Train it here, where levels become numbers in a frozen order.",
            )
        levels[f] = values[~np.isnan(values.astype(float))].astype(np.float64)
    return levels


def _column_order(levels: list[NDArray[np.float64]]) -> NDArray[np.int32]:
    """The trees' column numbers as the caller's: categories first, then numbers."""
    is_category = np.array([len(values) > 0 for values in levels])
    return np.concatenate([np.flatnonzero(is_category), np.flatnonzero(~is_category)]).astype(
        np.int32
    )


def _raw(
    predictor: Any,
    k: int,
    outputs: int,
    order: NDArray[np.int32],
    levels: list[NDArray[np.float64]],
) -> RawTree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    feature = np.where(leaf, -1, order[np.where(leaf, 0, nodes["feature_idx"])]).astype(np.int32)
    missing_left = nodes["missing_go_to_left"].astype(bool)
    value = np.zeros((len(nodes), outputs))
    value[leaf, k] = nodes["value"][leaf]
    sets = np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf)
    return RawTree(
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)).astype(np.int32),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)).astype(np.int32),
        feature=feature,
        threshold=nodes["num_threshold"].astype(np.float64),
        missing_left=missing_left,
        value=value,
        weight=nodes["count"].astype(np.float64),
        gain=nodes["gain"].astype(np.float64),
        levels_left={
            int(u): levels[feature[u]][_places(predictor, int(nodes["bitset_idx"][u]),
                                               len(levels[feature[u]]))]
            for u in sets
        },
        others_left={int(u): bool(missing_left[u]) for u in sets},
    )  # fmt: skip


def _places(predictor: Any, row: int, count: int) -> NDArray[np.intp]:
    """The places among a category's levels whose bit is set."""
    words = np.ascontiguousarray(predictor.raw_left_cat_bitsets[row]).astype(np.uint32)
    bits = np.unpackbits(words.view(np.uint8), bitorder="little")
    return np.flatnonzero(bits[:count])


def _link(estimator: Any) -> Link:
    if not hasattr(estimator, "classes_"):
        return LINKS.get(estimator.loss, IDENTITY)
    return SOFTMAX if len(estimator.classes_) > 2 else LOGISTIC
