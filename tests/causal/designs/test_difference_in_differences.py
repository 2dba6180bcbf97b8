"""Two-way fixed effects beside published numbers, other programs, and worlds made here."""

import causaldata
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from linearmodels import PanelOLS

from causal import PanelQuestion, difference_in_differences
from causal.designs._bacon import EARLIER, comparisons, share_of_already_treated
from causal.effect import CRUDE
from tests.worlds_panel import panel
from workbench import Dataset
from workbench.errors import NotApplicable


def ask(frame, data=None, **given):
    asked = {"outcome": "y", "unit": "shop", "time": "year", "adopted": "from"} | given
    return PanelQuestion(data or Dataset.of(frame), **asked)


def first(question, **settings):
    return difference_in_differences(question, **settings).frame.iloc[0]


def castle(weighted=False):
    data = Dataset.of(causaldata.castle.load_pandas().data)
    data = data.with_roles({"popwt": "weight"}) if weighted else data
    return PanelQuestion(data, outcome="l_homicide", unit="sid", time="year", treated="post")


def test_organ_donations_as_published():
    data = Dataset.of(causaldata.organ_donations.load_pandas().data)
    question = PanelQuestion(data, outcome="Rate", unit="State", time="Quarter",
                             treated_units="California", starts="Q32011")  # fmt: skip
    every = first(question, count_unit_effects=True)
    assert every["estimate"] == pytest.approx(-0.022458974, rel=1e-6)
    assert every["std_error"] == pytest.approx(0.00672077, rel=1e-5)
    # of the 33 parameters, 26 are effects of states, which lie within the clusters
    nested = first(question)["std_error"]
    assert nested == pytest.approx(every["std_error"] * np.sqrt((162 - 33) / (162 - 7)), rel=1e-9)


def test_one_treated_state_is_compared_with_placebos_and_not_with_its_standard_error():
    frame = causaldata.organ_donations.load_pandas().data
    question = PanelQuestion(Dataset.of(frame), outcome="Rate", unit="State", time="Quarter",
                             treated_units="California", starts="Q32011")  # fmt: skip
    found = difference_in_differences(question)
    row = found.frame.iloc[0]
    changes = frame.assign(since=frame["Quarter_Num"] >= 4).pivot_table(
        index="State", columns="since", values="Rate"
    )
    change = (changes[True] - changes[False]).drop("California")
    placebos = (change - change.mean()) * len(change) / (len(change) - 1)
    larger = int((placebos.abs() >= abs(row["estimate"])).sum())
    assert row["p_value"] == pytest.approx((larger + 1) / 27)
    assert row["conf_high"] - row["estimate"] == pytest.approx(placebos.abs().max())
    assert any(n.startswith("Warning: only one 'State' is treated") for n in found.notes)


@pytest.mark.parametrize("weighted", [False, True])
def test_castle_doctrine_as_published_and_as_others_compute_it(weighted):
    row = first(castle(weighted), count_unit_effects=True)
    assert row["estimate"] == pytest.approx(0.075533 if weighted else 0.069398, abs=1e-6)
    frame = causaldata.castle.load_pandas().data.astype(float)
    weights = frame["popwt"] if weighted else np.ones(len(frame))
    dummies = smf.wls("l_homicide ~ post + C(sid) + C(year)", frame, weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": frame["sid"].astype(int)}
    )
    assert row["estimate"] == pytest.approx(dummies.params["post"], rel=1e-8)
    assert row["std_error"] == pytest.approx(dummies.bse["post"], rel=1e-8)
    panel_ols = PanelOLS(
        frame.set_index(["sid", "year"])["l_homicide"], frame.set_index(["sid", "year"])[["post"]],
        weights=frame.set_index(["sid", "year"])["popwt"] if weighted else None,
        entity_effects=True, time_effects=True,
    ).fit(cov_type="clustered", cluster_entity=True)  # fmt: skip
    assert row["estimate"] == pytest.approx(panel_ols.params["post"], rel=1e-8)


