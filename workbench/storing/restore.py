"""The model in a saved file, put together again from its parts.

Runs twice for every file: in `rehearsal`, where it may fail in any way, and then in the person's
own process. What it raises on purpose is a `ModelError` with a way out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case_weights import case_weights
from ..class_weights import require_class_weight
from ..dataset import Dataset
from ..errors import AnalysisError, ModelError, ParameterError
from ..model import FittedModel
from ..models import FAMILIES, Learning, Losses
from ..objectives import read_objective
from ..settings import filled_in
from ..split import Rows, Split
from ..target import Target
from ..training import Training
from ..transform import Floats, Transform
from .calibration import calibrated_again
from .container import (
    ANSWERS,
    ESTIMATOR,
    RECIPE,
    SAVE_AGAIN,
    TABLE,
    TARGET,
    TEST,
    TRAIN,
    require_hashes,
    unpacked,
)
from .estimators import restored_estimator
from .recipe import Recipe, read_recipe
from .table import read_table

#: How many classes a task has at least and at most.
_CLASSES = {"regression": (0, 0), "binary": (2, 2), "multiclass": (2, 10_000)}
#: Another processor may round the last bits of a prediction differently.
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Saved:
    """The parts of a file whose names, sizes and hashes are right; nothing is built of them yet."""

    recipe: Recipe
    parts: Mapping[str, bytes]
    opening: str


def opened(data: bytes, opening: str) -> Saved:
    """The parts of a file, checked as far as that needs no library."""
    parts = unpacked(data, opening)
    recipe = read_recipe(parts[RECIPE], opening)
    require_hashes(parts, recipe.parts, opening)
    if recipe.family not in FAMILIES:
        raise ModelError(
            f"{opening} holds a model of the unknown family '{recipe.family}'.",
            f"The families are: {', '.join(FAMILIES)}.",
        )
    if not FAMILIES[recipe.family].is_available:
        title, needs = FAMILIES[recipe.family].title, FAMILIES[recipe.family].needs
        raise ModelError(
            f"{opening} holds a model of {title}, which is not installed here.",
            f"Install it (pip install {needs}) and open the file again.",
        )
    low, high = _CLASSES[recipe.task]
    if not low <= len(set(recipe.classes)) == len(recipe.classes) <= high:
        raise _contradiction(opening, f"{len(recipe.classes)} classes for {recipe.task}")
    return Saved(recipe, parts, opening)


def restored(saved: Saved) -> FittedModel:
    """The model, held to what it predicted when it was saved."""
    recipe = saved.recipe
    data = _data(saved)
    target = _target(saved, len(data))
    family = FAMILIES[recipe.family]
    transform = _transform(saved)
    try:
        settings = filled_in(family.settings, recipe.settings, data)
        training = Training(**recipe.training)
        _require_share(training)
        require_class_weight(target, training.class_weight)
        _require_loss(training, target)
        case_weights(data, np.flatnonzero(~np.isnan(target.y)))
    except TypeError as error:
        raise _contradiction(saved.opening, "what no training is asked") from error
    except AnalysisError as error:
        raise _contradiction(saved.opening, error.message) from error
    learning = Learning(
        recipe.task,
        transform.input_is_category,
        recipe.seed,
        transform.input_columns,
        training.loss,
    )
    model = FittedModel(
        estimator=restored_estimator(
            saved.parts[ESTIMATOR], recipe, settings, learning, saved.opening
        ),
        transform=transform,
        family=family,
        settings=settings,
        target=target,
        data=data,
        split=_split(saved, target.y, training),
        seed=recipe.seed,
        notes=recipe.notes,
        training=training,
        losses=_losses(saved, training),
    )
    if recipe.calibration:
        model = calibrated_again(model, recipe.calibration, saved.opening)
    _require_the_same(model, saved)
    return model


def _require_share(training: Training) -> None:
    """The share of the rows that was held out is a number that can be asked for."""
    share = training.test_share
    if not isinstance(share, float) or not 0.05 <= share <= 0.9:
        raise ParameterError(f"test_share = {share!r} is not allowed.", "Use 0.05 to 0.9.")


def _require_loss(training: Training, target: Target) -> None:
    """What was asked of the training fits the target."""
    asked = training.objective if target.task == "regression" else None
    known = target.y[~np.isnan(target.y)]
    read_objective(asked, training.quantile, training.tweedie_power, target.task, target.name,
                   known)  # fmt: skip


def _data(saved: Saved) -> Dataset:
    recipe = saved.recipe
    frame = read_table(saved.parts[TABLE], saved.opening)
    if not isinstance(frame.index, pd.RangeIndex):
        raise _contradiction(saved.opening, "rows that are not numbered from 0")
    columns = list(frame.columns)
    if columns != list(recipe.kinds) or columns != list(recipe.roles) or not len(frame):
        raise _contradiction(saved.opening, "a table whose columns are not those of the recipe")
    return Dataset(frame, recipe.data, recipe.kinds, recipe.roles, recipe.data_notes)


def _transform(saved: Saved) -> Transform:
    recipe = saved.recipe
    known = set(recipe.features) <= set(recipe.kinds)
    if not known or not recipe.features or not set(recipe.levels) <= set(recipe.features):
        raise _contradiction(saved.opening, "features that are not columns of its table")
    dates = [c for c in recipe.features if c in recipe.dates]
    if len(dates) < len(recipe.dates) or any(
        recipe.kinds[c] != "date" or c in recipe.levels for c in dates
    ):
        raise _contradiction(saved.opening, "dates that are not among its features")
    return Transform({c: recipe.kinds[c] for c in recipe.features}, recipe.levels, recipe.dates)


def _target(saved: Saved, rows: int) -> Target:
    recipe = saved.recipe
    y = _array(saved, TARGET, "<f8")
    known = y[~np.isnan(y)]
    codes = recipe.task == "regression" or bool(np.isin(known, range(len(recipe.classes))).all())
    if len(y) != rows or not codes or recipe.target not in recipe.kinds:
        raise _contradiction(saved.opening, "a target that does not fit its table")
    return Target(recipe.target, recipe.task, recipe.classes, y, recipe.target_notes)


def _losses(saved: Saved, training: Training) -> Losses | None:
    """Those by which the number of rounds was found, where it was."""
    if training.early_stopping is False:
        return None
    held, rounds = saved.recipe.losses, FAMILIES[saved.recipe.family].rounds
    named = set(held) == {"learned", "judged", "rows"} and len(held["rows"]) == 2
    fits = named and len(held["learned"]) == len(held["judged"]) > 0
    if not fits or rounds is None or training.early_stopping is not True:
        raise _contradiction(saved.opening, "losses that no early stopping has")
    learned, judged = map(int, held["rows"])
    losses = Losses(held["learned"], held["judged"], (learned, judged))
    if losses.best != saved.recipe.settings.get(rounds.setting):
        raise _contradiction(saved.opening, "another number of rounds than its losses want")
    return losses


def _split(saved: Saved, y: Floats, training: Training) -> Split:
    def part(name: str) -> Rows:
        rows = _array(saved, name, "<i8").astype(np.intp)
        inside = bool(((rows >= 0) & (rows < len(y))).all()) and len(rows) > 0
        if not inside or bool(np.isnan(y[rows]).any()):
            raise _contradiction(saved.opening, f"'{name}' with rows that have no target")
        return rows

    train, test = part(TRAIN), part(TEST)
    if not training.early_stopping:
        return Split(train, test, saved.recipe.split)
    # every row with a target is of some part: what is in neither of these told when to stop
    others = np.setdiff1d(np.flatnonzero(~np.isnan(y)), np.concatenate([train, test]))
    return Split(train, test, saved.recipe.split, others)


def _array(saved: Saved, name: str, kind: str) -> NDArray[Any]:
    content = saved.parts[name]
    if len(content) % 8:
        raise _contradiction(saved.opening, f"'{name}' that is cut short")
    return np.frombuffer(content, dtype=kind).copy()


def _require_the_same(model: FittedModel, saved: Saved) -> None:
    """What it predicted then it predicts now, and its table reads as it did."""
    expected = _array(saved, ANSWERS, "<f8")
    rows = min(len(model.data), len(expected) // max(1, len(model.classes)))
    answers = model.response(model.transform.codes(model.data.frame.iloc[:rows])).ravel()
    close = answers.shape == expected.shape and rows > 0
    if not close or not np.allclose(answers, expected, rtol=_TOLERANCE, atol=_TOLERANCE):
        raise _differs(saved, "predicts otherwise than when it was saved")
    if model.fingerprint != saved.recipe.fingerprint:
        raise _differs(saved, "is not the model, or not the table, that its recipe names")


def _differs(saved: Saved, how: str) -> ModelError:
    written = ", ".join(f"{name} {version}" for name, version in saved.recipe.versions.items())
    return ModelError(
        f"The model in {saved.opening} {how}.",
        f"It was saved with {written}: open it with these versions, or train it again.",
    )


def _contradiction(opening: str, what: str) -> ModelError:
    return ModelError(f"{opening} contradicts itself: it holds {what}.", SAVE_AGAIN)
