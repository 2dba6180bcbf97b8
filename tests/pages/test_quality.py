"""What fits the target is offered, one way of looking at a time, and settings reach the picture."""

import ast

import pytest

from tests.pages.conftest import Dashboard, computed, model_of
from ui import run
from ui.state import SETTING, Choice
from workbench import METHODS, cutoff_costs, methods_of, operating_point

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
    assert len(computed()) <= 3  # it, the first one, and what their cutoff does


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


LINKED = [
    name
    for name in (each.name for each in methods_of("quality", model_of("binary")))
    if any(setting.name == "cutoff" for setting in METHODS[name].settings)
]


def slide(dashboard: Dashboard, key: Choice, value: float) -> Dashboard:
    dashboard.app.slider(key=key).set_value(value).run()
    return dashboard.sound()


def given(view: str) -> dict:
    """The settings a view was last computed with."""
    return dict(ast.literal_eval([key for key in run.CACHE._kept if key[0] == view][-1][3]))


def test_one_cutoff_is_that_of_every_picture(dashboard: Dashboard) -> None:
    look(dashboard.use(model_of("binary")).go("quality"), LINKED[0])
    slide(dashboard, Choice.CUTOFF, 0.275)
    for view in LINKED:
        look(dashboard, view)
        assert given(view)["cutoff"] == 0.275
        assert "At a cutoff of 0.275 on" in dashboard.text
    assert len(LINKED) == 9


def test_a_share_of_the_rows_is_the_cutoff_that_calls_them(dashboard: Dashboard) -> None:
    model = model_of("binary")
    look(dashboard.use(model).go("quality"), "workbench.confusion_matrix")
    dashboard.app.segmented_control(key=Choice.CUT_BY).set_value("share").run()
    slide(dashboard.sound(), Choice.SHARE, 0.2)
    expected = operating_point(model, share=0.2)
    assert given("workbench.confusion_matrix")["cutoff"] == expected.cutoff
    assert "(20%) are called" in dashboard.text


def test_the_cheapest_cutoff_is_one_click_and_follows_the_costs(dashboard: Dashboard) -> None:
    model = model_of("binary")
    look(dashboard.use(model).go("quality"), "workbench.cutoff_costs")
    dashboard.choose("What a miss costs", 9.0).press("The cheapest cutoff")
    frame = cutoff_costs(model, cost_miss=9.0).frame.query("part == 'test'")
    slider = dashboard.app.slider(key=Choice.CUTOFF).value
    shown = cutoff_costs(model, cost_miss=9.0, cutoff=slider).frame.query("part == 'test'")
    assert shown.loc[shown["is_asked"], "cost"].item() == frame["cost"].min()
    assert look(dashboard, "workbench.roc_curve").app.slider(key=Choice.CUTOFF).value == slider


def test_one_class_of_several_has_a_cutoff_and_all_of_them_have_none(dashboard: Dashboard) -> None:
    look(dashboard.use(model_of("multiclass")).go("quality"), "workbench.confusion_matrix")
    assert not dashboard.app.slider
    dashboard.choose("The class that is to be found", "high")
    slide(dashboard, Choice.CUTOFF, 0.9)
    assert "at a cutoff of 0.9" in dashboard.text
    assert given("workbench.confusion_matrix")["target_class"] == "high"
    assert given("workbench.confusion_matrix")["cutoff"] == 0.9
