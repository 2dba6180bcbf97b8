"""Several models side by side, judged on the same rows."""

from .agreement import Agreement, agreement
from .compare_models import ModelComparison, compare_models
from .compared_curves import ComparedCurves, compared_curves
from .model_set import ModelSet
from .prediction_differences import PredictionDifferences, prediction_differences

__all__ = [
    "Agreement",
    "ComparedCurves",
    "ModelComparison",
    "ModelSet",
    "PredictionDifferences",
    "agreement",
    "compare_models",
    "compared_curves",
    "prediction_differences",
]
