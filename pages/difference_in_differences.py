"""Did those who got the treatment change otherwise than those who did not?"""

from causal import PanelQuestion
from ui import design, guard

guard.enter(__file__)
design.run(
    "difference_in_differences",
    "Difference in differences",
    "How the treated changed beside how others changed; an effect only if both would have run "
    "in parallel without the treatment, which no data can show.",
    PanelQuestion,
)
