"""SHAP values against their definition, computed here from the trees by going over all subsets."""

import json
from dataclasses import dataclass, replace
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier

from interpret import verify
from interpret._contributions import explain
from interpret._reference import Reference
from interpret._subset_shap import shapley
from tests.worlds_model import BOOSTED, SHAPES, SMALL, TASKS, known_model, small_model, table
from workbench import FAMILIES, Dataset, FittedModel, ModelError, NotApplicable, train
from workbench.figures import number

MORE_TREES = {
    "decision_tree": {"max_depth": 12, "min_samples_leaf": 1},
    "extra_trees": {"n_estimators": 30, "max_depth": 12},
    "random_forest": {"n_estimators": 30, "max_depth": 12},
    "lightgbm": {"n_estimators": 40, "num_leaves": 31},
    "gradient_boosting": {"max_iter": 25, "max_leaf_nodes": 31},
    "xgboost": {"n_estimators": 60, "max_depth": 5},
}
EVERY = [(f, t, s) for f in SMALL for t in TASKS for s in SHAPES]


def codes_of(model: FittedModel, rows: int | None = None) -> np.ndarray:
    return model.transform.codes(model.data.frame.iloc[:rows])


# The definition, over trees taken apart by other means than the project's


@dataclass
class Node:
    """`goes_left(x)` for an inner node; `weight` counts the training rows; `value` of a leaf."""

    weight: float
    value: np.ndarray | None = None
    feature: int = -1
    goes_left: object = None
    left: "Node | None" = None
    right: "Node | None" = None


def expectation(node: Node, x: np.ndarray, known: frozenset) -> np.ndarray:
    if node.value is not None:
        return node.value
    if node.feature in known:
        return expectation(node.left if node.goes_left(x) else node.right, x, known)
    left, right = (expectation(child, x, known) for child in (node.left, node.right))
    return (left * node.left.weight + right * node.right.weight) / (
        node.left.weight + node.right.weight
    )


def by_definition(trees: list[Node], start, x: np.ndarray) -> np.ndarray:
    """Shapley values of one row, (features + 1, outputs), the base last."""
    p = len(x)

    def worth(known: tuple) -> np.ndarray:
        return start + sum(expectation(tree, x, frozenset(known)) for tree in trees)

    worths = {s: worth(s) for size in range(p + 1) for s in combinations(range(p), size)}
    values = []
    for j in range(p):
        without = [s for s in worths if j not in s]
        values.append(
            sum(
                factorial(len(s))
                * factorial(p - len(s) - 1)
                / factorial(p)
                * (worths[tuple(sorted((*s, j)))] - worths[s])
                for s in without
            )
        )
    return np.array([*values, worths[()]])


def sklearn_node(tree, at: int, share: float) -> Node:
    state = tree.__getstate__()["nodes"][at]
    weight = state["weighted_n_node_samples"]
    if state["left_child"] == -1:
        return Node(weight, tree.value[at, 0] * share)
    j, threshold = state["feature"], state["threshold"]
    missing_left = bool(state["missing_go_to_left"])
    return Node(
        weight, None, j,
        lambda x: missing_left if np.isnan(x[j]) else np.float32(x[j]) <= threshold,
        sklearn_node(tree, state["left_child"], share),
        sklearn_node(tree, state["right_child"], share),
    )  # fmt: skip


def histogram_node(nodes, at: int, output: int, outputs: int) -> Node:
    one = nodes[at]
    if one["is_leaf"]:
        value = np.zeros(outputs)
        value[output] = one["value"]
        return Node(one["count"], value)
    j, threshold, missing_left = one["feature_idx"], one["num_threshold"], one["missing_go_to_left"]
    return Node(
        one["count"], None, j,
        lambda x: bool(missing_left) if np.isnan(x[j]) else x[j] <= threshold,
        histogram_node(nodes, one["left"], output, outputs),
        histogram_node(nodes, one["right"], output, outputs),
    )  # fmt: skip


def xgboost_node(dump: dict, names: list[str], output: int, outputs: int) -> Node:
    if "leaf" in dump:
        value = np.zeros(outputs)
        value[output] = dump["leaf"]
        return Node(dump["cover"], value)
    children = {child["nodeid"]: child for child in dump["children"]}
    j, condition = names.index(dump["split"]), dump["split_condition"]
    yes, no = children[dump["yes"]], children[dump["no"]]

    def goes_yes(x: np.ndarray) -> bool:
        if np.isnan(x[j]):
            return dump["missing"] == dump["yes"]
        if isinstance(condition, list):
            return int(x[j]) in condition
        return bool(np.float32(x[j]) < np.float32(condition))

    return Node(
        dump["cover"], None, j, goes_yes,
        xgboost_node(yes, names, output, outputs), xgboost_node(no, names, output, outputs),
    )  # fmt: skip


