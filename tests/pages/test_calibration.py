"""Calibration is offered where the chances are wrong, and nowhere else."""

from functools import cache

import numpy as np
import pandas as pd

from tests.pages.conftest import Dashboard, model_of
from ui.state import Choice, Key
from workbench import Dataset, FittedModel, train


@cache
def too_sure() -> FittedModel:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2_000, 2))
    frame = pd.DataFrame(x, columns=["a", "b"])
    frame["y"] = np.where(x[:, 0] + rng.logistic(size=2_000) > 0, "yes", "no")
    return train(Dataset.of(frame, target="y"), "decision_tree", max_depth=14, min_samples_leaf=2)


def look(dashboard: Dashboard) -> Dashboard:
    view = "workbench.calibration_curve"
    dashboard.app.segmented_control(key=Choice.JUDGED).set_value(view).run()
    return dashboard.sound()


def buttons(dashboard: Dashboard) -> set[str]:
    return {button.label for button in dashboard.app.button}


def test_a_model_that_is_too_sure_is_calibrated_and_back(dashboard: Dashboard) -> None:
    look(dashboard.use(too_sure()).go("quality"))
    assert "too extreme" in dashboard.text
    dashboard.press("Calibrate")
    assert dashboard[Key.MODEL].family.title == "Decision tree, calibrated"
    assert "too extreme" not in dashboard.text
    dashboard.go("importance").go("prediction").go("model").go("quality")
    dashboard.press("Use the model before calibration")
    assert dashboard[Key.MODEL] is too_sure()


def test_chances_that_are_right_are_left_alone(dashboard: Dashboard) -> None:
    look(dashboard.use(model_of("binary", "decision_tree")).go("quality"))
    assert "Calibrate" not in buttons(dashboard)
    dashboard.use(model_of("regression")).go("quality")
    assert "Calibrate" not in buttons(dashboard)
