"""The exact engine and the one that asks agree, for every family, task and shape."""

import numpy as np
import pytest

from interpret._engine import Target, engine_of
from interpret._engine.asking import Asking
from interpret._engine.exact import Exact
from tests.worlds_model import SHAPES, SMALL, TASKS, known_model, small_model
from workbench.errors import NotApplicable

EVERY = [(f, t, s) for f in SMALL for t in TASKS for s in SHAPES]


def both(family, task, shape):
    """The engines, encoded rows, a column that may be missing, one of levels, and all targets."""
    model = small_model(family, task, shape)
    exact, asking = engine_of(model), Asking(model, "")
    assert isinstance(exact, Exact)
    rows = model.transform.codes(model.data.frame)
    scales = ["response"]
    if family in ("gradient_boosting", "xgboost"):
        scales.append("margin")
    names = model.classes or (None,)
    return exact, asking, rows, [Target(name, scale) for name in names for scale in scales]


def close(found, expected):
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize(("family", "task", "shape"), EVERY)
def test_predictions_curves_and_averages_are_the_same(family, task, shape):
    exact, asking, rows, targets = both(family, task, shape)
    for target in targets:
        close(exact.predict(rows, target), asking.predict(rows, target))
        for feature in (0, 3):
            grid = np.append(np.unique(rows[:, feature])[:5], np.nan)
            close(exact.curves(rows, feature, grid, target),
                  asking.curves(rows, feature, grid, target))  # fmt: skip
            found, expected = (e.average(rows, feature, grid, target) for e in (exact, asking))
            close(found.mean, expected.mean)
            close(found.std_error, expected.std_error)
            plain = asking.curves(rows, feature, grid, target)
            close(expected.mean, plain.mean(axis=0))
            close(expected.std_error, plain.std(axis=0, ddof=1) / np.sqrt(len(rows)))


@pytest.mark.parametrize(("family", "task", "shape"), EVERY)
def test_surfaces_and_steps_are_the_same(family, task, shape):
    exact, asking, rows, targets = both(family, task, shape)
    edges = np.nanquantile(rows[:, 0], [0, 0.3, 0.6, 1])
    bins = np.where(np.isnan(rows[:, 0]), -1, np.searchsorted(edges[1:-1], rows[:, 0]))
    other = np.nanquantile(rows[:, 1], [0, 0.5, 1])
    other_bins = np.searchsorted(other[1:-1], rows[:, 1])
    for target in targets:
        grids = np.append(edges, np.nan), np.unique(rows[:, 3])[:4]
        close(exact.surface(rows, (0, 3), grids, target),
              asking.surface(rows, (0, 3), grids, target))  # fmt: skip
        found, expected = (e.steps(rows, 0, edges, bins, target) for e in (exact, asking))
        close(found.mean, expected.mean)
        close(found.std_error, expected.std_error)
        np.testing.assert_array_equal(found.rows, expected.rows)
        cells = [e.cell_steps(rows, (0, 1), (edges, other), (bins, other_bins), target)
                 for e in (exact, asking)]  # fmt: skip
        close(*cells)


@pytest.mark.parametrize(("family", "task", "shape"), EVERY)
def test_permuted_predictions_are_the_same(family, task, shape):
    exact, asking, rows, _ = both(family, task, shape)

    def lenders(group):
        rng = np.random.default_rng(group)
        return np.stack([rng.permutation(len(rows)) for _ in range(3)])

    groups = [(0,), (3,), (0, 1, 3)]
    for found, expected in zip(exact.permuted(rows, groups, lenders),
                               asking.permuted(rows, groups, lenders), strict=True):  # fmt: skip
        assert found.shape == expected.shape
        close(found, expected)


def test_few_permuted_columns_fit_the_memory_at_a_time(monkeypatch):
    exact, asking, rows, _ = both("xgboost", "multiclass", "both")
    monkeypatch.setattr("interpret._engine.exact.PERMUTED_BYTES", 1)

    def lenders(group):
        return np.random.default_rng(group).permutation(len(rows))[None]

    groups = [(f,) for f in range(4)]
    for found, expected in zip(exact.permuted(rows, groups, lenders),
                               asking.permuted(rows, groups, lenders), strict=True):  # fmt: skip
        close(found, expected)


def test_a_tie_of_votes_goes_to_the_class_the_forest_gives_it_to():
    model = small_model(
        "random_forest", "binary", "plain", n_estimators=10, max_depth=30, min_samples_leaf=1
    )
    exact = engine_of(model)
    rows = exact.model.transform.codes(model.data.frame)
    lenders = np.random.default_rng(0).permuted(np.tile(np.arange(len(rows)), (20, 1)), axis=1)
    groups = [(f,) for f in range(4)]
    ties = 0
    for f, found in enumerate(exact.permuted(rows, groups, lambda _: lenders)):
        for r, votes in enumerate(found):
            changed = rows.copy()
            changed[:, f] = rows[lenders[r], f]
            own = model.response(changed)
            ties += int((np.round(10 * own[:, 0]) == 5).sum())
            assert (votes.argmax(axis=1) == own.argmax(axis=1)).all()
    assert ties > 50


def test_a_model_that_is_no_tree_is_asked_and_says_why():
    import pandas as pd

    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=list("aby"))
    engine = engine_of(known_model(frame, "y", lambda codes: codes @ [1.0, 2.0]))
    assert not engine.is_exact
    assert "not an ensemble of trees" in engine.note


def test_an_engine_is_made_once_for_a_model():
    model = small_model("xgboost", "regression", "plain")
    assert engine_of(model) is engine_of(model)
    assert engine_of(small_model("xgboost", "regression", "plain")) is not engine_of(model)


def test_while_the_kernels_are_compiled_the_model_is_asked(monkeypatch):
    model = small_model("xgboost", "regression", "plain")
    with monkeypatch.context() as patch:
        patch.setattr("interpret.trees.compiled.ready_or_begin", lambda: False)
        engine = engine_of(model)
        assert not engine.is_exact
        assert "being compiled" in engine.note
    assert engine_of(model).is_exact


def test_a_forest_has_no_margin_and_says_so():
    exact, _, rows, _ = both("random_forest", "binary", "plain")
    with pytest.raises(NotApplicable, match="has no margin"):
        exact.predict(rows, Target("yes", "margin"))
