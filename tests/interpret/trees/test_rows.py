"""Rows with one column changed, against the library's own predictions of the changed rows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpret.trees import read_trees
from interpret.trees.dependence import margin_curves
from interpret.trees.detours import HELD, TOGETHER, Question, every_code
from interpret.trees.expected import Loss, expected_loss, expected_margins
from interpret.trees.kernels.predict import margins
from interpret.trees.rows import (
    curves_of_rows,
    ice,
    permuted,
    permuted_group,
    replaced,
    weighted_curves,
)
from tests.worlds_rows import probe
from tests.worlds_trees import NAMES, table, two
from workbench.errors import NotApplicable

#: Of one sum: forests of two classes have two.
ONE_SUM = [n for n in NAMES if not n.endswith(("multiclass", "Forest binary", "Trees binary"))]
A_FEW = ["XGBoost binary levels", "RandomForest", "HistGradientBoosting levels", "LightGBM"]


def equal(found, expected, allowed):
    np.testing.assert_allclose(found, expected, rtol=0, atol=allowed)


def lenders_of(rows, repeats, features=1, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, rows, (features, repeats, rows))


def every_code_of(ensemble):
    return [np.arange(count) for count in ensemble.encoder.code_counts]


@pytest.mark.parametrize("name", ONE_SUM)
def test_each_rows_curve_is_what_the_library_predicts_for_it(name):
    p = probe(name)
    values, codes = zip(*(p.grid(f) for f in range(6)), strict=True)
    found = ice(p.ensemble, p.codes, range(6), codes)
    for f in range(6):
        equal(found[f], p.curves(p.margin, f, values[f]), p.allowed)


@pytest.mark.parametrize("name", ["XGBoost multiclass", "RandomForest multiclass"])
def test_each_class_has_its_own_curves(name):
    p = probe(name)
    for k in range(4):
        values, codes = p.grid(0)
        found = curves_of_rows(p.ensemble.output(k), p.codes, 0, codes)
        equal(found, p.curves(lambda x, k=k: p.margin(x, k), 0, values), p.allowed)


def test_several_sums_are_not_walked_as_one():
    p = probe("XGBoost multiclass")
    with pytest.raises(NotApplicable, match="4 sums"):
        curves_of_rows(p.ensemble, p.codes, 0, [1])


def test_a_grid_may_come_in_any_order_and_repeat_itself():
    p = probe("XGBoost levels")
    for f in (0, 3):
        _, codes = p.grid(f)
        asked = np.concatenate([codes[::-1], codes[:3]])
        found = curves_of_rows(p.ensemble, p.codes, f, asked)
        sorted_one = curves_of_rows(p.ensemble, p.codes, f, codes)
        equal(found, np.hstack([sorted_one[:, ::-1], sorted_one[:, :3]]), 1e-12)


@pytest.mark.parametrize("name", A_FEW)
def test_permuted_rows_are_predicted_as_the_library_does(name):
    p = probe(name)
    lenders = lenders_of(len(p.x), repeats=3, features=6)
    found = permuted(p.ensemble, p.codes, range(6), lenders)
    for f in range(6):
        for r in range(3):
            changed = p.x.copy()
            changed[:, f] = p.x[lenders[f, r], f]
            equal(found[f, r], p.margin(changed), p.allowed)


@pytest.mark.parametrize("name", A_FEW)
def test_any_codes_may_take_the_place_of_a_rows_own(name):
    p = probe(name)
    counts = p.ensemble.encoder.code_counts
    others = np.stack(
        [np.random.default_rng(f).integers(0, counts[f], (2, len(p.x))) for f in (3, 0)]
    )
    found = replaced(p.ensemble, p.codes, (3, 0), others)
    for s, f in enumerate((3, 0)):
        for r in range(2):
            changed = p.codes.copy()
            changed[f] = others[s, r]
            equal(found[s, r], margins(p.ensemble, changed)[:, 0], 1e-12)


@pytest.mark.parametrize("name", ["XGBoost multiclass", "HistGradientBoosting levels"])
def test_a_group_of_columns_is_taken_together(name):
    p = probe(name)
    lenders = lenders_of(len(p.x), repeats=2)[0]
    found = permuted_group(p.ensemble, p.codes, (0, 3), lenders)
    for r in range(2):
        changed = p.x.copy()
        changed[:, [0, 3]] = p.x[lenders[r]][:, [0, 3]]
        for k in range(p.ensemble.outputs):
            equal(found[r, :, k], p.margin(changed, k), p.allowed)


@pytest.mark.parametrize("name", A_FEW)
def test_whole_weights_are_as_good_as_repeated_rows(name):
    p = probe(name)
    weights = np.random.default_rng(1).integers(0, 4, len(p.x))
    found = weighted_curves(p.ensemble, p.codes, weights)
    repeated = np.ascontiguousarray(np.repeat(p.codes, weights, axis=1))
    ones = margin_curves(p.ensemble, repeated)
    assert found.mean == pytest.approx(ones.mean, abs=1e-10)
    for f in range(6):
        equal(found.of(f), ones.of(f), 1e-10)
        values, codes = p.grid(f)
        expected = np.repeat(p.curves(p.margin, f, values), weights, axis=0).mean(axis=0)
        equal(found.of(f)[codes], expected, p.allowed)


@pytest.mark.parametrize("name", A_FEW)
def test_the_expected_sum_is_the_average_over_every_lender(name):
    p = probe(name)
    found = expected_margins(p.ensemble, p.codes)
    for f in range(6):
        equal(found[f], p.curves(p.margin, f, p.x[:, f]).mean(axis=1), p.allowed)
    lent = expected_margins(p.ensemble, p.codes, [3, 0], lenders=p.codes[:, :5])
    for s, f in enumerate((3, 0)):
        equal(lent[s], p.curves(p.margin, f, p.x[:5, f]).mean(axis=1), p.allowed)


def loss_of(loss, y, prediction):
    y = y[:, None]
    observed = np.where(y == 1, prediction, 1 - prediction)
    return {
        Loss.SQUARED: (y - prediction) ** 2,
        Loss.ABSOLUTE: np.abs(y - prediction),
        Loss.LOG: -np.log(np.maximum(observed, 1e-15)),
        Loss.ZERO_ONE: (prediction > 0.5) != (y == 1),
    }[loss]


def agrees_with_every_pair(found, loss, y, p, allowed, lenders=slice(None)):
    """Every row with every lender's value, predicted by the library itself."""
    own = loss_of(loss, y, p.response(p.x)[:, None])[:, 0].astype(float)
    equal(found.own, own, allowed)
    for f in range(6):
        more = loss_of(loss, y, p.curves(p.response, f, p.x[lenders, f])) - own[:, None]
        equal(found.borrowed[f], more.mean(axis=1), allowed)
        equal(found.lent[f], more.mean(axis=0), allowed)


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize(
    "name", ["XGBoost binary levels", "GradientBoosting AdaBoost", "LightGBM binary"]
)
def test_the_expected_loss_of_a_probability_is_the_average_over_every_lender(name, loss):
    p = probe(name)
    y = two(table(rows=len(p.x), seed=3)[1]).astype(float)
    found = expected_loss(p.ensemble, p.codes, y, loss)
    agrees_with_every_pair(found, loss, y, p, 1e-5 if name.startswith("XGB") else 1e-10)


