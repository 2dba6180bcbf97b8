"""Are the probabilities right on average?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.metrics import mean_of
from workbench.model import FittedModel

from ._check import Finding, of_model, percent
from ._parts import held_out

CODE = "average-probability"
#: By chance alone, in so many models of a thousand; and smaller errors are not told.
CHANCE, SMALLEST = 0.001, 0.02


@of_model(
    CODE,
    clear="The predicted probabilities are right on average.",
    spoils=("quality", "prediction"),
)
def average_probability(model: FittedModel) -> Iterator[Finding]:
    """The mean of each class's probability beside its share, on the rows held out."""
    if model.task == "regression":
        return
    from scipy import stats

    y, said = held_out(model)
    weights = model.weights("test")
    shown = [1] if model.task == "binary" else list(range(len(model.classes)))
    limit = float(stats.norm.isf(CHANCE / 2 / len(shown)))
    for code in shown:
        error = mean_of(said[:, code] - (y == code), weights)
        apart, spread = error.value, error.std_error
        if abs(apart) <= max(SMALLEST, limit * spread):
            continue
        happened = float(np.average(y == code, weights=weights))
        yield Finding(
            CODE,
            "warning",
            (model.target.name,),
            f"On rows it has not seen the model says {percent(happened + apart)} for "
            f"'{model.target.name}' = '{model.classes[code]}' on average, and "
            f"{percent(happened)} are: its scores order the rows, but they are not probabilities.",
            "Do not read them as chances. Train without balancing the classes, or calibrate.",
        )