def test_holes_weights_and_covariates_as_in_a_regression_on_dummies():
    frame = panel(24, 5, {2003: 0.5}, by_covariate=0.3, seed=2)
    frame["w"] = np.random.default_rng(0).uniform(0.5, 2, len(frame))
    # nobody misses 2002, from which the covariate is taken
    kept = (np.random.default_rng(1).random(len(frame)) > 0.1) | (frame["year"] == 2002)
    frame = frame[kept].reset_index(drop=True)
    later = range(2002, 2006)
    by_year = {f"x{year}": frame["x"] * (frame["year"] == year) for year in later}
    fit = smf.wls(
        f"y ~ on + C(shop) + C(year) + {' + '.join(by_year)}",
        frame.assign(**by_year), weights=frame["w"],
    ).fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["shop"])[0]})  # fmt: skip
    data = Dataset.of(frame).with_roles({"w": "weight"})
    row = first(ask(None, data, covariates=("x",)), count_unit_effects=True)
    assert row["estimate"] == pytest.approx(fit.params["on"], rel=1e-7)
    assert row["std_error"] == pytest.approx(fit.bse["on"], rel=1e-7)


def test_with_one_start_it_is_the_difference_of_changes_and_the_crude_row_is_beside_it():
    frame = panel(20, 4, {2003: 0.5}, seed=1)
    means = frame.assign(t=frame["from"] > 0, late=frame["year"] >= 2003).groupby(["t", "late"])[
        "y"
    ]
    m = means.mean()
    found = difference_in_differences(ask(frame)).frame
    change = (m[True, True] - m[True, False]) - (m[False, True] - m[False, False])
    assert found["estimate"][0] == pytest.approx(change, abs=1e-12)
    assert found["estimand"][1] == CRUDE
    assert found["estimate"][1] == pytest.approx(m[True, True] - m[False, True], abs=1e-12)


def test_two_periods_are_a_regression_of_the_change():
    frame = panel(40, 2, {2002: 0.4}, seed=5)
    wide = frame.pivot_table(index="shop", columns="year", values="y")
    on = frame.groupby("shop")["on"].max()
    change = pd.DataFrame({"d": wide[2002] - wide[2001], "on": on})
    fit = smf.ols("d ~ on", change).fit(cov_type="HC1")
    row = first(ask(frame))
    assert row["estimate"] == pytest.approx(fit.params["on"], rel=1e-9)
    assert row["std_error"] == pytest.approx(fit.bse["on"], rel=0.01)
    long = first(ask(frame), count_unit_effects=True)["std_error"]
    assert long == pytest.approx(np.sqrt(2) * row["std_error"], rel=0.01)


def test_the_decomposition_adds_up_to_the_regression():
    question = castle()
    parts = comparisons(question.panel)
    total = float((parts["weight"] * parts["estimate"]).sum())
    assert total == pytest.approx(first(question)["estimate"], rel=1e-9)
    assert parts["weight"].sum() == pytest.approx(1)
    assert (parts["weight"] > 0).all()
    share = float(parts["weight"][parts["kind"] == EARLIER].sum())
    assert share_of_already_treated(question.panel) == pytest.approx(share)
    notes = difference_in_differences(question).notes
    assert any("5 different times, and 2% of the weight" in note for note in notes)


def test_where_effects_grow_and_starts_differ_it_is_wrong_and_warns():
    grows = panel(400, 8, {2003: 0.5, 2005: 0.5}, lambda since, _: since + 1.0, seed=3)
    found = difference_in_differences(ask(grows))
    truth = grows["effect"][grows["on"] == 1].mean()
    assert found.frame["conf_high"][0] < truth / 4
    assert any(n.startswith("Warning: units start at 2 different") for n in found.notes)


