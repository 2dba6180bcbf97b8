"""The curve and its area are scikit-learn's; the interval agrees with resampling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from tests import worlds
from tests.workbench.quality.rows_made import drawn, made
from workbench import Dataset, precision_recall_curve, train
from workbench.quality._cutoffs import cutoffs
from workbench.quality.precision_recall_curve import _curve, average_precision


def score_of(rows):
    return average_precision(rows, cutoffs(rows))


@given(seed=st.integers(0, 10_000), decimals=st.integers(1, 6))
def test_every_point_and_the_area_are_scikit_learns(seed, decimals):
    rows = drawn(seed, decimals=decimals)
    frame = _curve(rows)
    precision, recall, cutoff = reference.precision_recall_curve(rows.is_class, rows.chance)
    np.testing.assert_allclose(frame["precision"].iloc[1:], precision[:-1][::-1])
    np.testing.assert_allclose(frame["recall"].iloc[1:], recall[:-1][::-1])
    np.testing.assert_allclose(frame["cutoff"].iloc[1:], cutoff[::-1])
    expected = reference.average_precision_score(rows.is_class, rows.chance)
    assert frame["average_precision"].iloc[0] == pytest.approx(expected, abs=1e-12)


@given(seed=st.integers(0, 10_000))
def test_the_steps_that_are_drawn_hold_the_average_precision(seed):
    frame = _curve(drawn(seed))
    under = (frame["recall"].diff() * frame["precision"]).sum()
    assert under == pytest.approx(frame["average_precision"].iloc[0], abs=1e-12)


@given(seed=st.integers(0, 10_000), decimals=st.integers(1, 6))
def test_the_influences_have_mean_zero(seed, decimals):
    assert score_of(drawn(seed, decimals=decimals)).influence.mean() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("decimals", [1, 8])
def test_the_standard_error_is_that_of_the_bootstrap(decimals):
    rows = drawn(5, rows=400, decimals=decimals)
    rng = np.random.default_rng(0)
    draws = [rng.integers(0, 400, 400) for _ in range(800)]
    resampled = [reference.average_precision_score(rows.is_class[d], rows.chance[d]) for d in draws]
    assert score_of(rows).std_error == pytest.approx(np.std(resampled), rel=0.1)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    large = drawn(99, rows=400_000, decimals=12)
    truth, inside, runs = score_of(large).value, 0, 400
    for seed in range(runs):
        low, high = score_of(drawn(seed, rows=300, decimals=12)).interval(is_share=True)
        inside += low <= truth <= high
    assert 0.92 <= inside / runs <= 0.98


def test_chances_that_know_nothing_reach_the_share_of_the_class():
    rng = np.random.default_rng(0)
    rows = made(rng.random(50_000) < 0.2, rng.random(50_000))
    assert score_of(rows).value == pytest.approx(0.2, abs=0.01)
    flat = made(rows.is_class, np.full(50_000, 0.3))
    assert score_of(flat).value == pytest.approx(flat.base_rate)


def test_the_line_without_a_model_is_the_base_rate_of_the_rows():
    model = train(Dataset.of(worlds.yes_no(), target="bought"))
    found = precision_recall_curve(model)
    share = (model.rows("test")["bought"] == "yes").mean()
    assert found.frame["base_rate"].iloc[0] == pytest.approx(share)
    guess = next(t for t in found.figure().data if t.name == "without a model")
    assert list(guess.y) == pytest.approx([share, share])
    assert found.figure().layout.xaxis.title.text.startswith("recall")