@pytest.mark.parametrize("loss", [Loss.SQUARED, Loss.ABSOLUTE])
@pytest.mark.parametrize("name", ["XGBoost Poisson", "DecisionTree", "HistGradientBoosting levels"])
def test_the_expected_loss_of_a_number_is_the_average_over_every_lender(name, loss):
    p = probe(name)
    y = table(rows=len(p.x), seed=3)[1]
    found = expected_loss(p.ensemble, p.codes, y, loss)
    scale = max(1, np.abs(found.own).max(), np.abs(found.lent).max()) * p.allowed * 10
    agrees_with_every_pair(found, loss, y, p, scale)
    some = expected_loss(p.ensemble, p.codes, y, loss, lenders=p.codes[:, :5])
    agrees_with_every_pair(some, loss, y, p, scale, slice(5))


@pytest.mark.parametrize("loss", Loss)
def test_a_tie_of_votes_is_a_tie_and_no_votes_are_none(loss):
    """Ten grown trees vote: half of them, or none, whatever the order in which they are added."""
    from sklearn.ensemble import RandomForestClassifier

    x, y = table(rows=120)
    forest = RandomForestClassifier(10, random_state=0).fit(x, two(y))
    few, y = table(rows=60, seed=3)
    y = two(y).astype(float)
    found = expected_loss(*_of_the_second(forest, few), y, loss)
    for f in range(6):
        changed = np.repeat(few, 60, axis=0)
        changed[:, f] = np.tile(few[:, f], 60)
        votes = np.round(forest.predict_proba(changed)[:, 1] * 10).reshape(60, 60)
        assert {0, 5, 10} <= set(votes.ravel())
        expected = loss_of(loss, y, votes / 10).astype(float)
        equal(found.own, np.diagonal(expected), 1e-10)
        equal(found.own + found.borrowed[f], expected.mean(axis=1), 1e-10)
        equal(found.own.mean() + found.lent[f], expected.mean(axis=0), 1e-10)