def lightgbm_node(dump: dict, output: int, outputs: int) -> Node:
    if "split_feature" not in dump:
        value = np.zeros(outputs)
        value[output] = dump["leaf_value"]
        return Node(dump["leaf_count"], value)
    j, condition = dump["split_feature"], dump["threshold"]

    def goes_left(x: np.ndarray) -> bool:
        if dump["decision_type"] == "==":
            return not np.isnan(x[j]) and str(int(x[j])) in condition.split("||")
        if np.isnan(x[j]) and dump["missing_type"] == "NaN":
            return bool(dump["default_left"])
        return bool(np.nan_to_num(x[j]) <= condition)

    return Node(
        dump["internal_count"], None, j, goes_left,
        lightgbm_node(dump["left_child"], output, outputs),
        lightgbm_node(dump["right_child"], output, outputs),
    )  # fmt: skip


def taken_apart(model: FittedModel):
    """The trees of a model and what they start from."""
    estimator = model.estimator
    if model.family.name == "decision_tree":
        return [sklearn_node(estimator.tree_, 0, 1.0)], 0.0
    if model.family.name in ("extra_trees", "random_forest"):
        trees = [e.tree_ for e in estimator.estimators_]
        return [sklearn_node(tree, 0, 1 / len(trees)) for tree in trees], 0.0
    outputs = len(model.classes) if model.task == "multiclass" else 1
    if model.family.name == "gradient_boosting":
        trees = [
            histogram_node(predictor.nodes, 0, k, outputs)
            for one_round in estimator._predictors
            for k, predictor in enumerate(one_round)
        ]
        return trees, np.ravel(estimator._baseline_prediction)
    if model.family.name == "lightgbm":
        told = estimator.booster_.dump_model()["tree_info"]
        trees = [lightgbm_node(t["tree_structure"], i % outputs, outputs)
                 for i, t in enumerate(told)]  # fmt: skip
        return trees, 0.0
    booster = estimator.get_booster()
    dumps = booster.get_dump(dump_format="json", with_stats=True)
    names = [f"f{j}" for j in range(len(model.features))]
    trees = [xgboost_node(json.loads(d), names, i % outputs, outputs) for i, d in enumerate(dumps)]
    score = json.loads(booster.save_config())["learner"]["learner_model_param"]["base_score"]
    start = np.array(json.loads(score if score.startswith("[") else f"[{score}]"), dtype=float)
    return trees, np.log(start / (1 - start)) if model.task == "binary" else start


@pytest.mark.parametrize(("family", "task", "shape"), EVERY)
def test_values_are_the_shapley_values_of_the_trees(family, task, shape):
    model = small_model(family, task, shape)
    codes = codes_of(model, 4)
    if shape in ("missing", "both"):
        assert np.isnan(codes_of(model)).any()
        codes = codes_of(model)[np.isnan(codes_of(model)).any(axis=1)][:4]
    trees, start = taken_apart(model)
    truth = np.array([by_definition(trees, start, row) for row in codes])
    for code, name in enumerate(model.classes or (None,)):
        found = explain(model, codes, name)
        if truth.shape[2] > 1:
            expected = truth[:, :, code]
        else:
            expected = truth[:, :, 0] * (-1 if model.task == "binary" and code == 0 else 1)
        np.testing.assert_allclose(found.values, expected[:, :-1], atol=2e-5)
        assert found.base == pytest.approx(expected[0, -1], abs=2e-5)


@pytest.mark.parametrize(("family", "task", "shape"), EVERY)
def test_base_and_contributions_are_what_the_model_predicts(family, task, shape):
    model = small_model(family, task, shape, **MORE_TREES[family])
    codes = codes_of(model)
    scale = "margin" if family in BOOSTED and task != "regression" else "response"
    totals = []
    for name in model.classes or (None,):
        found = explain(model, codes, name)
        totals.append(found.base + found.values.sum(axis=1))
        own = model.output(model.data.frame, name, scale)
        assert found.scale == scale
        np.testing.assert_allclose(totals[-1], own, atol=1e-5 * np.ptp(own))
        np.testing.assert_allclose(found.response, model.output(model.data.frame, name), atol=1e-9)
    if scale == "margin":
        scores = np.exp(np.array(totals))
        chances = scores / scores.sum(axis=0) if task == "multiclass" else scores / (1 + scores)
        np.testing.assert_allclose(chances.T, model.predict_proba(model.data.frame), atol=2e-6)


