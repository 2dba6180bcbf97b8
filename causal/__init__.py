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
from .discover import Discovery, discover
from .edge_table import write_edge_table
from .effect import EffectEstimate
from .estimators.aipw import aipw
from .estimators.linear_regression import linear_regression
from .gml import write_gml
from .graph import CausalGraph
from .identify import Identification, identify
from .question import CausalQuestion
from .read_graph import read_graph

__all__ = [
    "Balance",
    "CausalGraph",
    "CausalQuestion",
    "Discovery",
    "EffectEstimate",
    "Identification",
    "Implications",
    "Overlap",
    "PlaceboTreatment",
    "aipw",
    "balance",
    "discover",
    "identify",
    "implications",
    "linear_regression",
    "overlap",
    "placebo_treatment",
    "read_graph",
    "write_dagitty",
    "write_edge_table",
    "write_gml",
]
