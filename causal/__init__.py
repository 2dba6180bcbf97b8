"""What would change if one acted? A question, whether it can be answered, the effect, and checks.

```python
from causal import CausalQuestion, identify, linear_regression, aipw, placebo_treatment
```
"""

from .checks.balance import Balance, balance
from .checks.bootstrap_interval import BootstrapInterval, bootstrap_interval
from .checks.e_value import EValue, e_value, e_value_of
from .checks.influential_rows import InfluentialRows, influential_rows
from .checks.negative_control import NegativeControl, negative_control
from .checks.no_effect import NoEffect
from .checks.nuisance_quality import NuisanceQuality, nuisance_quality
from .checks.omitted_variable_bounds import OmittedVariableBounds, omitted_variable_bounds
from .checks.overlap import Overlap, overlap
from .checks.placebo_outcome import placebo_outcome
from .checks.placebo_treatment import PlaceboTreatment, placebo_treatment
from .checks.propensity_calibration import PropensityCalibration, propensity_calibration
from .checks.random_common_cause import RandomCommonCause, random_common_cause
from .checks.robustness_value import RobustnessValue, robustness_value, robustness_value_of
from .checks.rosenbaum_bounds import RosenbaumBounds, rosenbaum_bounds, rosenbaum_bounds_of
from .checks.subset_stability import SubsetStability, subset_stability
from .checks.trim_ledger import TrimLedger, trim_ledger
from .effect import EffectEstimate
from .estimators.aipw import aipw
from .estimators.linear_regression import linear_regression
from .graph import CausalGraph
from .identify import Identification, identify
from .question import CausalQuestion

__all__ = [
    "Balance",
    "BootstrapInterval",
    "CausalGraph",
    "CausalQuestion",
    "EValue",
    "EffectEstimate",
    "Identification",
    "InfluentialRows",
    "NegativeControl",
    "NoEffect",
    "NuisanceQuality",
    "OmittedVariableBounds",
    "Overlap",
    "PlaceboTreatment",
    "PropensityCalibration",
    "RandomCommonCause",
    "RobustnessValue",
    "RosenbaumBounds",
    "SubsetStability",
    "TrimLedger",
    "aipw",
    "balance",
    "bootstrap_interval",
    "e_value",
    "e_value_of",
    "identify",
    "influential_rows",
    "linear_regression",
    "negative_control",
    "nuisance_quality",
    "omitted_variable_bounds",
    "overlap",
    "placebo_outcome",
    "placebo_treatment",
    "propensity_calibration",
    "random_common_cause",
    "robustness_value",
    "robustness_value_of",
    "rosenbaum_bounds",
    "rosenbaum_bounds_of",
    "subset_stability",
    "trim_ledger",
]
