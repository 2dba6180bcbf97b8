"""Tuned against default: the paired difference, by hand and in both directions."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error
from sklearn.tree import DecisionTreeRegressor

from tests import worlds
from workbench import Dataset, NotApplicable, adopt, train, tuned_against_default
from workbench.metrics import Z95


def data(rows: int = 400) -> Dataset:
    return Dataset.of(worlds.additive(rows), target="y")


def test_the_gain_is_the_paired_difference_on_the_held_out_rows() -> None:
    model = train(data(), "decision_tree", max_depth=2)
    plain = train(data(), "decision_tree")
    held_out = model.rows("test")
    y = held_out["y"].to_numpy()
    one, other = model.predict(held_out), plain.predict(held_out)
    row = tuned_against_default(model).frame.set_index("metric").loc["mae"]
    assert row["tuned"] == pytest.approx(mean_absolute_error(y, one))
    assert row["default"] == pytest.approx(mean_absolute_error(y, other))
    pairs = np.abs(y - other) - np.abs(y - one)
    reach = Z95 * pairs.std(ddof=1) / np.sqrt(len(y))
    assert row["gain"] == pytest.approx(pairs.mean())
    assert row["conf_low"] == pytest.approx(pairs.mean() - reach)
    assert row["conf_high"] == pytest.approx(pairs.mean() + reach)


def test_worse_settings_are_called_worse_and_better_ones_better() -> None:
    worse = tuned_against_default(train(data(), "xgboost", n_estimators=2))
    assert (worse.frame["gain"] < 0).all()
    assert "worse than the defaults" in worse.summary
    assert any("n_estimators = 2" in note for note in worse.notes)
    better = tuned_against_default(train(data(), "decision_tree", max_depth=12, min_samples_leaf=2))
    assert (better.frame["gain"] > 0).all()
    assert "are better than the defaults" in better.summary


def test_the_defaults_are_no_better_than_themselves() -> None:
    made = tuned_against_default(train(data(), "decision_tree"))
    assert (made.frame["gain"] == 0).all()
    assert "no difference to see" in made.summary


def test_rows_of_groups_are_said_to_be_no_independent_rows() -> None:
    frame = worlds.additive(400).assign(who=np.arange(400) % 40)
    grouped = Dataset.of(frame, target="y").with_roles({"who": "group"})
    made = tuned_against_default(train(grouped, "decision_tree", max_depth=3))
    assert any("rows of one 'who' are not" in note for note in made.notes)


def test_a_model_fitted_elsewhere_has_no_defaults_here() -> None:
    frame = pd.DataFrame({"x": np.arange(60.0), "y": np.arange(60.0) % 7})
    own = DecisionTreeRegressor().fit(frame[["x"]], frame["y"])
    with pytest.raises(NotApplicable, match="fitted elsewhere"):
        tuned_against_default(adopt(own, Dataset.of(frame, target="y")))
