"""The peers' ways to SHAP values, shared by the SHAP tasks. The base is left out of answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..contender import Answer, Contender
from ..world import World


def in_order(values: Any) -> Answer:
    """(rows, classes, …) to (rows, …, classes), as all answers are compared."""
    return np.moveaxis(np.asarray(values), 1, -1)


def xgboost_contributions(world: World) -> Answer:
    """XGBoost's own path-dependent values."""
    import xgboost

    rows = xgboost.DMatrix(world.values, feature_types=world.model.feature_types,
                           enable_categorical=True)  # fmt: skip
    found = world.model.get_booster().predict(rows, pred_contribs=True)[..., :-1]
    return in_order(found) if found.ndim == 3 else np.asarray(found)


def xgboost_interactions(world: World) -> Answer:
    """XGBoost's own path-dependent interaction values."""
    import xgboost

    rows = xgboost.DMatrix(world.values, feature_types=world.model.feature_types,
                           enable_categorical=True)  # fmt: skip
    found = world.model.get_booster().predict(rows, pred_interactions=True)[..., :-1, :-1]
    return in_order(found) if found.ndim == 4 else np.asarray(found)


def shap_path_dependent(world: World) -> Answer:
    """shap, which weighs by what flowed through the nodes in training."""
    import shap

    return np.asarray(shap.TreeExplainer(world.model).shap_values(world.values))


def shap_interactions(world: World) -> Answer:
    """shap's interaction values."""
    import shap

    return np.asarray(shap.TreeExplainer(world.model).shap_interaction_values(world.values))


def shap_interventional(world: World) -> Answer:
    """shap beside a background, all of it: without `max_samples` it takes 100 rows in silence."""
    import shap

    background = shap.maskers.Independent(world.background, max_samples=len(world.background))
    explainer = shap.TreeExplainer(world.model, background, feature_perturbation="interventional")
    return np.asarray(explainer.shap_values(world.values))


def woodelf_path_dependent(world: World) -> Answer:
    """woodelf without a background."""
    from woodelf import WoodelfExplainer

    return np.asarray(WoodelfExplainer(world.model).shap_values(world.frame, verbose=False))


def woodelf_interventional(world: World) -> Answer:
    """woodelf beside a background."""
    from woodelf import WoodelfExplainer

    explainer = WoodelfExplainer(world.model, world.background_frame)
    return np.asarray(explainer.shap_values(world.frame, verbose=False))


def woodelf_interactions(world: World) -> Answer:
    """woodelf's interaction values, off the diagonal; it takes them once more for the diagonal."""
    from woodelf import WoodelfExplainer

    explainer = WoodelfExplainer(world.model)
    return np.asarray(explainer.shap_interaction_values(world.frame, verbose=False))


def newest(contender: Contender) -> Contender:
    """The same in the environment with the newest releases."""
    return replace(contender, name=f"{contender.name}, newest", venv="newest")


def xgboost(run: Any, seconds: float) -> Contender:
    """XGBoost of the project's own environment."""
    return Contender("XGBoost", run, ("xgboost",), ("xgboost-cpu",), seconds=seconds)


def shap(run: Any, seconds: float) -> Contender:
    """shap of the project's own environment."""
    return Contender("shap", run, ("shap",), ("shap", "xgboost-cpu"), seconds=seconds)


def woodelf(run: Any, seconds: float) -> Contender:
    """woodelf, whose package is called woodelf-explainer."""
    return Contender(
        "woodelf", run, ("woodelf",), ("woodelf-explainer", "xgboost-cpu"), "peers", seconds
    )
