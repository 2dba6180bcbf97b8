"""The same recipe learned again from other rows: what another sample would have taught."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .fitting import fit
from .model import FittedModel
from .progress import Progress, silent
from .split import Rows


def refit(model: FittedModel, rows: Rows, seed: int, progress: Progress = silent) -> FittedModel:
    """The model's family and settings, trained on these rows of its table with the same transform,
    each with its weight.

    `rows` may hold a row more than once. What was held out stays held out.
    """
    codes = model.transform.inputs(model.transform.codes(model.data.frame.iloc[rows]))
    weights = model.training.weights(model.data, model.target, rows)
    estimator = fit(model.family, model.learning(seed), model.settings, codes,
                    model.target.y[rows], weights, progress)  # fmt: skip
    return replace(model, estimator=estimator, split=replace(model.split, train=rows), seed=seed,
                   losses=None)  # fmt: skip


def bootstrap_rows(model: FittedModel, seed: int) -> Rows:
    """As many training rows as there are, drawn with replacement: whole groups where a column has
    the role group, within each class where there are classes (so that none is lost).

    Source: Efron & Tibshirani, "An Introduction to the Bootstrap" (1993).
    """
    rng = np.random.default_rng(seed)
    train = model.split.train
    group = model.data.with_role("group")
    if group:
        _, code = np.unique(model.data.frame[group[0]].iloc[train].astype(str), return_inverse=True)
        members = [train[code == g] for g in range(code.max() + 1)]
        return np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))])
    if model.task == "regression":
        return rng.choice(train, len(train))
    y = model.target.y[train]
    return np.concatenate([rng.choice(train[y == c], (y == c).sum()) for c in np.unique(y)])
