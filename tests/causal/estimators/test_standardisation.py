"""Standardisation against the books, stacked equations by numerical derivatives, known worlds."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causal import CausalQuestion, linear_regression, standardisation
from tests.causal.sandwich import covariance
from tests.causal.test_contract import about, doses, events
from tests.causal.truths import ask, nhefs, nsw, varied
from workbench.errors import NotApplicable, ParameterError


def first(question: CausalQuestion, **settings: object) -> pd.Series:
    return standardisation(question, **settings).frame.iloc[0]


def test_nhefs_with_the_books_products() -> None:
    row = first(nhefs(), varies_with=("smokeintensity",))
    assert row["estimate"] == pytest.approx(3.5174, abs=1e-4)
    # The book's bootstrap interval is 2.6 to 4.5.
    assert row["conf_low"] == pytest.approx(2.6, abs=0.05)
    assert row["conf_high"] == pytest.approx(4.5, abs=0.05)


def test_the_books_effects_at_5_and_at_40_cigarettes() -> None:
    """The effect is a + b · cigarettes; its averages over everyone and the treated give a and b."""
    question = nhefs()
    settings = {"varies_with": ("smokeintensity",)}
    ate, att = (first(asked, **settings)["estimate"] for asked in (question, nhefs(estimand="ATT")))
    frame = question.data.frame
    cigarettes = frame["smokeintensity"].astype(float)
    means = cigarettes.mean(), cigarettes[frame["qsmk"].astype(int) == 1].mean()
    slope = (ate - att) / (means[0] - means[1])
    at = [ate + slope * (c - means[0]) for c in (5, 40)]
    assert at == pytest.approx([2.7929, 4.4261], abs=2e-4)


def test_the_experiment_is_its_difference_in_means() -> None:
    row = first(nsw())
    assert row["estimate"] == pytest.approx(1794.34, abs=0.005)
    assert row["std_error"] == pytest.approx(671.0, rel=2e-3)


@pytest.mark.parametrize("estimand", ["ATT", "ATC"])
def test_the_linear_model_is_regression_adjustment(estimand: str) -> None:
    question = ask(varied(700, seed=2), estimand=estimand)
    row, known = first(question), linear_regression(question).frame.iloc[0]
    assert row["estimate"] == pytest.approx(known["estimate"], rel=1e-8)
    assert row["std_error"] == pytest.approx(known["std_error"], rel=0.02)


@pytest.mark.parametrize("model", ["logit", "poisson"])
@pytest.mark.parametrize("scale", ["difference", "ratio"])
def test_it_is_the_stacked_estimating_equations(scale: str, model: str) -> None:
    rng = np.random.default_rng(1)
    n = 4_000  # so many that the delete-one correction is small
    frame = events(n, seed=1).assign(x=rng.normal(size=n), w8=rng.uniform(0.5, 2, n))
    frame["g"] = np.arange(n) % 200
    question = about(frame, scale=scale, estimand="ATT", roles={"w8": "weight", "g": "group"})
    row = first(question, model=model, squares=False)
    t, y, w, x = frame[["t", "y", "w8", "x"]].to_numpy().T
    w = w / w.mean()
    design = [np.column_stack([np.ones(n), x, a, a * x]) for a in (t, 0 * t, 0 * t + 1)]
    family = sm.families.Binomial() if model == "logit" else sm.families.Poisson()
    fit = sm.GLM(y, design[0], family=family, freq_weights=w).fit(tol=1e-12)
    mean = family.link.inverse

    def equations(theta: np.ndarray) -> np.ndarray:
        score = design[0] * (w * (y - mean(design[0] @ theta[:4])))[:, None]
        rest = [w * t * (mean(d @ theta[:4]) - theta[4 + k]) for k, d in enumerate(design[1:])]
        return np.column_stack([score, *rest])

    means = [np.average(mean(d @ fit.params), weights=w * t) for d in design[1:]]
    groups = frame["g"].to_numpy()
    spread = covariance(equations, np.r_[fit.params, means], groups)[4:, 4:]
    slope = np.array([-1, 1]) / (1 if scale == "difference" else np.array(means))
    value = means[1] - means[0] if scale == "difference" else means[1] / means[0]
    assert row["estimate"] == pytest.approx(value, rel=1e-6)
    error = np.sqrt(slope @ spread @ slope * 200 / 199)
    assert row["std_error"] == pytest.approx(error, rel=1e-5)


def test_a_ratio_of_shares_is_the_populations() -> None:
    frame = events(20_000, seed=3)
    row = first(about(frame, scale="ratio"))
    assert row["conf_low"] < 1.5 < row["conf_high"]
    low = 0.2
    odds = first(about(frame, scale="odds ratio"))
    assert odds["conf_low"] < (0.3 / 0.7) / (low / (1 - low)) < odds["conf_high"]


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_it_covers_in_a_straight_world(estimand: str) -> None:
    covered, errors = [], []
    for seed in range(150):
        frame = varied(200, seed)
        over = {"ATE": frame["t"] >= 0, "ATT": frame["t"] == 1, "ATC": frame["t"] == 0}[estimand]
        # The population's effect: the rows asked about are a sample of it.
        truth = {"ATE": 1.0, "ATT": 1.24, "ATC": 0.76}[estimand]
        row = first(ask(frame, estimand=estimand), squares=False)
        covered.append(row["conf_low"] < truth < row["conf_high"])
        errors.append(row["estimate"] - frame.loc[over, "true"].mean())
    assert 0.9 <= np.mean(covered) <= 0.985
    assert abs(np.mean(errors)) < 0.3 * np.std(errors)


def test_a_bent_outcome_needs_its_bends() -> None:
    frame = varied(6_000, seed=3, bent=True)
    truth = frame["true"].mean()
    straight, curved = (first(ask(frame), squares=s) for s in (False, True))
    assert straight["conf_low"] > truth
    # Squares mend x², but not the product of x and w, which no setting of this method adds.
    assert abs(curved["estimate"] - truth) < abs(straight["estimate"] - truth)
    assert curved["conf_low"] > truth


def test_levels_are_averaged_over_everyone() -> None:
    frame = doses(6_000, seed=3)
    row = first(about(frame, treatment="dose", contrast=("none", "high")))
    assert row["conf_low"] < 3 < row["conf_high"]


def test_a_numeric_treatment_bends() -> None:
    """y = d² + x: from 1 to 3 is 8; one unit more for everyone is 2 · mean + 1."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=3_000)
    d = 2 + x + rng.normal(size=3_000)
    frame = pd.DataFrame({"x": x, "t": d, "y": d**2 + 3 * x + rng.normal(size=3_000)})
    step = standardisation(about(frame, contrast=(1, 3)))
    row = step.frame.iloc[0]
    assert len(step.frame) == 1
    assert row["conf_low"] < 8 < row["conf_high"]
    assert row["estimate"] == pytest.approx(8, abs=0.5)
    more = standardisation(about(frame))
    assert more.frame["estimate"].iloc[0] == pytest.approx(2 * d.mean() + 1, abs=0.3)
    assert any("with one unit more for every row" in note for note in more.notes)
    far = standardisation(about(frame, contrast=(0, 60)))
    assert any(note.startswith("Warning") and "outside the data" in note for note in far.notes)


