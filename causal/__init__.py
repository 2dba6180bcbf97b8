"""What would change if one acted? A question, whether it can be answered, the effect, and checks.

```python
from causal import CausalQuestion, identify, linear_regression, aipw, placebo_treatment
```
"""

from .checks._no_effect import NoEffect
from .checks.balance import Balance, balance
from .checks.e_value import EValue, e_value, e_value_of
from .checks.negative_control import NegativeControl, negative_control
from .checks.omitted_variable_bounds import OmittedVariableBounds, omitted_variable_bounds
from .checks.overlap import Overlap, overlap
from .checks.placebo_outcome import placebo_outcome
from .checks.placebo_treatment import PlaceboTreatment, placebo_treatment
from .checks.robustness_value import RobustnessValue, robustness_value, robustness_value_of
from .checks.rosenbaum_bounds import RosenbaumBounds, rosenbaum_bounds, rosenbaum_bounds_of
from .effect import EffectEstimate
from .estimators.aipw import aipw
from .estimators.linear_regression import linear_regression
from .graph import CausalGraph
from .identify import Identification, identify
from .question import CausalQuestion

__all__ = [
    "Balance",
    "CausalGraph",
    "CausalQuestion",
    "EValue",
    "EffectEstimate",
    "Identification",
    "NegativeControl",
    "NoEffect",
    "OmittedVariableBounds",
    "Overlap",
    "PlaceboTreatment",
    "RobustnessValue",
    "RosenbaumBounds",
    "aipw",
    "balance",
    "e_value",
    "e_value_of",
    "identify",
    "linear_regression",
    "negative_control",
    "omitted_variable_bounds",
    "overlap",
    "placebo_outcome",
    "placebo_treatment",
    "robustness_value",
    "robustness_value_of",
    "rosenbaum_bounds",
    "rosenbaum_bounds_of",
]
