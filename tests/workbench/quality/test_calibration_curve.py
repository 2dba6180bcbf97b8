"""Groups, intervals and scores against statsmodels and scikit-learn, and worlds that are right."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference
from sklearn.calibration import calibration_curve as of_scikit_learn
from statsmodels.stats.proportion import proportion_confint

from tests import worlds
from tests.workbench.quality.rows_made import made
from workbench import Dataset, calibration_curve, train
from workbench.groups import equal_groups
from workbench.quality._intervals import mean_interval, wilson
from workbench.quality.calibration_curve import _frame


def calibrated(seed, rows=2_000):
    """Chances that come true as often as they say."""
    rng = np.random.default_rng(seed)
    chance = rng.random(rows)
    return made(rng.random(rows) < chance, chance)


@given(rows=st.integers(1, 500), share=st.floats(0, 1))
def test_wilsons_interval_is_that_of_statsmodels(rows, share):
    found = round(rows * share)
    expected = proportion_confint(found, rows, method="wilson")
    low, high = wilson(np.array([found]), np.array([rows]))
    assert (low[0], high[0]) == pytest.approx(expected, abs=1e-12)


def test_the_groups_are_those_of_scikit_learn():
    rows = calibrated(0)
    frame = _frame(rows, 10)
    observed, predicted = of_scikit_learn(rows.is_class, rows.chance, n_bins=10,
                                          strategy="quantile")  # fmt: skip
    np.testing.assert_allclose(frame["observed"], observed)
    np.testing.assert_allclose(frame["predicted"], predicted)
    assert frame["rows"].tolist() == [200] * 10


@given(values=st.lists(st.integers(0, 8), min_size=1, max_size=60), groups=st.integers(2, 12))
def test_groups_are_in_order_none_is_empty_and_equal_values_stay_together(values, groups):
    values = np.array(values, dtype=float)
    group = equal_groups(values, groups)
    table = pd.DataFrame({"value": values, "group": group})
    assert sorted(set(group)) == list(range(group.max() + 1))
    assert len(set(group)) <= groups
    assert (table.groupby("value")["group"].nunique() == 1).all()
    ends = table.groupby("group")["value"].agg(["min", "max"])
    assert (ends["min"].to_numpy()[1:] > ends["max"].to_numpy()[:-1]).all()


def test_the_intervals_of_calibrated_chances_cover_as_often_as_they_say():
    inside: list[bool] = []
    for seed in range(60):
        frame = _frame(calibrated(seed), 10)
        inside += frame["predicted"].between(frame["conf_low"], frame["conf_high"]).tolist()
    assert 0.93 <= np.mean(inside) <= 0.98


def test_the_interval_of_a_mean_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(1_000):
        low, high = mean_interval(rng.normal(size=8))
        inside.append(low <= 0 <= high)
    assert 0.935 <= np.mean(inside) <= 0.965


def test_chances_too_high_are_seen_in_the_large():
    rng = np.random.default_rng(1)
    truth = rng.random(3_000)
    frame = _frame(made(rng.random(3_000) < truth, np.sqrt(truth)), 10)
    assert (frame["predicted"] > frame["conf_high"]).mean() > 0.6


def test_the_brier_score_is_scikit_learns():
    model = train(Dataset.of(worlds.yes_no(), target="bought"))
    found = calibration_curve(model)
    happened = model.rows("test")["bought"] == "yes"
    score = reference.brier_score_loss(happened, model.output(model.rows("test")))
    assert f"the Brier score is {score:.3g}," in found.summary
    assert f"{happened.mean():.1%} came true" in found.summary


def test_chances_that_are_all_the_same_are_one_group():
    frame = _frame(made(np.array([True, False, False]), np.full(3, 0.4)), 10)
    assert frame["rows"].tolist() == [3]
    assert frame["predicted"].tolist() == pytest.approx([0.4])
