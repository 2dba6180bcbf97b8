"""The plain comparison: Neyman, Welch, ratios, clusters, and what it is not."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import ttest_ind

from causal import CausalQuestion, difference_in_means
from tests.causal.truths import ask, nhefs, nsw, varied
from workbench import Dataset
from workbench.errors import NotApplicable


def of(frame: pd.DataFrame, **asked: object) -> CausalQuestion:
    roles = asked.pop("roles", {})
    data = Dataset.of(frame).with_roles(roles)  # type: ignore[arg-type]
    return CausalQuestion(data, **({"treatment": "t", "outcome": "y"} | asked))  # type: ignore[arg-type]


def test_the_experiment_with_neymans_error() -> None:
    result = difference_in_means(nsw(estimand="ATT"))
    row = result.frame.iloc[0]
    assert row["estimate"] == pytest.approx(1794.34, abs=0.005)
    assert row["std_error"] == pytest.approx(671.0, abs=0.05)
    assert row["estimand"] == "ATT"
    assert any("assigned at random" in note for note in result.notes)


def test_the_experiments_placebo_outcome() -> None:
    row = difference_in_means(nsw(outcome="re75")).frame.iloc[0]
    assert row["estimate"] == pytest.approx(265.15, abs=0.005)
    assert row["p_value"] == pytest.approx(0.38, abs=0.01)


def test_interval_and_p_value_are_welchs() -> None:
    frame = varied(80, seed=1)
    row = difference_in_means(of(frame)).frame.iloc[0]
    test = ttest_ind(*(frame.loc[frame["t"] == k, "y"] for k in (1, 0)), equal_var=False)
    assert row["p_value"] == pytest.approx(test.pvalue, rel=1e-9)
    low, high = test.confidence_interval(0.95)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((low, high), rel=1e-9)


def test_where_the_graph_confounds_it_is_called_crude() -> None:
    result = difference_in_means(nhefs())
    row = result.frame.iloc[0]
    assert row["estimate"] == pytest.approx(2.5406, abs=1e-4)
    assert row["estimand"].startswith("crude difference")
    assert "which is no effect" in result.summary
    assert any(note.startswith("Warning") and "wt71" in note for note in result.notes)


def test_shares_have_katzs_ratio_and_woolfs_odds_ratio() -> None:
    frame = pd.DataFrame({"t": [1] * 200 + [0] * 300,
                          "y": [1] * 60 + [0] * 140 + [1] * 50 + [0] * 250})  # fmt: skip
    ratio = difference_in_means(of(frame, scale="ratio")).frame.iloc[0]
    odds = difference_in_means(of(frame, scale="odds ratio")).frame.iloc[0]
    assert ratio["estimate"] == pytest.approx(0.3 / (1 / 6))
    assert odds["estimate"] == pytest.approx((60 * 250) / (140 * 50))
    # Katz et al. (1978) and Woolf (1955), but for n - 1 in place of n in each arm.
    katz = np.sqrt((1 / 60 - 1 / 200) * 200 / 199 + (1 / 50 - 1 / 300) * 300 / 299)
    woolf = np.sqrt((1 / 60 + 1 / 140) * 200 / 199 + (1 / 50 + 1 / 250) * 300 / 299)
    assert ratio["std_error"] == pytest.approx(katz)
    assert odds["std_error"] == pytest.approx(woolf)


def test_weights_and_clusters_are_those_of_least_squares() -> None:
    rng = np.random.default_rng(3)
    frame = varied(400, seed=3).assign(
        g=lambda f: np.arange(len(f)) % 40, w8=rng.uniform(0.5, 2, 400)
    )
    fit = sm.WLS(frame["y"], sm.add_constant(frame[["t"]]), weights=frame["w8"])
    plain = difference_in_means(of(frame, roles={"w8": "weight", "g": "ignore"})).frame.iloc[0]
    assert plain["estimate"] == pytest.approx(fit.fit().params["t"])
    assert plain["std_error"] == pytest.approx(fit.fit(cov_type="HC2").bse["t"])
    groups = {"groups": frame["g"], "use_correction": True}
    both = difference_in_means(of(frame, roles={"w8": "weight", "g": "group"})).frame.iloc[0]
    clustered = fit.fit(cov_type="cluster", cov_kwds=groups, use_t=True)
    # statsmodels multiplies by (n - 1)/(n - 2) as well.
    assert both["std_error"] == pytest.approx(clustered.bse["t"] * np.sqrt(398 / 399))


def test_it_covers_under_randomisation_and_misses_under_confounding() -> None:
    covered, crude = [], []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        frame = varied(60, seed, null=True)
        crude.append(_covers(difference_in_means(of(frame))))
        frame["t"] = (rng.random(60) < 0.3).astype(int)
        covered.append(_covers(difference_in_means(of(frame))))
    assert 0.925 <= np.mean(covered) <= 0.975
    assert np.mean(crude) < 0.7


def _covers(result: object) -> bool:
    row = result.frame.iloc[0]  # type: ignore[attr-defined]
    return bool(row["conf_low"] < 0 < row["conf_high"])


def test_what_it_does_not_answer_is_refused() -> None:
    with pytest.raises(NotApplicable, match="takes many values"):
        difference_in_means(nhefs(treatment="smokeintensity", confounders=()))
    with pytest.raises(NotApplicable, match="could have gone either way"):
        difference_in_means(ask(varied(100, 0), estimand="ATO"))
    with pytest.raises(NotApplicable, match="single row"):
        difference_in_means(of(varied(50, 0).assign(t=[1] + [0] * 49)))
