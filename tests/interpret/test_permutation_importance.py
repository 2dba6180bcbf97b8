"""Permutation importance against its closed form, scikit-learn's, and its promised coverage."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from interpret import permutation_importance
from interpret._association import rank_correlations, twins
from tests.worlds_model import SMALL, TASKS, known_model, small_model
from workbench import Dataset, NotApplicable, ParameterError, train

BETA = np.array([2.0, 1.0, 0.0])


def linear_world(rows: int, seed: int, noise: float = 1.0):
    """y = 2·a + b + noise with a, b, idle independent of variance 1, 4, 1; the model is right."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3)) * [1, 2, 1]
    frame = pd.DataFrame(x, columns=["a", "b", "idle"])
    frame["y"] = x @ BETA + rng.normal(scale=noise, size=rows)
    return known_model(frame, "y", lambda codes: codes @ BETA)


def by_feature(result) -> pd.DataFrame:
    return result.frame.set_index("feature")


def test_importance_of_a_linear_world_is_its_closed_form():
    model = linear_world(4_000, seed=1)
    # shuffling x adds 2·β²·Var(x) to the mean squared error
    added = 2 * BETA**2 * [1, 4, 1]
    truth = {
        "rmse": np.sqrt(1 + added) - 1,
        "r2": added / (4 + 4 + 1),
    }
    for metric, expected in truth.items():
        found = by_feature(permutation_importance(model, metric=metric, repeats=10))
        for name, value in zip(["a", "b", "idle"], expected, strict=True):
            assert found.loc[name, "importance"] == pytest.approx(value, abs=0.06)
            assert found.loc[name, "conf_low"] <= value <= found.loc[name, "conf_high"]


@pytest.mark.parametrize("repeats", [1, 5])
def test_intervals_cover_the_true_importance_as_often_as_they_say(repeats):
    worlds, covered, errors, found = 150, np.zeros(2), [], []
    truth = 2 * BETA[:2] ** 2 * [1, 4] / 9  # of R²
    for seed in range(worlds):
        result = by_feature(permutation_importance(linear_world(220, seed), repeats=repeats))
        rows = result.loc[["a", "b"]]
        covered += (rows["conf_low"] <= truth) & (truth <= rows["conf_high"])
        errors.append(rows["std_error"])
        found.append(rows["importance"])
    # 95 % of 150 is 142; fewer than 134 or more than 149 happens by chance in 1 of 500
    assert (covered >= 134).all(), covered
    spread = np.std(found, axis=0)
    assert np.mean(errors, axis=0) == pytest.approx(spread, rel=0.2)


def test_repeats_alone_do_not_make_the_interval():
    found = by_feature(permutation_importance(linear_world(220, seed=0), repeats=50)).loc["a"]
    assert found["repeat_noise"] < 0.5 * found["std_error"]


def test_a_column_the_model_does_not_use_has_exactly_no_importance():
    found = by_feature(permutation_importance(linear_world(200, seed=0))).loc["idle"]
    assert (found[["importance", "conf_low", "conf_high", "std_error"]] == 0).all()


@pytest.mark.parametrize(
    ("task", "metric", "theirs"),
    [
        ("regression", "mae", "neg_mean_absolute_error"),
        ("regression", "r2", "r2"),
        ("binary", "roc_auc", "roc_auc"),
        ("binary", "log_loss", "neg_log_loss"),
        ("multiclass", "accuracy", "accuracy"),
    ],
)
def test_it_agrees_with_scikit_learn(task, metric, theirs):
    from sklearn.inspection import permutation_importance as reference

    model = small_model("decision_tree", task, "both", max_depth=2, min_samples_leaf=15)
    at = model.split.test
    codes = model.transform.codes(model.data.frame.iloc[at])
    expected = reference(
        model.estimator, codes, model.target.y[at], scoring=theirs, n_repeats=40, random_state=0
    )
    found = by_feature(permutation_importance(model, metric=metric, repeats=40))
    error = np.sqrt(2) * expected.importances_std / np.sqrt(40)
    gap = found.loc[list(model.features), "importance"].to_numpy() - expected.importances_mean
    assert (np.abs(gap) <= 4 * error + 1e-9).all(), (gap, error)