def _of_the_second(forest, rows):
    ensemble = read_trees(forest).output(1)
    return ensemble, ensemble.encoder.encode(rows)


def test_the_expected_loss_of_several_classes_is_refused():
    p = probe("XGBoost multiclass")
    with pytest.raises(NotApplicable, match="softmax"):
        expected_loss(p.ensemble, p.codes, p.x[:, 0], Loss.LOG)


@given(
    seed=st.integers(0, 10_000),
    depth=st.integers(0, 7),
    rows=st.integers(1, 40),
    levels=st.sampled_from([3, 70, 200]),
)
def test_rows_agree_with_predictions_whatever_the_model(seed, depth, rows, levels):
    """Missing values, constant and duplicated columns, many levels, stumps, a single row."""
    import xgboost

    rng = np.random.default_rng(seed)
    x = rng.normal(size=(150, 5)).round(1)
    x[:, 1], x[:, 2] = x[:, 0], 1.0
    x[:, 3] = rng.integers(0, levels, 150)
    y = x[:, 0] * (x[:, 3] % 3) + x[:, 4]
    x[rng.random(x.shape) < rng.choice([0, 0.3])] = np.nan
    model = xgboost.XGBRegressor(
        n_estimators=3, max_depth=depth, n_jobs=1, feature_types=["q", "q", "q", "c", "q"],
        enable_categorical=True, tree_method="hist", min_child_weight=0, max_cat_to_onehot=2,
        base_score=0.5, learning_rate=0.9, gamma=0 if depth else 1e9, max_leaves=0,
    ).fit(x, y)  # fmt: skip
    ensemble = read_trees(model)
    codes = ensemble.encoder.encode(x[:rows])
    agrees_with_predictions(ensemble, codes)


def agrees_with_predictions(ensemble, codes):
    """Curves at every code, from all columns at once, are the predictions of changed codes."""
    grids = every_code_of(ensemble)
    found = ice(ensemble, codes, range(ensemble.features), grids)
    averages = weighted_curves(ensemble, codes, np.ones(codes.shape[1]))
    for f, grid in enumerate(grids):
        for code in np.unique(np.linspace(0, len(grid) - 1, 12).astype(int)):
            changed = codes.copy()
            changed[f] = code
            equal(found[f][:, code], margins(ensemble, changed)[:, 0], 1e-10)
        equal(averages.of(f), found[f].mean(axis=0), 1e-10)


