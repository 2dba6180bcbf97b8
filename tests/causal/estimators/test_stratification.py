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
    logit = sm.Logit(frame["t"], x).fit(disp=False)
    chance = logit.predict(x)
    over = {"ATE": frame["t"] >= 0, "ATT": frame["t"] == 1, "ATC": frame["t"] == 0}[estimand]
    edges = np.quantile(chance[over], [0.2, 0.4, 0.6, 0.8], method="inverted_cdf")
    frame["stratum"] = np.searchsorted(edges, chance)
    arms = frame.groupby(["stratum", "t"])["y"].agg(["mean", "var", "count"]).unstack("t")
    share = frame.loc[over, "stratum"].value_counts(normalize=True).sort_index()
    gap = arms["mean"][1] - arms["mean"][0]
    variance = arms["var"][1] / arms["count"][1] + arms["var"][0] / arms["count"][0]
    row = first(ask(frame, estimand=estimand), strata=5, squares=False)
    effect = (share * gap).sum()
    assert row["estimate"] == pytest.approx(effect, rel=1e-9)
    between = (share * (gap - effect) ** 2).sum() / over.sum()
    known = (share**2 * variance).sum() + between
    # That the logit was fitted: how the rows' weights move with its coefficients, by their scores.
    t, place = frame["t"].to_numpy(), frame["stratum"].to_numpy()
    sign = 2 * t - 1
    count = arms["count"].to_numpy()[place, t]
    rest = frame["y"].to_numpy() - arms["mean"].to_numpy()[place, t]
    part = sign * share.to_numpy()[place] / count * rest
    moves = {"ATE": -sign * (1 - np.where(t, chance, 1 - chance)), "ATT": 1.0 * (t == 0),
             "ATC": -1.0 * (t == 1)}[estimand]  # fmt: skip
    slope = (part * moves) @ x.to_numpy()
    fitted = logit.cov_params().to_numpy()
    scores = (t - chance.to_numpy())[:, None] * x.to_numpy()
    own = part + over.to_numpy() * (gap.to_numpy()[place] - effect) / over.sum()
    together = slope @ fitted @ slope + 2 * slope @ fitted @ (scores * own[:, None]).sum(axis=0)
    assert row["std_error"] == pytest.approx(np.sqrt(known + together), rel=3e-3)
    assert row["std_error"] < np.sqrt(known)


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


def test_its_interval_is_as_long_as_the_estimates_vary_and_what_is_left_over_is_told() -> None:
    rows, bent, shares = [], [], []
    for seed in range(150):
        found = stratification(ask(varied(800, seed, null=True)))
        rows.append(found.frame.iloc[0])
        shares.append(left_over(found.notes))
        found = stratification(ask(varied(800, seed, null=True, bent=True)), squares=False)
        row = found.frame.iloc[0]
        bent.append(row["conf_low"] < 0 < row["conf_high"])
    table = pd.DataFrame(rows)
    assert (table["conf_low"] < 0).mul(table["conf_high"] > 0).mean() >= 0.92
    # with the chance taken as known the errors would be far larger than what the estimates vary by
    assert 0.85 < table["std_error"].mean() / table["estimate"].std() < 1.2
    # there is no effect: the mean of what is found is the bias, and is what the notes said
    bias = table["estimate"].mean() / table["std_error"].mean()
    assert bias == pytest.approx(np.mean(shares), abs=0.2)
    assert np.mean(bent) < 0.5


def test_a_warning_says_when_few_strata_leave_a_bias() -> None:
    found = stratification(ask(varied(4_000, 3, null=True)), strata=4)
    row = found.frame.iloc[0]
    assert any(note.startswith("Warning: within 4 strata") for note in found.notes)
    assert left_over(found.notes) == pytest.approx(row["estimate"] / row["std_error"], abs=3)
    assert left_over(found.notes) > 3


def left_over(notes: tuple[str, ...]) -> float:
    said = next(note for note in notes if "the chance still runs" in note)
    return float(said.split("moves the estimate by ")[1].split(" ")[0])


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
