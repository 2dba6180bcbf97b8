"""The check against the definition passes where it should, and fails where the engine is wrong."""

import numpy as np
import pandas as pd
import pytest

from interpret import verify
from tests.worlds_model import SMALL, TASKS, known_model, small_model
from workbench import Dataset, train
from workbench.errors import NotApplicable


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", TASKS)
def test_every_family_passes(family, task):
    result = verify(small_model(family, task, "both"), n=2)
    assert result.passed
    assert result.frame["difference"].abs().max() < 1e-6
    assert set(result.frame["kind"]) == {"path-dependent", "interventional"}


def test_a_wrong_engine_is_found_out(monkeypatch):
    from interpret._engine.exact import Exact

    right = Exact.shap

    def wrong(self, *args, **kwargs):
        base, values = right(self, *args, **kwargs)
        return base, values * [1.0, 1.001, 1.0, 1.0]

    monkeypatch.setattr(Exact, "shap", wrong)
    result = verify(small_model("xgboost", "regression", "plain"))
    assert result.passed is False
    assert "DIFFER" in result.summary


def test_many_columns_enter_as_twelve_players():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(200, 20)), columns=[f"x{j}" for j in range(20)])
    frame["y"] = frame.to_numpy() @ np.arange(20) + frame["x18"] * frame["x3"]
    model = train(Dataset.of(frame, target="y"), "xgboost", n_estimators=20)
    result = verify(model, n=1)
    assert result.passed
    assert "4,096 subsets of 12 players" in result.summary
    assert "the other 9 columns together" in set(result.frame["feature"])


def test_there_must_be_something_to_check():
    frame = pd.DataFrame({"x": np.arange(60.0) ** 2 / 7, "y": np.arange(60.0)})
    with pytest.raises(NotApplicable, match="no quick engine"):
        verify(known_model(frame, "y", lambda x: x[:, 0]))
