"""What both `interpret` and `causal` stand on: data in, models trained, results that can be read.

```python
from workbench import load_model, read, report, sample, save_model, train
```
"""

from .adopt import adopt
from .calibrate import calibrate, uncalibrated
from .dataset import Dataset
from .errors import (
    AnalysisError,
    DataError,
    ModelError,
    NotApplicable,
    ParameterError,
    QuestionError,
)
from .findings import CHECKS, Check, Finding, Findings, findings
from .methods import METHODS, Method, method, methods_of
from .model import FittedModel
from .model_quality import ModelQuality, model_quality
from .models import FAMILIES
from .neutral_class import with_neutral_class
from .progress import Cancelled, Progress, silent
from .quality import (
    CalibrationComparison,
    CalibrationCurve,
    ClassCurves,
    ConfusionMatrix,
    CoverageAccuracy,
    CumulativeGains,
    CutoffCosts,
    ErrorByDecile,
    LiftCurve,
    OperatingPoint,
    PairwiseAuc,
    PrecisionRecallCurve,
    PredictedAgainstObserved,
    Residuals,
    RocCurve,
    ScoreDistribution,
    calibration_comparison,
    calibration_curve,
    class_curves,
    confusion_matrix,
    coverage_accuracy,
    cumulative_gains,
    cutoff_costs,
    error_by_decile,
    lift_curve,
    operating_point,
    pairwise_auc,
    precision_recall_curve,
    predicted_against_observed,
    residuals,
    roc_curve,
    score_distribution,
)
from .quality.comparing import (
    Agreement,
    ComparedCurves,
    ModelComparison,
    ModelSet,
    PredictionDifferences,
    agreement,
    compare_models,
    compared_curves,
    prediction_differences,
)
from .reading import read, read_sql
from .report import report, report_html
from .result import CheckResult, Provenance, Result
from .samples import SAMPLES, Sample, SampleQuestion, sample
from .storing import load_model, save_model
from .train import train

__all__ = [
    "CHECKS",
    "FAMILIES",
    "METHODS",
    "SAMPLES",
    "Agreement",
    "AnalysisError",
    "CalibrationComparison",
    "CalibrationCurve",
    "Cancelled",
    "Check",
    "CheckResult",
    "ClassCurves",
    "ComparedCurves",
    "ConfusionMatrix",
    "CoverageAccuracy",
    "CumulativeGains",
    "CutoffCosts",
    "DataError",
    "Dataset",
    "ErrorByDecile",
    "Finding",
    "Findings",
    "FittedModel",
    "LiftCurve",
    "Method",
    "ModelComparison",
    "ModelError",
    "ModelQuality",
    "ModelSet",
    "NotApplicable",
    "OperatingPoint",
    "PairwiseAuc",
    "ParameterError",
    "PrecisionRecallCurve",
    "PredictedAgainstObserved",
    "PredictionDifferences",
    "Progress",
    "Provenance",
    "QuestionError",
    "Residuals",
    "Result",
    "RocCurve",
    "Sample",
    "SampleQuestion",
    "ScoreDistribution",
    "adopt",
    "agreement",
    "calibrate",
    "calibration_comparison",
    "calibration_curve",
    "class_curves",
    "compare_models",
    "compared_curves",
    "confusion_matrix",
    "coverage_accuracy",
    "cumulative_gains",
    "cutoff_costs",
    "error_by_decile",
    "findings",
    "lift_curve",
    "load_model",
    "method",
    "methods_of",
    "model_quality",
    "operating_point",
    "pairwise_auc",
    "precision_recall_curve",
    "predicted_against_observed",
    "prediction_differences",
    "read",
    "read_sql",
    "report",
    "report_html",
    "residuals",
    "roc_curve",
    "sample",
    "save_model",
    "score_distribution",
    "silent",
    "train",
    "uncalibrated",
    "with_neutral_class",
]
