"""The column, class and scale of a curve are chosen, and what cannot be is told."""

from tests.pages.conftest import Dashboard, model_of
from ui.state import Choice


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
