"""What fits the target is offered, one way of looking at a time, and settings reach the picture."""

import pytest

from tests.pages.conftest import Dashboard, computed, model_of
from ui.state import SETTING, Choice
from workbench import methods_of

CASES = [
    (task, each.name)
    for task in ("regression", "binary", "multiclass")
    for each in methods_of("quality", model_of(task))
]


def look(dashboard: Dashboard, view: str) -> Dashboard:
    dashboard.app.segmented_control(key=Choice.JUDGED).set_value(view).run()
    return dashboard.sound()


@pytest.mark.parametrize(("task", "view"), CASES)
def test_every_way_of_looking_is_a_picture(dashboard: Dashboard, task: str, view: str) -> None:
    look(dashboard.use(model_of(task)).go("quality"), view)
    assert dashboard.figures == 1
    assert dashboard.warnings == ""
    assert view in computed()
    assert len(computed()) <= 2  # it and the first one


@pytest.mark.parametrize(("task", "first", "absent"), [
    ("binary", "workbench.roc_curve", "Residuals"),
    ("regression", "workbench.predicted_against_observed", "ROC curve"),
])  # fmt: skip
def test_only_what_fits_the_target_is_offered(
    dashboard: Dashboard, task: str, first: str, absent: str
) -> None:
    dashboard.use(model_of(task)).go("quality")
    control = dashboard.app.segmented_control(key=Choice.JUDGED)
    assert control.value == first
    assert absent not in control.options


def test_a_choice_made_for_classes_does_not_outlive_them(dashboard: Dashboard) -> None:
    look(dashboard.use(model_of("binary")).go("quality"), "workbench.lift_curve")
    dashboard.use(model_of("regression")).go("quality")
    control = dashboard.app.segmented_control(key=Choice.JUDGED)
    assert control.value == "workbench.predicted_against_observed"
    assert dashboard.figures == 1


def test_the_rows_learned_from_are_a_choice_and_a_doubt(dashboard: Dashboard) -> None:
    dashboard.use(model_of("binary")).go("quality")
    assert "has learned from these rows" not in dashboard.text
    dashboard.choose("Rows the model is judged on", "train")
    assert "has learned from these rows" in dashboard.text


def test_the_class_and_the_costs_reach_the_picture(dashboard: Dashboard) -> None:
    look(dashboard.use(model_of("multiclass")).go("quality"), "workbench.cutoff_costs")
    dashboard.choose("The class that is to be found", "high")
    dashboard.choose("What a miss costs", 4.0)
    assert "target = high" in dashboard.text
    assert "the cheapest cutoff is 0.2" in dashboard.text


def test_residuals_against_a_column(dashboard: Dashboard) -> None:
    look(dashboard.use(model_of("regression")).go("quality"), "workbench.residuals")
    key = f"{SETTING}workbench.residuals.against"
    for column in ("나이", "![i](http://x/y.png) :red[a]"):
        dashboard.app.selectbox(key=key).set_value(column).run()
        assert column in dashboard.sound().text
        assert dashboard.figures == 1


@pytest.mark.parametrize(("task", "asked"), [("binary", True), ("multiclass", False)])
def test_a_cutoff_is_asked_for_where_there_are_two_classes(
    dashboard: Dashboard, task: str, asked: bool
) -> None:
    look(dashboard.use(model_of(task)).go("quality"), "workbench.confusion_matrix")
    label = "Of two classes, the chance from which the positive one is said"
    assert (label in [each.label for each in dashboard.app.number_input]) == asked
    if asked:
        assert "at a cutoff of 0.9" in dashboard.choose(label, 0.9).text
