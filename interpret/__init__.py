"""What did the model learn? One method per question, each in its own file.

```python
from interpret import partial_dependence, permutation_importance, shap_values
```
"""

from ._clash import refuse_the_other_interpret

refuse_the_other_interpret()

# the order is that of a page: the overview first, then what stands behind it
from .permutation_importance import (  # noqa: E402, I001
    PermutationImportance,
    permutation_importance,
)
from .shap_importance import ShapImportance, shap_importance  # noqa: E402
from .shap_values import ShapValues, shap_values  # noqa: E402
from .average_comparison import AverageComparison, average_comparison  # noqa: E402
from .split_importance import SplitImportance, split_importance  # noqa: E402
from .partial_dependence import PartialDependence, partial_dependence  # noqa: E402
from .individual_conditional_expectation import (  # noqa: E402
    IndividualConditionalExpectation,
    individual_conditional_expectation,
)
from .two_way_dependence import TwoWayDependence, two_way_dependence  # noqa: E402
from .accumulated_local_effects import (  # noqa: E402
    AccumulatedLocalEffects,
    accumulated_local_effects,
)
from .two_way_accumulated_effects import (  # noqa: E402
    TwoWayAccumulatedEffects,
    two_way_accumulated_effects,
)
from .dependence_overview import DependenceOverview, dependence_overview  # noqa: E402
from .interaction_strength import InteractionStrength, interaction_strength  # noqa: E402
from .shap_interactions import ShapInteractions, shap_interactions  # noqa: E402
from .shap_row import ShapRow, shap_row  # noqa: E402
from .what_if import WhatIf, what_if  # noqa: E402
from .difference_row import DifferenceRow, difference_row  # noqa: E402
from .leaf_neighbours import LeafNeighbours, leaf_neighbours  # noqa: E402
from .verify import Verification, verify  # noqa: E402

__all__ = [
    "AccumulatedLocalEffects",
    "AverageComparison",
    "DependenceOverview",
    "DifferenceRow",
    "IndividualConditionalExpectation",
    "InteractionStrength",
    "LeafNeighbours",
    "PartialDependence",
    "PermutationImportance",
    "ShapImportance",
    "ShapInteractions",
    "ShapRow",
    "ShapValues",
    "SplitImportance",
    "TwoWayAccumulatedEffects",
    "TwoWayDependence",
    "Verification",
    "WhatIf",
    "accumulated_local_effects",
    "average_comparison",
    "dependence_overview",
    "difference_row",
    "individual_conditional_expectation",
    "interaction_strength",
    "leaf_neighbours",
    "partial_dependence",
    "permutation_importance",
    "shap_importance",
    "shap_interactions",
    "shap_row",
    "shap_values",
    "split_importance",
    "two_way_accumulated_effects",
    "two_way_dependence",
    "verify",
    "what_if",
]
