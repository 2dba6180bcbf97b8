"""A model that was fitted elsewhere, taken in: every explanation works on it as on our own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .column_kinds import Kind
from .dataset import Dataset, Role
from .errors import DataError, ModelError, ParameterError
from .metrics import Task
from .model import FittedModel
from .models.adopted import Adopted, family_of, values_of
from .script import Name
from .split import Rows, Split, split
from .target import Target, read_target
from .transform import Transform, level_names

#: Rows that are called held out where nobody says which the model has learned from.
TEST_SHARE = 0.25
NOT_KNOWN = (
    "Which rows the model learned from is not known: a quarter of the table is called held out, "
    "and if the model has seen it, it looks better than it is. Say it with learned_from=…"
)


def adopt(
    estimator: Any,
    data: Dataset,
    *,
    learned_from: Sequence[int] | NDArray[Any] | None = None,
    positive: str | None = None,
    seed: int = 0,
) -> FittedModel:
    """A fitted estimator or pipeline of scikit-learn, XGBoost or LightGBM as a model of this
    project, with the table it is explained on.

    The table's columns are those the estimator takes, as it takes them: text, pandas categories
    and missing values go to it unchanged. Trees that split on these columns themselves are
    explained exactly; everything else by asking the estimator. `learned_from` says which rows it
    was fitted on (row numbers, or True and False per row); the others count as held out. Without
    it a quarter is called held out, at random, and the notes say so. `positive` is the positive
    one of two classes, by default the estimator's second.

    Raises `ModelError` for what is not a fitted estimator or has no probabilities, `DataError`
    where the table's columns or classes are not the estimator's.
    """
    _require_fitted(estimator)
    task = _task(estimator)
    ready = _with_features(estimator, data)
    target = read_target(ready, task, positive or _second(estimator, task))
    rows = np.flatnonzero(~np.isnan(target.y))
    parts, notes = _parts(ready, rows, target, learned_from, seed)
    transform = Transform.fit(ready, dates_as_they_are=True)
    adopted = Adopted(
        own=estimator,
        columns=transform.columns,
        values=values_of(ready.frame, transform),
        takes_table=hasattr(estimator, "feature_names_in_") or not _is_numeric(ready),
        classes=_places(estimator, target),
    )
    model = FittedModel(
        estimator=adopted,
        transform=transform,
        family=family_of(adopted),
        settings={},
        target=target,
        data=ready,
        split=parts,
        seed=seed,
        notes=(*target.notes, *notes),
        script=data.script.then("model", "workbench", "adopt", Name("my_estimator"),
                                Name(data.script.name)),
    )  # fmt: skip
    return replace(model, settings={"predictions": _digest(model)})


def _require_fitted(estimator: Any) -> None:
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    kind = type(estimator).__name__
    if not hasattr(estimator, "predict") or not hasattr(estimator, "fit"):
        raise ModelError(
            f"A {kind} cannot be adopted: it has no fit and predict of scikit-learn's kind.",
            "Give a fitted estimator or pipeline; for an XGBoost Booster, load it into an "
            "XGBRegressor or XGBClassifier first.",
        )
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        raise ModelError(f"This {kind} is not fitted.", "Fit it before it is adopted.") from error


def _task(estimator: Any) -> Task:
    from sklearn.base import is_classifier

    if not is_classifier(estimator):
        return "regression"
    if not hasattr(estimator, "predict_proba"):
        raise ModelError(
            f"A {type(estimator).__name__} gives classes and no probabilities.",
            "Wrap it in scikit-learn's CalibratedClassifierCV, which makes probabilities of it.",
        )
    return "binary" if len(estimator.classes_) == 2 else "multiclass"


def _second(estimator: Any, task: Task) -> str | None:
    return _class_names(estimator)[1] if task == "binary" else None


def _class_names(estimator: Any) -> list[str]:
    return list(level_names(pd.Series(np.asarray(estimator.classes_))))


def _with_features(estimator: Any, data: Dataset) -> Dataset:
    """The table with the estimator's columns as its features, in the estimator's order."""
    if data.target is None:
        raise DataError(f"{data.name} has no target.", "Say which column is predicted: target='…'.")
    names = getattr(estimator, "feature_names_in_", None)
    wanted = data.features if names is None else tuple(str(name) for name in names)
    absent = [name for name in wanted if name not in data.columns]
    if absent:
        raise DataError(
            f"The estimator was fitted on {', '.join(map(repr, absent))}, which {data.name} lacks.",
            "Bring the table as the estimator takes it.",
        )
    expected = getattr(estimator, "n_features_in_", len(wanted))
    if len(wanted) != expected:
        raise DataError(
            f"The estimator takes {expected} columns; {data.name} has {len(wanted)} features.",
            "Give every other column the role 'ignore'.",
        )
    return _in_order(data, wanted)


def _in_order(data: Dataset, wanted: tuple[str, ...]) -> Dataset:
    others = tuple(c for c in data.columns if c not in wanted)
    roles: dict[str, Role] = dict.fromkeys(wanted, "feature")
    roles |= {c: "ignore" for c in others if data.roles[c] == "feature"}
    # a number that was taken for an identifier is one to the estimator
    kinds: dict[str, Kind] = {
        c: "number"
        for c in wanted
        if data.kinds[c] == "identifier" and pd.api.types.is_numeric_dtype(data.frame[c])
    }
    return replace(
        data,
        frame=data.frame[[*wanted, *others]],
        kinds={**data.kinds, **kinds},
        roles={**data.roles, **roles},
    )


def _is_numeric(data: Dataset) -> bool:
    return all(data.kinds[c] in ("number", "boolean") for c in data.features)


def _parts(
    data: Dataset, rows: Rows, target: Target, learned_from: Any, seed: int
) -> tuple[Split, tuple[str, ...]]:
    if learned_from is None:
        parts = split(data, rows, target.y[rows], target.task, TEST_SHARE, seed)
        return parts, (NOT_KNOWN,)
    given = np.asarray(learned_from)
    mask = np.zeros(len(data), dtype=bool)
    if given.dtype == bool and given.shape != mask.shape:
        raise ParameterError(
            f"learned_from has {given.size} entries for {len(data)} rows.",
            "Give True or False for every row, or row numbers.",
        )
    if given.dtype != bool and given.size and not 0 <= given.min() <= given.max() < len(data):
        raise ParameterError(
            f"learned_from names row {int(given.max() if given.min() >= 0 else given.min())}; "
            f"{data.name} has the rows 0 to {len(data) - 1}.",
            "Give row numbers of this table.",
        )
    mask[given] = True
    train, test = rows[mask[rows]], rows[~mask[rows]]
    if not len(train) or not len(test):
        raise ParameterError(
            f"learned_from leaves {len(test)} rows held out and {len(train)} learned from.",
            "Bring rows of both kinds: a model is judged by rows it has not seen.",
        )
    return Split(train, test, f"the {len(test):,} rows it has not learned from"), ()


def _places(estimator: Any, target: Target) -> tuple[int, ...]:
    """Where the estimator has each of the target's classes."""
    if target.task == "regression":
        return ()
    own = _class_names(estimator)
    if set(own) != set(target.classes):
        raise DataError(
            f"The estimator's classes are {', '.join(map(repr, own[:8]))}; '{target.name}' holds "
            f"{', '.join(map(repr, target.classes[:8]))}.",
            "Bring the target as the estimator was fitted on it.",
        )
    return tuple(own.index(name) for name in target.classes)


def _digest(model: FittedModel) -> str:
    """Two models that say different things are different, whatever they are called."""
    answers = model.response(model.transform.codes(model.data.frame))
    return hashlib.blake2b(answers.tobytes(), digest_size=12).hexdigest()
