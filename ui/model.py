"""The form that trains a model: target, task, family, settings; and the training itself."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from workbench import FAMILIES, METHODS, Dataset, FittedModel, train
from workbench.metrics import Task
from workbench.models import Family
from workbench.target import Target, read_target

from . import controls, run, state, stopping, training
from .columns import choose_target
from .errors import told
from .state import SETTING
from .text import markdown_safe

TASKS: dict[Task, str] = {
    "regression": "A number",
    "binary": "One of two classes",
    "multiclass": "One of several classes",
}
FAMILY_SHOWN_FIRST = "xgboost"


@dataclass(frozen=True)
class Recipe:
    """Everything `train` is called with, but for the data."""

    family: str
    task: Task | None
    positive: str | None
    test_share: float
    seed: int
    early_stopping: bool = False
    asked: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def key(self, data: Dataset) -> Hashable:
        """What makes two trainings the same."""
        return run.key_of("workbench.train", data, {**vars(self)})


def recipe(data: Dataset) -> Recipe | None:
    """The form; None where the target cannot be learned, which is told."""
    target = _target(data)
    if target is None:
        return None
    family = _family()
    stops = stopping.asked(family)
    found = stopping.found_by_it(family, stops)
    settings = controls.rest(family.settings, data, family.name, found)
    left, right, third = st.columns(3)
    share = left.slider(
        "Share of the rows held out to test on", 0.1, 0.5, 0.25, 0.05, format="percent",
        key=f"{SETTING}test_share", persist_state="session",
        help="The model never sees them in training, so they show how good it is. `test_share`",
    )  # fmt: skip
    seed = right.number_input(
        "Seed", 0, 2**31 - 1, 0, key=f"{SETTING}seed", persist_state="session",
        help="The same seed holds out the same rows and trains the same model. `seed`",
    )  # fmt: skip
    with third:
        asked = training.asked(target, family)
    defaults = {s.name: s.default for s in family.settings}
    changed = {name: value for name, value in settings.items() if value != defaults[name]}
    return Recipe(family.name, _task(), _positive(target), share, int(seed), stops, asked, changed)


def _target(data: Dataset) -> Target | None:
    """What the target is, with the questions it raises: the task, and which class is positive."""
    left, middle, right = st.columns(3)
    with left:
        choose_target(data, "model.target")
    if data.target is None:
        return None
    with middle:
        st.selectbox(
            "Kind of target", list(TASKS), index=None, format_func=TASKS.__getitem__,
            placeholder="Found out from the values", key=f"{SETTING}task", persist_state="session",
            help="`task` in Python",
        )  # fmt: skip
    found: Target | None = None
    with told():
        found = read_target(data, _task())
    if found is not None and found.task == "binary":
        with right:
            _choose_positive(found)
    return found


def _choose_positive(target: Target) -> None:
    st.selectbox(
        "Positive class", sorted(target.classes), index=None, key=f"{SETTING}positive",
        placeholder=f"{target.classes[1]} (automatic)", persist_state="session",
        help="The class whose probability is predicted and explained. `positive` in Python",
    )  # fmt: skip


def _task() -> Task | None:
    chosen: Task | None = state.choice(f"{SETTING}task")
    return chosen


def _positive(target: Target) -> str | None:
    chosen: str | None = state.choice(f"{SETTING}positive") if target.task == "binary" else None
    return chosen


def _family() -> Family:
    names = [name for name, each in FAMILIES.items() if each.is_available]
    chosen = st.segmented_control(
        "Kind of model", names, default=FAMILY_SHOWN_FIRST, required=True,
        format_func=lambda name: FAMILIES[name].title, key=f"{SETTING}family",
        persist_state="session",
    )  # fmt: skip
    family = FAMILIES[chosen or FAMILY_SHOWN_FIRST]
    st.caption(markdown_safe(family.says))
    return family


def train_button(data: Dataset, asked: Recipe) -> None:
    """Trains on a click; says so where the form and the trained model have drifted apart."""
    key = asked.key(data)
    st.button("Train", key="train", type="primary", icon=":material/play_arrow:",
              on_click=state.ask, args=(key,))  # fmt: skip
    if state.was_asked(key):
        _train(data, asked, key)
    elif state.was_stopped(key):
        st.caption("Training was stopped. The settings are still here.")
    elif state.model() is not None and state.recipe() != key:
        st.caption("The settings above differ from those of the model below: train again.")


def _train(data: Dataset, asked: Recipe, key: Hashable) -> None:
    options = {k: v for k, v in vars(asked).items() if k not in ("asked", "settings")}
    model: FittedModel | None = run.compute(
        key, f"Training the {FAMILIES[asked.family].title}",
        lambda bar: train(data, **options, **asked.asked, **asked.settings, progress=bar),
    )  # fmt: skip
    if model is None:
        return
    state.keep_model(model, key)
    # known before the page is drawn again, so that the bar on top can say it
    quality = METHODS["workbench.model_quality"]
    state.ask(run.key_of(quality.name, model, {}))
    run.result(quality, model, {})
    st.rerun()
