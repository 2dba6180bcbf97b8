"""Trains a model on a data set: raw columns in, an honest held-out part, nothing to prepare."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from .case_weights import case_weights, weight_column, weighted_by
from .class_weights import ClassWeight, class_factors, class_weight_note, require_class_weight
from .dataset import Dataset
from .errors import DataError, NotApplicable, ParameterError
from .figures import number
from .fitting import fit
from .metrics import Floats, Task
from .model import FittedModel
from .models import FAMILIES, Family
from .models.any_unit import steps_of
from .objectives import Objective, ObjectiveName, read_objective
from .progress import Progress, silent
from .script import Name
from .settings import filled_in
from .split import Split, split
from .stopping import grow, require_rounds, with_stopping
from .target import Target, read_target
from .training import Training
from .transform import Transform

#: The fewest rows with a target that can be both learned from and tested on.
FEWEST_ROWS = 20
#: From this share of the standard deviation, a step of single precision is told.
COARSE = 0.01


def train(
    data: Dataset,
    family: str = "xgboost",
    *,
    task: Task | None = None,
    positive: str | None = None,
    objective: ObjectiveName | None = None,
    quantile: float = 0.5,
    tweedie_power: float = 1.5,
    class_weight: ClassWeight | None = None,
    early_stopping: bool = False,
    test_share: float = 0.25,
    seed: int = 0,
    progress: Progress = silent,
    **settings: Any,
) -> FittedModel:
    """A model of the data set's target on its features.

    `family` is one of `workbench.FAMILIES`; `settings` are that family's own, with its defaults.
    `task` (regression, binary, multiclass) and `positive` (which of two classes) are read off the
    target where they are not given; the model's `notes` say what was assumed. `test_share` of the
    rows is held out: at random, by group or by time as the columns' roles ask. Rows without a
    target are left out and counted in the notes.

    `objective` is what training makes small for a number: the squared error (the default, which
    gives the mean), the absolute error (the median), the pinball loss of a `quantile`, the Poisson
    deviance of counts, or the Tweedie deviance (of a `tweedie_power` between 1 and 2) of amounts
    that are often 0. Poisson and Tweedie add up on the logarithm. Which family takes which is
    refused in a sentence; the metrics follow.

    A column with the role weight says how much every row counts, in learning and in the metrics;
    only the ratios of its numbers matter, and a row of weight 0 is not learned from. `class_weight`
    makes classes count more in learning: "balanced" gives every class the same total weight, a
    mapping such as {"yes": 3} a factor. The probabilities are shifted by it, which the notes say.

    `early_stopping` is for the families that grow in rounds (gradient_boosting, xgboost, lightgbm):
    15 % of the training rows are set aside by the rule of the split (at random, whole groups, the
    latest), the model grows until 50 rounds have brought no smaller loss on them, 2,000 at most,
    and the rounds with the least loss are kept. These rows are neither learned from nor held out;
    `model.stopping` shows both losses by round. The number of rounds is then found and not given,
    and what learns the model again (bootstraps, folds) takes it as found.

    Raises `DataError` for a target that cannot be learned, `ParameterError` for a setting.
    """
    chosen = _family(family)
    values = filled_in(chosen.settings, settings, data)
    if early_stopping:
        require_rounds(chosen, settings)
    if not 0.05 <= test_share <= 0.9:
        raise ParameterError(f"test_share = {test_share} is not allowed.", "Use 0.05 to 0.9.")
    target, parts, transform = _prepare(data, task, positive, test_share, seed, early_stopping)
    training = read_training(chosen, target, class_weight, objective, quantile, tweedie_power)
    training = replace(training, early_stopping=early_stopping, test_share=test_share)
    loss, learned = training.loss, target.y[~np.isnan(target.y)]
    asked = {"family": family, "task": task, "positive": positive, "objective": objective,
             "quantile": quantile, "tweedie_power": tweedie_power, "class_weight": class_weight,
             "early_stopping": early_stopping, "test_share": test_share, "seed": seed,
             **settings}  # fmt: skip
    blank = FittedModel(
        estimator=None,
        transform=transform,
        family=chosen,
        settings=values,
        target=target,
        data=data,
        split=parts,
        seed=seed,
        notes=(
            *_notes(data, target, parts, transform),
            *_weight_notes(data, target, parts, training),
            *_single_notes(chosen, data, target, parts, transform),
            *loss.notes(target.name, learned),
        ),
        script=data.script.then(
            "model", "workbench", "train", Name(data.script.name), **_not_default(asked)
        ),
        training=training,
    )
    return _stopped(blank, progress) if early_stopping else _fitted(blank, progress)


def _fitted(blank: FittedModel, progress: Progress) -> FittedModel:
    """The model with its estimator, learned from the training rows."""
    rows = blank.split.train
    codes = blank.transform.inputs(blank.transform.codes(blank.data.frame.iloc[rows]))
    weights = blank.training.weights(blank.data, blank.target, rows)
    estimator = fit(blank.family, blank.learning(blank.seed), blank.settings, codes,
                    blank.target.y[rows], weights, progress)  # fmt: skip
    learned = len(rows) if weights is None else int((weights > 0).sum())
    decided = blank.family.tells(blank.settings, estimator, learned)
    return replace(blank, estimator=estimator, notes=(*blank.notes, *decided))


def _stopped(blank: FittedModel, progress: Progress) -> FittedModel:
    """The same, with as many rounds as the stopping part wants."""
    assert blank.family.rounds is not None
    grown = grow(blank, progress)
    settings = {**blank.settings, blank.family.rounds.setting: grown.losses.best}
    model = replace(blank, estimator=grown.estimator, settings=settings, losses=grown.losses)
    assert model.stopping is not None
    return replace(model, notes=(*model.notes, model.stopping.summary, *model.stopping.notes))


def read_training(
    family: Family, target: Target, class_weight: ClassWeight | None,
    objective: ObjectiveName | None, quantile: float, tweedie_power: float,
) -> Training:  # fmt: skip
    """What is asked of a training besides its settings, checked against the target and family."""
    require_class_weight(target, class_weight)
    learned = target.y[~np.isnan(target.y)]
    loss = read_objective(objective, quantile, tweedie_power, target.task, target.name, learned)
    _require_objective(family, loss)
    return Training(class_weight, loss.name, loss.level, loss.power)


def _prepare(
    data: Dataset,
    task: Task | None,
    positive: str | None,
    test_share: float,
    seed: int,
    early_stopping: bool = False,
) -> tuple[Target, Split, Transform]:
    """What does not depend on the family: what is predicted, from which rows, and how coded."""
    target = read_target(data, task, positive)
    rows = np.flatnonzero(~np.isnan(target.y))
    _require_enough(data, len(rows))
    case_weights(data, rows)  # all of them are looked at, whatever part they fall into
    parts = split(data, rows, target.y[rows], target.task, test_share, seed)
    if early_stopping:
        parts = with_stopping(data, target, parts, seed)
    _require_weight_in(data, target, parts)
    transform = Transform.fit(data.take(parts.train))
    if not transform.columns:
        raise DataError(
            f"Every feature of {data.name} is empty in the training rows.",
            "Bring columns that hold values.",
        )
    transform.codes(data.frame)  # what cannot be encoded is said now, not at the first explanation
    return target, parts, transform


def _family(name: str) -> Family:
    if name not in FAMILIES:
        raise ParameterError(
            f"family = {name!r} is not known.", f"Choose one of: {', '.join(FAMILIES)}."
        )
    chosen = FAMILIES[name]
    if not chosen.is_available:
        raise NotApplicable(
            f"{chosen.title} is an extra and is not installed here.",
            f"Install it (pip install {chosen.needs}), or choose another family.",
        )
    return chosen


def _require_weight_in(data: Dataset, target: Target, parts: Split) -> None:
    """Both parts weigh something, and so does every class that is learned."""
    case_weights(data, parts.test, "held-out rows")
    if len(parts.stopping):
        case_weights(data, parts.stopping, "rows that tell when to stop")
    weights = case_weights(data, parts.train, "training rows")
    if weights is None or not target.classes:
        return
    held = np.bincount(target.y[parts.train].astype(int), weights, len(target.classes))
    if not (held > 0).all():
        lost = target.classes[int(held.argmin())]
        raise DataError(
            f"All training rows with '{target.name}' = '{lost}' have the weight 0.",
            "Give some of them a weight, or leave the class out of the table.",
        )


def _require_objective(family: Family, loss: Objective) -> None:
    if loss.name not in family.objectives:
        others = [f for f in FAMILIES.values() if f.is_available and loss.name in f.objectives]
        raise NotApplicable(
            f"{family.title} does not minimise objective = {loss.name!r}; it takes "
            f"{', '.join(map(repr, family.objectives))}.",
            f"Choose a family that does: {', '.join(f.title for f in others)}.",
        )


def _require_enough(data: Dataset, rows: int) -> None:
    if not data.features:
        raise DataError(
            f"{data.name} has no column to learn from.", "Give a column the role 'feature'."
        )
    if rows < FEWEST_ROWS:
        raise DataError(
            f"Only {rows} rows of {data.name} have a target.",
            f"Bring at least {FEWEST_ROWS}, so that some can be held out.",
        )


def _notes(data: Dataset, target: Target, parts: Split, transform: Transform) -> tuple[str, ...]:
    missing = int(np.isnan(target.y).sum())
    notes = list(target.notes)
    if missing:
        notes.append(f"{missing:,} of {len(data):,} rows have no '{target.name}' and are left out.")
    for column in sorted(set(data.features) - set(transform.columns)):
        notes.append(f"'{column}' holds no value in the training rows and is not used.")
    for column, date in transform.dates.items():
        notes.append(f"'{column}' {date.note}")
    for column, levels in transform.unseen(data.frame.iloc[parts.test]).items():
        notes.append(
            f"'{column}' has {len(levels)} level{'s' if len(levels) > 1 else ''} in the held-out "
            f"rows that training did not see; they are treated as missing."
        )
    return tuple(notes)


def _weight_notes(
    data: Dataset, target: Target, parts: Split, training: Training
) -> tuple[str, ...]:
    column, weights = weight_column(data), case_weights(data, parts.train)
    notes = () if column is None else (weighted_by(column),)
    y = target.y[parts.train]
    factors = class_factors(target, y, weights, training.class_weight)
    return notes if factors is None else (*notes, class_weight_note(target, factors))


def _single_notes(
    family: Family, data: Dataset, target: Target, parts: Split, transform: Transform
) -> tuple[str, ...]:
    """Which numbers lie so far from 0 that the library cannot tell them apart; `DataError` for one
    that it cannot hold."""
    frame, found = data.frame.iloc[parts.train], []
    if "columns" in family.single:
        found = [(name, _numbers_of(frame[name])) for name, kind in transform.kinds.items()
                 if kind == "number"]  # fmt: skip
    if "target" in family.single and target.task == "regression":
        found.append((target.name, target.y[parts.train]))
    for name, values in found:
        largest = np.abs(values[~np.isnan(values)]).max(initial=0.0)
        if largest > np.finfo(np.float32).max:
            raise DataError(
                f"'{name}' holds {largest:g}, and the {family.title} holds numbers up to 3.4e+38.",
                "Divide the column by a power of ten, or train a Gradient boosting.",
            )
    coarse = [(name, steps_of(values)) for name, values in found]
    return tuple(
        f"The {family.title} holds '{name}' in single precision, there in steps of {number(step)}, "
        f"which is much beside how its values differ (standard deviation {number(spread)}): what "
        "lies within a step is one value to it. Take the smallest value away from all, or train a "
        "Gradient boosting."
        for name, (step, spread) in coarse
        if step > COARSE * spread > 0
    )


def _numbers_of(values: pd.Series) -> Floats:
    return pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)


def _not_default(asked: dict[str, Any]) -> dict[str, Any]:
    defaults = {"family": "xgboost", "task": None, "positive": None, "objective": None,
                "quantile": 0.5, "tweedie_power": 1.5, "class_weight": None,
                "early_stopping": False, "test_share": 0.25, "seed": 0}  # fmt: skip
    return {
        k: v for k, v in asked.items() if k not in defaults or v != defaults[k] or k == "family"
    }