def test_a_stump_and_an_output_without_trees_answer_with_their_base():
    p = probe("XGBoost")
    nothing = replace(p.ensemble, roots=p.ensemble.roots[:0])
    leaf = np.flatnonzero(p.ensemble.nodes.left < 0)[:1].astype(np.int32)
    for bare, expected in (
        (nothing, p.ensemble.base[0]),
        (replace(p.ensemble, roots=leaf), p.ensemble.base[0] + p.ensemble.value[leaf[0], 0]),
    ):
        assert (curves_of_rows(bare, p.codes, 0, [0, 1, 2]) == expected).all()
        assert (permuted(bare, p.codes, [0], lenders_of(len(p.x), 2)) == expected).all()
        equal(expected_margins(bare, p.codes), expected, 1e-12)
        equal(weighted_curves(bare, p.codes, np.ones(len(p.x))).of(1), expected, 1e-12)
        lost = expected_loss(bare, p.codes, np.zeros(len(p.x)), Loss.ABSOLUTE)
        equal(lost.own, abs(expected), 1e-12)
        assert not lost.borrowed.any()
        assert not lost.lent.any()


def test_more_codes_than_a_byte_holds_and_deep_trees():
    from sklearn.tree import DecisionTreeRegressor

    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 3))
    ensemble = read_trees(DecisionTreeRegressor().fit(x, x[:, 0] * x[:, 1] + x[:, 2]))
    codes = ensemble.encoder.encode(x[:20])
    assert codes.dtype == np.uint16
    agrees_with_predictions(ensemble, codes)


def test_of_trees_so_large_that_few_rows_walk_together():
    from sklearn.ensemble import RandomForestRegressor

    rng = np.random.default_rng(0)
    x = rng.normal(size=(3_000, 4))
    x[rng.random(x.shape) < 0.1] = np.nan
    y = np.nan_to_num(x[:, 0] * x[:, 1]) + rng.normal(size=3_000)
    ensemble = read_trees(RandomForestRegressor(3, random_state=0).fit(x, y))
    question = Question.about(ensemble, every_code(ensemble, range(4)))
    assert HELD // question.most < TOGETHER
    agrees_with_predictions(ensemble, ensemble.encoder.encode(x[:70]))


def test_a_path_that_only_missing_can_take_is_followed():
    """Twice asked at one threshold, the second time about what is left: the missing values."""
    from interpret.trees.encoder import Encoder
    from interpret.trees.ensemble import RawTree, assemble
    from interpret.trees.links import IDENTITY

    tree = RawTree(
        left=np.array([1, -1, 3, -1, -1], dtype=np.int32),
        right=np.array([2, -1, 4, -1, -1], dtype=np.int32),
        feature=np.array([0, -1, 0, -1, -1], dtype=np.int32),
        threshold=np.array([1.0, 0.0, 1.0, 0.0, 0.0]),
        missing_left=np.array([False, False, True, False, False]),
        value=np.array([[0.0], [1.0], [0.0], [7.0], [2.0]]),
        weight=np.ones(5),
        gain=np.zeros(5),
    )
    rules = Encoder.empty([np.zeros(0)], single=False, equal_goes_left=True)
    ensemble = assemble([tree], rules, np.zeros(1), IDENTITY, "scikit-learn")
    codes = ensemble.encoder.encode(np.array([[0.0], [2.0], [np.nan]]))
    for row in curves_of_rows(ensemble, codes, 0, [0, 1, 2]):
        assert list(row) == [7, 1, 2]


def test_no_row_and_no_column_is_no_error():
    p = probe("XGBoost")
    none = np.ascontiguousarray(p.codes[:, :0])
    assert ice(p.ensemble, none, [0], [[1, 2]])[0].shape == (0, 2)
    assert ice(p.ensemble, p.codes, [], []) == []
    assert permuted(p.ensemble, none, [0], np.zeros((1, 2, 0), int)).shape == (1, 2, 0)
    lost = expected_loss(p.ensemble, none, [], Loss.SQUARED, [0, 1], lenders=p.codes)
    assert (len(lost.own), lost.borrowed.shape) == (0, (2, 0))
    assert not lost.lent.any()
