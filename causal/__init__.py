"""What would change if one acted? A question, whether it can be answered, the effect, and checks.

```python
from causal import CausalQuestion, identify, aipw, compare_estimators, placebo_treatment
```
"""

from .checks.balance import Balance, balance
from .checks.overlap import Overlap, overlap
from .checks.placebo_treatment import PlaceboTreatment, placebo_treatment
from .compare_estimators import EstimatorComparison, compare_estimators
from .effect import EffectEstimate
from .estimators.aipw import aipw
from .estimators.difference_in_means import difference_in_means
from .estimators.double_machine_learning import double_machine_learning
from .estimators.entropy_balancing import entropy_balancing
from .estimators.linear_regression import linear_regression
from .estimators.matching import matching
from .estimators.standardisation import standardisation
from .estimators.stratification import stratification
from .estimators.tmle import tmle
from .estimators.weighting import weighting
from .graph import CausalGraph
from .identify import Identification, identify
from .question import CausalQuestion

__all__ = [
    "Balance",
    "CausalGraph",
    "CausalQuestion",
    "EffectEstimate",
    "EstimatorComparison",
    "Identification",
    "Overlap",
    "PlaceboTreatment",
    "aipw",
    "balance",
    "compare_estimators",
    "difference_in_means",
    "double_machine_learning",
    "entropy_balancing",
    "identify",
    "linear_regression",
    "matching",
    "overlap",
    "placebo_treatment",
    "standardisation",
    "stratification",
    "tmle",
    "weighting",
]