@pytest.mark.parametrize("family", SMALL)
def test_a_column_the_model_cannot_use_gets_nothing(family):
    data = table("both", "regression")
    frame = data.frame.assign(constant=1.5, no_news=3)
    model = train(Dataset.of(frame, target="y"), family, **SMALL[family])
    found = explain(model, codes_of(model))
    for name in ("constant", "no_news"):
        assert (found.values[:, model.features.index(name)] == 0).all()


def test_a_forest_is_the_mean_of_its_trees():
    forest = small_model("random_forest", "multiclass", "missing")
    codes = codes_of(forest)
    of_trees = [
        explain(replace(forest, estimator=tree, family=FAMILIES["decision_tree"]), codes, "class 2")
        for tree in forest.estimator.estimators_
    ]
    np.testing.assert_allclose(
        explain(forest, codes, "class 2").values,
        np.mean([found.values for found in of_trees], axis=0),
        atol=1e-12,
    )


@given(factor=st.sampled_from([-64.0, -3.0, 0.125, 7.0, 1024.0]), seed=st.integers(0, 50))
def test_a_rescaled_target_rescales_the_contributions(factor, seed):
    frame = table("plain", "regression", rows=60, seed=seed).frame
    plain = train(Dataset.of(frame, target="y"), "random_forest", n_estimators=3, max_depth=3)
    larger = replace(plain, estimator=_refitted(plain, factor))
    codes = codes_of(plain)
    np.testing.assert_allclose(
        explain(larger, codes).values, factor * explain(plain, codes).values, rtol=1e-6, atol=1e-6
    )


def _refitted(model: FittedModel, factor: float):
    from sklearn.base import clone

    at = model.split.train
    return clone(model.estimator).fit(codes_of(model)[at], factor * model.target.y[at])


def test_a_tree_that_is_one_leaf_contributes_nothing():
    data = table("plain", "regression")
    model = train(data, "decision_tree", max_depth=3, min_samples_leaf=10_000)
    found = explain(model, codes_of(model))
    assert (found.values == 0).all()
    assert found.base == pytest.approx(model.target.y[model.split.train].mean())


def test_large_numbers_of_little_spread_still_reconcile():
    frame = table("plain", "regression").frame
    frame["y"] = 1e6 + frame["y"]
    for family in SMALL:
        model = train(Dataset.of(frame, target="y"), family, **SMALL[family])
        assert explain(model, codes_of(model)).largest_gap < 2


# Where the kernels are not there yet


@pytest.fixture
def no_kernels(monkeypatch):
    """As on a machine where the kernels are still being compiled."""
    monkeypatch.setattr("interpret.trees.compiled.ready_or_begin", lambda: False)


@pytest.mark.parametrize("family", SMALL)
def test_without_the_kernels_the_library_gives_the_same_values(family, no_kernels, monkeypatch):
    for task in TASKS:
        model = small_model(family, task, "both")
        by_library = explain(model, codes_of(model))
        assert "being compiled" in by_library.notes[2]
        with monkeypatch.context() as patch:
            patch.setattr("interpret.trees.compiled.ready_or_begin", lambda: True)
            exact = explain(model, codes_of(model))
        np.testing.assert_allclose(by_library.values, exact.values, atol=1e-5)
        assert by_library.base == pytest.approx(exact.base, abs=1e-5)


def test_sets_of_levels_in_histogram_boosting_are_right_where_shap_is_not():
    """shap reads the sets as thresholds, without an error; the definition does not."""
    model = small_model("gradient_boosting", "regression", "both", categories="native")
    found = explain(model, codes_of(model))
    assert found.largest_gap < 1e-10
    result = verify(model, n=10)
    assert result.passed
    assert set(result.frame["kind"]) == {"path-dependent", "interventional"}


def test_without_the_kernels_sets_of_levels_are_asked_for_and_not_left_to_shap(no_kernels):
    model = small_model("gradient_boosting", "regression", "both", categories="native")
    found = explain(model, codes_of(model)[:5])
    assert "every coalition" in found.notes[2]
    assert found.reference.codes is not None


