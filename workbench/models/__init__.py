"""The model families, one file each; importing this package registers them."""

from . import (
    decision_tree,
    extra_trees,
    gradient_boosting,
    lightgbm,
    linear,
    random_forest,
    xgboost,
)
from ._family import FAMILIES, Family, Learning, Lesson, Losses, Rounds, Watch

__all__ = [
    "FAMILIES",
    "Family",
    "Learning",
    "Lesson",
    "Losses",
    "Rounds",
    "Watch",
    "decision_tree",
    "extra_trees",
    "gradient_boosting",
    "lightgbm",
    "linear",
    "random_forest",
    "xgboost",
]
