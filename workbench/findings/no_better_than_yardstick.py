"""Is the model better than straight lines through the same columns?"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.figures import number
from workbench.metrics import Z95, Score
from workbench.model import FittedModel
from workbench.yardstick import yardstick

from ._check import Finding, of_model

CODE = "no-better-than-yardstick"


@of_model(
    CODE,
    clear="On rows it has not seen, the model is better than a linear one.",
    spoils=("quality", "importance"),
)
def no_better_than_yardstick(model: FittedModel) -> Iterator[Finding]:
    """The difference of the held-out scores, with the interval from each row's part in it."""
    lines = yardstick(model)
    if lines is None:
        return
    metric = model.metrics[0]
    own, other = _score(model), _score(lines)
    gain = Score(metric.gain(own.value, other.value), own.influence - other.influence)
    # where every row agrees the two predict the same, and there is no interval
    reach = Z95 * gain.std_error
    if not gain.value - reach <= 0:
        return
    yield Finding(
        CODE,
        "notice",
        (),
        f"On rows it has not seen the model's {metric.title} is {number(own.value, 3)}, that of a "
        f"linear model of the same columns {number(other.value, 3)} (gain "
        f"{number(gain.value, 3)}, 95 % interval {number(gain.value - reach, 3)} to "
        f"{number(gain.value + reach, 3)}): bends and interactions it shows may be noise.",
        "Read the linear model (family='linear') first, and trust of this one's explanations what "
        "the two have in common.",
    )


def _score(model: FittedModel) -> Score:
    at = model.positions("test")
    said = model.response(model.transform.codes(model.data.frame.iloc[at]))
    return model.metrics[0].measure(model.target.y[at], said, model.weights("test"))
