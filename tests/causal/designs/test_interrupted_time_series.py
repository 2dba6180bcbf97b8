"""Interrupted series whose effect is known, against statsmodels' own forecasts and the Nile."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causal import (
    SeriesQuestion,
    counterfactual_series,
    interrupted_time_series,
    level_shift,
    placebo_dates,
    residual_diagnostics,
    series_models,
)
from causal.designs._mixture import Mixture
from causal.designs._posterior import draws, paths, plain
from causal.designs._race import Chosen
from causal.designs._structural import STRUCTURES, fit
from causal.designs._without import of_models
from workbench import Dataset
from workbench.errors import NotApplicable
from workbench.progress import silent


def question(y, starts: int, **more) -> SeriesQuestion:
    regressors = {name: more.pop(name) for name in list(more) if name.startswith("x")}
    frame = pd.DataFrame({"at": np.arange(len(y)), "y": y, **regressors})
    asked = {"outcome": "y", "time": "at", "starts": str(starts), "regressors": tuple(regressors)}
    return SeriesQuestion(Dataset.of(frame), **asked | more)


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


@cache
def stepped() -> SeriesQuestion:
    """A level of 20 with noise of 1, and 5 more from time 30 on."""
    return question(20 + noise(42) + 5 * (np.arange(42) >= 30), 30)


@cache
def nile() -> SeriesQuestion:
    from statsmodels.datasets import nile

    frame = nile.load_pandas().data
    return SeriesQuestion(Dataset.of(frame), outcome="volume", time="year", starts="1899")


# What is known


def test_a_step_is_found():
    for made in (interrupted_time_series(stepped()), level_shift(stepped())):
        row = made.frame.iloc[0]
        assert row["conf_low"] < 5 < row["conf_high"]
        assert row["p_value"] < 0.05
    named = interrupted_time_series(stepped(), model="level with ARMA errors").frame.iloc[0]
    assert named["conf_low"] < 5 < named["conf_high"]
    assert named["p_value"] < 0.001
    row = interrupted_time_series(stepped()).frame.set_index("estimand")
    assert row.loc["sum", "estimate"] == pytest.approx(12 * row.loc["mean", "estimate"])
    assert row.loc["relative", "estimate"] == pytest.approx(0.25, abs=0.06)


def test_the_nile_fell_in_1899():
    """Durbin and Koopman's series, by the local level that statsmodels fits to it: −247.78."""
    row = level_shift(nile(), model="local level").frame.iloc[0]
    assert row["estimate"] == pytest.approx(-247.78, abs=0.01)
    assert row["conf_high"] < -100


def test_a_regressor_explains_what_it_moves():
    x = 3 * noise(60, 1)
    y = 10 + 2 * x + noise(60, 2) + 4 * (np.arange(60) >= 48)
    with_it = interrupted_time_series(question(y, 48, x=x)).frame.iloc[0]
    without = interrupted_time_series(question(y, 48)).frame.iloc[0]
    assert with_it["conf_low"] < 4 < with_it["conf_high"]
    assert with_it["std_error"] < without["std_error"] / 3


def test_the_truth_of_the_times_before_cannot_be_changed_by_those_after():
    """The forecast is from before only: what came later moves the effect and nothing else."""
    later = stepped().data.frame["y"].to_numpy().copy()
    later[30:] += 100
    one, other = (counterfactual_series(q, model="local level").frame
                  for q in (stepped(), question(later, 30)))  # fmt: skip
    np.testing.assert_allclose(one["counterfactual"], other["counterfactual"], equal_nan=True)
    np.testing.assert_allclose(other["effect"] - one["effect"], [np.nan] * 30 + [100] * 12)


def test_estimate_and_interval_count_that_another_model_may_be_right():
    """They are those of the models mixed by their shares in the race."""
    shares = series_models(stepped()).frame.set_index("model")["share"]
    assert shares.sum() == pytest.approx(1)
    shares = shares[shares > 0]
    assert len(shares) > 1
    alone = [of_models(stepped().series, Chosen(m, ((m, 1.0),), None), 0, silent).total
             for m in shares.index]  # fmt: skip
    made = interrupted_time_series(stepped())
    total = made.frame.set_index("estimand").loc["sum"]
    seen = stepped().series.y[30:].sum()
    assert total["estimate"] == pytest.approx(seen - shares @ [each.mean[-1] for each in alone])
    centres = np.array([each.weights @ each.means[:, -1] for each in alone])
    within = np.array([each.sd[-1] ** 2 for each in alone])
    spread = shares @ (within + (centres - shares @ centres) ** 2)
    assert total["std_error"] ** 2 == pytest.approx(spread)
    note = next(n for n in made.notes if "another model may be right" in n)
    assert f"{shares.idxmax()} {shares.max():.2f}" in note


