"""Rows count by their weights: in learning, in the metrics, in what is drawn; or a note says no."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from interpret import (
    partial_dependence,
    permutation_importance,
    shap_importance,
    shap_row,
)
from tests import worlds
from tests.worlds_model import table
from workbench import FAMILIES, Dataset, findings, load_model, model_quality, roc_curve, train
from workbench.errors import DataError, NotApplicable
from workbench.findings.weight_ignored import CODE
from workbench.metrics import METRICS, metrics_for
from workbench.refit import refit
from workbench.storing import model_bytes

#: Settings with which a row of weight 3 is three rows of weight 1.
COUNTING = {
    "decision_tree": {"max_depth": 4, "min_samples_leaf": 1},
    "xgboost": {"n_estimators": 12, "subsample": 1.0, "colsample_bytree": 1.0, "reg_lambda": 0.0,
                "min_child_weight": 0.0},
}  # fmt: skip


def weighted(task: str = "regression", rows: int = 200, shape: str = "plain") -> Dataset:
    data = table(shape, task, rows)
    weights = np.random.default_rng(5).integers(1, 4, rows)
    return Dataset.of(data.frame.assign(w=weights), target="y").with_roles({"w": "weight"})


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
@pytest.mark.parametrize("family", COUNTING)
def test_a_whole_weight_is_so_many_rows(family, task):
    data = weighted(task)
    model = train(data, family, **COUNTING[family])
    counts = data.frame["w"].iloc[model.split.train]
    repeated = refit(
        train(data.with_roles({"w": "ignore"}), family, **COUNTING[family]),
        np.repeat(model.split.train, counts), 0,
    )  # fmt: skip
    codes = model.transform.codes(model.rows("all"))
    np.testing.assert_allclose(model.response(codes), repeated.response(codes), atol=2e-5)


@pytest.mark.parametrize("task", ["regression", "binary"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_of_weight_0_is_not_learned_from(family, task):
    few = {"n_estimators": 10} if "n_estimators" in settings_of(family) else {}
    data = table("plain", task, 200)
    weighs = np.random.default_rng(1).random(200) < 0.4
    thrown = data.frame.assign(w=np.where(weighs, 3.0, 0.0))
    # what is not learned from may hold anything
    thrown.loc[~weighs, "a"] = 1e6
    model = train(Dataset.of(thrown, target="y").with_roles({"w": "weight"}), family, **few)
    learned = model.split.train[weighs[model.split.train]]
    plain = train(data, family, **few)
    alone = refit(plain, learned, 0)
    codes = plain.transform.codes(data.frame)
    np.testing.assert_allclose(model.response(codes), alone.response(codes), rtol=1e-9, atol=1e-9)


def settings_of(family: str) -> set[str]:
    return {setting.name for setting in FAMILIES[family].settings}


@pytest.mark.parametrize("task", ["regression", "binary"])
@pytest.mark.parametrize("family", [f for f in FAMILIES if f != "linear"])  # see test_linear.py
def test_every_family_is_fitted_as_its_library_fits_it_with_weights(family, task):
    data = weighted(task)
    model = train(data, family)
    weights = data.frame["w"].iloc[model.split.train].to_numpy(float)
    own = model.family.build(model.learning(0), **model.settings)
    sizes = {"n_estimators", "max_samples"} & set(own.get_params())
    own.set_params(**{name: model.estimator.get_params()[name] for name in sizes})
    codes = model.transform.codes(model.train.frame)
    own.fit(codes, model.target.y[model.split.train], sample_weight=weights / weights.mean())
    predict = own.predict if task == "regression" else own.predict_proba
    np.testing.assert_allclose(model.response(codes), predict(codes), atol=1e-6)
    plain = train(data.with_roles({"w": "ignore"}), family)
    assert not np.allclose(plain.response(codes), model.response(codes))


@pytest.mark.parametrize("family", FAMILIES)
def test_only_the_ratios_of_weights_count(family):
    data = weighted("binary")
    large = data.frame.assign(w=data.frame["w"] * 50_000.0)
    large = Dataset.of(large, target="y").with_roles({"w": "weight"})
    codes = train(data, family).transform.codes(data.frame)
    one, other = train(data, family), train(large, family)
    np.testing.assert_allclose(one.response(codes), other.response(codes), atol=1e-9)
    frames = [
        model_quality(m).frame.drop(columns=["title", "metric", "part"]) for m in (one, other)
    ]
    pd.testing.assert_frame_equal(*frames)


REFERENCE = {
    "r2": reference.r2_score,
    "rmse": reference.root_mean_squared_error,
    "mae": reference.mean_absolute_error,
    "log_loss": lambda y, p, **w: reference.log_loss(y, p, labels=range(p.shape[1]), **w),
    "brier": lambda y, p, **w: reference.brier_score_loss(y, p[:, 1], **w),
    "accuracy": lambda y, p, **w: reference.accuracy_score(y, p.argmax(axis=1), **w),
    "roc_auc": lambda y, p, **w: reference.roc_auc_score(y, p[:, 1], **w),
}


def drawn(task: str, rows: int, rng: np.random.Generator):
    y = rng.normal(size=rows) if task == "regression" else rng.integers(0, 2, rows).astype(float)
    said = y + rng.normal(scale=0.8, size=rows)
    if task == "binary":
        chance = 1 / (1 + np.exp(-np.round(said, 1)))
        said = np.column_stack([1 - chance, chance])
    return y, said, rng.gamma(2, size=rows) * (rng.random(rows) < 0.9)


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_weighted_metrics_are_those_of_scikit_learn_with_errors_of_the_bootstrap(metric):
    rng = np.random.default_rng(3)
    task = metric.tasks[0]
    y, said, weights = drawn(task, 400, rng)
    score = metric.measure(y, said, weights)
    assert score.value == pytest.approx(REFERENCE[metric.name](y, said, sample_weight=weights))
    assert score.influence.mean() == pytest.approx(0, abs=1e-9)
    again = [rng.integers(0, 400, 400) for _ in range(800)]
    spread = np.std([metric.measure(y[d], said[d], weights[d]).value for d in again])
    assert score.std_error == pytest.approx(spread, rel=0.15)


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_equal_weights_are_no_weights(task):
    y, said, _ = drawn(task, 150, np.random.default_rng(8))
    for metric in metrics_for(task):
        plain, equal = metric.measure(y, said), metric.measure(y, said, np.full(150, 7.0))
        assert equal.value == pytest.approx(plain.value)
        np.testing.assert_allclose(equal.influence, plain.influence, atol=1e-12)


def test_the_quality_of_a_model_is_that_of_the_population():
    data = weighted()
    model = train(data, "decision_tree")
    quality = model_quality(model)
    at = model.split.test
    own = reference.r2_score(
        model.target.y[at], model.predict(data.frame.iloc[at]), sample_weight=data.frame["w"][at]
    )
    shown = quality.frame.query("metric == 'r2' and part == 'test'").iloc[0]
    assert shown["value"] == pytest.approx(own)
    assert any("case weights 'w'" in note and "sampling weights" in note for note in quality.notes)
    mean = np.average(model.target.y[model.split.train], weights=data.frame["w"][model.split.train])
    assert model.without_columns(1)[0] == pytest.approx(mean)


def test_what_counts_rows_equally_says_so():
    model = train(weighted("binary"), n_estimators=10)
    result = shap_importance(model)
    assert any("case weights 'w' are not used here" in note for note in result.notes)
    for result in (
        partial_dependence(model, feature="a"), permutation_importance(model), roc_curve(model),
    ):  # fmt: skip
        assert not any("not used" in note for note in result.notes)
        assert any("count by their case weights 'w'" in note for note in result.notes)
    plain = train(table("plain", "binary"), n_estimators=10)
    assert not any("weights" in note for note in roc_curve(plain).notes)


@pytest.mark.parametrize("family", ["xgboost", "decision_tree"])
@pytest.mark.parametrize("centred", [False, True])
def test_a_partial_dependence_is_the_weighted_mean_of_the_rows_curves(family, centred):
    data = weighted("binary")
    model = train(data, family)
    found = partial_dependence(model, feature="a", ice=0, grid_points=6, centred=centred).frame
    at = model.positions("all")
    curves = np.stack([model.output(data.frame.iloc[at].assign(a=v)) for v in found["value"]], 1)
    curves = curves - curves[:, [0]] if centred else curves
    weights = data.frame["w"].to_numpy(float)[at]
    mean = np.average(curves, axis=0, weights=weights)
    np.testing.assert_allclose(found["prediction"], mean, atol=1e-6)
    n = len(at)
    error = np.sqrt(((weights[:, None] * (curves - mean)) ** 2).sum(0) * n / (n - 1))
    error = error / weights.sum()
    np.testing.assert_allclose(
        (found["conf_high"] - found["conf_low"]) / (2 * 1.959964), error, atol=1e-6
    )


def test_a_model_that_must_be_asked_gives_the_same_weighted_curve():
    from interpret._dependence import ask
    from interpret._engine.asking import Asking

    model = train(weighted("binary"), n_estimators=20)
    asked = ask(model, "all", None, None, "response", 0).weighted()
    rows, grid = asked.sample.codes, np.array([-1.0, 0.0, 1.0])
    exact, other = (
        engine.average(rows, 0, grid, asked.target, weights=asked.weights)
        for engine in (asked.engine, Asking(model, "for the test"))
    )
    np.testing.assert_allclose(exact.mean, other.mean, atol=1e-6)
    np.testing.assert_allclose(exact.std_error, other.std_error, atol=1e-6)


@pytest.mark.parametrize("family", ["decision_tree", "gradient_boosting"])
def test_where_shap_values_start_by_weight_and_where_not_is_said(family):
    data = weighted()
    heavy = data.frame.assign(w=np.where(data.frame["y"] > data.frame["y"].median(), 9.0, 1.0))
    model = train(Dataset.of(heavy, target="y").with_roles({"w": "weight"}), family)
    predicted, weights = model.predict(model.train.frame), model.train.frame["w"]
    found = shap_row(model, row=0)
    by_weight = family == "decision_tree"
    mean = np.average(predicted, weights=weights) if by_weight else predicted.mean()
    assert found.frame["base"].iloc[0] == pytest.approx(mean)
    assert any("counts by its weight" in note for note in found.notes) == by_weight
    by_row = shap_row(model, row=0, compared_with="train")
    assert by_row.frame["base"].iloc[0] == pytest.approx(predicted.mean())
    assert not any("counts by its weight" in note for note in by_row.notes)


def test_all_shuffles_count_rows_once_and_are_refused():
    model = train(weighted("regression"), "decision_tree")
    with pytest.raises(NotApplicable, match="weighted by 'w'"):
        permutation_importance(model, shuffles="all")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (lambda w: w.where(w.index != 17, -2), r"is -2 in row 17 \(and unfit in 1 of 120"),
        (lambda w: w.where(w.index != 3), "is missing in row 3"),
        (lambda w: w * 0, "are 0 in all 120 rows"),
        (lambda w: w.astype(str) + " kg", "no numbers"),
        (lambda w: w.where(w.index != 5, np.inf), "is inf in row 5"),
    ],
)
def test_unfit_weights_are_refused_with_a_way_out(values, says):
    weights = values(pd.Series(np.random.default_rng(0).gamma(2, size=120)))
    data = Dataset.of(worlds.additive(120).assign(w=weights), target="y")
    with pytest.raises(DataError, match=says) as refused:
        train(data.with_roles({"w": "weight"}))
    assert "role 'ignore'" in refused.value.hint


def test_rows_without_a_target_need_no_weight():
    frame = worlds.additive(120).assign(w=2.0)
    frame.loc[4, "y"], frame.loc[4, "w"] = np.nan, np.nan
    assert train(Dataset.of(frame, target="y").with_roles({"w": "weight"}), "decision_tree")


def test_a_part_or_a_class_without_weight_is_refused():
    frame = worlds.yes_no(200)
    lost = frame.assign(w=(frame["bought"] == "no").astype(float))
    with pytest.raises(DataError, match="'bought' = 'yes' have the weight 0"):
        train(Dataset.of(lost, target="bought").with_roles({"w": "weight"}))
    timed = frame.assign(w=np.r_[np.ones(150), np.zeros(50)], day=np.arange(200))
    timed = Dataset.of(timed, target="bought").with_roles({"w": "weight", "day": "time"})
    with pytest.raises(DataError, match="are 0 in all 50 held-out rows"):
        train(timed)
    two = Dataset.of(frame.assign(w=1.0, v=1.0), target="bought")
    with pytest.raises(DataError, match="2 columns have the role weight"):
        train(two.with_roles({"w": "weight", "v": "weight"}))


def test_a_saved_model_and_a_refitted_one_keep_the_weights():
    model = train(weighted("binary"), "decision_tree", class_weight="balanced")
    loaded = load_model(model_bytes(model))
    again = refit(loaded, loaded.split.train, loaded.seed)
    codes = model.transform.codes(model.data.frame)
    np.testing.assert_array_equal(again.response(codes), model.response(codes))
    assert loaded.training == model.training
    np.testing.assert_array_equal(loaded.weights("test"), model.weights("test"))


def test_a_column_with_the_role_of_a_weight_is_no_finding():
    data = Dataset.of(worlds.additive(200).assign(fnlwgt=np.arange(200) + 1.5), target="y")
    assert (findings(data).found["code"] == CODE).any()
    assert not (findings(data.with_roles({"fnlwgt": "weight"})).found["code"] == CODE).any()
