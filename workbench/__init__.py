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
from .methods import METHODS, Method, method, methods_of
from .model import FittedModel
from .model_quality import ModelQuality, model_quality
from .models import FAMILIES
from .progress import Cancelled, Progress, silent
from .reading import read
from .report import report, report_html
from .result import CheckResult, Provenance, Result
from .samples import SAMPLES, Sample, SampleQuestion, sample
from .storing import load_model, save_model
from .train import train

__all__ = [
    "FAMILIES",
    "METHODS",
    "SAMPLES",
    "AnalysisError",
    "Cancelled",
    "CheckResult",
    "DataError",
    "Dataset",
    "FittedModel",
    "Method",
    "ModelError",
    "ModelQuality",
    "NotApplicable",
    "ParameterError",
    "Progress",
    "Provenance",
    "QuestionError",
    "Result",
    "Sample",
    "SampleQuestion",
    "adopt",
    "load_model",
    "method",
    "methods_of",
    "model_quality",
    "read",
    "report",
    "report_html",
    "sample",
    "save_model",
    "silent",
    "train",
]