# The reference and the scale are choices


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", TASKS)
def test_compared_with_rows_the_values_are_those_of_asking_the_model(family, task):
    model = small_model(family, task, "both")
    codes, background = codes_of(model)[:3], codes_of(model)[20:150]  # more than shap's hundred
    found = explain(model, codes, reference=Reference(background, "130 rows"))

    def ask(rows):
        return model.column(model.on_scale(rows, found.scale), found.target_class)

    slow = shapley(ask, codes, background)
    np.testing.assert_allclose(found.values, slow.values, atol=2e-6)
    assert found.base == pytest.approx(slow.base, abs=2e-6)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("family", BOOSTED)
def test_a_probability_of_boosting_is_explained_by_every_coalition(family, task):
    model = small_model(family, task, "both")
    found = explain(model, codes_of(model)[:3], scale="response")
    np.testing.assert_allclose(
        found.base + found.values.sum(axis=1), model.output(model.data.frame)[:3], atol=1e-6
    )
    assert found.scale == "response"
    assert "every coalition" in found.notes[2]


def test_a_probability_of_many_columns_is_refused_in_words():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 13)))
    frame.columns = [f"x{j}" for j in range(13)]
    frame["y"] = np.where(frame["x0"] > 0, "yes", "no")
    model = train(Dataset.of(frame, target="y"), "xgboost", n_estimators=3)
    with pytest.raises(NotApplicable, match=r"not sums over the trees.*13 columns"):
        explain(model, codes_of(model)[:1], scale="response")


def test_a_model_that_is_no_tree_is_asked():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 4)), columns=list("abcy"))
    model = known_model(frame, "y", lambda codes: codes @ [1.0, 2.0, 0.0])
    reference = Reference(codes_of(model)[:20], "20 rows")
    found = explain(model, codes_of(model)[:5], reference=reference)
    expected = (codes_of(model)[:5] - codes_of(model)[:20].mean(axis=0)) * [1, 2, 0]
    np.testing.assert_allclose(found.values, expected, atol=1e-12)


# What cannot be right is refused


def test_what_slips_past_is_caught_by_the_reconciliation(no_kernels):
    model = small_model("gradient_boosting", "regression", "both", categories="native")
    disguised = replace(model, settings={**model.settings, "categories": "ordered"})
    with pytest.raises(ModelError, match=r"Gradient boosting.*do not add up.*miss it by up to"):
        explain(disguised, codes_of(disguised))


def test_a_forest_that_predicts_otherwise_than_its_trees_is_asked():
    odd = _cautious(small_model("random_forest", "binary", "plain"))
    found = explain(odd, codes_of(odd)[:5], reference=Reference(codes_of(odd)[:20], "20 rows"))
    slow = shapley(lambda rows: odd.response(rows)[:, 1], codes_of(odd)[:5], codes_of(odd)[:20])
    np.testing.assert_allclose(found.values, slow.values, atol=1e-12)
    assert "miss the model's own prediction" in explain(odd, codes_of(odd)[:5]).notes[2]


def test_before_anything_is_known_of_its_trees_the_reconciliation_catches_it(no_kernels):
    odd = _cautious(small_model("random_forest", "binary", "plain"))
    with pytest.raises(ModelError, match="do not add up"):
        explain(odd, codes_of(odd))


class _CautiousForest(RandomForestClassifier):
    """A forest that says half of what its trees say."""

    def predict_proba(self, rows):
        return 0.25 + super().predict_proba(rows) / 2


def _cautious(model):
    cautious = _CautiousForest()
    cautious.__dict__.update(model.estimator.__dict__)
    return replace(model, estimator=cautious)


def test_the_notes_say_scale_reference_and_gap():
    model = small_model("xgboost", "binary", "plain")
    found = explain(model, codes_of(model))
    notes = " ".join(found.notes)
    assert "log-odds of y = yes" in notes
    assert "training rows as they flowed through the trees" in notes
    assert "not the mean output" in notes
    assert number(found.largest_gap, 2) in notes


def test_missing_values_go_their_learned_way_in_forests():
    rng = np.random.default_rng(1)
    x = np.where(rng.random(200) < 0.4, np.nan, rng.normal(size=200))
    y = np.isnan(x) * 5.0 + rng.normal(scale=0.1, size=200)
    frame = pd.DataFrame({"x": x, "idle": rng.normal(size=200), "y": y})
    model = train(Dataset.of(frame, target="y"), "random_forest", max_features=1.0)
    found = explain(model, codes_of(model))
    # all there is to know is whether x is missing
    share = np.isnan(x[model.split.train]).mean()
    assert found.values[np.isnan(x), 0].mean() == pytest.approx(5 * (1 - share), abs=0.3)
    assert found.values[~np.isnan(x), 0].mean() == pytest.approx(-5 * share, abs=0.3)
