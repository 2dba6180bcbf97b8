"""Repeated cross-sections: other people in each period, averaged to their groups."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from causal import (
    PanelQuestion,
    difference_in_differences,
    event_study,
    panel_trends,
    staggered_adoption,
    synthetic_control,
)
from workbench import Dataset
from workbench.errors import QuestionError


def people(states=20, periods=4, each=15, *, effect=1.0, seed=0, own=0.3, make_up=0.0):
    """Other people of every state in every year; half of the states have the law from year 2 on,
    and states have their `own` ups and downs. `age` makes the outcome larger; with `make_up` those
    seen in treated states grow older."""
    rng = np.random.default_rng(seed)
    state, year = (each.ravel() for each in np.meshgrid(range(states), range(periods)))
    sizes = rng.integers(each // 2, each * 2, len(state))
    level = state / 5 + year / 3 + rng.normal(scale=own, size=len(state)) if own else (
        state / 5 + year / 3
    )  # fmt: skip
    on = ((state % 2 == 1) & (year >= 2)).astype(int)
    frame = pd.DataFrame({"state": state, "year": 2001 + year, "law": on, "level": level})
    frame = frame.loc[frame.index.repeat(sizes)].reset_index(drop=True)
    frame["age"] = rng.normal(size=len(frame)) + make_up * frame["law"]
    frame["y"] = frame["level"] + effect * frame["law"] + frame["age"] + rng.normal(size=len(frame))
    return frame.drop(columns="level")


def ask(frame, **given):
    data = frame if isinstance(frame, Dataset) else Dataset.of(frame)
    roles = {"outcome": "y", "unit": "state", "time": "year", "treated": "law"}
    return PanelQuestion(data, **roles, **{"repeated_cross_sections": True} | given)


def first(question, **settings):
    return difference_in_differences(question, **settings).frame.iloc[0]


@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_regression_of_the_rows(weighted):
    frame = people()
    frame["w"] = np.random.default_rng(1).uniform(0.5, 2, len(frame)) if weighted else 1.0
    data = Dataset.of(frame).with_roles({"w": "weight" if weighted else "ignore"})
    row = first(ask(data), count_unit_effects=True)
    fit = smf.wls("y ~ law + C(state) + C(year)", frame, weights=frame["w"]).fit(
        cov_type="cluster", cov_kwds={"groups": frame["state"]}
    )
    assert row["estimate"] == pytest.approx(fit.params["law"], rel=1e-9)
    assert row["std_error"] == pytest.approx(fit.bse["law"], rel=1e-9)


def test_card_and_krueger_as_published(shared_data: Path):
    """Meals in New Jersey and Pennsylvania before and after the minimum wage rose in one: 2.75."""
    frame = pd.read_csv(shared_data / "did_card_krueger_njmin.csv")
    roles = {"outcome": "fte", "unit": "nj", "time": "d", "treated": "d_nj"}
    found = difference_in_differences(
        PanelQuestion(Dataset.of(frame), **roles, repeated_cross_sections=True)
    )
    row = found.frame.iloc[0]
    of_rows = smf.ols("fte ~ nj * d", frame.dropna(subset=["fte"])).fit(cov_type="HC2")
    assert row["estimate"] == pytest.approx(2.7536, abs=5e-5)
    assert row["std_error"] == pytest.approx(of_rows.bse["nj:d"], rel=1e-9)
    assert any(note.startswith("Warning: only one 'nj' is treated") for note in found.notes)
    assert any("794 rows of 820" in note for note in found.notes)
    columns = ("bk", "kfc", "roys", "co_owned")
    row = first(
        PanelQuestion(Dataset.of(frame), **roles, repeated_cross_sections=True, covariates=columns)
    )
    beside = smf.ols("fte ~ nj * d + bk + kfc + roys + co_owned", frame).fit(cov_type="HC2")
    assert row["estimate"] == pytest.approx(beside.params["nj:d"], rel=1e-9)
    assert row["std_error"] == pytest.approx(beside.bse["nj:d"], rel=5e-3)


def test_one_row_each_is_the_panel_itself():
    frame = people().drop_duplicates(["state", "year"])
    for estimator in (difference_in_differences, staggered_adoption, event_study):
        pooled = estimator(ask(frame)).frame
        followed = estimator(ask(frame, repeated_cross_sections=False)).frame
        pd.testing.assert_frame_equal(pooled, followed)


def test_what_a_group_is_made_up_of_is_taken_out():
    frame = people(make_up=2.0)
    plain, adjusted = first(ask(frame)), first(ask(frame, covariates=("age",)))
    assert plain["estimate"] > 2.5
    assert adjusted["conf_low"] < 1 < adjusted["conf_high"] < 2
    far = frame.assign(age=frame["age"] * 1e-3 + 1e6, same=7.0)
    again = first(ask(far, covariates=("age", "same")))
    assert again["estimate"] == pytest.approx(adjusted["estimate"], rel=1e-5)


def test_intervals_of_rows_and_of_groups_hold_the_truth():
    of_groups, of_rows = [], []
    for seed in range(150):
        row = first(ask(people(seed=seed, each=6)), draws=99)
        of_groups.append(row["conf_low"] < 1 < row["conf_high"])
        # two states that change alike but for who is drawn
        row = first(ask(people(2, 2 + seed % 3 + 1, 20, seed=seed, own=0), covariates=("age",)))
        of_rows.append(row["conf_low"] < 1 < row["conf_high"])
    assert np.mean(of_groups) >= 0.91
    assert 0.91 <= np.mean(of_rows) <= 0.985


def test_rows_that_miss_something_are_counted_and_weights_of_zero_are_not_there():
    frame = people()
    holes = frame.assign(y=frame["y"].mask(frame.index % 10 == 0))
    found = difference_in_differences(ask(holes))
    assert found.frame["estimate"][0] == pytest.approx(
        first(ask(holes.dropna(subset=["y"])))["estimate"], rel=1e-12
    )
    kept = int(holes["y"].notna().sum())
    assert any(f"{kept:,} rows of {len(frame):,}" in note for note in found.notes)
    weighed = Dataset.of(frame.assign(w=(frame.index % 10 > 0).astype(float)))
    row = first(ask(weighed.with_roles({"w": "weight"})))
    assert row["estimate"] == pytest.approx(found.frame["estimate"][0], rel=1e-12)
    assert row["std_error"] == pytest.approx(found.frame["std_error"][0], rel=1e-9)


def test_the_picture_of_two_groups_has_the_intervals_of_their_rows():
    frame = people(2, 3, 20, seed=4)
    made = panel_trends(ask(frame))
    for row in made.frame.to_dict("records"):
        is_treated = row["group"] != "never treated"
        y = frame.loc[(frame["state"] == is_treated) & (frame["year"] == int(row["period"])), "y"]
        reach = stats.t.ppf(0.975, len(y) - 1) * y.std() / np.sqrt(len(y))
        assert row["mean"] == pytest.approx(y.mean())
        assert row["conf_high"] - row["mean"] == pytest.approx(reach)
    assert any("from how its rows vary" in note for note in made.notes)


def test_other_designs_work_on_the_means():
    frame = people(12, 10, own=0.05, seed=3)
    frame["law"] = ((frame["state"] == 5) & (frame["year"] >= 2008)).astype(int)
    means = frame.groupby(["state", "year"], as_index=False)[["y", "law"]].mean()
    pooled = synthetic_control(ask(frame)).frame
    followed = synthetic_control(ask(means, repeated_cross_sections=False)).frame
    assert pooled["estimate"][0] == pytest.approx(followed["estimate"][0], rel=1e-6)


def test_what_cannot_be_is_refused():
    frame = people()
    with pytest.raises(QuestionError, match="repeated cross-sections, whose rows are averaged"):
        ask(frame, repeated_cross_sections=False)
    mixed = frame.assign(law=frame["law"].mask(frame.index == frame.index[-1], 0))
    with pytest.raises(QuestionError, match=r"'law' is 1 in .* rows of 19 in 2004"):
        ask(mixed)
    # one row in a cell says nothing of how rows vary: nothing bounds the effect
    two = frame[frame["state"] < 2]
    alone = two[~((two["state"] == 1) & (two["year"] == 2003)) | ~two.duplicated(["state", "year"])]
    row = first(ask(alone))
    assert row["conf_low"] == -np.inf
