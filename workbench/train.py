"""Trains a model on a data set: raw columns in, an honest held-out part, nothing to prepare."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from .blocks import run_all
from .dataset import Dataset
from .errors import DataError, NotApplicable, ParameterError
from .metrics import Task
from .model import FittedModel
from .models import FAMILIES, Family, Learning
from .progress import Progress, silent
from .script import Name
from .settings import filled_in
from .split import Split, split
from .target import Target, read_target
from .transform import Floats, Transform

#: The fewest rows with a target that can be both learned from and tested on.
FEWEST_ROWS = 20


def train(
    data: Dataset,
    family: str = "xgboost",
    *,
    task: Task | None = None,
    positive: str | None = None,
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

    Raises `DataError` for a target that cannot be learned, `ParameterError` for a setting.
    """
    chosen = _family(family)
    values = filled_in(chosen.settings, settings)
    if not 0.05 <= test_share <= 0.9:
        raise ParameterError(f"test_share = {test_share} is not allowed.", "Use 0.05 to 0.9.")
    target, parts, transform = _prepare(data, task, positive, test_share, seed)
    estimator = chosen.build(Learning(target.task, transform.is_category, seed), **values)
    codes = transform.codes(data.frame.iloc[parts.train])
    fit_on_a_thread(chosen, estimator, codes, target.y[parts.train], progress)
    asked = {"family": family, "task": task, "positive": positive, "test_share": test_share,
             "seed": seed, **settings}  # fmt: skip
    return FittedModel(
        estimator=estimator,
        transform=transform,
        family=chosen,
        settings=values,
        target=target,
        data=data,
        split=parts,
        seed=seed,
        notes=_notes(data, target, parts, transform),
        script=data.script.then(
            "model", "workbench", "train", Name(data.script.name), **_not_default(asked)
        ),
    )


def _prepare(
    data: Dataset, task: Task | None, positive: str | None, test_share: float, seed: int
) -> tuple[Target, Split, Transform]:
    """What does not depend on the family: what is predicted, from which rows, and how coded."""
    _refuse_weights(data)
    target = read_target(data, task, positive)
    rows = np.flatnonzero(~np.isnan(target.y))
    _require_enough(data, len(rows))
    parts = split(data, rows, target.y[rows], target.task, test_share, seed)
    transform = Transform.fit(data.take(parts.train))
    if not transform.columns:
        raise DataError(
            f"Every feature of {data.name} is empty in the training rows.",
            "Bring columns that hold values.",
        )
    transform.codes(data.frame)  # what cannot be encoded is said now, not at the first explanation
    return target, parts, transform


def fit_on_a_thread(
    family: Family, estimator: Any, codes: Floats, y: Floats, progress: Progress
) -> None:
    """On a thread of its own, so that the person can stop waiting at any moment."""
    stop = threading.Event()

    def pulse(share: float, what: str = "", /) -> None:
        progress(share, what or f"Training the {family.title}")

    try:
        for _ in run_all(
            lambda _: family.fit(estimator, codes, y, stop), [None], progress=pulse, threads=1
        ):
            pass
    finally:
        stop.set()


def _family(name: str) -> Family:
    if name not in FAMILIES:
        raise ParameterError(
            f"family = {name!r} is not known.", f"Choose one of: {', '.join(FAMILIES)}."
        )
    return FAMILIES[name]


def _refuse_weights(data: Dataset) -> None:
    weights = data.with_role("weight")
    if weights:
        raise NotApplicable(
            f"'{weights[0]}' is a column of case weights, and training does not use weights yet.",
            "Give it the role 'ignore' to train without weights, knowing that the answer is then "
            "about the rows of the table and not about the population they were weighted to.",
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
    for column, levels in transform.unseen(data.frame.iloc[parts.test]).items():
        notes.append(
            f"'{column}' has {len(levels)} level{'s' if len(levels) > 1 else ''} in the held-out "
            f"rows that training did not see; they are treated as missing."
        )
    return tuple(notes)


def _not_default(asked: dict[str, Any]) -> dict[str, Any]:
    defaults = {"family": "xgboost", "task": None, "positive": None, "test_share": 0.25, "seed": 0}
    return {
        k: v for k, v in asked.items() if k not in defaults or v != defaults[k] or k == "family"
    }
