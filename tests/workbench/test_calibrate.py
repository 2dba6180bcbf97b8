"""Calibrated chances: those of scikit-learn, learned without the held-out rows, explained as they
are and not as they were."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from interpret import partial_dependence, shap_values
from interpret._contributions import explain
from tests import worlds
from tests.worlds_model import small_model
from workbench import (
    Dataset,
    ModelError,
    NotApplicable,
    ParameterError,
    adopt,
    calibrate,
    cross_validation,
    read,
    train,
    uncalibrated,
)
from workbench.calibrate import _folds, learn_again
from workbench.models.calibrated import Isotonic, Sigmoid, mapped


def overconfident(rows=3_000, seed=0, classes=2):
    """Three numbers of which one says a little about y."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    y = np.digitize(x[:, 0] + rng.logistic(size=rows), [0] if classes == 2 else [-1, 1])
    return pd.DataFrame(x, columns=list("abc")).assign(y=[f"class {k}" for k in y])


def by_heart(rows=3_000, seed=0, **roles):
    """A tree that learned every row, so that it is sure of all."""
    data = Dataset.of(overconfident(rows, seed), target="y").with_roles(roles)
    return train(data, "decision_tree", max_depth=12, min_samples_leaf=2)


FOREST = RandomForestClassifier(20, min_samples_leaf=3, random_state=0)
BOOSTING = HistGradientBoostingClassifier(max_iter=20, random_state=0)


@pytest.mark.parametrize(("estimator", "method", "classes", "close"), [
    (FOREST, "isotonic", 2, 1e-12), (FOREST, "isotonic", 3, 1e-12),
    # its optimiser stops earlier than ours
    (BOOSTING, "sigmoid", 2, 1e-4),
])  # fmt: skip
def test_the_chances_are_those_of_scikit_learn(estimator, method, classes, close):
    frame = overconfident(1_200, classes=classes)
    features, y = frame[list("abc")], frame["y"]
    learned = np.arange(900)
    own = estimator.fit(features.iloc[learned], y.iloc[learned])
    model = adopt(own, Dataset.of(frame, target="y"), learned_from=learned)
    found = calibrate(model, method=method, folds=4, seed=3)
    cv = StratifiedKFold(4, shuffle=True, random_state=3)
    expected = CalibratedClassifierCV(estimator, method=method, cv=cv, ensemble=False).fit(
        features.iloc[learned], y.iloc[learned]
    )
    order = [list(expected.classes_).index(name) for name in model.classes]
    np.testing.assert_allclose(
        found.predict_proba(frame), expected.predict_proba(features)[:, order], atol=close
    )


@pytest.mark.parametrize("method", ["isotonic", "sigmoid"])
def test_too_sure_a_model_becomes_right(method):
    model = by_heart()
    found = calibrate(model, method=method)
    test, y = model.rows("test"), model.rows("test")["y"] == model.positive
    losses = [log_loss(y, each.predict_proba(test)[:, 1]) for each in (model, found)]
    assert losses[1] < 0.8 * losses[0]
    assert found.output(test).mean() == pytest.approx(y.mean(), abs=0.04)
    areas = [roc_auc_score(y, each.output(test)) for each in (model, found)]
    assert areas[1] == pytest.approx(areas[0], abs=0 if method == "sigmoid" else 0.02)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("method", ["isotonic", "sigmoid"])
def test_chances_are_chances(task, method):
    model = small_model("xgboost", task, "both")
    said = calibrate(model, method=method, folds=3).predict_proba(model.data.frame)
    np.testing.assert_allclose(said.sum(axis=1), 1)
    assert ((said >= 0) & (said <= 1)).all()


def test_where_every_map_says_never_all_classes_are_alike():
    never = Isotonic((0.0, 1.0), (0.0, 0.0))
    np.testing.assert_allclose(mapped((never,) * 3, np.full((2, 3), 1 / 3)), 1 / 3)


def test_the_identity_is_a_sigmoid():
    chance = np.linspace(0.001, 0.999, 50)
    np.testing.assert_allclose(Sigmoid(1.0, 0.0)(chance), chance)


def test_the_held_out_rows_are_not_used():
    model = by_heart(600)
    frame = model.data.frame.copy()
    frame.loc[model.split.test, "a"] += 5
    other = train(Dataset.of(frame, target="y"), "decision_tree", max_depth=12, min_samples_leaf=2)
    assert (other.split.test == model.split.test).all()
    assert calibrate(other).estimator.maps == calibrate(model).estimator.maps


def test_whole_groups_are_left_out():
    frame = overconfident(600).assign(person=np.repeat(np.arange(100), 6))
    model = train(Dataset.of(frame, target="y").with_roles({"person": "group"}), "decision_tree")
    person = frame["person"].to_numpy()
    folds = _folds(model, 4, 0)
    assert sorted(np.concatenate([held for _, held in folds])) == sorted(model.split.train)
    for learned, held in folds:
        assert not set(person[learned]) & set(person[held])


def test_in_time_every_part_is_predicted_from_what_came_before():
    days = pd.Series(pd.date_range("2020-01-01", periods=600))
    frame = overconfident(600).assign(day=days.sample(frac=1, random_state=0).to_numpy())
    model = train(Dataset.of(frame, target="y").with_roles({"day": "time"}), "decision_tree")
    day = frame["day"].to_numpy()
    for learned, held in _folds(model, 5, 0):
        assert day[learned].max() < day[held].min()
    found = calibrate(model)
    assert any("in the order of 'day'" in note and "375 of 450" in note for note in found.notes)


