"""A whole weight is so many rows, equal weights are none, scikit-learn agrees, intervals hold."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from tests.workbench.quality.rows_made import drawn, judged
from tests.worlds_findings import clean, clean_yes_no
from workbench import (
    METHODS,
    Dataset,
    ModelSet,
    confusion_matrix,
    error_slices,
    error_tree,
    group_fairness,
    methods_of,
    train,
)
from workbench.calibrate import _isotonic, _sigmoid
from workbench.calibration_scores import grouped_error, recalibration
from workbench.groups import equal_groups
from workbench.metrics import area_under_roc
from workbench.progress import silent
from workbench.quality._against_rest import Losses, Sums, against_rest
from workbench.quality._cutoffs import cutoffs
from workbench.quality._gains import gains
from workbench.quality._intervals import mean_interval
from workbench.quality._rows import ClassRows, Judged, NumberRows
from workbench.quality._tallies import Tally, middle, shares
from workbench.quality.calibration_curve import _brier, _large
from workbench.quality.conditions import conditions
from workbench.quality.coverage_accuracy import area_under, decisions
from workbench.quality.cutoff_costs import _costs
from workbench.quality.operating_point import _measures
from workbench.quality.pairwise_auc import _pair
from workbench.quality.precision_recall_curve import _curve as precision_recall
from workbench.quality.precision_recall_curve import average_precision
from workbench.quality.residuals import _mean
from workbench.quality.roc_curve import _curve as roc
from workbench.quality.score_distribution import _frame as distribution
from workbench.quality.slices import search

SEEDS = st.integers(0, 10_000)


def whole_weights(seed: int, rows: int) -> np.ndarray:
    return np.random.default_rng(seed + 1).integers(1, 5, rows).astype(float)


def twice(seed: int) -> tuple[ClassRows, ClassRows]:
    """Rows with whole weights, and each row as often as it weighs."""
    rows = drawn(seed, rows=80)
    weights = whole_weights(seed, len(rows))
    at = np.repeat(np.arange(len(rows)), weights.astype(int))
    many = replace(rows, is_class=rows.is_class[at], chance=rows.chance[at])
    return replace(rows, weights=weights), many


def columns_alike(one: pd.DataFrame, other: pd.DataFrame, *names: str) -> None:
    for name in names:
        np.testing.assert_allclose(one[name], other[name], atol=1e-12, err_msg=name)


@given(seed=SEEDS)
def test_a_whole_weight_is_so_many_rows_in_the_pictures_of_classes(seed):
    weighted, repeated = twice(seed)
    columns_alike(roc(weighted), roc(repeated), "false_positive_rate", "true_positive_rate", "area")
    columns_alike(precision_recall(weighted), precision_recall(repeated), "recall", "precision",
                  "average_precision", "base_rate")  # fmt: skip
    columns_alike(gains(weighted, 0.3), gains(repeated, 0.3), "share_taken", "share_found", "lift",
                  "best_possible")  # fmt: skip
    columns_alike(_costs(weighted, 2, 3), _costs(repeated, 2, 3), "cutoff", "cost", "misses",
                  "false_alarms", "without_model")  # fmt: skip
    columns_alike(distribution(weighted, 10), distribution(repeated, 10), "share", "median")
    columns_alike(_measures(weighted, 0.5, 2, 3), _measures(repeated, 0.5, 2, 3), "value")
    for score in (_brier, _large):
        assert score(weighted).value == pytest.approx(score(repeated).value)


@given(seed=SEEDS)
def test_a_whole_weight_is_so_many_rows_in_calibration(seed):
    weighted, repeated = twice(seed)
    happened = [rows.is_class.astype(float) for rows in (weighted, repeated)]
    one = recalibration(weighted.chance, happened[0], weighted.weights)
    many = recalibration(repeated.chance, happened[1])
    assert one.slope.value == pytest.approx(many.slope.value, rel=1e-6)
    assert one.intercept.value == pytest.approx(many.intercept.value, abs=1e-6)
    # of the same groups the error is the same
    group = equal_groups(weighted.chance, 10, weighted.weights)
    of_many = group[np.repeat(np.arange(len(group)), weighted.weights.astype(int))]
    apart = np.abs(np.bincount(of_many, happened[1] - repeated.chance)).sum() / len(repeated)
    error = grouped_error(weighted.chance, happened[0], weighted.weights)
    assert error.value == pytest.approx(apart)
    grid = np.linspace(0.05, 0.95, 7)
    ones = np.ones(len(repeated))
    np.testing.assert_allclose(
        _isotonic(weighted.chance, weighted.is_class, weighted.weights)(grid),
        _isotonic(repeated.chance, repeated.is_class, ones)(grid), atol=1e-9,
    )  # fmt: skip
    np.testing.assert_allclose(
        _sigmoid(weighted.chance, weighted.is_class, weighted.weights)(grid),
        _sigmoid(repeated.chance, repeated.is_class, ones)(grid), atol=1e-5,
    )  # fmt: skip


@given(seed=SEEDS)
def test_a_whole_weight_is_so_many_rows_among_several_classes(seed):
    rng = np.random.default_rng(seed)
    y, said = rng.integers(0, 3, 60), np.round(rng.dirichlet(np.ones(3), 60), 2)
    y[:3] = 0, 1, 2
    weights = whole_weights(seed, 60)
    at = np.repeat(np.arange(60), weights.astype(int))
    one, many = judged(y, said, weights), judged(y[at], said[at])
    assert area_under(decisions(one, 1)).value == pytest.approx(
        area_under(decisions(many, 1)).value
    )
    for found, expected in zip(_pair(one, 0, 2)[1:], _pair(many, 0, 2)[1:], strict=True):
        assert found == pytest.approx(expected)


@given(seed=SEEDS)
def test_a_whole_weight_is_so_many_rows_in_slices(seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"level": rng.choice(list("abc"), 90), "other": rng.choice(list("de"), 90)}
    )
    kinds, loss = {"level": "category", "other": "category"}, rng.exponential(size=90)
    weights = whole_weights(seed, 90)
    at = np.repeat(np.arange(90), weights.astype(int))
    found = conditions(frame, kinds, weights)
    one = search(found, Losses(loss, weights), 5, silent)
    many = search(conditions(frame.iloc[at], kinds), Losses(loss[at]), 5, silent)
    words = [
        {of.in_words(int(f), int(s)): i
         for i, (f, s) in enumerate(zip(each.first, each.second, strict=True))}
        for of, each in ((found, one), (conditions(frame.iloc[at], kinds), many))
    ]  # fmt: skip
    for name, i in words[0].items():
        j = words[1][name]
        for column in ("share", "inside", "outside", "difference"):
            assert getattr(one, column)[i] == pytest.approx(getattr(many, column)[j])
        # fewer rows than they stand for: less is known
        assert one.std_error[i] > many.std_error[j]


@given(seed=SEEDS, values=st.integers(1, 30))
def test_the_middle_is_the_median_of_repeated_rows(seed, values):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 9, values).astype(float)
    weights = rng.integers(1, 4, values)
    assert middle(x, weights.astype(float)) == np.median(np.repeat(x, weights))
    assert middle(x, np.ones(values)) == np.median(x)


@given(seed=SEEDS)
def test_curves_and_areas_are_scikit_learns_with_weights(seed):
    rows = drawn(seed)
    weights = np.random.default_rng(seed).gamma(2, size=len(rows))
    rows = replace(rows, weights=weights)
    args = {"y_true": rows.is_class, "sample_weight": weights}
    false, true, _ = reference.roc_curve(
        y_score=rows.chance, drop_intermediate=False, **args)  # fmt: skip
    frame = roc(rows)
    np.testing.assert_allclose(frame["false_positive_rate"], false, atol=1e-12)
    np.testing.assert_allclose(frame["true_positive_rate"], true, atol=1e-12)
    assert frame["area"].iloc[0] == pytest.approx(
        reference.roc_auc_score(y_score=rows.chance, **args))  # fmt: skip
    found = average_precision(rows, cutoffs(rows)).value
    assert found == pytest.approx(reference.average_precision_score(y_score=rows.chance, **args))
    assert _brier(rows).value == pytest.approx(
        reference.brier_score_loss(y_proba=rows.chance, **args))  # fmt: skip


@given(seed=SEEDS)
def test_equal_weights_are_no_weights(seed):
    rows = drawn(seed, rows=60)
    equal = replace(rows, weights=np.full(60, 7.0))
    for make in (roc, precision_recall, lambda r: _costs(r, 1, 2), lambda r: gains(r, 0.2),
                 lambda r: _measures(r, 0.4, 1, 2), lambda r: distribution(r, 8)):  # fmt: skip
        plain, same = make(rows), make(equal)
        numbers = plain.select_dtypes("number").columns.difference(["is_asked"])
        columns_alike(plain, same, *numbers)
    loss, group = np.random.default_rng(seed).exponential(size=60), np.arange(60) % 3
    one, other = (
        against_rest(Sums.by_group(losses, group, 3), losses)
        for losses in (Losses(loss), Losses(loss, np.full(60, 7.0)))
    )
    for column in ("rows", "share", "inside", "outside", "std_error", "freedom"):
        np.testing.assert_allclose(getattr(one, column), getattr(other, column))
    low_high = mean_interval(loss), mean_interval(loss, weights=np.full(60, 7.0))
    assert low_high[0] == pytest.approx(low_high[1])


def test_the_error_of_a_weighted_average_precision_is_that_of_drawing_rows_again():
    rng = np.random.default_rng(2)
    rows = drawn(2, rows=400, decimals=12)
    weights = rng.gamma(2, size=400)
    score = average_precision(
        replace(rows, weights=weights), cutoffs(replace(rows, weights=weights))
    )
    again = []
    for _ in range(400):
        at = rng.integers(0, 400, 400)
        again.append(reference.average_precision_score(
            rows.is_class[at], rows.chance[at], sample_weight=weights[at]))  # fmt: skip
    assert score.std_error == pytest.approx(np.std(again), rel=0.15)


#: Weights that say nothing of what happened, and weights that are large where it happened.
WEIGHTS = {
    "alone": lambda rng, happened: rng.gamma(1.5, size=len(happened)),
    "with the outcome": lambda rng, happened: rng.gamma(2, size=len(happened)) * (1 + 4 * happened),
}


@pytest.mark.parametrize("weigh", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("rows", [60, 400])
def test_the_interval_of_a_weighted_share_covers_as_often_as_it_says(rows, weigh):
    """The truth is the share in the population that the weights stand for."""
    rng, inside, runs = np.random.default_rng(5), 0, 2_000
    happened = rng.random(400_000) < 0.15
    truth = np.average(happened, weights=weigh(rng, happened))
    for _ in range(runs):
        one = rng.random(rows) < 0.15
        weights = weigh(rng, one)
        found = shares(Tally.all(weights[one]), Tally.all(weights))
        inside += found.low[0] <= truth <= found.high[0]
    assert inside / runs > 0.93


def test_the_interval_of_a_weighted_mean_covers_as_often_as_it_says():
    rng, inside, runs = np.random.default_rng(6), 0, 2_000
    for _ in range(runs):
        weights = rng.gamma(1.5, size=40)
        low, high = mean_interval(rng.normal(3, 1, 40), weights=weights)
        inside += low <= 3 <= high
    assert 0.93 < inside / runs < 0.975


def test_rows_that_agree_are_not_certain():
    found = shares(Tally.all(np.zeros(0)), Tally.all(np.array([1.0, 1.0, 50.0])))
    assert found.value[0] == 0
    # one row has nearly all the weight: about as little is known as of one row
    assert found.high[0] > 0.7


# The methods on a table with weights


def table(task: str) -> Dataset:
    frame = clean(400) if task == "regression" else clean_yes_no(400)
    if task == "multiclass":
        high = np.where(frame["y"] == "yes", "high", "low")
        frame["y"] = np.where(np.arange(400) % 3 == 0, "middle", high)
    rng = np.random.default_rng(1)
    frame = frame.assign(w=rng.integers(0, 4, 400), site=rng.choice(["n", "s"], 400))
    return Dataset.of(frame, target="y").with_roles({"w": "weight", "site": "ignore"})


@pytest.fixture(scope="module", params=["regression", "binary", "multiclass"])
def model(request):
    return train(table(request.param), "decision_tree", max_depth=4)


def test_every_picture_of_quality_uses_the_weights_and_says_so(model):
    for method in methods_of("quality", model):
        assert method.weighs, method.name
        if method.name == "workbench.cross_validation":  # slow, and tested where it is
            continue
        result = method(model)
        assert any("count by their case weights 'w'" in note for note in result.notes), method.name
        result.figure()


def test_comparing_models_uses_the_weights():
    data = table("binary")
    both = ModelSet.of([train(data, "decision_tree", max_depth=depth) for depth in (2, 5)])
    for name in ("compare_models", "compared_curves", "agreement"):
        notes = METHODS[f"workbench.{name}"](both).notes
        assert any("count by their case weights" in note for note in notes)
    frame = METHODS["workbench.compare_models"](both).frame
    shown = frame[(frame["metric"] == "accuracy") & (frame["part"] == "test")]
    weights, y = both.models[0].weights("test"), both.target.y[both.held_out]
    for at, value in enumerate(shown["value"]):
        right = both.predictions(both.held_out, at).argmax(axis=1) == y
        assert value == pytest.approx(np.average(right, weights=weights))


def test_rows_without_weight_are_not_among_those_judged():
    model = train(table("binary"), "decision_tree", max_depth=3)
    weights, rows = model.weights("test"), model.rows("test")
    frame = confusion_matrix(model).frame
    frame = frame[frame["part"] == "test"]
    assert frame["rows"].sum() == (weights > 0).sum()
    expected = reference.confusion_matrix(
        rows["y"], model.predict(rows), labels=model.classes, sample_weight=weights, normalize="all"
    )
    np.testing.assert_allclose(frame["share_of_all"], expected.ravel())


def test_groups_and_slices_and_leaves_are_weighted_means():
    model = train(table("regression"), "decision_tree", max_depth=3)
    at, weights = model.positions("test"), model.weights("test")
    error = np.abs(model.target.y[at] - model.predict(model.rows("test")))
    frame = group_fairness(model, column="site").frame
    shown = frame[(frame["figure"] == "size of the error") & (frame["part"] == "test")]
    for row in shown.itertuples():
        inside = (model.data.frame["site"].iloc[at] == row.group).to_numpy()
        assert row.value == pytest.approx(np.average(error[inside], weights=weights[inside]))
    tree = error_tree(model, depth=2).frame
    mean = np.average(tree["loss"], weights=tree["share"])
    assert mean == pytest.approx(tree["average"].iloc[0])
    worst = error_slices(model).frame.iloc[0]
    whole = worst["mean_loss"] * worst["share"] + worst["rest"] * (1 - worst["share"])
    assert whole == pytest.approx(np.average(error, weights=weights))


def test_residuals_are_weighted():
    rows = NumberRows(
        "test", np.arange(3), np.array([1.0, 2, 9]), np.zeros(3), np.array([1.0, 1, 2])
    )
    assert _mean(rows).value == pytest.approx(5.25)


def test_judged_rows_of_one_weight_have_none():
    data = table("binary")
    frame = data.frame.assign(w=3.0)
    model = train(Dataset.of(frame, target="y").with_roles({"w": "weight"}), "decision_tree")
    from workbench.quality._rows import judged as of_model

    rows: Judged = of_model(model, "test", silent)
    assert rows.weights is None
    assert area_under_roc(rows.y == 1, rows.said[:, 1]).value > 0.5
