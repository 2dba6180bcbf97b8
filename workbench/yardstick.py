"""The yardstick: a linear model of the same columns, learned from the same rows.

A model whose bends and interactions tell nothing more of rows it has not seen is not worth being
read for them. So every model is judged beside a linear one as well as beside none at all.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .fitting import fit
from .model import FittedModel
from .models import FAMILIES
from .progress import Progress, silent
from .settings import filled_in

#: The family every other one is held to, with its defaults.
YARDSTICK = "linear"
_KEPT = "_yardstick"


def yardstick(model: FittedModel, progress: Progress = silent) -> FittedModel | None:
    """A linear model (ridge, or logistic; of the same quantile where one is predicted) trained on
    the model's own training rows and columns.

    Trained once and kept with the model. None for a model that is one itself, and where the
    training rows lack a class.
    """
    if model.family.name == YARDSTICK or not _has_every_class(model):
        return None
    kept: FittedModel | None = vars(model).get(_KEPT)
    if kept is None:
        kept = _trained(model, progress)
        vars(model)[_KEPT] = kept  # as a cached property does
    return kept


def _trained(model: FittedModel, progress: Progress) -> FittedModel:
    family, rows = FAMILIES[YARDSTICK], model.split.train
    settings = filled_in(family.settings, {})
    estimator = fit(
        family,
        model.learning(model.seed),
        settings,
        model.transform.inputs(model.transform.codes(model.data.frame.iloc[rows])),
        model.target.y[rows],
        model.training.weights(model.data, model.target, rows),
        progress,
    )
    return replace(
        model, estimator=estimator, family=family, settings=settings, notes=(), losses=None
    )


def _has_every_class(model: FittedModel) -> bool:
    learned = model.target.y[model.split.train]
    return model.task == "regression" or len(np.unique(learned)) == len(model.classes)