# Against another implementation


@pytest.mark.parametrize("structure", STRUCTURES)
def test_path_and_its_variance_are_those_of_statsmodels(structure):
    """At fixed parameters: the forecasts with their variance, and the variance of their sum from
    the covariance of every two times."""
    y = 50 + np.cumsum(0.3 * noise(48, 3)) + noise(48, 4) + 3 * np.sin(np.arange(48) * np.pi / 2)
    x = noise(48, 5)
    series = question(y, 40, x=x, season=4).series
    fitted = fit(series, structure, 40, silent)
    point, total = paths(fitted, plain(fitted, silent), np.ones(8))

    exog = fitted.model.exog
    model = fitted.model.clone(fitted.y[:40], exog=exog[:40])
    natural = np.concatenate([fitted.parameters[: fitted.sds] ** 2,
                              np.tanh(fitted.parameters[fitted.sds :])])  # fmt: skip
    filtered = model.filter(natural)
    forecast = filtered.get_forecast(8, exog=exog[40:])
    means = fitted.location + fitted.spread * forecast.predicted_mean
    np.testing.assert_allclose(point.fitted, means, rtol=1e-6)
    np.testing.assert_allclose(point.sds[0], fitted.spread * forecast.se_mean, rtol=1e-6)
    np.testing.assert_allclose(total.fitted, np.cumsum(means), rtol=1e-6)

    move, noises = model["transition"], model["selection"] @ model["state_cov"]
    noises = noises @ model["selection"].T
    cov = filtered.predicted_state_cov[:, :, -1]
    between = np.zeros((8, 8))
    sees = [np.append(fitted.model["design"][0, :-1, 40 + k], exog[40 + k]) for k in range(8)]
    for first in range(8):
        apart = cov
        for later in range(first, 8):
            between[first, later] = between[later, first] = sees[later] @ apart @ sees[first]
            apart = move @ apart
        between[first, first] += model["obs_cov"].item()
        cov = move @ cov @ move.T + noises
    for k in (1, 4, 8):
        known = fitted.spread * np.sqrt(between[:k, :k].sum())
        assert total.sds[0, k - 1] == pytest.approx(known, rel=1e-8)


def test_parameters_are_drawn_as_they_lie_on_a_grid():
    """The posterior by brute force: statsmodels' likelihood times an exponential prior of the
    level's steps, whose mean lets them alone spread 30 times as much as they are spread."""
    fitted = fit(stepped().series, "local level", 30, silent)
    noises, steps = (np.arange(30) + 0.5) / 15, (np.arange(50) + 0.5) / 25
    heights = np.array([[fitted.log_posterior(np.array([a, b])) for b in steps] for a in noises])
    chances = np.exp(heights - heights.max() - steps / np.sqrt(6 / 30))
    chances /= chances.sum()
    many = [draws(fitted, seed, silent) for seed in range(8)]
    noise, step = np.mean([each.weights @ np.abs(each.parameters) for each in many], axis=0)
    assert step == pytest.approx(chances.sum(axis=0) @ steps, rel=0.06)
    assert noise == pytest.approx(chances.sum(axis=1) @ noises, rel=0.02)


def test_quantiles_of_a_mixture_are_those_of_many_draws():
    rng = np.random.default_rng(0)
    means, sds = rng.normal(size=(5, 1)), rng.uniform(0.2, 2, (5, 1))
    made = Mixture(means, sds, rng.dirichlet(np.ones(5)), means[0])
    which = rng.choice(5, 200_000, p=made.weights)
    drawn = made.means[which, 0] + made.sds[which, 0] * rng.normal(size=200_000)
    for share in (0.025, 0.5, 0.975):
        assert made.quantile(share)[0] == pytest.approx(np.quantile(drawn, share), abs=0.04)
        assert made.below(made.quantile(share))[0] == pytest.approx(share, abs=1e-9)
    assert made.sd[0] == pytest.approx(drawn.std(), rel=0.01)


