"""TMLE against a fluctuation by statsmodels, AIPW of the same nuisances, and known worlds."""

import numpy as np
import pytest
import statsmodels.api as sm

from causal import tmle, weighting
from causal.analysis import analyse
from causal.estimators.aipw import Nuisances, nuisances
from causal.estimators.tmle import targeted
from causal.influence import standard_error
from tests.causal.test_contract import about, doses, events
from tests.causal.truths import ask, nhefs, nsw, varied
from workbench.errors import NotApplicable
from workbench.progress import silent


def learned_for(analysis: object, seed: int = 0) -> Nuisances:
    return nuisances(analysis, 5, seed, silent)  # type: ignore[arg-type]


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
def test_it_is_the_fluctuation_of_statsmodels(estimand: str) -> None:
    analysis = analyse(ask(varied(600, seed=1), estimand=estimand))
    learned = learned_for(analysis)
    found = targeted(analysis, learned)
    t, y, e = analysis.t, analysis.y, np.clip(learned.chance.predictions, 0.01, 0.99)
    low, high = y.min(), y.max()
    scaled = (y - low) / (high - low)
    weights = {"ATE": (1 / (1 - e), 1 / e), "ATT": (e / (1 - e), np.ones(600))}[estimand]
    over = np.ones(600) if estimand == "ATE" else t
    means = []
    for k, race in enumerate((learned.untreated, learned.treated)):
        q = np.clip((race.predictions - low) / (high - low), 1e-3, 1 - 1e-3)
        logit = np.log(q / (1 - q))
        rows = t == k
        fit = sm.GLM(scaled[rows], np.ones(rows.sum()), family=sm.families.Binomial(),
                     offset=logit[rows], var_weights=weights[k][rows]).fit(tol=1e-12)  # fmt: skip
        moved = 1 / (1 + np.exp(-(logit + fit.params[0])))
        means.append(low + (high - low) * np.average(moved, weights=over))
    assert (found.start, found.to) == pytest.approx(means, rel=1e-6)


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_with_the_same_nuisances_it_is_near_aipw(estimand: str) -> None:
    analysis = analyse(ask(varied(1_500, seed=2, bent=True), estimand=estimand))
    learned = learned_for(analysis)
    one, two = targeted(analysis, learned), learned.scores(analysis).means
    effect, influence = one.compared("difference")
    other, other_influence = two.compared("difference")
    error = standard_error(influence)
    assert effect == pytest.approx(other, abs=0.25 * error)
    assert error == pytest.approx(standard_error(other_influence), rel=0.05)


def test_with_a_small_arm_the_estimate_is_the_average_of_five_draws_of_the_folds() -> None:
    question = ask(varied(150, seed=5))
    made = tmle(question)
    single = [tmle(question, draws=1, seed=k).frame["estimate"].iloc[0] for k in range(5)]
    assert made.frame["estimate"].iloc[0] == pytest.approx(np.mean(single))
    assert any("drawn 5 times" in note for note in made.notes)
    assert not any("drawn 5 times" in note for note in tmle(nhefs()).notes)


def test_nhefs_covers_the_published_estimate() -> None:
    row = tmle(nhefs()).frame.iloc[0]
    assert row["estimate"] == pytest.approx(3.4626, abs=0.3)
    assert row["conf_low"] < 3.373 < row["conf_high"]


def test_the_experiment_is_its_difference_in_means() -> None:
    """Without covariates the move makes each arm's prediction its mean, to the last digit."""
    row = tmle(nsw()).frame.iloc[0]
    assert row["estimate"] == pytest.approx(1794.34, abs=30)


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
def test_it_holds_in_a_bent_world_where_weighting_does_not(estimand: str) -> None:
    frame = varied(4_000, seed=3, bent=True)
    over = frame["t"] >= 0 if estimand == "ATE" else frame["t"] == 1
    true = frame.loc[over, "true"].mean()
    question = ask(frame.drop(columns="true"), estimand=estimand)
    row = tmle(question).frame.iloc[0]
    assert row["estimate"] == pytest.approx(true, abs=3.5 * row["std_error"])
    straight = weighting(question, squares=False).frame.iloc[0]
    assert abs(straight["estimate"] - true) > 2 * abs(row["estimate"] - true)


def test_it_covers_in_a_bent_world() -> None:
    covered, errors = [], []
    for seed in range(20):
        row = tmle(ask(varied(700, seed, bent=True, null=True)), seed=seed).frame.iloc[0]
        covered.append(row["conf_low"] < 0 < row["conf_high"])
        errors.append(row["estimate"])
    assert np.mean(covered) >= 0.85  # 20 draws of 95 % fall below that in 1 of 60 tries
    assert abs(np.mean(errors)) < 0.6 * np.std(errors)


@pytest.mark.parametrize("scale", ["ratio", "odds ratio"])
def test_ratios_of_shares(scale: str) -> None:
    row = tmle(about(events(10_000, seed=2), scale=scale)).frame.iloc[0]
    truth = 1.5 if scale == "ratio" else (0.3 / 0.7) / (0.2 / 0.8)
    assert row["conf_low"] < truth < row["conf_high"]


def test_it_never_leaves_the_range_of_the_outcome() -> None:
    """Rare events and large weights: AIPW's mean may fall below zero, this one cannot."""
    rng = np.random.default_rng(3)
    frame = varied(400, seed=3)
    frame["t"] = (frame["x"] + 0.4 * rng.normal(size=400) > 0).astype(int)
    frame["y"] = ((rng.random(400) < 0.04) | ((frame["x"] > 1.5) & (frame["t"] == 1))) * 1
    analysis = analyse(ask(frame))
    found = targeted(analysis, learned_for(analysis))
    assert 0 < found.start < 1
    assert 0 < found.to < 1
    assert any(n.startswith("Warning") for n in tmle(ask(frame)).notes)


def test_levels_weights_and_clusters() -> None:
    frame = doses(4_000, seed=3)
    row = tmle(about(frame, treatment="dose", contrast=("none", "high"))).frame.iloc[0]
    assert row["conf_low"] < 3 < row["conf_high"]
    rng = np.random.default_rng(4)
    school = rng.integers(0, 40, 800)
    x = rng.normal(size=800)
    t = (rng.random(40) < 0.5).astype(int)[school]
    noise = rng.normal(size=40)[school] + rng.normal(size=800)
    grouped = varied(800, 1).assign(x=x, t=t, y=x + noise, school=school,
                                    w8=rng.uniform(0.5, 2, 800))  # fmt: skip
    roles = {"school": "group", "w8": "weight"}
    result = tmle(about(grouped, roles=roles))
    alone = tmle(about(grouped, roles={"school": "ignore", "w8": "weight"})).frame.iloc[0]
    assert result.frame["std_error"].iloc[0] > 2 * alone["std_error"]
    assert any("Rows are weighted by 'w8'" in n for n in result.notes)


def test_what_it_does_not_answer_is_refused() -> None:
    with pytest.raises(NotApplicable, match="could have gone either way"):
        tmle(ask(varied(200, 1), estimand="ATO"))
    with pytest.raises(NotApplicable, match="takes many values"):
        tmle(nhefs(treatment="smokeintensity", confounders=("age",)))
