"""Is the model better than none at all?"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.figures import number
from workbench.metrics import Z95
from workbench.model import FittedModel

from ._check import Finding, of_model
from ._parts import judged

CODE = "no-better-than-nothing"


@of_model(
    CODE,
    clear="On rows it has not seen, the model is better than none.",
    spoils=("importance", "dependence", "interactions", "prediction"),
)
def no_better_than_nothing(model: FittedModel) -> Iterator[Finding]:
    """The held-out score beside that of the training mean or the classes' shares."""
    test = judged(model, "test")
    reach = Z95 * test.score.std_error
    if not test.gain - reach <= 0:
        return
    low, high = number(test.score.value - reach, 3), number(test.score.value + reach, 3)
    yield Finding(
        CODE,
        "warning" if test.gain <= 0 else "notice",
        (),
        f"On rows it has not seen the model's {test.metric.title} is "
        f"{number(test.score.value, 3)} (95 % interval {low} to {high}), without a model "
        f"{number(test.without.value, 3)}: what it learned may be nothing, and explanations "
        "explain it all the same.",
        "Do not read its explanations. Bring more rows, other columns, or accept that these "
        "columns do not tell the target.",
    )
