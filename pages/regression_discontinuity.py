"""Does the outcome jump where the treatment does?"""

from causal import CutoffQuestion
from ui import design, guard

guard.enter(__file__)
design.run(
    "regression_discontinuity",
    "Regression discontinuity",
    "Rows just above a line beside rows just below it; an effect at the line only, and "
    "only if nobody could choose their side of it.",
    CutoffQuestion,
)
