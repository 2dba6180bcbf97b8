"""Strata by hand, what is dropped, and what a few strata leave over."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causal import stratification, weighting
from tests.causal.test_contract import about, doses, events
from tests.causal.truths import ask, nhefs, varied
from workbench.errors import NotApplicable


def first(question: object, **settings: object) -> pd.Series:
    return stratification(question, **settings).frame.iloc[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_it_is_the_average_of_the_strata_by_hand(estimand: str) -> None:
    frame = varied(1_000, seed=1)
    x = sm.add_constant(frame[["x", "w"]])
    chance = sm.Logit(frame["t"], x).fit(disp=False).predict(x)
    over = {"ATE": frame["t"] >= 0, "ATT": frame["t"] == 1, "ATC": frame["t"] == 0}[estimand]
    edges = np.quantile(chance[over], [0.2, 0.4, 0.6, 0.8])
    frame["stratum"] = np.searchsorted(edges, chance, side="right")
    arms = frame.groupby(["stratum", "t"])["y"].agg(["mean", "var", "count"]).unstack("t")
    share = frame.loc[over, "stratum"].value_counts(normalize=True).sort_index()
    gap = arms["mean"][1] - arms["mean"][0]
    variance = arms["var"][1] / arms["count"][1] + arms["var"][0] / arms["count"][0]
    row = first(ask(frame, estimand=estimand), strata=5, squares=False)
    assert row["estimate"] == pytest.approx((share * gap).sum(), rel=1e-9)
    between = (share * (gap - (share * gap).sum()) ** 2).sum() / over.sum()
    error = np.sqrt((share**2 * variance).sum() + between)
    assert row["std_error"] == pytest.approx(error, rel=2e-3)


def test_nhefs_is_near_the_weights() -> None:
    row = first(nhefs())
    assert row["estimate"] == pytest.approx(3.44, abs=0.35)
    assert row["estimate"] == pytest.approx(
        weighting(nhefs()).frame["estimate"].iloc[0], abs=row["std_error"]
    )


def test_a_saturated_confounder_is_adjusted_for_exactly() -> None:
    """With x of two values the strata are its values, and the ratio is the population's."""
    frame = events(20_000, seed=4)
    row = first(about(frame, scale="ratio"))
    means = frame.groupby(["x", "t"])["y"].mean().unstack("t")
    share = frame["x"].value_counts(normalize=True).sort_index()
    assert row["estimate"] == pytest.approx((share * means[1]).sum() / (share * means[0]).sum())
    assert row["conf_low"] < 1.5 < row["conf_high"]


def test_a_few_strata_leave_confounding_over_and_many_little() -> None:
    frame = varied(20_000, seed=2, null=True)
    few, many = (first(ask(frame), strata=k)["estimate"] for k in (2, 40))
    crude = stratification(ask(frame)).frame["estimate"].iloc[1]
    assert few > 0.2 * crude
    assert abs(many) < 0.02 * crude


def test_it_covers_with_many_strata_and_not_in_a_bent_world() -> None:
    covered, bent = [], []
    for seed in range(120):
        row = first(ask(varied(800, seed, null=True)), strata=20)
        covered.append(row["conf_low"] < 0 < row["conf_high"])
        row = first(ask(varied(800, seed, null=True, bent=True)), squares=False)
        bent.append(row["conf_low"] < 0 < row["conf_high"])
    assert np.mean(covered) >= 0.93  # too wide by a little, as said
    assert np.mean(bent) < 0.5


def test_strata_without_one_arm_are_dropped_and_the_answer_says_so() -> None:
    frame = varied(600, seed=5)
    frame.loc[frame["x"] > 0.8, "t"] = 1
    result = stratification(ask(frame), strata=20)
    row = result.frame.iloc[0]
    assert row["group"].startswith("everyone in ")
    assert "strata" in result.summary
    assert any(n.startswith("Warning") and "were dropped" in n for n in result.notes)
    assert any("about the others only" in n for n in result.notes)


def test_clusters_and_weights() -> None:
    frame = varied(600, 2).assign(w8=lambda f: np.where(f["x"] > 0, 2.0, 1.0))
    pairs = pd.concat([frame] * 2, ignore_index=True)
    pairs["g"] = np.tile(np.arange(600), 2)
    asked = {"confounders": ("x", "w")}
    alone = first(about(frame, roles={"w8": "weight"}, **asked))
    grouped = first(about(pairs, roles={"w8": "weight", "g": "group"}, **asked))
    assert grouped["estimate"] == pytest.approx(alone["estimate"], rel=1e-6)
    assert grouped["std_error"] == pytest.approx(alone["std_error"], rel=0.03)
    plain = first(about(frame, roles={"w8": "ignore"}, **asked))
    assert plain["estimate"] != pytest.approx(alone["estimate"], rel=1e-3)


def test_what_it_does_not_answer_is_refused() -> None:
    with pytest.raises(NotApplicable, match="several levels"):
        stratification(about(doses(300, 0), treatment="dose"))
    with pytest.raises(NotApplicable, match="could have gone either way"):
        stratification(ask(varied(200, 1), estimand="ATO"))
