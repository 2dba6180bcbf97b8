"""The numbers on calibration against statsmodels, simulation and by hand; before and after."""

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn import metrics as reference

from tests.workbench.test_calibrate import by_heart
from tests.worlds_model import small_model
from workbench import calibrate, calibration_comparison
from workbench.calibration_scores import grouped_error, recalibration, spiegelhalter
from workbench.models.calibrated import log_odds


def world(seed=0, rows=2_000, slope=1.0, intercept=0.0):
    """Chances, and what happens at these log-odds · slope + intercept."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(1.2, 2, rows)
    truth = 1 / (1 + np.exp(-(slope * log_odds(chance) + intercept)))
    return chance, (rng.random(rows) < truth).astype(float)


def test_slope_and_intercept_are_those_of_statsmodels():
    chance, happened = world(slope=0.6, intercept=0.4)
    found = recalibration(chance, happened)
    n, odds = len(chance), log_odds(chance)
    both = sm.GLM(happened, sm.add_constant(odds), family=sm.families.Binomial()).fit(
        cov_type="HC0"
    )
    alone = sm.GLM(happened, np.ones(n), family=sm.families.Binomial(), offset=odds).fit(
        cov_type="HC0"
    )
    # HC0 divides by n, a standard deviation by n − 1
    more = np.sqrt(n / (n - 1))
    assert found.slope.value == pytest.approx(both.params[1], abs=1e-6)
    assert found.slope.std_error == pytest.approx(both.bse[1] * more, rel=1e-5)
    assert found.intercept.value == pytest.approx(alone.params[0], abs=1e-6)
    assert found.intercept.std_error == pytest.approx(alone.bse[0] * more, rel=1e-5)


def test_the_truth_is_found():
    found = recalibration(*world(rows=50_000, slope=0.5))
    low, high = found.slope.interval()
    assert low < 0.5 < high < 0.6


def test_where_nothing_can_be_fitted_there_is_no_number():
    apart = recalibration(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 0.0, 1.0, 1.0]))
    assert np.isnan(apart.slope.value)
    alike = recalibration(np.full(9, 0.3), np.array([0.0] * 6 + [1.0] * 3))
    assert np.isnan(alike.slope.value)
    assert alike.intercept.value == pytest.approx(np.log(0.5) - np.log(3 / 7))


def test_spiegelhalters_z_is_normal_where_the_chances_are_right_and_far_where_not():
    values = [spiegelhalter(*world(seed, 500)) for seed in range(400)]
    assert np.mean(values) == pytest.approx(0, abs=0.15)
    assert np.std(values) == pytest.approx(1, abs=0.12)
    assert spiegelhalter(*world(rows=2_000, slope=0.4)) > 5
    assert spiegelhalter(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == 0
    assert spiegelhalter(np.array([0.0, 1.0]), np.array([1.0, 1.0])) == np.inf


def test_the_error_by_groups_by_hand_and_by_chance():
    chance = np.repeat([0.1, 0.5, 0.9], 10)
    happened = np.concatenate([np.arange(10) < 3, np.arange(10) < 5, np.arange(10) < 8])
    found = grouped_error(chance, happened.astype(float), groups=3)
    assert found.value == pytest.approx((0.2 + 0.0 + 0.1) / 3)
    simulated = [grouped_error(*world(seed, 1_000)).value for seed in range(200)]
    expected = [grouped_error(*world(seed, 1_000)).by_chance for seed in range(200)]
    assert np.mean(simulated) == pytest.approx(np.mean(expected), rel=0.05)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_the_scores_are_those_of_scikit_learn_before_and_after(method):
    model = by_heart(1_500)
    result = calibration_comparison(model, method=method)
    test = model.rows("test")
    for version, each in (("before", model), ("after", calibrate(model, method=method))):
        at = result.frame[result.frame["version"] == version].set_index("measure")["value"]
        said, y = each.predict_proba(test), test["y"]
        clipped = np.clip(said, 1e-15, 1)
        own = -np.log(clipped[np.arange(len(y)), (y == model.positive).astype(int)]).mean()
        assert at["log_loss"] == pytest.approx(own)
        assert at["brier"] == pytest.approx(
            reference.brier_score_loss(y == model.positive, said[:, 1])
        )
    change = result.frame[result.frame["version"] == "difference"].set_index("measure")
    assert change.loc["brier", "conf_high"] < 0
    assert "improves the log loss" in result.summary or method == "isotonic"


def test_the_interval_of_a_difference_is_that_of_the_rows_own_differences():
    model = by_heart(1_500)
    result, after = calibration_comparison(model), calibrate(model, method="sigmoid")
    test = model.rows("test")
    y = (test["y"] == model.positive).to_numpy(dtype=float)
    apart = (after.output(test) - y) ** 2 - (model.output(test) - y) ** 2
    frame = result.frame
    row = frame[(frame["measure"] == "brier") & (frame["version"] == "difference")].iloc[0]
    error = apart.std(ddof=1) / np.sqrt(len(y))
    assert row["value"] == pytest.approx(apart.mean())
    assert row["conf_high"] - row["value"] == pytest.approx(1.959964 * error, rel=1e-5)


def test_what_is_called_impossible_and_happened_is_counted():
    model = by_heart(1_500)
    result = calibration_comparison(model, method="isotonic")
    after = calibrate(model, method="isotonic")
    said, y = after.predict_proba(model.rows("test")), model.target.y[model.split.test].astype(int)
    count = int((said[np.arange(len(y)), y] == 0).sum())
    assert any(f"{count:,} held-out rows are of a class" in note for note in result.notes) == (
        count > 0
    )


def test_a_calibrated_model_is_compared_with_itself_before():
    model = by_heart(1_000)
    found = calibration_comparison(calibrate(model, method="sigmoid", folds=3))
    again = calibration_comparison(model, method="sigmoid", folds=3)
    assert found.frame.equals(again.frame)
    assert any("calibrated already" in note for note in found.notes)


def test_of_several_classes_one_is_judged_against_the_rest():
    model = small_model("xgboost", "multiclass", "plain")
    result = calibration_comparison(model, target_class="class 1", folds=3)
    groups = result.frame[result.frame["measure"] == "group"]
    assert set(groups["output"]) == {"P(y = class 1)"}
    of_class = (model.rows("test")["y"] == "class 1").sum()
    before = groups[groups["version"] == "before"]
    assert (before["value"] * before["rows"]).sum() == pytest.approx(of_class)
