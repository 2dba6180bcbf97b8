"""Class weights: classes that count more in training than their rows alone would make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from .errors import NotApplicable, ParameterError
from .figures import number
from .target import Target
from .transform import Floats

#: "balanced": every class weighs the same in total; or the factor of each class that is named.
ClassWeight = Literal["balanced"] | Mapping[str, float]


def require_class_weight(target: Target, asked: ClassWeight | None) -> None:
    """Raises an `AnalysisError` for class weights that do not fit the target."""
    if asked is None:
        return
    if target.task == "regression":
        raise NotApplicable(
            f"'{target.name}' is predicted as a number and has no classes to weight.",
            "Leave class_weight out, or give a column the role 'weight'.",
        )
    if isinstance(asked, str):
        if asked != "balanced":
            raise ParameterError(
                f"class_weight = {asked!r} is not allowed.",
                "Use 'balanced', or a factor per class such as {'yes': 3}.",
            )
        return
    for name, factor in asked.items():
        if name not in target.classes:
            raise ParameterError(
                f"class_weight names {name!r}, which is not a class of '{target.name}'.",
                f"Choose one of: {', '.join(repr(c) for c in target.classes)}.",
            )
        is_number = isinstance(factor, int | float) and not isinstance(factor, bool)
        if not is_number or not 0 < factor < float("inf"):
            raise ParameterError(
                f"class_weight of {name!r} is {factor!r}.",
                "Use a number above 0; 1 changes nothing.",
            )


def class_factors(
    target: Target, y: Floats, weights: Floats | None, asked: ClassWeight | None
) -> Floats | None:
    """What every class is multiplied by when these rows are learned from, (classes,)."""
    if asked is None:
        return None
    if isinstance(asked, str):
        held = np.bincount(y.astype(int), weights, len(target.classes)).astype(float)
        present = held > 0
        return np.where(present, held.sum() / (present.sum() * np.where(present, held, 1)), 1.0)
    return np.array([float(asked.get(name, 1.0)) for name in target.classes])


def class_weight_note(target: Target, factors: Floats) -> str:
    """What the weights do to the probabilities."""
    each = ", ".join(
        f"'{name}' × {number(float(factor), 3)}"
        for name, factor in zip(target.classes[:8], factors, strict=False)
    )
    more = " …" if len(target.classes) > 8 else ""
    return (
        f"Classes were weighted in training ({each}{more}). The probabilities are therefore "
        "shifted towards the classes that weigh more: they order the rows, but are no chances. "
        "Calibrate them, or choose a cut-off by what an error costs."
    )