def test_contributions_add_up_to_the_calibrated_chance_and_to_no_other():
    model = train(Dataset.of(worlds.yes_no(240), target="bought"), n_estimators=10)
    found = calibrate(model, method="sigmoid")
    rows = model.rows("test").head(20)
    made = explain(found, model.transform.codes(rows))
    assert made.scale == "response"
    totals = made.base + made.values.sum(axis=1)
    np.testing.assert_allclose(totals, found.output(rows), atol=1e-9)
    assert np.abs(totals - model.output(rows)).max() > 1e-3
    assert any("calibrated after the trees" in note for note in shap_values(found).notes)


def test_partial_dependence_is_of_the_calibrated_chance():
    model = train(Dataset.of(worlds.yes_no(240), target="bought"), n_estimators=10)
    found = calibrate(model, method="sigmoid")
    feature = model.data.of_kind("number")[0]
    curve = partial_dependence(found, feature=feature).frame
    point = curve[curve["value"].notna()].iloc[3]
    asked = model.rows("all").assign(**{feature: point["value"]})
    assert point["prediction"] == pytest.approx(found.output(asked).mean(), abs=0.02)
    assert abs(point["prediction"] - model.output(asked).mean()) > 1e-4


def test_the_margin_of_the_trees_is_not_called_that_of_the_model():
    found = calibrate(by_heart(400), method="sigmoid")
    with pytest.raises(NotApplicable, match="calibrated after the trees"):
        found.output(found.data.frame, scale="margin")
    boosted = calibrate(small_model("xgboost", "binary", "plain"))
    with pytest.raises(NotApplicable, match="calibrated after the trees"):
        partial_dependence(boosted, feature="a", scale="margin")


def test_it_is_another_model_and_the_one_before_is_still_there():
    model = by_heart(400)
    found = calibrate(model)
    assert found.fingerprint not in (model.fingerprint, calibrate(model, seed=1).fingerprint)
    assert uncalibrated(found) is model
    assert uncalibrated(model) is model


def test_the_python_behind_it_makes_it_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    overconfident(400).to_csv("few.csv", index=False)
    found = calibrate(train(read("few.csv", target="y"), n_estimators=5), method="sigmoid", folds=3)
    held: dict = {}
    exec(found.script.text, held)  # noqa: S102 (our own, made just now)
    assert held["model"].fingerprint == found.fingerprint
    assert held["model"].estimator.maps == found.estimator.maps


def test_a_map_of_few_rows_is_doubted():
    assert any("safer one" in note for note in calibrate(by_heart(400)).notes)
    assert not any("safer one" in note for note in calibrate(by_heart(400), method="sigmoid").notes)


def test_what_cannot_be_calibrated_or_learned_again_is_refused():
    with pytest.raises(NotApplicable, match="is a number"):
        calibrate(small_model("decision_tree", "regression", "plain"))
    found = calibrate(by_heart(400))
    with pytest.raises(ModelError, match="calibrated already"):
        calibrate(found)
    with pytest.raises(NotApplicable, match="not learned again"):
        cross_validation(found, folds=2)
    with pytest.raises(ParameterError, match="not known"):
        calibrate(by_heart(400), method="beta")
    with pytest.raises(ParameterError, match="not allowed"):
        calibrate(by_heart(400), folds=1)


def test_a_class_with_fewer_rows_than_folds_is_refused():
    frame = overconfident(400)
    frame.loc[:3, "y"] = "rare"
    with pytest.raises(NotApplicable, match="'rare' has 3 training rows"):
        calibrate(train(Dataset.of(frame, target="y"), "decision_tree"))


@pytest.mark.parametrize("roles", [{}, {"a": "time"}, {"a": "group"}])
def test_learned_again_from_the_same_rows_it_is_the_same_model(roles):
    frame = overconfident(400)
    frame["a"] = frame["a"].round(1) if roles else frame["a"]
    data = Dataset.of(frame, target="y").with_roles(roles)
    model = calibrate(train(data, "decision_tree", max_depth=3), method="sigmoid", folds=3, seed=5)
    again = learn_again(model, model.split.train, model.seed)
    np.testing.assert_array_equal(again.predict_proba(frame), model.predict_proba(frame))
    assert again.settings == model.settings


@pytest.mark.parametrize("roles", [{}, {"a": "time"}, {"a": "group"}])
def test_copies_of_a_row_are_never_predicted_by_a_model_that_has_seen_it(roles):
    frame = overconfident(400)
    frame["a"] = frame["a"].round(1)
    model = train(Dataset.of(frame, target="y").with_roles(roles), "decision_tree", max_depth=3)
    drawn = np.random.default_rng(0).choice(model.split.train, len(model.split.train))
    again = learn_again(model, drawn, 0)
    held = []
    for learned, predicted in _folds(again, 3, 0):
        assert not set(learned) & set(predicted)
        held += predicted.tolist()
    counts = pd.Series(drawn).value_counts()
    assert all(counts[row] == often for row, often in pd.Series(held).value_counts().items())


def test_a_band_of_refits_is_drawn_for_a_calibrated_model():
    data = Dataset.of(overconfident(300), target="y")
    model = calibrate(train(data, "decision_tree", max_depth=3), method="sigmoid", folds=2)
    band = partial_dependence(model, feature="a", refits=5, grid_points=4, ice=0).frame
    assert (band["band_high"] - band["band_low"]).max() > 0
