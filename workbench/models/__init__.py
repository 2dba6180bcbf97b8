"""The model families, one file each; importing this package registers them."""

from . import decision_tree, gradient_boosting, random_forest, xgboost
from ._family import FAMILIES, Family, Learning, Rounds

__all__ = [
    "FAMILIES",
    "Family",
    "Learning",
    "Rounds",
    "decision_tree",
    "gradient_boosting",
    "random_forest",
    "xgboost",
]