@pytest.mark.parametrize("seed", [1, 2])
def test_rows_that_few_small_trees_tie_are_tied_when_shuffled(seed):
    """Five trees of three leaves say the same of many rows, added up in whatever order."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(400, 3)), columns=["a", "b", "c"])
    odds = 2 * frame["a"] + frame["b"] * (frame["c"] > 0)
    frame["y"] = np.where(rng.random(400) < 1 / (1 + np.exp(-odds)), "yes", "no")
    data = Dataset.of(frame, target="y")
    model = train(data, "gradient_boosting", max_iter=5, max_leaf_nodes=3)
    found = by_feature(permutation_importance(model, metric="roc_auc", repeats=3))
    rows, is_yes = model.test.frame, model.test.frame["y"] == "yes"
    before = roc_auc_score(is_yes, model.predict_proba(rows)[:, 1])
    for place, name in enumerate(model.features):
        after = []
        for repeat in range(3):
            order = np.random.default_rng([0, place, repeat]).permutation(len(rows))
            shuffled = rows.assign(**{name: rows[name].to_numpy()[order]})
            after.append(roc_auc_score(is_yes, model.predict_proba(shuffled)[:, 1]))
        assert found.loc[name, "importance"] == pytest.approx(before - np.mean(after), abs=1e-12)


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", TASKS)
def test_every_family_and_task_finds_the_column_that_matters(family, task):
    model = small_model(family, task, "both")
    result = permutation_importance(model)
    assert result.frame["feature"].iloc[0] in ("a", "kind")
    assert tuple(result.frame.columns) == tuple(result.columns)
    assert sorted(result.frame["feature"]) == sorted(model.features)
    assert np.isfinite(result.frame["importance"]).all()


def test_a_model_without_skill_is_not_explained():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(120, 3)), columns=["a", "b", "y"])
    model = train(Dataset.of(frame, target="y"), "random_forest", n_estimators=10)
    with pytest.raises(NotApplicable, match="no better than the mean on the 30 held-out rows"):
        permutation_importance(model)
    # on the rows it knows by heart it looks able, and the notes say what that is worth
    notes = " ".join(permutation_importance(model, rows="train").notes)
    assert "learned by heart" in notes


def test_a_metric_of_another_task_is_refused_with_those_that_fit():
    model = small_model("decision_tree", "regression", "plain")
    with pytest.raises(ParameterError, match="roc_auc") as refused:
        permutation_importance(model, metric="roc_auc")
    assert "'r2', 'rmse', 'mae'" in refused.value.hint


def test_held_out_rows_of_one_class_have_no_area_under_the_curve():
    from dataclasses import replace

    from workbench.split import Split

    model = small_model("decision_tree", "binary", "plain")
    only = np.flatnonzero(model.target.y == 1)
    odd = replace(model, split=Split(model.split.train, only, "one class"))
    with pytest.raises(NotApplicable, match="does not vary"):
        permutation_importance(odd)


def test_columns_that_repeat_one_another_are_named():
    rng = np.random.default_rng(0)
    a = rng.normal(size=300)
    frame = pd.DataFrame({"a": a, "echo": a**3, "other": rng.normal(size=300)})
    frame["y"] = a + frame["other"]
    model = known_model(frame, "y", lambda codes: codes[:, 0] + codes[:, 2])
    notes = " ".join(permutation_importance(model).notes)
    assert "'a' and 'echo' (1.00)" in notes
    assert "rows that do not exist" in notes
    assert "'other'" not in notes


def test_the_result_does_not_depend_on_the_threads(monkeypatch):
    from workbench import blocks

    model = small_model("decision_tree", "regression", "both")
    one = permutation_importance(model, seed=3).frame
    monkeypatch.setattr(blocks, "available_cores", lambda: 1)
    pd.testing.assert_frame_equal(one, permutation_importance(model, seed=3).frame)
    assert not one.equals(permutation_importance(model, seed=4).frame)


def test_the_picture_holds_twenty_columns_and_a_note_says_so():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 25))).add_prefix("<b>열 $x$ 이름이 아주 길다 ")
    frame["y"] = frame.iloc[:, 0]
    model = known_model(frame, "y", lambda codes: codes[:, 0])
    result = permutation_importance(model, repeats=1)
    figure = result.figure()
    assert len(result.frame) == 25
    assert len(figure.data[0].x) == 20
    assert "20 most important of 25" in " ".join(result.notes)
    assert "<b>" not in " ".join(figure.layout.yaxis.ticktext)
    first, last = figure.layout.yaxis.range
    assert first > last  # the first bar, the largest, is on top


@given(st.integers(0, 10_000), st.floats(0, 0.5))
def test_rank_correlations_are_spearmans_on_the_rows_both_columns_hold(seed, missing):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 6, size=(40, 3)).astype(float)
    x[:, 2] = x[:, 0] ** 2
    np.testing.assert_allclose(
        rank_correlations(x), pd.DataFrame(x).corr(method="spearman"), atol=1e-9
    )
    x[rng.random(x.shape) < missing] = np.nan
    found = rank_correlations(x)
    assert ((np.abs(found) <= 1) | np.isnan(found)).all()
    np.testing.assert_allclose(found, found.T)


def test_a_constant_column_has_no_twin():
    x = np.column_stack([np.ones(30), np.arange(30.0), -np.arange(30.0), np.full(30, np.nan)])
    assert [(p.first, p.second, p.correlation) for p in twins(("c", "up", "down", "gone"), x)] == [
        ("up", "down", -1.0)
    ]