# What must hold for any series


@settings(max_examples=6)
@given(st.floats(-1e3, 1e3), st.floats(0.01, 1e3))
def test_another_unit_changes_the_unit_only(shift, size):
    y = stepped().data.frame["y"].to_numpy()
    row = _mean("local level", tuple(y))
    moved = _mean("local level", tuple(shift + size * y))
    for name in ("estimate", "conf_low", "conf_high", "std_error"):
        assert moved[name] == pytest.approx(size * row[name], rel=1e-3, abs=1e-3 * size)


@cache
def _mean(model, y):
    frame = interrupted_time_series(question(np.array(y), 30), model=model).frame
    return frame.iloc[0].to_dict()


def test_the_picture_and_the_estimate_say_the_same():
    picture, estimate = (m(stepped()) for m in (counterfactual_series, interrupted_time_series))
    last = picture.frame.iloc[-1]
    total = estimate.frame.set_index("estimand").loc["sum"]
    assert last["cumulative"] == pytest.approx(total["estimate"])
    assert last["cumulative_low"] == pytest.approx(total["conf_low"])
    effects = picture.frame["effect"].iloc[30:]
    assert effects.mean() == pytest.approx(total["estimate"] / 12)


def test_missing_outcomes_are_bridged_before_and_not_counted_after():
    y = stepped().data.frame["y"].to_numpy().copy()
    y[[7, 33, 41]] = np.nan
    made = interrupted_time_series(question(y, 30))
    rows = made.frame.set_index("estimand")
    assert rows.loc["sum", "estimate"] == pytest.approx(10 * rows.loc["mean", "estimate"])
    assert "10 periods" in rows.loc["mean", "group"]
    assert any("2 times after the beginning have no outcome" in note for note in made.notes)
    picture = counterfactual_series(question(y, 30)).frame
    assert picture["cumulative"].isna().sum() == 30 + 2


def test_there_is_no_relative_effect_where_the_sum_may_be_zero():
    made = interrupted_time_series(question(noise(42), 30))
    assert list(made.frame["estimand"]) == ["mean", "sum"]
    assert any("No relative effect" in note for note in made.notes)


# The race and the checks


def test_the_race_knows_a_line_from_a_level():
    line = series_models(question(0.5 * np.arange(60) + noise(60), 50)).frame
    assert "trend" in line.loc[line["is_chosen"], "model"].item()
    assert (line["rmse"].iloc[0] <= line.loc[~line["is_yardstick"], "rmse"]).all()
    level = line.set_index("model")["rmse"]
    assert level["local level"] > 1.2 * level["trend with ARMA errors"]


def test_a_yardstick_is_the_same_in_any_unit():
    """Exponential smoothing learned nothing of a series of small numbers, and the warning that it
    forecasts the Nile better than every model here was gone."""
    flow = nile().series.y
    found, small = (series_models(question(unit * flow, 28)) for unit in (1.0, 1e-6))
    assert small.frame["rmse"].to_numpy() * 1e6 == pytest.approx(found.frame["rmse"], rel=1e-4)
    for made in (found, small):
        assert any(n.startswith("Warning: exponential smoothing forecasts") for n in made.notes)


def test_a_step_tells_of_values_that_are_missing():
    y = stepped().data.frame["y"].to_numpy(copy=True)
    y[[4, 33]] = np.nan
    notes = level_shift(question(y, 30, ends="38"), model="local level").notes
    assert "2 missing values are bridged by the model." in notes
    assert any("after 38 are left out" in note for note in notes)


def test_a_race_looks_at_the_times_before_only():
    y = 10 + noise(50)
    other = np.where(np.arange(50) < 40, y, 1000.0 + np.arange(50))
    pd.testing.assert_frame_equal(
        series_models(question(y, 40)).frame, series_models(question(other, 40)).frame
    )


def test_a_long_way_beyond_what_was_tried_is_warned_of():
    made = interrupted_time_series(nile())
    assert any("nothing before the beginning shows" in note for note in made.notes)


def test_a_break_before_the_beginning_fails_the_placebo_dates():
    y = 10 + 0.2 * noise(60)
    y[32:38] += 4
    y[38:] -= 4
    found = placebo_dates(question(y, 50), model="level with ARMA errors", length=6)
    assert (found.frame["p_value"] < 0.05).sum() >= 1


