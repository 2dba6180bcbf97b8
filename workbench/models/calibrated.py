"""A fitted classifier with a map behind it that turns its chances into calibrated ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import NotApplicable
from ..metrics import Floats
from ._family import Family

#: Chances are kept this far from 0 and 1 before their log-odds are taken.
NEAREST = 1e-6


def log_odds(chance: Floats) -> Floats:
    """ln(p / (1 - p)), with p kept `NEAREST` from 0 and 1."""
    kept = np.clip(chance, NEAREST, 1 - NEAREST)
    found: Floats = np.log(kept / (1 - kept))
    return found


@dataclass(frozen=True)
class Sigmoid:
    """1 / (1 + exp(-(slope · log-odds + intercept))); the identity at slope 1, intercept 0."""

    slope: float
    intercept: float

    def __call__(self, chance: Floats) -> Floats:
        found: Floats = 1 / (1 + np.exp(-(self.slope * log_odds(chance) + self.intercept)))
        return found


@dataclass(frozen=True)
class Isotonic:
    """Straight lines between the corners of a rising step function, level beyond its ends."""

    chances: tuple[float, ...]
    calibrated: tuple[float, ...]

    def __call__(self, chance: Floats) -> Floats:
        return np.interp(chance, self.chances, self.calibrated)


@dataclass(frozen=True)
class Calibrated:
    """`before` is the model whose chances go through the maps: anything with `response(codes)`.

    Of two classes there is one map, of the positive one's chance; of more one for each class
    against the rest, and the chances are divided by their sum.
    """

    before: Any
    maps: tuple[Callable[[Floats], Floats], ...]

    def predict_proba(self, codes: Floats) -> Floats:
        return mapped(self.maps, self.before.response(codes))


def mapped(maps: tuple[Callable[[Floats], Floats], ...], said: Floats) -> Floats:
    """The chances (n, classes) after the maps; the same for all classes where all maps give 0."""
    if len(maps) == 1:
        positive = maps[0](said[:, 1])
        return np.column_stack([1 - positive, positive])
    found = np.column_stack([one(said[:, k]) for k, one in enumerate(maps)])
    total = found.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(
        found, total, out=np.full_like(found, 1 / len(maps)), where=total > 0
    )
    return shares


def family_of(before: Family) -> Family:
    """The family of a calibrated model: its trees no longer give the chances, so it has no margin
    to explain, and it is not learned anew as one piece."""

    def build(*_: Any, **__: Any) -> Any:
        raise NotApplicable(
            "A calibrated model is not learned again: its maps belong to this one fit.",
            "Learn the model before calibration again: uncalibrated(model).",
        )

    return replace(
        before, name=f"calibrated_{before.name}", title=f"{before.title}, calibrated",
        build=build, margin=None,
    )  # fmt: skip
