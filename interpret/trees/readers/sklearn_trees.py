"""scikit-learn's trees and forests: DecisionTree, ExtraTree, RandomForest, ExtraTrees.

A row's value is rounded to single precision and goes left where it is at most the threshold, which
keeps double precision. A forest's prediction is the mean of its trees'; a classifier's leaves hold
shares of the classes, so its sum is already a probability.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from ..encoder import Encoder
from ..ensemble import RawTree, TreeEnsemble, assemble
from ..links import IDENTITY
from ._names import is_a

TREES = ("BaseDecisionTree",)
FORESTS = ("BaseForest",)


def knows(estimator: Any) -> bool:
    """A fitted tree or forest of scikit-learn."""
    return is_a(estimator, "sklearn", *TREES, *FORESTS)


def read(estimator: Any) -> TreeEnsemble:
    """The normal form; one output for regression, one per class (a probability) else."""
    if getattr(estimator, "n_outputs_", 1) > 1:
        raise NotApplicable(
            f"This {type(estimator).__name__} predicts {estimator.n_outputs_} targets at once.",
            "Train one model per target.",
        )
    members = [estimator] if is_a(estimator, "sklearn", *TREES) else estimator.estimators_
    is_classifier = hasattr(estimator, "classes_")
    trees = [_raw(member.tree_, 1 / len(members), is_classifier) for member in members]
    return assemble(
        trees,
        rules(estimator.n_features_in_),
        base=np.zeros(trees[0].value.shape[1]),
        link=IDENTITY,
        library="scikit-learn",
    )


def rules(features: int) -> Encoder:
    """How scikit-learn's trees compare."""
    return Encoder.empty([np.zeros(0)] * features, single=True, equal_goes_left=True)


def raw_tree(tree: Any, value: NDArray[np.float64]) -> RawTree:
    """A `sklearn.tree` tree with the given values (nodes, outputs) at its leaves."""
    leaf = tree.children_left < 0
    missing = getattr(tree, "missing_go_to_left", np.zeros(len(leaf)))
    return RawTree(
        left=np.where(leaf, -1, tree.children_left).astype(np.int32),
        right=np.where(leaf, -1, tree.children_right).astype(np.int32),
        feature=np.where(leaf, -1, tree.feature).astype(np.int32),
        threshold=np.asarray(tree.threshold, dtype=np.float64),
        missing_left=np.asarray(missing, dtype=bool),
        value=np.where(leaf[:, None], value, 0.0),
        weight=np.asarray(tree.weighted_n_node_samples, dtype=np.float64),
        gain=_impurity_decrease(tree),
    )


def _impurity_decrease(tree: Any) -> NDArray[np.float64]:
    """By how much each split lowers the impurity, times the training weight that it concerns."""
    impurity = np.asarray(tree.impurity * tree.weighted_n_node_samples, dtype=np.float64)
    below = impurity[tree.children_left] + impurity[tree.children_right]
    return np.asarray((impurity - below) / tree.weighted_n_node_samples[0])


def _raw(tree: Any, share: float, is_classifier: bool) -> RawTree:
    value = np.asarray(tree.value[:, 0, :], dtype=np.float64)
    if is_classifier:
        value = value / value.sum(axis=1, keepdims=True)
    raw = raw_tree(tree, value * share)
    # each tree of a forest has the same say, as in `feature_importances_`
    total = raw.gain[raw.left >= 0].sum()
    return replace(raw, gain=raw.gain * share / total) if total > 0 else raw
