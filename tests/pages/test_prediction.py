"""One row: chosen by hand or by a click, its values, its prediction, its waterfall."""

import numpy as np
import pytest

from tests.pages.conftest import ROWS, Dashboard, model_of
from ui.state import Choice


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_the_prediction_is_the_models(dashboard: Dashboard, task: str) -> None:
    model = model_of(task)
    dashboard.use(model).go("prediction")
    dashboard.app.number_input(key=Choice.ROW).set_value(17).run()
    shown = dashboard.sound().app.metric[0].value
    said = model.predict(model.data.frame.iloc[[17]])[0]
    if task == "regression":
        assert float(shown.replace("−", "-").replace("\\", "")) == pytest.approx(said, rel=1e-3)
    else:
        assert shown.replace("\\", "") == said
        chances = [metric.label.replace("\\", "") for metric in dashboard.app.metric[1:-1]]
        assert chances
        assert all(label.startswith(f"P({model.target.name} = ") for label in chances)
    assert dashboard.figures == 1


@pytest.mark.parametrize(("label", "pick"), [("Highest prediction", np.argmax),
                                             ("Lowest prediction", np.argmin)])  # fmt: skip
def test_the_extremes_are_found(dashboard: Dashboard, label: str, pick: object) -> None:
    model = model_of("regression")
    dashboard.use(model).go("prediction").press(label)
    row = dashboard.app.number_input(key=Choice.ROW).value
    assert callable(pick)
    assert row == pick(model.output(model.data.frame))


def test_a_random_row_is_a_row(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("prediction").press("A random row")
    assert 0 <= dashboard.app.number_input(key=Choice.ROW).value < ROWS
