"""What both `interpret` and `causal` stand on: data in, models trained, results that can be read.

```python
from workbench import load_model, read, report, sample, save_model, train
```
"""

from .adopt import adopt
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
from .progress import Cancelled, Progress, silent
from .quality import (
    CalibrationCurve,
    ConfusionMatrix,
    CumulativeGains,
    CutoffCosts,
    ErrorByDecile,
    LiftCurve,
    PrecisionRecallCurve,
    PredictedAgainstObserved,
    Residuals,
    RocCurve,
    ScoreDistribution,
    calibration_curve,
    confusion_matrix,
    cumulative_gains,
    cutoff_costs,
    error_by_decile,
    lift_curve,
    precision_recall_curve,
    predicted_against_observed,
    residuals,
    roc_curve,
    score_distribution,
)
from .reading import read
from .report import report, report_html
from .result import CheckResult, Provenance, Result
from .samples import SAMPLES, Sample, SampleQuestion, sample
from .storing import load_model, save_model
from .train import train
from .tuning import TunedAgainstDefault, Tuning, tune, tuned_against_default, tuned_model

__all__ = [
    "CHECKS",
    "FAMILIES",
    "METHODS",
    "SAMPLES",
    "AnalysisError",
    "CalibrationCurve",
    "Cancelled",
    "Check",
    "CheckResult",
    "ConfusionMatrix",
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
    "ModelError",
    "ModelQuality",
    "NotApplicable",
    "ParameterError",
    "PrecisionRecallCurve",
    "PredictedAgainstObserved",
    "Progress",
    "Provenance",
    "QuestionError",
    "Residuals",
    "Result",
    "RocCurve",
    "Sample",
    "SampleQuestion",
    "ScoreDistribution",
    "TunedAgainstDefault",
    "Tuning",
    "adopt",
    "calibration_curve",
    "confusion_matrix",
    "cumulative_gains",
    "cutoff_costs",
    "error_by_decile",
    "findings",
    "lift_curve",
    "load_model",
    "method",
    "methods_of",
    "model_quality",
    "precision_recall_curve",
    "predicted_against_observed",
    "read",
    "report",
    "report_html",
    "residuals",
    "roc_curve",
    "sample",
    "save_model",
    "score_distribution",
    "silent",
    "train",
    "tune",
    "tuned_against_default",
    "tuned_model",
]
