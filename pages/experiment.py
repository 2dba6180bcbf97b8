"""What did a draw show?"""

from causal import ExperimentQuestion
from ui import design, guard

guard.enter(__file__)
design.run(
    "experiment",
    "Experiment",
    "Arms that a draw made; an effect without a list of confounders, as long as the draw "
    "alone decided who was measured in which arm.",
    ExperimentQuestion,
)
