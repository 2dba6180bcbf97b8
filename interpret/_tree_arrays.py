"""scikit-learn's trees as the plain arrays that TreeSHAP reads.

The library reads these models itself, but we hand it arrays of our own making, so that what
decides a row's way is written here: the threshold, and where a missing value goes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: One tree: children, the child that takes missing values, feature, threshold (x <= t goes left),
#: values (nodes, outputs) and how many training rows came by.
TreeArrays = dict[str, NDArray[Any]]
LEAF = -1


def of_sklearn_tree(tree: Any, share: float) -> TreeArrays:
    """A `sklearn.tree` tree that counts `share` in its forest; classes as probabilities."""
    left, right = tree.children_left, tree.children_right
    values = tree.value[:, 0, :]
    if tree.max_n_classes > 1:
        values = values / values.sum(axis=1, keepdims=True)
    return {
        "children_left": left,
        "children_right": right,
        "children_default": np.where(tree.missing_go_to_left, left, right),
        "features": np.where(left == LEAF, LEAF, tree.feature),
        "thresholds": tree.threshold,
        "values": values * share,
        "node_sample_weight": tree.weighted_n_node_samples,
    }


def of_histogram_tree(nodes: NDArray[Any]) -> TreeArrays:
    """A tree of HistGradientBoosting without sets of levels."""
    is_leaf = nodes["is_leaf"].astype(bool)
    left = np.where(is_leaf, LEAF, nodes["left"].astype(np.int64))
    right = np.where(is_leaf, LEAF, nodes["right"].astype(np.int64))
    return {
        "children_left": left,
        "children_right": right,
        "children_default": np.where(nodes["missing_go_to_left"].astype(bool), left, right),
        "features": np.where(is_leaf, LEAF, nodes["feature_idx"]),
        "thresholds": nodes["num_threshold"].astype(np.float64),
        "values": nodes["value"].astype(np.float64)[:, None],
        "node_sample_weight": nodes["count"].astype(np.float64),
    }


def work_per_row(trees: list[TreeArrays]) -> float:
    """About how many steps path-dependent TreeSHAP takes for one row: leaves x depth²."""
    leaves = [float((tree["children_left"] == LEAF).sum()) for tree in trees]
    return float(sum(n * (1 + np.log2(n)) ** 2 for n in leaves))
