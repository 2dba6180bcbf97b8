"""LightGBM is an extra: trained where it is installed, refused in a sentence where not."""

from dataclasses import replace

import numpy as np
import pytest

from interpret import shap_values
from tests.worlds_model import TASKS, small_model, table
from workbench import FAMILIES, load_model, train
from workbench.errors import ModelError, NotApplicable
from workbench.storing import model_bytes


@pytest.mark.parametrize("task", TASKS)
def test_it_is_read_by_the_exact_engine(task):
    model = small_model("lightgbm", task, "both")
    assert any("Exact" in note for note in shap_values(model).notes)


def test_a_saved_one_is_refused_where_it_is_not_installed(monkeypatch):
    content = model_bytes(small_model("lightgbm", "regression", "plain"))
    absent = replace(FAMILIES["lightgbm"], needs="a_library_that_is_not_here")
    monkeypatch.setitem(FAMILIES, "lightgbm", absent)
    with pytest.raises(ModelError, match="holds a model of LightGBM, which is not installed"):
        load_model(content)


def test_where_it_is_not_installed_it_is_refused_with_the_way_out(monkeypatch):
    absent = replace(FAMILIES["lightgbm"], needs="a_library_that_is_not_here")
    monkeypatch.setitem(FAMILIES, "lightgbm", absent)
    assert not absent.is_available
    with pytest.raises(NotApplicable, match="not installed here") as refused:
        train(table("plain", "regression"), "lightgbm")
    assert "pip install" in refused.value.hint


def test_training_says_how_far_it_is():
    shares: list[float] = []
    train(table("plain", "regression", rows=4_000), "lightgbm", n_estimators=1_500,
          progress=lambda share, _="": shares.append(share))  # fmt: skip
    assert shares == sorted(shares)
    assert any(0 < share < 1 for share in shares)
    assert np.isclose(shares[-1], 1)
