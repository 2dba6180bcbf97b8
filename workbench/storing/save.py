"""Writes a trained model as one file: recipe, trees, split and the rows it is explained on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..calibrate import uncalibrated
from ..errors import ModelError, ParameterError
from ..model import FittedModel
from ..models.adopted import Adopted
from ..models.calibrated import Calibrated
from ..split import Split
from .calibration import calibration_of
from .container import (
    ANSWERS,
    ESTIMATOR,
    RECIPE,
    TABLE,
    TARGET,
    TEST,
    TRAIN,
    digest,
    packed,
    write_whole,
)
from .estimators import estimator_bytes
from .recipe import FORMAT, Recipe
from .table import table_bytes

#: Rows whose predictions are written beside the model, so that a loaded one can be held to them.
ROWS_ANSWERED = 100
_LIBRARIES = ("numpy", "pandas", "pyarrow", "scikit-learn", "skops", "xgboost-cpu", "xgboost",
              "lightgbm")  # fmt: skip


def save_model(
    model: FittedModel, path: str | os.PathLike[str], *, rows: int | None = None
) -> Path:
    """Writes the model to one file that `load_model` opens, and gives the path back.

    Whole or not at all: an older file of that name stays until the new one is complete. The ending
    `.whence.zip` is added where it is missing. The file holds no code and no pickle; it does hold
    the table, since an explanation is one of rows: whoever gets the file can read them. `rows`
    keeps only so many, drawn at random from the learned and the held-out ones alike; explanations
    of the loaded model are then about these rows, and its notes say so.

    Raises `ModelError` for an adopted model, and for a table that a file cannot hold exactly.
    """
    target = Path(path)
    if not target.name.endswith(".whence.zip"):
        target = target.with_name(f"{target.name}.whence.zip")
    write_whole(target, model_bytes(model, rows=rows))
    return target


def model_bytes(model: FittedModel, *, rows: int | None = None) -> bytes:
    """What `save_model` writes, as bytes."""
    _require_our_own(model)
    kept = model if rows is None or rows >= len(model.data) else _with_rows(model, rows)
    codes = kept.transform.codes(kept.data.frame.iloc[:ROWS_ANSWERED])
    parts = {
        TABLE: table_bytes(kept.data),
        ESTIMATOR: estimator_bytes(uncalibrated(kept)),
        TRAIN: _raw(kept.split.train, "<i8"),
        TEST: _raw(kept.split.test, "<i8"),
        TARGET: _raw(kept.target.y, "<f8"),
        ANSWERS: _raw(kept.response(codes), "<f8"),
    }
    recipe = _recipe(kept, {name: digest(content) for name, content in parts.items()})
    return packed({RECIPE: recipe.to_json(), **parts})


def _require_our_own(model: FittedModel) -> None:
    if isinstance(uncalibrated(model).estimator, Adopted):
        raise ModelError(
            f"This {model.family.title} was fitted elsewhere and adopted; only models trained here "
            "can be saved without a pickle.",
            "Keep the estimator as you have it and adopt it again, or train one here.",
        )


def _recipe(calibrated: FittedModel, hashes: Mapping[str, str]) -> Recipe:
    """The recipe of the model before calibration, with the maps behind it where there are some."""
    model = uncalibrated(calibrated)
    return Recipe(
        format=FORMAT,
        family=model.family.name,
        settings={name: _plain(value) for name, value in model.settings.items()},
        task=model.task,
        classes=model.classes,
        seed=int(model.seed),
        target=model.target.name,
        target_notes=model.target.notes,
        notes=model.notes,
        split=model.split.says,
        data=model.data.name,
        data_notes=model.data.notes,
        kinds=dict(model.data.kinds),
        roles=dict(model.data.roles),
        features=model.features,
        levels=dict(model.transform.levels),
        versions=versions(),
        fingerprint=calibrated.fingerprint,
        parts=hashes,
        training=model.training.changed(),
        dates=dict(model.transform.dates),
        calibration=calibration_of(calibrated),
        losses={} if model.losses is None else vars(model.losses),
    )


def versions() -> dict[str, str]:
    """The versions that decide what a saved model says."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _with_rows(model: FittedModel, rows: int) -> FittedModel:
    """The model with some of its rows, each part keeping its share."""
    if rows < 2:
        raise ParameterError(f"rows = {rows} keeps no row of each part.", "Keep at least 2.")
    if isinstance(model.estimator, Calibrated):
        before = _with_rows(model.estimator.before, rows)
        note = before.notes[-1]
        return replace(
            model, estimator=replace(model.estimator, before=before), data=before.data,
            target=before.target, split=before.split, notes=(*model.notes, note),
        )  # fmt: skip
    rng = np.random.default_rng(model.seed)
    share = rows / len(model.data)
    parts = [np.unique(part) for part in (model.split.train, model.split.test)]
    kept = np.sort(np.concatenate([
        rng.choice(part, max(1, int(len(part) * share)), replace=False) for part in parts
    ]))  # fmt: skip
    learned, held_out = (np.flatnonzero(np.isin(kept, part)) for part in parts)
    note = (
        f"Saved with {len(kept):,} of {len(model.data):,} rows, drawn at random: explanations are "
        "about these rows."
    )
    return replace(
        model,
        data=model.data.take(kept),
        target=replace(model.target, y=model.target.y[kept]),
        split=Split(learned, held_out, model.split.says),
        notes=(*model.notes, note),
    )


def _raw(values: NDArray[Any], kind: str) -> bytes:
    return np.ascontiguousarray(values, dtype=kind).tobytes()


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
