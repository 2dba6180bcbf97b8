"""The search on the Model page: its budget, what it found, and the model trained with it."""

import pytest

from tests.pages.conftest import Dashboard, data_of
from ui.state import SETTING, Key
from ui.tuning import Keeping
from workbench import Tuning, tune


def opened(dashboard: Dashboard, task: str, family: str) -> Dashboard:
    dashboard.open(data_of(task)).go("model").choose("Kind of model", family)
    dashboard.app.session_state["tuning"] = True
    dashboard.app.session_state[f"{SETTING}tuning.trials"] = 6
    dashboard.app.session_state[f"{SETTING}tuning.folds"] = 3
    dashboard.app.run()
    return dashboard.sound()


def test_the_best_settings_fill_the_form_and_train(dashboard: Dashboard) -> None:
    opened(dashboard, "binary", "xgboost").press("Search")
    assert "6 trials of XGBoost" in dashboard.text
    assert dashboard[Key.MODEL] is None
    dashboard.press("Train with these settings")
    model = dashboard[Key.MODEL]
    best = tune(data_of("binary"), "xgboost", trials=6, folds=3).best_settings
    assert model.settings.items() >= best.items()
    rounds = dashboard.app.number_input(key=f"{SETTING}xgboost.n_estimators")
    assert rounds.value == best["n_estimators"] != 200
    assert "Tuned against default" in dashboard.text
    assert "rows it has not seen" in dashboard.text


def test_defaults_that_are_kept_are_said_to_be_and_stand_beside_nothing(
    dashboard: Dashboard,
) -> None:
    opened(dashboard, "binary", "decision_tree").press("Search")
    assert "Best settings: the defaults, which are kept" in dashboard.text
    dashboard.press("Train with these settings")
    assert dashboard[Key.MODEL] is not None
    assert "Tuned against default" not in dashboard.text


def test_a_search_is_pinned_and_carries_its_python(dashboard: Dashboard) -> None:
    opened(dashboard, "regression", "decision_tree").press("Search").press("Pin to report")
    (result,) = dashboard[Key.PINNED]
    assert isinstance(result, Tuning)
    assert "tune(data, family='decision_tree', trials=6, folds=3" in result.provenance.script.text


class Click(BaseException):
    """What Streamlit raises in the call that draws."""


@pytest.mark.parametrize("drawn", [lambda _: None, lambda _: click()])
def test_a_click_keeps_the_best_so_far_and_is_not_lost(drawn) -> None:
    keeping = Keeping()
    calls: list[float] = []

    def bar(share: float, what: str = "", /) -> None:
        calls.append(share)
        if share > 0.6:
            click()

    found = keeping.best(
        lambda: tune(
            data_of("binary"), "decision_tree", trials=6, folds=3,
            progress=keeping.when(bar), watch=keeping.when(drawn),
        )
    )  # fmt: skip
    assert found.ended_early
    assert 1 <= len(found.frame) < 6
    assert isinstance(keeping.click, Click)


def test_a_click_before_anything_was_found_is_the_click_itself() -> None:
    keeping = Keeping()
    with pytest.raises(Click):
        keeping.best(
            lambda: tune(
                data_of("binary"),
                "decision_tree",
                trials=6,
                progress=keeping.when(lambda *_: click()),
            )
        )


def click() -> None:
    raise Click
