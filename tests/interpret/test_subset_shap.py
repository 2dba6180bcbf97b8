"""Shapley values by asking, against closed forms and the axioms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from interpret._subset_shap import of_coalitions, shapley
from workbench.errors import NotApplicable

RNG = np.random.default_rng(0)


def test_a_linear_model_has_its_closed_form():
    beta, rows, reference = RNG.normal(size=5), RNG.normal(size=(4, 5)), RNG.normal(size=(30, 5))
    found = shapley(lambda x: x @ beta, rows, reference)
    np.testing.assert_allclose(found.values, (rows - reference.mean(axis=0)) * beta, atol=1e-12)
    assert found.base == pytest.approx((reference @ beta).mean())
    assert found.is_exact


def test_a_product_of_two_is_shared_and_a_stranger_gets_nothing():
    reference = np.zeros((1, 3))
    found = shapley(lambda x: x[:, 0] * x[:, 1], np.array([[2.0, 3.0, 9.0]]), reference)
    np.testing.assert_allclose(found.values, [[3, 3, 0]], atol=1e-12)


def test_many_columns_are_sampled_with_an_error_that_covers():
    p = 14
    beta = RNG.normal(size=p)

    def model(x):
        return x @ beta + x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3]

    rows, reference = RNG.normal(size=(40, p)), np.zeros((1, p))
    found = shapley(model, rows, reference)
    truth = rows * beta
    for a, b in ((0, 1), (2, 3)):
        truth[:, [a, b]] += (rows[:, a] * rows[:, b] / 2)[:, None]
    # an order and its reverse share a product evenly: with interactions of two it is exact
    np.testing.assert_allclose(found.values, truth, atol=1e-9)
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), model(rows), atol=1e-9)

    def three(x):
        return x[:, 0] * x[:, 1] * x[:, 2]

    found = shapley(three, rows, reference)
    assert not found.is_exact
    error = found.values[:, :3] - (three(rows) / 3)[:, None]
    assert (np.abs(error) <= 4 * found.std_error[:, :3] + 1e-9).mean() > 0.97


def test_what_would_take_too_long_is_refused_with_the_number():
    with pytest.raises(NotApplicable, match="819,200,000 answers"):
        shapley(lambda x: x[:, 0], np.zeros((200, 12)), np.zeros((1_000, 12)))


games = arrays(float, 16, elements=st.floats(-5, 5, allow_nan=False))


@given(games, games)
def test_shapley_values_are_efficient_and_linear(first, second):
    values = of_coalitions(first)
    assert values.sum() == pytest.approx(first[-1] - first[0], abs=1e-9)
    np.testing.assert_allclose(of_coalitions(first + second), values + of_coalitions(second),
                               atol=1e-9)  # fmt: skip


@given(games)
def test_players_that_do_the_same_get_the_same(worth):
    swapped = np.array([(c & 0b1100) | ((c & 1) << 1) | ((c >> 1) & 1) for c in range(16)])
    values = of_coalitions((worth + worth[swapped]) / 2)
    assert values[0] == pytest.approx(values[1], abs=1e-9)
