"""One way of looking at a time, and only that one is computed."""

import pytest

from tests.pages.conftest import Dashboard, model_of
from ui import run
from ui.state import Choice


def test_only_the_chosen_way_is_computed(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("importance")
    names = {key[0] for key in run.CACHE._kept}
    assert "interpret.permutation_importance" in names
    assert "interpret.shap_values" not in names
    dashboard.app.segmented_control(key=Choice.VIEW).set_value("interpret.shap_values").run()
    dashboard.sound()
    assert "interpret.shap_values" in {key[0] for key in run.CACHE._kept}
    assert dashboard.figures == 1


def test_all_shuffles_are_a_setting_on_the_page(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("importance")
    assert "each column was shuffled 5 times" in dashboard.text
    label = "Some shuffles drawn at random, or the exact average over all there are"
    dashboard.choose(label, "all")
    assert dashboard.figures == 1
    assert "the exact average over every shuffle" in dashboard.text


def test_a_table_of_many_values_is_computed_on_after_a_click(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "MOST_CELLS_AT_ONCE", 10)
    dashboard.use(model_of("regression")).go("importance")
    assert dashboard.figures == 0
    assert dashboard.press("Compute").figures == 1
