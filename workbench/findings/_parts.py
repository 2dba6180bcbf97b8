"""What checks of a model share: its held-out rows and its scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.metrics import Floats, Metric, Score
from workbench.model import FittedModel, Part


@dataclass(frozen=True)
class Judged:
    """The task's first metric on a part of the rows, with the model and without one."""

    metric: Metric
    score: Score
    without: Score

    @property
    def gain(self) -> float:
        """How much better than no model."""
        return self.metric.gain(self.score.value, self.without.value)


def judged(model: FittedModel, part: Part) -> Judged:
    """The first metric (of the loss, R² or the area under the curve) on a part of the rows."""
    metric = model.metrics[0]
    at = model.positions(part)
    y, weights = model.target.y[at], model.weights(part)
    said = model.response(model.transform.codes(model.data.frame.iloc[at]))
    return Judged(
        metric,
        metric.measure(y, said, weights),
        metric.measure(y, model.without_columns(len(at)), weights),
    )


def held_out(model: FittedModel) -> tuple[Floats, Floats]:
    """The target and what the model says of it, on the rows held out."""
    at = model.positions("test")
    said = model.response(model.transform.codes(model.data.frame.iloc[at]))
    return np.asarray(model.target.y[at], dtype=float), said


def is_split_at_random(model: FittedModel) -> bool:
    """Whether single rows were held out at random, and not the latest or whole groups."""
    return not (model.data.with_role("time") or model.data.with_role("group"))
