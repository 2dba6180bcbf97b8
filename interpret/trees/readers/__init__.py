"""From a library's fitted model to the normal form, one file per library.

A reader is asked whether it knows an estimator and, if so, reads its trees. What it cannot read
rightly it refuses with `NotApplicable`; what it reads wrongly is caught by `check`, which compares
the normal form's prediction with the library's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.errors import NotApplicable
from workbench.models.calibrated import Calibrated

from ..ensemble import TreeEnsemble
from . import (
    lightgbm,
    sklearn_gradient_boosting,
    sklearn_histogram_boosting,
    sklearn_trees,
    xgboost,
)


@dataclass(frozen=True)
class Reader:
    """A library's models: `knows(estimator)`, and `read(estimator)`."""

    library: str
    knows: Callable[[Any], bool]
    read: Callable[[Any], TreeEnsemble]


READERS = (
    Reader("XGBoost", xgboost.knows, xgboost.read),
    Reader("scikit-learn trees", sklearn_trees.knows, sklearn_trees.read),
    Reader(
        "scikit-learn gradient boosting",
        sklearn_gradient_boosting.knows,
        sklearn_gradient_boosting.read,
    ),
    Reader(
        "scikit-learn histogram boosting",
        sklearn_histogram_boosting.knows,
        sklearn_histogram_boosting.read,
    ),
    Reader("LightGBM", lightgbm.knows, lightgbm.read),
)


def read_trees(estimator: Any) -> TreeEnsemble:
    """The normal form of a fitted tree model.

    Raises `NotApplicable` for a model that is no ensemble of trees, one whose trees cannot be
    read rightly, and for None: where no trees may be read (see `FittedModel.trees`).
    """
    if estimator is None:
        raise NotApplicable(
            "The estimator numbers the levels of its columns itself, so that its trees split on "
            "other codes than these.",
            "It is explained by asking the model itself, which takes longer.",
        )
    if isinstance(estimator, Calibrated):
        raise NotApplicable(
            "The probabilities were calibrated after the trees, so that the trees alone no longer "
            "give them.",
            "It is explained by asking the model itself; the exact explanation of the log-odds is "
            "that of uncalibrated(model).",
        )
    for reader in READERS:
        if reader.knows(estimator):
            return _read(reader, estimator)
    raise NotApplicable(
        f"A {type(estimator).__name__} is not an ensemble of trees that can be read.",
        "It is explained by asking the model itself, which takes longer.",
    )


def _read(reader: Reader, estimator: Any) -> TreeEnsemble:
    try:
        return reader.read(estimator)
    except (KeyError, AttributeError) as error:
        raise NotApplicable(
            f"This version of {reader.library} keeps its trees in a way that is not known here "
            f"({error}).",
            "It is explained by asking the model itself, which takes longer.",
        ) from error
