"""Models stay as they are trained; the page compares those that can be compared."""

from functools import cache

import pytest

from tests.pages.conftest import Dashboard, data_of
from ui import state
from ui.state import Choice, Key, Shelved
from workbench import METHODS, FittedModel, ModelSet, methods_of, train

VIEWS = {
    "regression": ("compare_models", "agreement", "prediction_differences", "difference_row"),
    "binary": ("compare_models", "compared_curves", "agreement", "prediction_differences",
               "difference_row"),
    "multiclass": ("compare_models", "compared_curves", "agreement", "prediction_differences",
                   "difference_row"),
}  # fmt: skip


@cache
def models(task: str) -> tuple[FittedModel, ...]:
    data = data_of(task)
    return (
        train(data, n_estimators=40), train(data, "decision_tree"),
        train(data, n_estimators=40, max_depth=2), train(data, "decision_tree", seed=1),
    )  # fmt: skip


def shelved(dashboard: Dashboard, *kept: FittedModel) -> Dashboard:
    dashboard.use(kept[0])
    dashboard.app.session_state[Key.SHELF] = tuple(
        Shelved(model, at, 1) for at, model in enumerate(kept)
    )
    return dashboard


CASES = [(task, name) for task, names in VIEWS.items() for name in names]


@pytest.mark.parametrize("task", VIEWS)
def test_what_fits_the_target_is_offered(task: str) -> None:
    offered = methods_of("compare", ModelSet.of(models(task)[:2]))
    assert {each.name.rpartition(".")[2] for each in offered} == set(VIEWS[task])


@pytest.mark.parametrize(("task", "view"), CASES)
def test_every_way_of_looking_is_a_picture(dashboard: Dashboard, task: str, view: str) -> None:
    shelved(dashboard, *models(task)[:3]).go("compare")
    name = next(each for each in METHODS if each.endswith(f".{view}"))
    dashboard.app.segmented_control(key=Choice.COMPARED).set_value(name).run()
    assert dashboard.sound().figures == 1
    assert dashboard.warnings == ""


def test_one_model_has_no_other_and_the_way_to_one_is_shown(dashboard: Dashboard) -> None:
    shelved(dashboard, models("binary")[0]).go("compare")
    assert "There is one model so far." in dashboard.text
    assert "Train another model" in [link.label for link in dashboard.app.page_link]


def test_models_with_other_rows_held_out_are_refused_in_a_sentence(dashboard: Dashboard) -> None:
    first, *_, other = models("binary")
    shelved(dashboard, first, other).go("compare")
    assert "what one has learned from, the other is judged on" in dashboard.warnings
    assert dashboard.figures == 0


def test_the_trained_models_stay_and_one_is_in_use(dashboard: Dashboard) -> None:
    dashboard.open(data_of("binary")).go("model").press("Train")
    first = dashboard[Key.MODEL]
    dashboard.choose("Kind of model", "decision_tree").press("Train")
    assert [each.model.family.name for each in dashboard[Key.SHELF]] == ["xgboost", "decision_tree"]
    dashboard.press("Use")
    assert dashboard[Key.MODEL] is first
    dashboard.press("Train")  # the same once more is no other model
    assert len(dashboard[Key.SHELF]) == 2


def test_removing_takes_one_off_but_never_the_one_in_use(dashboard: Dashboard) -> None:
    kept = models("binary")[:2]
    shelved(dashboard, *kept).go("quality")
    buttons = [button for button in dashboard.app.button if button.label == "Remove"]
    assert [button.disabled for button in buttons] == [True, False]
    buttons[1].click().run()
    assert [each.model for each in dashboard.sound()[Key.SHELF]] == [kept[0]]


def test_the_shelf_is_bounded_and_says_what_left_it(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "MOST_MODELS", 2)
    shelved(dashboard, *models("binary")[:2]).go("model")
    dashboard.choose("Kind of model", "random_forest").press("Train")
    assert [each.model.family.name for each in dashboard[Key.SHELF]] == [
        "decision_tree", "random_forest",
    ]  # fmt: skip
    assert "the oldest made room (XGBoost)" in dashboard.text


def test_other_data_have_other_models(dashboard: Dashboard) -> None:
    shelved(dashboard, *models("binary")[:2]).go("data")
    dashboard.press("Open Progress of diabetes")
    assert not dashboard[Key.SHELF]
    assert "The models belonged to the former state of the data" in dashboard.text


def test_from_the_row_they_differ_most_in_to_the_reason(dashboard: Dashboard) -> None:
    shelved(dashboard, *models("binary")[:2]).go("compare")
    dashboard.app.segmented_control(key=Choice.COMPARED).set_value(
        "workbench.prediction_differences"
    ).run()
    (button,) = [b for b in dashboard.app.button if b.label.startswith("Why they differ most")]
    button.click().run()
    row = int(button.label.rpartition(" ")[2])
    assert f"Row {row}: " in dashboard.sound().text
    assert "moves it most" in dashboard.text
