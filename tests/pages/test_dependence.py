"""The column, class, scale and way of looking are chosen, and what cannot be is told."""

import pytest

import interpret  # noqa: F401 - registers the methods
from tests.pages.conftest import Dashboard, computed, model_of
from ui.state import Choice
from workbench import METHODS, methods_of

VIEWS = [each.name for each in methods_of("dependence")]


def look(dashboard: Dashboard, view: str) -> Dashboard:
    dashboard.app.segmented_control(key=Choice.CURVE).set_value(view).run()
    return dashboard.sound()


def test_another_column_another_curve(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("dependence")
    dashboard.choose("The column that is varied", "나이")
    assert "나이" in dashboard.text
    assert dashboard.figures == 1


def test_classes_can_be_chosen_where_there_are_several(dashboard: Dashboard) -> None:
    dashboard.use(model_of("multiclass")).go("dependence")
    dashboard.choose("The class whose output is shown", "high")
    assert "high" in dashboard.text


def test_a_scale_the_family_does_not_have_is_a_sentence(dashboard: Dashboard) -> None:
    dashboard.use(model_of("binary", "random_forest")).go("dependence")
    dashboard.choose("The prediction itself, or what boosted trees add up to", "margin")
    assert "no margin" in dashboard.warnings
    assert dashboard.app.selectbox(key=Choice.FEATURE).value is not None


@pytest.mark.parametrize("view", VIEWS)
def test_only_the_chosen_way_is_computed(dashboard: Dashboard, view: str) -> None:
    dashboard.use(model_of("regression")).go("dependence")
    assert computed() == {"interpret.partial_dependence"}
    look(dashboard, view)
    assert computed() == {"interpret.partial_dependence", view}
    assert dashboard.figures == 1


@pytest.mark.parametrize("view", VIEWS)
def test_a_column_is_asked_for_where_one_is_needed(dashboard: Dashboard, view: str) -> None:
    look(dashboard.use(model_of("binary")).go("dependence"), view)
    needs = any(setting.name == "feature" for setting in METHODS[view].settings)
    labels = [each.label for each in dashboard.app.selectbox]
    assert ("The column that is varied" in labels) == needs


def test_the_column_stays_when_the_way_of_looking_changes(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("dependence")
    dashboard.choose("The column that is varied", "나이")
    look(dashboard, "interpret.two_way_dependence")
    dashboard.choose("The column varied with it", "$x_1$ **bold**")
    assert "'나이' and '$x_1$ **bold**'" in dashboard.text
    assert dashboard.app.selectbox(key=Choice.FEATURE).value == "나이"


def test_two_equal_columns_are_refused_in_a_sentence(dashboard: Dashboard) -> None:
    look(dashboard.use(model_of("regression")).go("dependence"), "interpret.two_way_dependence")
    dashboard.choose("The column varied with it", dashboard.app.selectbox(key=Choice.FEATURE).value)
    assert "Choose another column to go with it" in dashboard.warnings
