"""scikit-learn's GradientBoosting: regression trees on top of an initial estimator.

The initial estimator must be a constant (the default, or `init="zero"`): one that looks at the
columns is a model of its own and is not made of these trees.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.errors import NotApplicable

from ..ensemble import TreeEnsemble, assemble
from ..links import HALF_LOGISTIC, IDENTITY, LOGISTIC, SOFTMAX, Link
from ._names import is_a
from .sklearn_trees import raw_tree, rules


def knows(estimator: Any) -> bool:
    """A fitted GradientBoostingRegressor or GradientBoostingClassifier."""
    return is_a(estimator, "sklearn", "BaseGradientBoosting")


def read(estimator: Any) -> TreeEnsemble:
    """The normal form; one output, or one per class from three classes on."""
    outputs = estimator.estimators_.shape[1]
    trees = []
    for stage in estimator.estimators_:
        for k, member in enumerate(stage):
            value = np.zeros((member.tree_.node_count, outputs))
            value[:, k] = member.tree_.value[:, 0, 0] * estimator.learning_rate
            trees.append(raw_tree(member.tree_, value))
    return assemble(
        trees, rules(estimator.n_features_in_), _base(estimator, outputs), _link(estimator),
        "scikit-learn",
    )  # fmt: skip


def _base(estimator: Any, outputs: int) -> Any:
    if isinstance(estimator.init_, str):  # "zero"
        return np.zeros(outputs)
    if not is_a(estimator.init_, "sklearn", "DummyRegressor", "DummyClassifier"):
        raise NotApplicable(
            f"This gradient boosting starts from a {type(estimator.init_).__name__}, which looks "
            "at the columns itself; its trees are not the whole model.",
            "Train it without `init`, or use a method that asks the model itself.",
        )
    # what the initial estimator adds is the same for every row
    nothing = np.zeros((1, estimator.n_features_in_), dtype=np.float32)
    return np.ravel(estimator._raw_predict_init(nothing))


def _link(estimator: Any) -> Link:
    if not hasattr(estimator, "classes_"):
        return IDENTITY
    if len(estimator.classes_) > 2:
        return SOFTMAX
    return HALF_LOGISTIC if estimator.loss == "exponential" else LOGISTIC
