"""Synthetic controls whose weights or effects are known, California's Proposition 99, and the same
problems solved by another solver."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal import (
    PanelQuestion,
    donor_weights,
    leave_one_donor_out,
    placebo_in_space,
    placebo_in_time,
    synthetic_control,
    synthetic_difference_in_differences,
    synthetic_series,
)
from causal.designs._donors import donors_of
from causal.designs._simplex import simplex_weights
from causal.designs._synthetic import Unusual, synthetic
from workbench import Dataset
from workbench.errors import NotApplicable, ParameterError
from workbench.progress import silent


def question(paths: np.ndarray, before: int, treated: int = 1, **columns) -> PanelQuestion:
    """Rows are periods, columns units; the first `treated` units are treated."""
    periods, units = paths.shape
    names = [f"u{k:02d}" for k in range(units)]
    frame = pd.DataFrame(
        {
            "unit": np.repeat(names, periods),
            "time": np.tile(np.arange(periods), units),
            "y": paths.T.ravel(),
            **{name: np.repeat(values, periods) for name, values in columns.items()},
        }
    )
    return PanelQuestion(
        Dataset.of(frame), outcome="y", unit="unit", time="time",
        treated_units=", ".join(names[:treated]), starts=str(before), covariates=tuple(columns),
    )  # fmt: skip


def factors(seed: int = 0, *, periods: int = 24, units: int = 22, noise: float = 0.3) -> np.ndarray:
    """Two common movements that units follow more or less, with noise."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(periods, 2)).cumsum(axis=0)
    return 20 + common @ rng.uniform(0, 1, (2, units)) + noise * rng.normal(size=(periods, units))


@cache
def made_of_two() -> PanelQuestion:
    """The first unit is .7 of the second and .3 of the third, and 5 more from period 16 on."""
    paths = factors()
    paths[:, 0] = 0.7 * paths[:, 1] + 0.3 * paths[:, 2] + 5 * (np.arange(24) >= 16)
    paths[:, 0] += 0.02 * np.random.default_rng(5).normal(size=24)
    return question(paths, 16)


@pytest.fixture(scope="module")
def california(shared_data) -> PanelQuestion:
    wide = pd.read_csv(shared_data / "sc_california_prop99.csv")
    long = wide.melt("Year", var_name="state", value_name="packs")
    return PanelQuestion(
        Dataset.of(long), outcome="packs", unit="state", time="Year", treated_units="California",
        starts="1989",
    )  # fmt: skip


# California


def test_california_after_proposition_99(california):
    """Mean gap −19.5 (outcomes only); −15.6 by synthetic difference in differences and −27.3 by
    plain ones: Arkhangelsky et al. (2021), table 1."""
    assert synthetic_control(california).frame["estimate"].item() == pytest.approx(-19.51, abs=0.01)
    sdid = synthetic_difference_in_differences(california)
    assert sdid.frame["estimate"].item() == pytest.approx(-15.60, abs=0.01)
    assert sdid.frame["std_error"].item() == pytest.approx(8.4, abs=1.2)
    assert any("effect would be −27.35" in note for note in sdid.notes)


def test_californias_donors_and_placebos(california):
    donors = donor_weights(california).frame
    assert list(donors["donor"].head(3)) == ["Utah", "Montana", "Nevada"]
    found = placebo_in_space(california)
    assert found.p_value == pytest.approx(3 / 39)
    assert found.frame["unit"].nunique() == 39
    assert leave_one_donor_out(california).passed
    earlier = placebo_in_time(california)
    assert earlier.passed
    assert (earlier.frame["part"] == "pretended").sum() == 6


# Weights


@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([0.0, 0.5, 20.0]))
def test_weights_are_those_of_another_solver(seed, intercept, ridge):
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    donors, target = rng.normal(size=(12, 7)) * 3 + 5, rng.normal(size=12) * 3 + 5

    def loss(w):
        off = donors @ w - target
        off = off - off.mean() if intercept else off
        return float(off @ off + ridge * w @ w)

    mine = simplex_weights(donors, target, ridge=ridge, intercept=intercept)
    assert mine.min() >= 0
    assert mine.sum() == pytest.approx(1)
    other = minimize(
        loss, np.full(7, 1 / 7), bounds=[(0, 1)] * 7, method="SLSQP",
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-13},
    )  # fmt: skip
    assert loss(mine) <= other.fun + 1e-7 * (1 + abs(other.fun))
    np.testing.assert_allclose(mine, other.x, atol=2e-3)


