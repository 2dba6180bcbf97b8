"""The training form as it was when a model was trained, so that training starts from there."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from workbench import FAMILIES, FittedModel, uncalibrated
from workbench.models.adopted import Adopted
from workbench.settings import Setting

from . import controls, state, stopping
from .model import Recipe
from .state import SETTING

#: The form's slider goes from here to there.
LEAST_SHARE, MOST_SHARE = 0.1, 0.5


def recipe_of(model: FittedModel) -> Recipe | None:
    """What a model was trained with, as the form would ask for it; None for one that was fitted
    elsewhere, or with something this form does not have."""
    plain = uncalibrated(model)
    asked = _asked(plain)
    share = plain.training.test_share
    if isinstance(plain.estimator, Adopted) or asked is None:
        return None
    if not LEAST_SHARE <= share <= MOST_SHARE:
        return None
    return Recipe(
        plain.family.name, plain.task, plain.positive, share, plain.seed,
        plain.training.early_stopping, asked, _changed(plain),
    )  # fmt: skip


def fill(model: FittedModel) -> Hashable:
    """Fills the form with the recipe of a model, and gives the key of that training; None where
    the form cannot hold it, and then it stays as it is."""
    recipe = recipe_of(model)
    if recipe is None:
        return None
    values = {
        "family": recipe.family,
        "task": recipe.task,
        "positive": recipe.positive,
        "test_share": recipe.test_share,
        "seed": recipe.seed,
        "class_weight": "class_weight" in recipe.asked,
        f"objective.{recipe.family}": recipe.asked.get("objective", "squared"),
        **{name: recipe.asked[name] for name in ("quantile", "tweedie_power")
           if name in recipe.asked},
    }  # fmt: skip
    for name, value in values.items():
        state.choose(f"{SETTING}{name}", value)
    state.choose(stopping.KEY, recipe.early_stopping)
    for setting in FAMILIES[recipe.family].settings:
        value = recipe.settings.get(setting.name, setting.default)
        state.choose(controls.key_of(recipe.family, setting.name), value)
    return recipe.key(model.data)


def _asked(model: FittedModel) -> dict[str, Any] | None:
    """What was asked besides the settings; None where classes have weights of their own."""
    training = model.training
    if model.task != "regression":
        if training.class_weight not in (None, "balanced"):
            return None
        return {"class_weight": "balanced"} if training.class_weight else {}
    level = {"quantile": {"quantile": training.quantile},
             "tweedie": {"tweedie_power": training.tweedie_power}}  # fmt: skip
    if training.objective == "squared":
        return {}
    return {"objective": training.objective, **level.get(training.objective, {})}


def _changed(model: FittedModel) -> dict[str, Any]:
    """The settings that are not the defaults, without what early stopping found."""
    found = stopping.found_by_it(model.family, model.training.early_stopping)
    values = {s.name: _as_in_form(s, model.settings[s.name])
              for s in model.family.settings if s.name not in found}  # fmt: skip
    return {s.name: values[s.name] for s in model.family.settings
            if s.name in values and values[s.name] != s.default}  # fmt: skip


def _as_in_form(setting: Setting, value: Any) -> Any:
    """3 is 3.0 where the form takes broken numbers."""
    return float(value) if setting.kind == "float" and value is not None else value
