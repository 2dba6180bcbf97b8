"""Did one unit leave the path of a mixture of others?"""

from causal import PanelQuestion
from ui import design, guard

guard.enter(__file__)
design.run(
    "synthetic_control",
    "Synthetic control",
    "One unit beside a mixture of others that ran like it before; an effect only if the "
    "mixture would have gone on running like it.",
    PanelQuestion,
)
