"""How good is the model? Pictures of its predictions beside what was observed, one file each."""

from .calibration_comparison import CalibrationComparison, calibration_comparison
from .calibration_curve import CalibrationCurve, calibration_curve
from .class_curves import ClassCurves, class_curves
from .confusion_matrix import ConfusionMatrix, confusion_matrix
from .coverage_accuracy import CoverageAccuracy, coverage_accuracy
from .cross_validation import CrossValidation, cross_validation
from .cumulative_gains import CumulativeGains, cumulative_gains
from .cutoff_costs import CutoffCosts, cutoff_costs
from .error_by_decile import ErrorByDecile, error_by_decile
from .error_slices import ErrorSlices, error_slices
from .error_tree import ErrorTree, error_tree
from .group_fairness import GroupFairness, group_fairness
from .learning_curve import LearningCurve, learning_curve
from .lift_curve import LiftCurve, lift_curve
from .operating_point import OperatingPoint, operating_point
from .pairwise_auc import PairwiseAuc, pairwise_auc
from .precision_recall_curve import PrecisionRecallCurve, precision_recall_curve
from .predicted_against_observed import PredictedAgainstObserved, predicted_against_observed
from .residuals import Residuals, residuals
from .roc_curve import RocCurve, roc_curve
from .score_distribution import ScoreDistribution, score_distribution

__all__ = [
    "CalibrationComparison",
    "CalibrationCurve",
    "ClassCurves",
    "ConfusionMatrix",
    "CoverageAccuracy",
    "CrossValidation",
    "CumulativeGains",
    "CutoffCosts",
    "ErrorByDecile",
    "ErrorSlices",
    "ErrorTree",
    "GroupFairness",
    "LearningCurve",
    "LiftCurve",
    "OperatingPoint",
    "PairwiseAuc",
    "PrecisionRecallCurve",
    "PredictedAgainstObserved",
    "Residuals",
    "RocCurve",
    "ScoreDistribution",
    "calibration_comparison",
    "calibration_curve",
    "class_curves",
    "confusion_matrix",
    "coverage_accuracy",
    "cross_validation",
    "cumulative_gains",
    "cutoff_costs",
    "error_by_decile",
    "error_slices",
    "error_tree",
    "group_fairness",
    "learning_curve",
    "lift_curve",
    "operating_point",
    "pairwise_auc",
    "precision_recall_curve",
    "predicted_against_observed",
    "residuals",
    "roc_curve",
    "score_distribution",
]
