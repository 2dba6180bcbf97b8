"""What is asked of a training besides the family and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from .case_weights import case_weights
from .class_weights import ClassWeight, class_factors
from .dataset import Dataset
from .objectives import Objective, ObjectiveName
from .split import Rows
from .target import Target
from .transform import Floats


@dataclass(frozen=True)
class Training:
    """Frozen with the model, so that it can be learned again as it was."""

    class_weight: ClassWeight | None = None
    objective: ObjectiveName = "squared"
    quantile: float = 0.5
    tweedie_power: float = 1.5
    early_stopping: bool = False
    test_share: float = 0.25

    @property
    def loss(self) -> Objective:
        """What it makes small, of a number."""
        return Objective(self.objective, self.quantile, self.tweedie_power)

    def changed(self) -> dict[str, Any]:
        """What is not as it is by default, as JSON can hold it."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        found = {n: dict(v) if isinstance(v, Mapping) else v for n, v in found.items()}
        return {f.name: found[f.name] for f in fields(self) if found[f.name] != f.default}

    def weights(self, data: Dataset, target: Target, rows: Rows) -> Floats | None:
        """What the rows weigh in learning: the case weights times the factors of their classes."""
        weights, y = case_weights(data, rows), target.y[rows]
        factors = class_factors(target, y, weights, self.class_weight)
        if factors is None:
            return weights
        each: Floats = factors[y.astype(int)]
        return each if weights is None else weights * each
