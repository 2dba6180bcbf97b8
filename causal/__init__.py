"""What would change if one acted? A question, whether it can be answered, the effect, and checks.

```python
from causal import CausalQuestion, identify, aipw, compare_estimators, placebo_treatment
```
"""

from .checks.balance import Balance, balance
from .checks.implications import Implications, implications
from .checks.overlap import Overlap, overlap
from .checks.placebo_treatment import PlaceboTreatment, placebo_treatment
from .compare_estimators import EstimatorComparison, compare_estimators
from .coverage_meter import CoverageMeter, coverage_meter
from .dagitty import write_dagitty
from .dose_response import DoseResponse, dose_response
from .edge_table import write_edge_table
from .effect import EffectEstimate
from .estimators.aipw import aipw
from .estimators.difference_in_means import difference_in_means
from .estimators.double_machine_learning import double_machine_learning
from .estimators.doubly_robust_late import doubly_robust_late
from .estimators.entropy_balancing import entropy_balancing
from .estimators.front_door import front_door
from .estimators.linear_regression import linear_regression
from .estimators.matching import matching
from .estimators.mediation import mediation
from .estimators.standardisation import standardisation
from .estimators.stratification import stratification
from .estimators.tmle import tmle
from .estimators.two_stage_least_squares import two_stage_least_squares
from .estimators.weighting import weighting
from .gml import write_gml
from .graph import CausalGraph
from .identify import Identification, identify
from .question import CausalQuestion
from .read_graph import read_graph
from .specification_curve import SpecificationCurve, specification_curve

__all__ = [
    "Balance",
    "CausalGraph",
    "CausalQuestion",
    "CoverageMeter",
    "DoseResponse",
    "EffectEstimate",
    "EstimatorComparison",
    "Identification",
    "Implications",
    "Overlap",
    "PlaceboTreatment",
    "SpecificationCurve",
    "aipw",
    "balance",
    "compare_estimators",
    "coverage_meter",
    "difference_in_means",
    "dose_response",
    "double_machine_learning",
    "doubly_robust_late",
    "entropy_balancing",
    "front_door",
    "identify",
    "implications",
    "linear_regression",
    "matching",
    "mediation",
    "overlap",
    "placebo_treatment",
    "read_graph",
    "specification_curve",
    "standardisation",
    "stratification",
    "tmle",
    "two_stage_least_squares",
    "weighting",
    "write_dagitty",
    "write_edge_table",
    "write_gml",
]
