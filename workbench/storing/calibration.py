"""The maps behind a calibrated model as numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from ..calibrate import is_calibrated, with_maps
from ..errors import ModelError
from ..model import FittedModel
from ..models.calibrated import Isotonic, Sigmoid
from .container import SAVE_AGAIN

PREFIX = "calibration_"


def calibration_of(model: FittedModel) -> dict[str, Any]:
    """How the model was calibrated and the numbers of its maps; nothing where it was not."""
    if not is_calibrated(model):
        return {}
    asked = {n.removeprefix(PREFIX): v for n, v in model.settings.items() if n.startswith(PREFIX)}
    maps = [_numbers(one) for one in model.estimator.maps]
    return {"settings": asked, "maps": maps, "notes": model.notes}


def calibrated_again(model: FittedModel, held: Mapping[str, Any], opening: str) -> FittedModel:
    """The model with the maps of a file behind it; raises `ModelError` for what is no map."""
    try:
        _require(
            model.task != "regression" and set(held["settings"]) == {"method", "folds", "seed"}
        )
        maps = tuple(_map(one) for one in held["maps"])
        _require(len(maps) == (1 if model.task == "binary" else len(model.classes)))
        _require(len({type(one) for one in maps}) == 1)
    except (ValueError, KeyError) as error:
        raise ModelError(
            f"{opening} contradicts itself: it holds a calibration that none has made.", SAVE_AGAIN
        ) from error
    return with_maps(model, maps, held["settings"], held["notes"])


def _numbers(one: Isotonic | Sigmoid) -> dict[str, tuple[float, ...]]:
    return {n: v if isinstance(v, tuple) else (v,) for n, v in asdict(one).items()}


def _map(held: Mapping[str, tuple[float, ...]]) -> Isotonic | Sigmoid:
    _require(all(np.isfinite(values).all() for values in held.values()))
    if set(held) == {"slope", "intercept"}:
        (slope,), (intercept,) = held["slope"], held["intercept"]
        return Sigmoid(slope, intercept)
    _require(set(held) == {"chances", "calibrated"})
    made = Isotonic(held["chances"], held["calibrated"])
    _require(len(made.chances) == len(made.calibrated) > 0)
    for values in (made.chances, made.calibrated):
        _require(min(values) >= 0 and max(values) <= 1 and bool((np.diff(values) >= 0).all()))
    return made


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("no map")