def test_weights_that_are_known_are_found():
    weights = donor_weights(made_of_two()).frame.set_index("donor")["weight"]
    assert weights["u01"] == pytest.approx(0.7, abs=0.05)
    assert weights["u02"] == pytest.approx(0.3, abs=0.05)
    assert weights.sum() == pytest.approx(1)


def test_the_effect_is_found_and_the_picture_shows_it():
    row = synthetic_control(made_of_two()).frame.iloc[0]
    assert row["estimate"] == pytest.approx(5, abs=0.1)
    assert row["conf_low"] < 5 < row["conf_high"]
    assert row["p_value"] == pytest.approx(1 / 22)
    picture = synthetic_series(made_of_two()).frame
    assert picture.loc[picture["is_after"], "gap"].mean() == pytest.approx(row["estimate"])
    np.testing.assert_allclose(picture["observed"] - picture["synthetic"], picture["gap"])


def test_covariates_are_met_where_they_drive_the_outcome():
    """The outcome grows by the trait in each period, under noise as large as the differences."""
    rng = np.random.default_rng(3)
    trait = rng.uniform(0, 1, 21)
    trait[0] = 0.5
    paths = 10 + np.outer(np.arange(14), trait) + rng.normal(size=(14, 21))
    paths[:, 0] += 8.0 * (np.arange(14) >= 9)
    asked = question(paths, 9, trait=trait)
    made = synthetic_control(asked)
    assert any(note.startswith("Covariates, by how much they count: trait") for note in made.notes)
    weights = donor_weights(asked).frame.set_index("donor")["weight"]
    assert weights @ trait[[int(name[1:]) for name in weights.index]] == pytest.approx(0.5, abs=0.1)
    assert made.frame["estimate"].item() == pytest.approx(8, abs=1)


def test_with_covariates_neither_the_unit_nor_the_order_of_the_donors_matters():
    """The search ended by a loss in the outcome's unit, and of the many weights that meet two
    covariates alike it took what the donors' names made it: effects of no effect moved by up to a
    third of a unit, where their error is a fifth."""
    rng = np.random.default_rng(5)
    loads = rng.uniform(0, 1, (2, 20))
    loads[:, 0] = loads[:, 1:].mean(axis=1)
    paths = 20 + rng.normal(size=(20, 2)).cumsum(axis=0) @ loads + 0.3 * rng.normal(size=(20, 20))
    order = np.concatenate([[0], 1 + rng.permutation(19)])

    def effect(size: float, chosen: np.ndarray) -> float:
        traits = {"a": loads[0, chosen], "b": np.exp(loads[1, chosen])}
        asked = question(size * paths[:, chosen], 15, **traits)
        return synthetic(donors_of(asked, "It"), silent).effect / size

    plain = effect(1.0, np.arange(20))
    for size, chosen in ((1e3, np.arange(20)), (1.0, order)):
        assert effect(size, chosen) == pytest.approx(plain, abs=1e-6)


def test_a_path_far_from_zero_is_not_met_exactly():
    """Of a path of 1e8 a miss of .3 was taken for none, and placebos were not compared by it."""
    near = synthetic_control(question(factors(3), 16))
    far = synthetic_control(question(factors(3) + 1e8, 16))
    for column in ("estimate", "std_error", "conf_low", "conf_high", "p_value"):
        assert far.frame[column].item() == pytest.approx(near.frame[column].item(), rel=1e-4)
    assert not any("met exactly" in note for note in far.notes)


# Placebos


