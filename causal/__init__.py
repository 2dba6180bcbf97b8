"""What would change if one acted? A question, whether it can be answered, the effect, and checks.

```python
from causal import CausalQuestion, identify, linear_regression, aipw, placebo_treatment
```
"""

from .checks.balance import Balance, balance
from .checks.implications import Implications, implications
from .checks.overlap import Overlap, overlap
from .checks.placebo_treatment import PlaceboTreatment, placebo_treatment
from .dagitty import write_dagitty
from .dose_response import DoseResponse, dose_response
from .edge_table import write_edge_table
from .effect import EffectEstimate
from .estimators.aipw import aipw
from .estimators.doubly_robust_late import doubly_robust_late
from .estimators.front_door import front_door
from .estimators.linear_regression import linear_regression
from .estimators.mediation import mediation
from .estimators.two_stage_least_squares import two_stage_least_squares
from .gml import write_gml
from .graph import CausalGraph
from .identify import Identification, identify
from .question import CausalQuestion
from .read_graph import read_graph

__all__ = [
    "Balance",
    "CausalGraph",
    "CausalQuestion",
    "DoseResponse",
    "EffectEstimate",
    "Identification",
    "Implications",
    "Overlap",
    "PlaceboTreatment",
    "aipw",
    "balance",
    "dose_response",
    "doubly_robust_late",
    "front_door",
    "identify",
    "implications",
    "linear_regression",
    "mediation",
    "overlap",
    "placebo_treatment",
    "read_graph",
    "two_stage_least_squares",
    "write_dagitty",
    "write_edge_table",
    "write_gml",
]
