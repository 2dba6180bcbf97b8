"""Did a series leave its own forecast?"""

from causal import SeriesQuestion
from ui import design, guard

guard.enter(__file__)
design.run(
    "interrupted_time_series",
    "Interrupted time series",
    "A series beside its own forecast from before; an effect only if "
    "nothing else happened at that time.",
    SeriesQuestion,
)