def test_weights_count_like_rows() -> None:
    frame = varied(500, 2)
    weighted = frame.assign(w8=np.where(frame["x"] > 0, 2.0, 1.0))
    twice = pd.concat([frame, frame[frame["x"] > 0]], ignore_index=True)
    asked = {"confounders": ("x", "w")}
    one = first(about(weighted, roles={"w8": "weight"}, **asked), squares=False)
    two = first(about(twice, **asked), squares=False)
    assert one["estimate"] == pytest.approx(two["estimate"], rel=1e-8)


def test_a_level_that_one_arm_lacks_cannot_vary_the_effect_and_is_named() -> None:
    frame = varied(300, 1).assign(site=lambda f: np.where((f["t"] == 1) & (f["x"] > 0), "b", "a"))
    result = standardisation(ask(frame, confounders=("x", "site")))
    assert any("held the same over site = b" in note for note in result.notes)


def test_what_does_not_fit_is_refused() -> None:
    frame = varied(200, 0)
    with pytest.raises(NotApplicable, match="a logit is for two"):
        standardisation(ask(frame), model="logit")
    with pytest.raises(NotApplicable, match="for counts"):
        standardisation(ask(frame), model="poisson")
    with pytest.raises(ParameterError, match="which is not adjusted for"):
        standardisation(ask(frame, confounders=("x",)), varies_with=("w",))
    apart = frame.assign(y=(frame["x"] > 0).astype(int))
    with pytest.raises(NotApplicable, match="tell without doubt"):
        standardisation(ask(apart))
    with pytest.raises(NotApplicable, match="determines 't' completely"):
        standardisation(ask(frame.assign(copy=frame["t"] * 2.0), confounders=("copy",)))
