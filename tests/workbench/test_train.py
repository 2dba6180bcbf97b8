"""Raw columns in, prediction out, for every family and task; held-out rows stay held out."""

import time

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from tests import worlds
from workbench import FAMILIES, Cancelled, Dataset, train
from workbench.errors import DataError, NotApplicable, ParameterError

WORLDS = {
    "regression": (worlds.additive, "y"),
    "binary": (worlds.yes_no, "bought"),
    "multiclass": (worlds.three_kinds, "kind"),
}


@pytest.mark.parametrize("task", WORLDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_every_task_from_raw_columns(family, task):
    world, target = WORLDS[task]
    data = Dataset.of(world(600, seed=2), target=target)
    model = train(data, family)
    fresh = world(400, seed=77)
    assert model.task == task
    if task == "regression":
        assert r2_score(fresh["y"], model.predict(fresh)) > 0.8
    elif task == "binary":
        assert model.positive == "yes"
        assert roc_auc_score(fresh["bought"] == "yes", model.output(fresh)) > 0.75
    else:
        assert (model.predict(fresh) == fresh["kind"]).mean() > 0.75
        np.testing.assert_allclose(model.predict_proba(fresh).sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_seed_decides_everything(family):
    data = Dataset.of(worlds.additive(200), target="y")
    first, second = train(data, family, seed=3), train(data, family, seed=3)
    assert first.fingerprint == second.fingerprint
    np.testing.assert_array_equal(first.predict(data.frame), second.predict(data.frame))
    assert first.fingerprint != train(data, family, seed=4).fingerprint


def test_a_forest_grown_in_batches_is_the_forest_grown_at_once():
    from sklearn.ensemble import RandomForestRegressor

    data = Dataset.of(worlds.additive(200), target="y")
    model = train(data, "random_forest", n_estimators=45)
    at_once = RandomForestRegressor(
        n_estimators=45, max_depth=12, min_samples_leaf=3, max_features=0.5, random_state=0
    ).fit(model.transform.codes(model.train.frame), model.train.frame["y"])
    assert len(model.estimator.estimators_) == 45
    np.testing.assert_allclose(
        model.predict(data.frame), at_once.predict(model.transform.codes(data.frame))
    )


def test_train_and_test_part_the_rows_with_a_target():
    frame = worlds.additive(200)
    frame.loc[[5, 17], "y"] = np.nan
    model = train(Dataset.of(frame, target="y"), "decision_tree", test_share=0.3)
    parts = np.concatenate([model.split.train, model.split.test])
    assert sorted(parts) == sorted(set(range(200)) - {5, 17})
    assert len(model.split.test) == pytest.approx(0.3 * 198, abs=1)
    assert any("2 of 200 rows have no 'y'" in note for note in model.notes)


def test_groups_and_time_are_not_torn_apart():
    frame = worlds.additive(300).assign(
        patient=np.repeat(np.arange(30), 10).astype(str), day=np.arange(300)[::-1]
    )
    data = Dataset.of(frame, target="y")
    by_group = train(data.with_roles({"patient": "group", "day": "ignore"}), "decision_tree")
    assert set(by_group.train.frame["patient"]).isdisjoint(by_group.test.frame["patient"])
    by_time = train(data.with_roles({"patient": "ignore", "day": "time"}), "decision_tree")
    assert by_time.train.frame["day"].max() < by_time.test.frame["day"].min()
    assert "latest" in by_time.split.says


def test_probabilities_belong_to_the_class_they_are_named_after():
    data = Dataset.of(worlds.yes_no(600), target="bought")
    for positive in ("yes", "no"):
        model = train(data, positive=positive)
        rate = (model.test.frame["bought"] == positive).mean()
        assert model.output(model.test.frame).mean() == pytest.approx(rate, abs=0.08)
        assert model.output_label() == f"P(bought = {positive})"
    flipped = model.output(data.frame, "yes")
    np.testing.assert_allclose(flipped, 1 - model.output(data.frame, "no"), atol=1e-6)


@pytest.mark.parametrize("family", ["gradient_boosting", "xgboost"])
def test_the_margin_is_the_log_odds_of_the_probability(family):
    data = Dataset.of(worlds.yes_no(300), target="bought")
    model = train(data, family)
    margin, chance = model.output(data.frame, scale="margin"), model.output(data.frame)
    np.testing.assert_allclose(1 / (1 + np.exp(-margin)), chance, atol=1e-6)
    np.testing.assert_allclose(model.output(data.frame, "no", "margin"), -margin)


def test_a_forest_has_no_margin_and_says_so():
    model = train(Dataset.of(worlds.yes_no(), target="bought"), "random_forest")
    with pytest.raises(NotApplicable, match="no margin"):
        model.output(model.test.frame, scale="margin")


def test_levels_unseen_in_training_are_predicted_as_missing():
    model = train(Dataset.of(worlds.additive(), target="y"))
    row = worlds.additive(1)
    as_missing = model.predict(row.assign(place=pd.Series([None], dtype="str")))
    np.testing.assert_array_equal(model.predict(row.assign(place="moon")), as_missing)


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"family": "neural_net"}, ParameterError, "Choose one of: decision_tree"),
        ({"max_depht": 3}, ParameterError, "no setting 'max_depht'"),
        ({"max_depth": 99}, ParameterError, "Use a value from 1 to 12"),
        ({"max_depth": 2.5}, ParameterError, "Use a whole number"),
        ({"test_share": 0}, ParameterError, "Use 0.05 to 0.9"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_way_out(asked, error, words):
    with pytest.raises(error, match=words):
        train(Dataset.of(worlds.additive(), target="y"), **asked)


def test_data_that_cannot_be_learned_from_is_refused():
    data = Dataset.of(worlds.additive(60), target="y")
    with pytest.raises(DataError, match="no column to learn from"):
        train(data.with_roles(dict.fromkeys(["size", "place", "idle"], "ignore")))
    with pytest.raises(DataError, match="Only 10 rows"):
        train(Dataset.of(worlds.additive(10), target="y"))


@pytest.mark.parametrize("family", FAMILIES)
def test_training_stops_waiting_when_cancelled(family):
    data = Dataset.of(worlds.additive(3_000), target="y")
    trees = {"xgboost": "n_estimators", "random_forest": "n_estimators",
             "gradient_boosting": "max_iter"}.get(family)  # fmt: skip

    def cancel(share: float, what: str = "") -> None:
        raise Cancelled

    started = time.perf_counter()
    with pytest.raises(Cancelled):
        train(data, family, progress=cancel, **({trees: 1500} if trees else {}))
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("family", FAMILIES)
def test_an_empty_column_is_left_out_and_said(family):
    frame = worlds.additive(100).assign(nothing=np.nan)
    data = Dataset.of(frame, target="y").with_roles({"nothing": "feature"})
    model = train(data, family)
    assert model.features == ("size", "place", "idle")
    assert any("'nothing' holds no value" in note for note in model.notes)
