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
from .partial_dependence import PartialDependence, partial_dependence  # noqa: E402
from .shap_row import ShapRow, shap_row  # noqa: E402

__all__ = [
    "PartialDependence",
    "PermutationImportance",
    "ShapImportance",
    "ShapRow",
    "ShapValues",
    "partial_dependence",
    "permutation_importance",
    "shap_importance",
    "shap_row",
    "shap_values",
]