def test_a_placebo_counts_the_treated_unit_and_leaves_it_out_of_the_donors():
    found = placebo_in_space(made_of_two())
    assert found.passed
    assert found.p_value == pytest.approx(1 / 22)
    others = found.frame[~found.frame["is_treated"]]
    assert others["unit"].nunique() == 21
    moved = made_of_two().data.frame.copy()
    moved.loc[(moved["unit"] == "u00") & (moved["time"] >= 16), "y"] += 1000
    asked = {k: v for k, v in made_of_two().asked.items() if v}
    again = placebo_in_space(PanelQuestion(Dataset.of(moved), **asked)).frame
    pd.testing.assert_frame_equal(others, again[~again["is_treated"]])


@given(st.integers(0, 1000), st.integers(2, 60), st.booleans())
def test_the_interval_holds_what_the_placebos_do_not_reject(seed, count, is_shared):
    """Each effect near an end, taken off the treated and off what the placebos have of it."""
    rng = np.random.default_rng(seed)
    gaps, shares = rng.normal(size=count), rng.uniform(-0.3, 0.6, size=count) * is_shared
    found = Unusual(0.7, 1.3, gaps, shares, True)

    def p_value(effect):
        return Unusual(0.7 - effect, 1.3, gaps - shares * effect, shares, True).p_value

    low, high = found.interval()
    assert np.isinf([low, high]).all() == (count < 19)
    if count >= 19:
        near = 1e-6 * (high - low)
        assert min(p_value(low + near), p_value(high - near)) > 0.05
        assert max(p_value(low - near), p_value(high + near)) <= 0.05
        assert low <= found.effect <= high


def test_with_several_treated_units_each_group_is_as_likely():
    """Under no effect the treated are one of the groups: the p-value does not depend on which, so
    it is small as often as it says."""
    found = []
    for seed in range(15):
        paths = factors(seed, periods=12, units=9, noise=1.0)
        made = synthetic_control(question(paths, 8, treated=2)).frame.iloc[0]
        found.append(made["p_value"])
    assert np.mean(found) == pytest.approx(0.5, abs=0.2)


def test_with_few_donors_the_interval_is_open_and_says_so():
    made = synthetic_control(question(factors(units=9), 16))
    assert np.isinf(made.frame["conf_high"].item())
    assert any("no effect can be told from chance at 5 %" in note for note in made.notes)
    made.figure()
    assert placebo_in_space(question(factors(units=9), 16)).passed is None


def test_a_placebo_in_time_sees_what_began_earlier():
    paths = factors(noise=0.1)
    paths[:, 0] = paths[:, 1] + 3 * (np.arange(24) >= 12)
    found = placebo_in_time(question(paths, 18), starts="12")
    assert found.passed is False
    with pytest.raises(ParameterError, match="starts = '20' is not allowed"):
        placebo_in_time(question(paths, 18), starts="20")


def test_an_effect_that_one_donor_makes_does_not_pass():
    paths = factors(units=22, noise=0.1)
    paths[:, 0] = paths[:, 1] + 0.01 * np.random.default_rng(1).normal(size=24)
    paths[16:, 1] -= 6
    found = leave_one_donor_out(question(paths, 16))
    assert found.passed is False
    assert "most without u01" in found.summary


# Synthetic difference in differences


def test_levels_that_differ_do_not_matter_to_it():
    paths = factors(4, noise=0.1)
    paths[:, 0] = 0.5 * (paths[:, 1] + paths[:, 2]) + 100 + 3 * (np.arange(24) >= 16)
    row = synthetic_difference_in_differences(question(paths, 16)).frame.iloc[0]
    assert row["estimate"] == pytest.approx(3, abs=0.3)
    control = synthetic_control(question(paths, 16))
    assert any("lies outside of all donors" in note for note in control.notes)
    assert any("met poorly" in note for note in control.notes)


@pytest.mark.parametrize("variance", ["placebo", "jackknife"])
def test_several_treated_units_are_averaged(variance):
    paths = factors(6, units=24, noise=0.2)
    paths[16:, :3] += 4
    asked = question(paths, 16, treated=3)
    row = synthetic_difference_in_differences(asked, variance=variance).frame.iloc[0]
    assert row["conf_low"] < 4 < row["conf_high"]
    assert row["std_error"] < 1
    control = synthetic_control(asked).frame.iloc[0]
    assert control["conf_low"] < 4 < control["conf_high"]


