"""What is measured: one small file per question."""

from __future__ import annotations

from ..contender import Task
from . import (
    accumulated_local_effects,
    individual_conditional_expectation,
    interaction,
    partial_dependence,
    partial_dependence_of_a_probability,
    permutation_importance,
    prediction,
    shap_interactions,
    shap_interventional,
    shap_path_dependent,
    surfaces,
)

#: In the order of the report.
TASKS: tuple[Task, ...] = (
    prediction.TASK,
    shap_path_dependent.TASK,
    shap_interventional.TASK,
    shap_interactions.TASK,
    shap_path_dependent.FOREST_TASK,
    partial_dependence.TASK,
    partial_dependence.FOREST_TASK,
    partial_dependence_of_a_probability.TASK,
    surfaces.TASK,
    interaction.TASK,
    individual_conditional_expectation.TASK,
    permutation_importance.TASK,
    accumulated_local_effects.TASK,
    accumulated_local_effects.EQUAL_WIDTHS,
)


def find(name: str) -> Task:
    """A task by its name."""
    return next(task for task in TASKS if task.name == name)


def chosen(words: str) -> tuple[Task, ...]:
    """The tasks whose names contain one of the words, `shap,accumulated`; all where empty."""
    wanted = [word for word in words.split(",") if word]
    found = tuple(t for t in TASKS if not wanted or any(word in t.name for word in wanted))
    if not found:
        raise SystemExit(f"No task is called {words}: there are {', '.join(t.name for t in TASKS)}")
    return found
