"""What a question asks for is what comes out: estimands, scales, levels, weights and clusters."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from causal import CausalQuestion, aipw, linear_regression
from causal.analysis import analyse
from causal.estimators.linear_regression import (
    regression_analysis,
    regression_effect,
    usable_design,
)
from causal.influence import MeanOutcomes, standard_error
from tests.causal.truths import ask, nhefs, varied
from workbench import Dataset
from workbench.errors import NotApplicable, QuestionError


def events(rows: int, seed: int) -> pd.DataFrame:
    """A yes/no outcome whose chance is .1 + .2 x untreated and 1.5 times that treated; x in 0, 1
    drives the treatment: the risk ratio is 1.5 for everyone, the crude one is not."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, rows)
    t = rng.random(rows) < 0.3 + 0.4 * x
    y = rng.random(rows) < (0.1 + 0.2 * x) * np.where(t, 1.5, 1.0)
    return pd.DataFrame({"x": x, "t": t.astype(int), "y": y.astype(int)})


def doses(rows: int, seed: int) -> pd.DataFrame:
    """Three levels of a treatment; over everyone `low` does 1 and `high` 3 + mean of x = 3."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    utility = np.column_stack([np.zeros(rows), 0.7 * x, -0.5 + 0.5 * x])
    level = (utility + rng.gumbel(size=(rows, 3))).argmax(axis=1)
    effect = np.select([level == 1, level == 2], [1.0, 3 + x], 0.0)
    return pd.DataFrame({
        "x": x, "dose": np.array(["none", "low", "high"])[level],
        "y": 2 * x + effect + rng.normal(size=rows),
    })  # fmt: skip


def about(frame: pd.DataFrame, **asked: object) -> CausalQuestion:
    given = {"treatment": "t", "outcome": "y", "confounders": ("x",)}
    roles = asked.pop("roles", {})
    data = Dataset.of(frame).with_roles(roles)  # type: ignore[arg-type]
    return CausalQuestion(data, **(given | asked))  # type: ignore[arg-type]


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
@pytest.mark.parametrize("scale", ["ratio", "odds ratio"])
def test_a_ratio_of_shares_is_found(scale: str, estimand: str) -> None:
    frame = events(20_000, seed=1)
    result = aipw(about(frame, scale=scale, estimand=estimand))
    row, crude = result.frame.iloc[0], result.frame.iloc[1]
    over = frame if estimand == "ATE" else frame[frame["t"] == 1]
    low = (0.1 + 0.2 * over["x"]).mean()
    odds = 1.5 * low / (1 - 1.5 * low) / (low / (1 - low))
    truth = 1.5 if scale == "ratio" else odds
    assert row["conf_low"] < truth < row["conf_high"]
    assert np.log(row["conf_high"] / row["conf_low"]) == pytest.approx(2 * 1.96 * row["std_error"],
                                                                       rel=1e-3)  # fmt: skip
    assert crude["estimate"] > 1.8
    assert result.no_effect == 1
    assert "multiplied by" in result.summary
    assert result.figure().layout.xaxis.type == "log"


def test_without_adjustment_the_odds_ratio_is_that_of_logistic_regression() -> None:
    frame = events(3_000, seed=2)
    row = aipw(about(frame, confounders=(), scale="odds ratio")).frame.iloc[0]
    fit = smf.logit("y ~ t", frame).fit(disp=False)
    # Not to the last digit: arms' means and shares are those of the other folds.
    assert np.log(row["estimate"]) == pytest.approx(fit.params["t"], abs=0.1 * fit.bse["t"])
    assert row["std_error"] == pytest.approx(fit.bse["t"], rel=0.02)


def test_the_overlap_population_is_answered() -> None:
    frame = varied(6_000, seed=5)
    result = aipw(ask(frame.drop(columns="true"), estimand="ATO"))
    row = result.frame.iloc[0]
    score = np.clip(0.6 * frame["x"] + 0.3 * frame["w"], -2, 2)
    e = 1 / (1 + np.exp(-score))
    truth = np.average(frame["true"], weights=e * (1 - e))
    assert row["conf_low"] < truth < row["conf_high"]
    assert row["group"] == "those whose treatment could have gone either way"


@pytest.mark.parametrize(("to", "truth"), [("low", 1.0), ("high", 3.0)])
def test_two_of_several_levels_are_compared_over_everyone(to: str, truth: float) -> None:
    question = about(doses(6_000, seed=3), treatment="dose", contrast=("none", to))
    assert question.sentence.endswith(f"if dose were {to} rather than none?")
    row = aipw(question).frame.iloc[0]
    assert row["conf_low"] < truth < row["conf_high"]
    assert row["std_error"] < 0.1


def test_regression_gives_each_level_its_intercept() -> None:
    frame = doses(2_000, seed=4)
    found = linear_regression(
        about(frame, treatment="dose", contrast=("none", "high")), squares=False
    ).frame.iloc[0]
    levels = pd.get_dummies(frame["dose"]).astype(float)[["low", "high"]]
    fit = sm.OLS(frame["y"], sm.add_constant(levels.assign(x=frame["x"]))).fit(cov_type="HC2")
    assert found["estimate"] == pytest.approx(fit.params["high"])
    assert found["std_error"] == pytest.approx(fit.bse["high"])


@pytest.mark.parametrize(("start", "to"), [("none", "low"), ("low", "none"), ("high", "low")])
def test_regression_compares_any_two_levels_in_either_direction(start: str, to: str) -> None:
    """The codes of levels are names: how far apart they are must not matter."""
    frame = doses(2_000, seed=4)
    result = linear_regression(
        about(frame, treatment="dose", contrast=(start, to)), squares=False
    ).frame.set_index("estimand")
    others = pd.get_dummies(frame["dose"]).astype(float).drop(columns=start)
    fit = sm.OLS(frame["y"], sm.add_constant(others.assign(x=frame["x"]))).fit()
    assert result["estimate"].iloc[0] == pytest.approx(fit.params[to])
    means = frame.groupby("dose")["y"].mean()
    assert result["estimate"].iloc[1] == pytest.approx(means[to] - means[start])


def test_a_slope_along_the_names_of_levels_is_refused() -> None:
    """The checks of a regression set the levels apart first: `test_several_levels` holds them to
    the estimate of the two that are asked about."""
    question = about(doses(300, seed=4), treatment="dose", contrast=("none", "low"))
    for takes_a_slope in (usable_design, regression_effect):
        takes_a_slope(regression_analysis(question))
        with pytest.raises(NotApplicable, match="several"):
            takes_a_slope(analyse(question))


def test_the_levels_treated_answer_is_over_those_who_had_it() -> None:
    frame = doses(8_000, seed=6)
    question = about(frame, treatment="dose", contrast=("none", "high"), estimand="ATT")
    truth = 3 + frame.loc[frame["dose"] == "high", "x"].mean()
    row = aipw(question).frame.iloc[0]
    assert row["conf_low"] < truth < row["conf_high"]


def test_weights_and_groups_are_those_of_weighted_clustered_least_squares() -> None:
    rng = np.random.default_rng(7)
    frame = varied(1_200, seed=7).drop(columns="true")
    frame["school"] = rng.integers(0, 60, len(frame))
    frame["y"] += rng.normal(size=60)[frame["school"]]
    frame["w8"] = rng.uniform(0.5, 3, len(frame))
    data = Dataset.of(frame).with_roles({"school": "group", "w8": "weight"})
    question = CausalQuestion(data, treatment="t", outcome="y", confounders=("x", "w"))
    result = linear_regression(question, squares=False)
    design = sm.add_constant(frame[["t", "x", "w"]])
    fit = sm.WLS(frame["y"], design, weights=frame["w8"]).fit(
        cov_type="cluster", cov_kwds={"groups": frame["school"]}, use_t=True
    )
    row = result.frame.iloc[0]
    assert row["estimate"] == pytest.approx(fit.params["t"])
    assert row["std_error"] == pytest.approx(fit.bse["t"])
    assert any("60 groups of 'school'" in note for note in result.notes)
    assert any("weighted by 'w8'" in note for note in result.notes)


def test_clusters_widen_the_interval_of_a_treatment_given_to_whole_groups() -> None:
    covered = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        school = rng.integers(0, 40, 800)
        x = rng.normal(size=800)
        t = (rng.random(40) < 0.5).astype(int)[school]
        y = x + rng.normal(size=40)[school] + rng.normal(size=800)
        frame = pd.DataFrame({"x": x, "t": t, "y": y, "school": school})
        row = linear_regression(about(frame, roles={"school": "group"})).frame.iloc[0]
        alone = linear_regression(about(frame.drop(columns="school"))).frame.iloc[0]
        assert row["std_error"] > 2 * alone["std_error"]
        covered.append(row["conf_low"] < 0 < row["conf_high"])
    assert np.mean(covered) >= 0.88
    robust = aipw(about(frame, roles={"school": "group"})).frame.iloc[0]
    assert robust["std_error"] == pytest.approx(row["std_error"], rel=0.25)


def test_weights_bring_back_the_population() -> None:
    """Rows are drawn by x; their weights undo it, so that the effect over the population is 1."""
    frame = varied(40_000, seed=8)
    rng = np.random.default_rng(8)
    keep = 1 / (1 + np.exp(-1.5 * frame["x"]))
    drawn = frame[rng.random(len(frame)) < keep].assign(w8=1 / keep).drop(columns="true")
    data = Dataset.of(drawn.reset_index(drop=True)).with_roles({"w8": "weight"})
    asked = {"treatment": "t", "outcome": "y", "confounders": ("x", "w")}
    row = aipw(CausalQuestion(data, **asked)).frame.iloc[0]  # type: ignore[arg-type]
    assert row["conf_low"] < frame["true"].mean() < row["conf_high"]
    unweighted = aipw(ask(drawn.drop(columns="w8"))).frame.iloc[0]
    assert unweighted["conf_low"] > 1.1


def test_cluster_sums_are_the_textbook_formula() -> None:
    rng = np.random.default_rng(0)
    influence, clusters = rng.normal(size=30), np.repeat(np.arange(10), 3)
    influence -= influence.mean()
    sums = influence.reshape(10, 3).sum(axis=1)
    assert standard_error(influence, clusters) == pytest.approx(
        np.sqrt(10 / 9 * (sums**2).sum()) / 30
    )
    alone = standard_error(influence, np.arange(30))
    assert alone == pytest.approx(standard_error(influence))


def test_a_ratio_of_means_follows_the_delta_method() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.gamma(2, size=4_000), rng.gamma(3, size=4_000)
    ones = np.ones(4_000)
    means = MeanOutcomes.of_rows(a, b, ones, ones)
    log, influence = means.compared("ratio")
    assert np.exp(log) == pytest.approx(b.mean() / a.mean())
    drawn = [
        np.log(b[rows].mean() / a[rows].mean())
        for rows in (rng.integers(0, 4_000, 4_000) for _ in range(400))
    ]
    assert standard_error(influence) == pytest.approx(np.std(drawn), rel=0.1)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"scale": "odds ratio"}, "only an event has odds"),
        ({"scale": "ratio"}, "negative values"),
        ({"scale": "percent"}, "scale = 'percent' is not known"),
    ],
)
def test_scales_that_say_nothing_are_refused(asked: dict, says: str) -> None:
    with pytest.raises(QuestionError, match=says):
        nhefs(**asked)


def test_estimators_refuse_what_they_do_not_answer() -> None:
    with pytest.raises(NotApplicable, match="those whom the instrument moves"):
        aipw(ask(varied(200, 0), estimand="LATE", confounders=("x",), instruments=("w",)))
    with pytest.raises(NotApplicable, match="could have gone either way"):
        linear_regression(ask(varied(200, 0), estimand="ATO"))
    with pytest.raises(NotApplicable, match="not their ratio"):
        linear_regression(about(events(200, 0), scale="ratio"))


def test_a_contrast_of_levels_is_checked_by_name() -> None:
    with pytest.raises(QuestionError, match="cannot be set to"):
        about(doses(200, 0), treatment="dose", contrast=("none", "medium"))
    with pytest.raises(QuestionError, match="at most 20 levels"):
        about(doses(200, 0).assign(t=[f"l{k % 25}" for k in range(200)]))
    assert about(doses(200, 0), treatment="dose").compared[0] == "none"
