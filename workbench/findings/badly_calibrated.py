"""Do the probabilities say more than is true, or less?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.calibration_scores import (
    GROUPS,
    grouped_error,
    recalibration,
    spiegelhalter,
)
from workbench.groups import equal_groups
from workbench.metrics import Floats
from workbench.model import FittedModel

from ._check import Finding, of_model, percent
from ._parts import held_out
from .average_probability import average_probability

CODE = "badly-calibrated"
#: By chance alone, in so many models of a thousand; and smaller errors are not told.
CHANCE, SMALLEST = 0.001, 0.02


@of_model(CODE, clear="The predicted probabilities come true about as often as they say.")
def badly_calibrated(model: FittedModel) -> Iterator[Finding]:
    """Spiegelhalter's test of each class's probability on the rows held out, told where the error
    by groups is beyond what noise makes; not where the average is wrong, which is told already."""
    if model.task == "regression" or any(average_probability(model)):
        return
    from scipy import stats

    y, said = held_out(model)
    weights = model.weights("test")
    shown = [1] if model.task == "binary" else list(range(len(model.classes)))
    limit = float(stats.norm.isf(CHANCE / 2 / len(shown)))
    for code in shown:
        chance, happened = said[:, code], (y == code).astype(float)
        error = grouped_error(chance, happened, weights)
        beyond = error.value - error.by_chance
        if beyond < SMALLEST or abs(spiegelhalter(chance, happened, weights)) < limit:
            continue
        yield Finding(
            CODE,
            "warning",
            (model.target.name,),
            f"On rows it has not seen the probabilities of '{model.target.name}' = "
            f"'{model.classes[code]}' are {_how(chance, happened, weights)}: "
            f"{_worst(chance, happened, weights)}.",
            "Do not read them as chances, nor set a cutoff by them. Calibrate the model, or train "
            "one that learns less by heart.",
        )


def _how(chance: Floats, happened: Floats, weights: Floats | None) -> str:
    low, high = recalibration(chance, happened, weights).slope.interval()
    if high < 1:
        return "too extreme (too near 0 and 1)"
    return "too timid (too far from 0 and 1)" if low > 1 else "not right"


def _worst(chance: Floats, happened: Floats, weights: Floats | None) -> str:
    """The group that is farthest from what it says, weighed by its rows."""
    group = equal_groups(chance, GROUPS, weights)
    weight = np.ones_like(chance) if weights is None else weights
    worst = group == int(np.abs(np.bincount(group, weight * (happened - chance))).argmax())
    said, came = (
        percent(float(np.average(each[worst], weights=weight[worst])))
        for each in (chance, happened)
    )
    return f"of the {int(worst.sum()):,} rows to which it gives {said} on average, {came} came true"