def test_quiet_dates_pass_and_do_not_overlap():
    quiet = placebo_dates(question(10 + noise(60), 50), model="local level", length=9)
    assert quiet.passed
    assert list(quiet.frame["is_real"]) == [False] * 3 + [True]
    assert list(quiet.frame["starts"]) == ["23", "32", "41", "50"]
    assert list(quiet.frame["until"]) == ["31", "40", "49", "58"]


def test_too_few_stretches_do_not_judge_and_none_is_refused():
    assert placebo_dates(question(10 + noise(24), 16), length=2, model="local level").passed is None
    with pytest.raises(NotApplicable, match="No stretch of 5 fits"):
        placebo_dates(question(10 + noise(24), 16), length=5, model="local level")


def test_what_is_left_over_is_seen():
    season = 5 * np.tile([0, 0, 0, 1], 20) + noise(80)
    seen = residual_diagnostics(question(season, 70, season=1))
    assert seen.passed is False
    assert any("errors follow one another" in note for note in seen.notes)
    assert residual_diagnostics(question(season, 70, season=4)).passed
    from statsmodels.tsa.stattools import acf

    from causal.designs._structural import innovations

    lags = seen.frame[seen.frame["kind"] == "autocorrelation"]
    series = question(season, 70, season=1).series
    model = series_models(question(season, 70, season=1)).frame["model"].iloc[0]
    left = innovations(fit(series, model, 70, silent))
    np.testing.assert_allclose(lags["value"], acf(left, nlags=len(lags))[1:], atol=1e-8)


# Real data


def test_deaths_in_england_and_wales_rose_in_2020(shared_data):
    """CausalPy's example: about 138,000 more than the months before foretell."""
    data = Dataset.of(pd.read_csv(shared_data / "its_deaths_england_wales.csv"))
    asked = SeriesQuestion(
        data, outcome="deaths", time="date", starts="2020-01-01", regressors=("temp",)
    )
    made = interrupted_time_series(asked)
    total = made.frame.set_index("estimand").loc["sum"]
    assert 60_000 < total["estimate"] < 200_000
    assert total["conf_low"] > 0
    assert asked.series.season == 12


# Series at the edges


def test_a_path_that_is_met_exactly_has_no_interval():
    with pytest.raises(NotApplicable, match="nearly exactly"):
        interrupted_time_series(question(2.0 * np.arange(40), 30))


def test_a_long_season_is_drawn_by_waves():
    at = np.arange(150)
    y = 5 * np.sin(2 * np.pi * at / 52) + noise(150) + 3 * (at >= 135)
    made = interrupted_time_series(question(y, 135, season=52), model="local level")
    assert made.frame["conf_low"].iloc[0] < 3 < made.frame["conf_high"].iloc[0]
    assert any("drawn by 6 waves" in note for note in made.notes)


def test_nothing_is_summed_up_while_the_first_values_after_are_missing():
    y = stepped().data.frame["y"].to_numpy().copy()
    y[[30, 31]] = np.nan
    frame = counterfactual_series(question(y, 30), model="local level").frame
    assert frame["cumulative"].iloc[30:32].isna().all()
    assert (
        np.isfinite(frame[["cumulative", "cumulative_low", "cumulative_high"]].iloc[32:])
        .all()
        .all()
    )


def test_the_estimate_lies_in_the_middle_of_what_is_likely(shared_data: Path):
    """Of a slope that moves the best fit is a steep one here, which few likely parameters share:
    its forecast was at the end of the interval."""
    data = Dataset.of(pd.read_csv(shared_data / "its_causalimpact_google.csv"))
    asked = SeriesQuestion(data, outcome="y", time="date", starts="2020-03-16",
                           regressors=("x1", "x2"), season=1)  # fmt: skip
    for model in ("smooth trend", "local linear trend"):
        row = interrupted_time_series(asked, model=model).frame.iloc[0]
        middle = (row["conf_low"] + row["conf_high"]) / 2
        assert abs(row["estimate"] - middle) < 0.15 * (row["conf_high"] - row["conf_low"])
    path = counterfactual_series(asked, model="smooth trend").frame
    effects = path.loc[path["time"] >= "2020-03-16", "effect"]
    row = interrupted_time_series(asked, model="smooth trend").frame.iloc[0]
    assert effects.mean() == pytest.approx(row["estimate"], rel=1e-9)
