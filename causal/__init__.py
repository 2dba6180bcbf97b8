"""What would change if one acted? A question, whether it can be answered, the effect, and checks.

```python
from causal import CausalQuestion, identify, linear_regression, aipw, placebo_treatment
```
"""

from .checks.balance import Balance, balance
from .checks.overlap import Overlap, overlap
from .checks.placebo_treatment import PlaceboTreatment, placebo_treatment
from .dose_response import DoseResponse, dose_response
from .effect import EffectEstimate
from .estimators.aipw import aipw
from .estimators.doubly_robust_late import doubly_robust_late
from .estimators.front_door import front_door
from .estimators.linear_regression import linear_regression
from .estimators.mediation import mediation
from .estimators.two_stage_least_squares import two_stage_least_squares
from .graph import CausalGraph
from .identify import Identification, identify
from .question import CausalQuestion

__all__ = [
    "Balance",
    "CausalGraph",
    "CausalQuestion",
    "DoseResponse",
    "EffectEstimate",
    "Identification",
    "Overlap",
    "PlaceboTreatment",
    "aipw",
    "balance",
    "dose_response",
    "doubly_robust_late",
    "front_door",
    "identify",
    "linear_regression",
    "mediation",
    "overlap",
    "placebo_treatment",
    "two_stage_least_squares",
]
