"""Averages of what a model answers, against the library's own answers to the changed rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpret.trees.response import (
    response_ale,
    response_curve,
    response_ice,
    response_surface,
)
from tests.worlds_rows import Probe, probe, with_column

#: (model, output): every link, one and several sums, with levels and without.
ANSWERS = [
    ("XGBoost levels", 0),
    ("XGBoost binary levels", 0),
    ("XGBoost multiclass", 2),
    ("XGBoost Poisson", 0),
    ("RandomForest multiclass", 1),
    ("GradientBoosting AdaBoost", 0),
    ("GradientBoosting multiclass", 3),
    ("HistGradientBoosting multiclass", 0),
    ("LightGBM multiclass", 1),
]
#: A library's own predictions are rounded to single precision, after an exponential.
SINGLE, DOUBLE = 3e-6, 1e-10


def allowed(name, expected):
    share = SINGLE if name.startswith("XGBoost") else DOUBLE
    return share * max(1, np.abs(expected).max())


def own_curves(p: Probe, output, feature, values):
    return p.curves(lambda rows: p.response(rows, output), feature, values)


@pytest.mark.parametrize(("name", "output"), ANSWERS)
def test_each_rows_answers_and_their_average(name, output):
    p = probe(name)
    for f in (0, 3):
        values, codes = p.grid(f)
        expected = own_curves(p, output, f, values)
        gap = allowed(name, expected)
        found = response_ice(p.ensemble, p.codes, f, codes, output)
        np.testing.assert_allclose(found, expected, rtol=0, atol=gap)
        mean = response_curve(p.ensemble, p.codes, f, codes, output)
        np.testing.assert_allclose(mean.mean, expected.mean(axis=0), rtol=0, atol=gap)
        error = expected.std(axis=0, ddof=1) / np.sqrt(len(expected))
        np.testing.assert_allclose(mean.std_error, error, rtol=0, atol=gap)


@pytest.mark.parametrize("name", ["XGBoost binary levels", "HistGradientBoosting multiclass"])
def test_whole_weights_are_as_good_as_repeated_rows(name):
    p = probe(name)
    weights = np.random.default_rng(0).integers(0, 4, len(p.x))
    repeated = np.ascontiguousarray(np.repeat(p.codes, weights, axis=1))
    for f in (0, 3):
        _, codes = p.grid(f)
        weighted = response_curve(p.ensemble, p.codes, f, codes, weights=weights)
        plain = response_curve(p.ensemble, repeated, f, codes)
        np.testing.assert_allclose(weighted.mean, plain.mean, rtol=0, atol=1e-12)


def test_the_error_of_a_weighted_mean_is_that_of_a_ratio():
    p = probe("XGBoost binary levels")
    weights = np.random.default_rng(0).uniform(0, 3, len(p.x))
    _, codes = p.grid(0)
    rows = response_ice(p.ensemble, p.codes, 0, codes)
    found = response_curve(p.ensemble, p.codes, 0, codes, weights=weights)
    mean = weights @ rows / weights.sum()
    spread = (weights[:, None] ** 2 * (rows - mean) ** 2).sum(axis=0)
    n = len(rows)
    expected = np.sqrt(spread * n / (n - 1)) / weights.sum()
    np.testing.assert_allclose(found.std_error, expected, rtol=1e-9)


def test_a_single_row_has_a_mean_and_no_error():
    p = probe("XGBoost")
    one = np.ascontiguousarray(p.codes[:, :1])
    found = response_curve(p.ensemble, one, 0, [0, 1, 2])
    rows = response_ice(p.ensemble, one, 0, [0, 1, 2])
    np.testing.assert_allclose(found.mean, rows[0], rtol=0, atol=1e-12)
    assert np.isnan(found.std_error).all()


@pytest.mark.parametrize(("name", "output"), ANSWERS)
def test_two_columns_set_together(name, output):
    p = probe(name)
    (first, a), (second, b) = p.grid(0, points=4), p.grid(3, points=4)
    found = response_surface(p.ensemble, p.codes, (0, 3), (a, b), output)
    for g, value in enumerate(first):
        moved = Probe(p.estimator, p.ensemble, with_column(p.x, 0, value), p.codes, p.allowed)
        expected = own_curves(moved, output, 3, second).mean(axis=0)
        np.testing.assert_allclose(found[g], expected, rtol=0, atol=allowed(name, expected))


@pytest.mark.parametrize(("name", "output"), ANSWERS)
def test_the_local_steps_of_accumulated_effects(name, output):
    p = probe(name)
    edges = np.nanquantile(p.x[:, 0], [0, 0.2, 0.5, 0.9])
    bins = np.clip(np.searchsorted(edges, p.x[:, 0], side="left") - 1, 0, 2)
    bins[np.isnan(p.x[:, 0])] = -1
    codes = p.ensemble.encoder.code_of(0, edges)
    found = response_ale(p.ensemble, p.codes, 0, codes, bins, output)
    ends = own_curves(p, output, 0, edges)
    for b in range(3):
        inside = bins == b
        step = (ends[:, b + 1] - ends[:, b])[inside]
        gap = 2 * allowed(name, ends) * len(step)
        assert found.rows[b] == inside.sum()
        assert found.total[b] == pytest.approx(step.sum(), abs=gap)
        assert found.squares[b] == pytest.approx((step**2).sum(), abs=gap * np.abs(ends).max())


@given(seed=st.integers(0, 1_000), points=st.integers(1, 6))
def test_the_answers_of_all_classes_add_up_to_one(seed, points):
    p = probe("XGBoost multiclass")
    rng = np.random.default_rng(seed)
    feature = int(rng.integers(0, 6))
    grid = rng.integers(0, p.ensemble.encoder.code_counts[feature], points)
    answers = [response_curve(p.ensemble, p.codes, feature, grid, k).mean for k in range(4)]
    np.testing.assert_allclose(np.sum(answers, axis=0), 1, atol=1e-12)
