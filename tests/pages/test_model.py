"""Training: what is asked, what is told, and what happens when the data change."""

import numpy as np
import pandas as pd
import pytest

from tests.pages.conftest import ROWS, Dashboard, data_of, frame_of
from ui import run
from ui.state import Key
from workbench import Dataset


def test_training_gives_a_model_with_its_quality(dashboard: Dashboard) -> None:
    dashboard.open(data_of("binary")).go("model").choose("Kind of model", "decision_tree")
    dashboard.press("Train")
    model = dashboard[Key.MODEL]
    assert (model.family.name, model.positive) == ("decision_tree", "예")
    assert dashboard.figures == 1
    assert "ROC AUC" in dashboard.text


def test_the_positive_class_can_be_chosen(dashboard: Dashboard) -> None:
    dashboard.open(data_of("binary")).go("model").choose("Kind of model", "decision_tree")
    dashboard.choose("Positive class", "아니오").press("Train")
    assert dashboard[Key.MODEL].positive == "아니오"


def test_a_setting_reaches_the_model(dashboard: Dashboard) -> None:
    dashboard.open(data_of("regression")).go("model").choose("Kind of model", "decision_tree")
    dashboard.choose("The fewest rows in a leaf", 33).press("Train")
    assert dashboard[Key.MODEL].settings["min_samples_leaf"] == 33
    assert "min_samples_leaf=33" in dashboard[Key.MODEL].script.text


def test_the_same_model_is_not_trained_twice(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard.open(data_of("regression")).go("model").choose("Kind of model", "decision_tree")
    first = dashboard.press("Train")[Key.MODEL]
    del dashboard.app.session_state[Key.MODEL]
    assert dashboard.go("model").press("Train")[Key.MODEL] is first


def test_another_target_closes_the_model_and_says_so(dashboard: Dashboard) -> None:
    dashboard.open(data_of("regression")).go("model").choose("Kind of model", "decision_tree")
    dashboard.press("Train").choose("What should the model predict?", "나이")
    assert dashboard[Key.MODEL] is None
    assert dashboard[Key.DATASET].target == "나이"
    assert "the target is now '나이'" in dashboard.text


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.ones(ROWS), "holds only"),
        (np.full(ROWS, np.nan), "no value at all"),
        ([f"name {i}" for i in range(ROWS)], f"{ROWS} different values"),
        (["a"] + ["b"] * (ROWS - 1), "has a single row"),
    ],
)
def test_a_target_that_cannot_be_learned(
    dashboard: Dashboard, values: list[object], told: str
) -> None:
    data = Dataset.of(frame_of("regression").assign(target=values), target="target")
    dashboard.open(data).go("model")
    assert told in dashboard.warnings
    assert "What to do:" in dashboard.warnings
    assert dashboard[Key.DATASET] is data
    assert "Train" not in [button.label for button in dashboard.app.button]


def test_a_refusal_in_training_is_a_sentence(dashboard: Dashboard) -> None:
    frame = pd.DataFrame({"x": [np.inf, *np.arange(59.0)], "y": np.arange(60.0) % 7})
    dashboard.open(Dataset.of(frame, target="y")).go("model").press("Train")
    assert "infinite" in dashboard.warnings
    assert dashboard[Key.MODEL] is None
    assert len(run.CACHE) == 1


def test_the_quality_of_a_model_of_a_large_table_needs_no_second_click(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "MOST_CELLS_AT_ONCE", 10)
    dashboard.open(data_of("regression")).go("model").choose("Kind of model", "decision_tree")
    assert dashboard.press("Train").figures == 1


def test_classes_can_be_made_to_count_the_same(dashboard: Dashboard) -> None:
    dashboard.open(data_of("binary")).go("model").choose("Kind of model", "decision_tree")
    dashboard.choose("Let all classes count the same", True).press("Train")
    assert dashboard[Key.MODEL].training.class_weight == "balanced"
    assert "no chances" in dashboard.text


def test_another_loss_can_be_chosen_where_the_family_has_it(dashboard: Dashboard) -> None:
    dashboard.open(data_of("regression")).go("model").choose("Kind of model", "gradient_boosting")
    dashboard.choose("What is predicted of the number", "quantile")
    dashboard.choose("Level of the quantile", 0.8).press("Train")
    assert dashboard[Key.MODEL].training.quantile == 0.8
    assert "80 % quantile" in dashboard.text


def test_boosting_can_stop_by_itself_and_shows_where(dashboard: Dashboard) -> None:
    dashboard.open(data_of("regression")).go("model")
    dashboard.choose("Stop early: let other rows find the number of rounds", True)
    assert "How many rounds of trees" not in [w.label for w in dashboard.app.number_input]
    model = dashboard.press("Train")[Key.MODEL]
    assert model.stopping.rounds == model.settings["n_estimators"]
    assert dashboard.figures == 2
    assert model.stopping.summary in dashboard.text
    assert "differ from those of the model" not in dashboard.text
    dashboard.choose("Kind of model", "decision_tree")
    assert "Stop early: let other rows find the number of rounds" not in dashboard.text


def test_a_constraint_names_columns(dashboard: Dashboard) -> None:
    dashboard.open(data_of("regression")).go("model")
    dashboard.choose("Columns with which the prediction may only rise", ["나이"]).press("Train")
    assert dashboard[Key.MODEL].settings["increasing"] == ("나이",)
