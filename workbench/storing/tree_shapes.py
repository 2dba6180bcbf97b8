"""Whether trees can be walked: every way ends at a leaf, and asks for a column there is.

The libraries walk trees without looking: an index outside of them ends the process, a circle never
ends, and one row that goes well says nothing of the next. A file's trees are therefore looked at
before they are used on the person's own rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from .container import SAVE_AGAIN

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """One tree: children (n,), which nodes are leaves, the column each asks for; and whether what
    only its library knows (sets of levels, values per leaf) fits, too."""

    left: Integers
    right: Integers
    is_leaf: NDArray[np.bool_]
    column: Integers
    fits: bool


def require_sound_trees(estimator: Any, columns: int, outputs: int, opening: str) -> None:
    """Raises `ModelError` for trees that cannot be walked or do not fit the model's columns."""
    if estimator.n_features_in_ != columns:
        raise _unsound(opening, f"take {estimator.n_features_in_} columns, not {columns}")
    if hasattr(estimator, "steps"):
        return  # lines and no trees: numpy looks whether their numbers fit
    require_walkable(_shapes(estimator, columns, outputs), columns, opening)


def require_walkable(shapes: Iterable[Shape], columns: int, opening: str) -> None:
    """Raises `ModelError` for a tree with a way that leads nowhere."""
    for number, shape in enumerate(shapes):
        if not shape.fits or not _can_be_walked(shape, columns):
            raise _unsound(opening, f"cannot be walked: number {number} leads nowhere")


def _can_be_walked(shape: Shape, columns: int) -> bool:
    nodes = len(shape.is_leaf)
    inner = ~shape.is_leaf
    if not nodes or any(len(each) != nodes for each in (shape.left, shape.right, shape.column)):
        return False
    children = np.concatenate([shape.left[inner], shape.right[inner]])
    asked = shape.column[inner]
    if ((children <= 0) | (children >= nodes)).any() or ((asked < 0) | (asked >= columns)).any():
        return False
    # nobody's child twice, and never the root: then no way from the root meets itself
    return bool(np.bincount(children, minlength=nodes).max() <= 1)


def _shapes(estimator: Any, columns: int, outputs: int) -> Iterator[Shape]:
    if hasattr(estimator, "get_booster"):
        yield from _of_xgboost(estimator, columns, outputs)
    elif hasattr(estimator, "_predictors"):
        yield from _of_histograms(estimator, columns, outputs)
    else:
        for member in getattr(estimator, "estimators_", [estimator]):
            yield _of_sklearn(member.tree_, columns, outputs)


def _of_sklearn(tree: Any, columns: int, outputs: int) -> Shape:
    left = np.asarray(tree.children_left, dtype=np.int64)
    fits = (tree.n_features, tree.n_outputs, tree.max_n_classes) == (columns, 1, outputs)
    return Shape(
        left,
        np.asarray(tree.children_right, dtype=np.int64),
        left == -1,
        np.asarray(tree.feature, dtype=np.int64),
        fits and tree.value.shape == (len(left), 1, outputs),
    )


def _of_histograms(estimator: Any, columns: int, outputs: int) -> Iterator[Shape]:
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    per_round = outputs if outputs > 2 else 1
    mapped = len(estimator._bin_mapper.is_categorical_) == columns
    for stage in estimator._predictors:
        for member in stage:
            nodes, sets = member.nodes, member.raw_left_cat_bitsets
            is_set = nodes["is_categorical"].astype(bool) & ~nodes["is_leaf"].astype(bool)
            known = nodes.dtype == PREDICTOR_RECORD_DTYPE and sets.shape[1:] == (8,)
            within = not is_set.any() or int(nodes["bitset_idx"][is_set].max()) < len(sets)
            yield Shape(
                nodes["left"].astype(np.int64),
                nodes["right"].astype(np.int64),
                nodes["is_leaf"].astype(bool),
                nodes["feature_idx"].astype(np.int64),
                known and within and mapped and len(stage) == per_round,
            )


def _of_xgboost(estimator: Any, columns: int, outputs: int) -> Iterator[Shape]:
    learner = json.loads(estimator.get_booster().save_raw("json"))["learner"]
    booster = learner["gradient_booster"]
    classes = int(learner["learner_model_param"]["num_class"])
    per_round = outputs if outputs > 2 else 1
    features = int(learner["learner_model_param"]["num_feature"])
    ours = booster["name"] == "gbtree" and features == columns and max(1, classes) == per_round
    for tree, output in zip(booster["model"]["trees"], booster["model"]["tree_info"], strict=True):
        left = np.asarray(tree["left_children"], dtype=np.int64)
        starts = np.asarray(tree["categories_segments"], dtype=np.int64)
        ends = starts + np.asarray(tree["categories_sizes"], dtype=np.int64)
        within = not len(ends) or (starts.min() >= 0 and ends.max() <= len(tree["categories"]))
        yield Shape(
            left,
            np.asarray(tree["right_children"], dtype=np.int64),
            left == -1,
            np.asarray(tree["split_indices"], dtype=np.int64),
            bool(ours and within and 0 <= output < per_round),
        )


def _unsound(opening: str, how: str) -> ModelError:
    return ModelError(f"The trees in {opening} {how}.", SAVE_AGAIN)