def test_a_treated_unit_that_is_noisier_than_the_donors_has_a_wider_interval():
    """Without it the interval holds the truth in three of four such panels."""
    covers = []
    for seed in range(30):
        paths = factors(seed, noise=0.3)
        paths[:, 0] += np.random.default_rng(seed).normal(scale=1.5, size=24)
        made = synthetic_difference_in_differences(question(paths, 16))
        row = made.frame.iloc[0]
        covers.append(row["conf_low"] <= 0 <= row["conf_high"])
        assert any("times as far as a donor" in note for note in made.notes)
    assert np.mean(covers) > 0.85


def test_the_interval_is_from_t():
    paths = factors(3, units=9)
    row = synthetic_difference_in_differences(question(paths, 16)).frame.iloc[0]
    reach = (row["conf_high"] - row["conf_low"]) / 2
    assert reach == pytest.approx(2.364624 * row["std_error"])  # t with 7 degrees of freedom


@given(st.floats(-50, 50), st.floats(0.1, 20))
def test_another_unit_of_the_outcome_changes_the_unit_only(shift, size):
    paths = factors(7, periods=12, units=8)
    rows = [
        synthetic_difference_in_differences(question(p, 8)).frame.iloc[0]
        for p in (paths, shift + size * paths)
    ]
    for name in ("estimate", "std_error", "conf_low"):
        assert rows[1][name] == pytest.approx(size * rows[0][name], rel=1e-4, abs=1e-6)


# What is refused


def test_what_cannot_be_answered_is_refused():
    paths = factors()
    with pytest.raises(NotApplicable, match="at least 3 periods before the treatment; there are 2"):
        synthetic_control(question(paths, 2))
    with pytest.raises(NotApplicable, match="from 2 to 500 units that are never treated; there ar"):
        synthetic_control(question(paths[:, :2], 16))
    with pytest.raises(NotApplicable, match="jackknife needs at least two treated"):
        synthetic_difference_in_differences(question(paths, 16), variance="jackknife")
    gaps = paths.copy()
    gaps[3, 4] = np.nan
    with pytest.raises(NotApplicable, match="u04 has none in 3"):
        synthetic_control(question(gaps, 16))
    with pytest.raises(NotApplicable, match="none can be left out"):
        leave_one_donor_out(question(paths[:, :3], 16))


def test_different_starts_are_refused():
    frame = question(factors(), 16).data.frame
    first = frame["unit"].map({"u00": 16.0, "u01": 18.0})
    asked = PanelQuestion(
        Dataset.of(frame.assign(first=first)), outcome="y", unit="unit", time="time",
        adopted="first",
    )  # fmt: skip
    with pytest.raises(NotApplicable, match="the treated units start at 16, 18"):
        synthetic_control(asked)


def test_of_weights_that_meet_the_path_exactly_the_donors_names_choose_none():
    """With 21 donors and 4 periods many do, and it took those that come first by name."""
    paths = factors(8)[:10]
    paths[:, 0] = paths[:, 1:].mean(axis=1) + 0.3 * (np.arange(10) >= 4)
    order = np.concatenate([[0], 1 + np.random.default_rng(2).permutation(21)])
    one, two = (synthetic_control(question(paths[:, k], 4)) for k in (np.arange(22), order))
    assert any("met exactly" in note for note in one.notes)
    assert two.frame["estimate"].item() == pytest.approx(one.frame["estimate"].item(), abs=1e-5)
    assert one.frame["estimate"].item() == pytest.approx(0.3, abs=1e-5)  # evenly: the mean


def test_a_path_that_is_met_exactly_is_warned_of():
    paths = factors(8, units=30)[:8]
    made = synthetic_control(question(np.vstack([paths[:4], paths[4:]]), 4))
    if any("met exactly" in note for note in made.notes):
        with pytest.raises(NotApplicable, match="met exactly"):
            placebo_in_space(question(paths, 4))
    exact = paths.copy()
    exact[:, 0] = exact[:, 1]
    again = synthetic_control(question(exact, 4))
    assert any("met exactly, as chance alone can do" in note for note in again.notes)
    with pytest.raises(NotApplicable, match="The path of u00"):
        placebo_in_space(question(exact, 4))
