"""Is the model far better on the rows it has seen?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.figures import number
from workbench.metrics import Z95
from workbench.model import FittedModel

from ._check import Finding, of_model
from ._parts import judged

CODE = "learned-by-heart"
#: Of what it gains on the training rows, so much at least is gone on those held out.
LOST, MUCH_LOST = 0.25, 0.5


@of_model(
    CODE,
    clear="The model is about as good on rows it has not seen as on those it has.",
    spoils=("importance", "dependence"),
)
def learned_by_heart(model: FittedModel) -> Iterator[Finding]:
    """The lower end of the 95 % interval of (learned from − held out), beside the gain."""
    train, test = judged(model, "train"), judged(model, "test")
    apart = train.metric.gain(train.score.value, test.score.value)
    reach = Z95 * float(np.hypot(train.score.std_error, test.score.std_error))
    if not (train.gain > 0 and apart - reach > LOST * train.gain):
        return
    yield Finding(
        CODE,
        "warning" if apart - reach > MUCH_LOST * train.gain else "notice",
        (),
        f"{train.metric.title} is {number(train.score.value, 3)} on the rows learned from and "
        f"{number(test.score.value, 3)} on those held out (difference {number(apart, 3)}, 95 % "
        f"interval {number(apart - reach, 3)} to {number(apart + reach, 3)}): much was learned by "
        "heart, and what is explained on training rows is partly their noise.",
        "Explain held-out rows; fewer or shallower trees, larger leaves or more rows help.",
    )