def test_few_clusters_get_a_p_value_by_wild_bootstrap():
    found = difference_in_differences(ask(panel(16, 6, {2004: 0.5}, lambda *_: 3.0, seed=1)))
    assert any("p = 0.00" in n or "p < 0.001" in n for n in found.notes if "wild cluster" in n)
    null = difference_in_differences(ask(panel(16, 6, {2004: 0.5}, lambda *_: 0.0, seed=4)))
    said = next(n for n in null.notes if "wild cluster" in n)
    assert float(said.split("p = ")[1].split(" ")[0]) == pytest.approx(
        null.frame["p_value"][0], abs=0.08
    )


def test_one_treated_group_of_several_units_has_no_interval():
    frame = panel(30, 4, {2003: 0.3}, seed=0)
    frame["region"] = np.where(frame["from"] > 0, "north", "r" + frame["shop"].str[-1])
    data = Dataset.of(frame).with_roles({"region": "group"})
    found = difference_in_differences(ask(None, data))
    assert np.isinf(found.frame["conf_low"][0])
    assert any(n.startswith("Warning: only one 'region' is treated") for n in found.notes)


def test_a_covariate_that_is_missing_before_leaves_units_out():
    frame = panel(30, 4, {2003: 0.5}, seed=0)
    frame.loc[frame["shop"] == "s0003", "x"] = np.nan
    found = difference_in_differences(ask(frame, covariates=("x",)))
    without = first(ask(frame[frame["shop"] != "s0003"], covariates=("x",)))
    assert found.frame["estimate"][0] == pytest.approx(without["estimate"])
    assert any(n.startswith("Warning: 1 units have no such value") for n in found.notes)


def test_rows_and_shops_that_weigh_nothing_are_as_if_they_were_not_there():
    """With a covariate such a shop broke the regression; without one it counted as a cluster."""
    frame = panel(40, 6, {2004: 0.4}, seed=2, by_covariate=0.3)
    none = frame["shop"].str[1:].astype(int) % 8 == 0
    weighted = Dataset.of(frame.assign(w=np.where(none, 0.0, 2.0))).with_roles({"w": "weight"})
    for covariates in ((), ("x",)):
        found = difference_in_differences(ask(None, weighted, covariates=covariates), draws=99)
        without = ask(frame[~none].reset_index(drop=True), covariates=covariates)
        expected = difference_in_differences(without, draws=99)
        pd.testing.assert_frame_equal(found.frame, expected.frame, rtol=1e-9)
        assert any("5 units (s0000, s0008, s0016 …) have no outcome" in n for n in found.notes)


def test_a_covariate_named_twice_is_counted_once():
    frame = panel(40, 6, {2004: 0.4}, seed=2, by_covariate=0.3).assign(copy=lambda f: 1e6 - f["x"])
    one, two = (first(ask(frame, covariates=x)) for x in (("x",), ("x", "copy")))
    for column in ("estimate", "std_error", "p_value"):
        assert two[column] == pytest.approx(one[column], rel=1e-6)


def test_covariates_that_no_treated_unit_has_beforehand_are_refused():
    frame = panel(40, 6, {2004: 0.4}, seed=2)
    frame.loc[(frame["year"] == 2003) & (frame["from"] > 0), "x"] = np.nan
    with pytest.raises(NotApplicable, match="In 2003, before anyone was treated, no treated unit"):
        difference_in_differences(ask(frame, covariates=("x",)))


def test_too_many_effects_are_refused():
    frame = panel(4, 1600, {2003: 0.5}, seed=0)
    with pytest.raises(NotApplicable, match="3,200 effects"):
        difference_in_differences(ask(frame, covariates=("x",)))


@settings(max_examples=5, deadline=None)
@given(st.floats(-5, 5), st.floats(0.1, 10), st.integers(0, 50))
def test_shifts_scales_and_unit_trends_do_what_they_must(shift, scale, seed):
    frame = panel(40, 5, {2003: 0.5}, seed=seed)
    moved = frame.assign(y=frame["y"] * scale + shift * frame["year"] + frame["x"])
    a, b = first(ask(frame)), first(ask(moved))
    assert b["estimate"] == pytest.approx(a["estimate"] * scale, rel=1e-6, abs=1e-8)
    assert b["std_error"] == pytest.approx(a["std_error"] * scale, rel=1e-6)
