"""Weighting against the books, stacked equations by numerical derivatives, and known worlds."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causal import CausalQuestion, aipw, weighting
from tests.causal.sandwich import covariance
from tests.causal.test_contract import about, doses, events
from tests.causal.truths import ask, nhefs, nsw_cps, varied
from workbench.errors import NotApplicable


def first(question: CausalQuestion, **settings: object) -> pd.Series:
    return weighting(question, **settings).frame.iloc[0]


def test_nhefs_as_in_the_book() -> None:
    result = weighting(nhefs())
    row = result.frame.iloc[0]
    assert row["estimate"] == pytest.approx(3.4405, abs=5e-5)
    # The book's .5255 takes the weights as known (and divides by n, not n - 1).
    assert any("as the usual robust error does, it would be 0.52" in n for n in result.notes)
    assert row["std_error"] < 0.5
    assert result.frame["estimate"].iloc[1] == pytest.approx(2.5406, abs=1e-4)


def test_the_books_null_is_an_odds_ratio_near_one() -> None:
    row = first(nhefs(outcome="death", scale="odds ratio"))
    assert row["conf_low"] < 1.0306 < row["conf_high"]
    assert row["estimate"] == pytest.approx(1.0306, abs=5e-3)


def test_lalondes_odds_with_cunninghams_terms() -> None:
    result = weighting(nsw_cps(), squares=False)
    row, crude = result.frame.iloc[0], result.frame.iloc[1]
    assert row["estimate"] == pytest.approx(1494.6, abs=0.1)
    assert crude["estimate"] == pytest.approx(-8497.52, abs=0.01)
    assert any("count like 243" in note for note in result.notes)


WEIGHTS = {
    "ATE": lambda t, e: np.where(t == 1, 1 / e, 1 / (1 - e)),
    "ATT": lambda t, e: np.where(t == 1, 1, e / (1 - e)),
    "ATC": lambda t, e: np.where(t == 1, (1 - e) / e, 1),
    "ATO": lambda t, e: np.where(t == 1, 1 - e, e),
}


@pytest.mark.parametrize("scale", ["difference", "ratio", "odds ratio"])
@pytest.mark.parametrize("estimand", list(WEIGHTS))
def test_it_is_the_stacked_estimating_equations(estimand: str, scale: str) -> None:
    frame = events(1_500, seed=1)
    frame["x"] = frame["x"] + np.random.default_rng(1).normal(size=1_500)
    frame["w8"] = np.random.default_rng(2).uniform(0.5, 2, 1_500)
    frame["g"] = np.arange(1_500) % 75
    row = first(
        about(frame, estimand=estimand, scale=scale, roles={"w8": "weight", "g": "group"}),
        squares=False,
    )
    x, t, y, w = sm.add_constant(frame[["x"]]).to_numpy(), *frame[["t", "y", "w8"]].to_numpy().T
    w = w / w.mean()

    def equations(theta: np.ndarray) -> np.ndarray:
        e = 1 / (1 + np.exp(-x @ theta[:2]))
        v = w * WEIGHTS[estimand](t, e)
        means = [v * (t == k) * (y - theta[2 + k]) for k in (0, 1)]
        return np.column_stack([w[:, None] * x * (t - e)[:, None], *means])

    fit = sm.GLM(t, x, family=sm.families.Binomial(), freq_weights=w).fit()
    v = w * WEIGHTS[estimand](t, fit.predict(x))
    mean = [np.average(y[t == k], weights=v[t == k]) for k in (0, 1)]
    spread = covariance(equations, np.r_[fit.params, mean], frame["g"].to_numpy())
    odds = [m / (1 - m) for m in mean]
    value, slope = {
        "difference": (mean[1] - mean[0], [-1, 1]),
        "ratio": (mean[1] / mean[0], [-1 / mean[0], 1 / mean[1]]),
        "odds ratio": (odds[1] / odds[0], [-1 / mean[0] / (1 - mean[0]),
                                           1 / mean[1] / (1 - mean[1])]),
    }[scale]  # fmt: skip
    error = np.sqrt(np.array(slope) @ spread[2:, 2:] @ np.array(slope) * 75 / 74)
    assert row["estimate"] == pytest.approx(value, rel=1e-6)
    assert row["std_error"] == pytest.approx(error, rel=1e-4)


def test_several_levels_are_weighted_by_a_multinomial_logit() -> None:
    frame = doses(3_000, seed=3)
    question = about(frame, treatment="dose", contrast=("none", "high"))
    row = first(question, squares=False)
    code = frame["dose"].map({"none": 0, "low": 1, "high": 2}).to_numpy()
    x = sm.add_constant(frame[["x"]]).to_numpy()
    e = sm.MNLogit(code, x).fit(disp=False).predict(x)
    y = frame["y"].to_numpy()
    means = [np.average(y[code == k], weights=1 / e[code == k, k]) for k in (0, 2)]
    assert row["estimate"] == pytest.approx(means[1] - means[0], rel=1e-5)
    assert row["conf_low"] < 3 < row["conf_high"]

    def equations(theta: np.ndarray) -> np.ndarray:
        scores = np.column_stack([np.zeros(len(x)), x @ theta[:2], x @ theta[2:4]])
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        logit = [x * ((code == k) - p[:, k])[:, None] for k in (1, 2)]
        rest = [(code == k) / p[:, k] * (y - theta[4 + (k > 0)]) for k in (0, 2)]
        return np.column_stack([*logit, *rest])

    slopes = sm.MNLogit(code, x).fit(disp=False, tol=1e-12).params
    spread = covariance(equations, np.r_[np.asarray(slopes).T.ravel(), means])[4:, 4:]
    assert row["std_error"] == pytest.approx(
        np.sqrt(spread[0, 0] + spread[1, 1] - 2 * spread[0, 1]), rel=1e-3
    )
    treated = first(about(frame, treatment="dose", contrast=("none", "high"), estimand="ATT"))
    truth = 3 + frame.loc[frame["dose"] == "high", "x"].mean()
    assert treated["conf_low"] < truth < treated["conf_high"]


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC", "ATO"])
def test_intervals_cover_where_the_logit_is_right(estimand: str) -> None:
    covered, errors = [], []
    for seed in range(150):
        frame = varied(500, seed, null=True)
        row = first(ask(frame, estimand=estimand), squares=False)
        covered.append(row["conf_low"] < 0 < row["conf_high"])
        errors.append(row["estimate"])
    assert 0.9 <= np.mean(covered) <= 0.99
    assert abs(np.mean(errors)) < 0.3 * np.std(errors)


def test_a_bent_chance_needs_its_squares() -> None:
    """The chance bends with x² and x·w: a straight logit misses, squares help, AIPW is near."""
    frame = varied(6_000, seed=3, bent=True)
    truth = frame["true"].mean()
    asked = ask(frame.drop(columns="true"))
    straight, curved = first(asked, squares=False), first(asked)
    robust = aipw(asked).frame.iloc[0]
    assert straight["conf_low"] > truth
    assert abs(robust["estimate"] - truth) < abs(curved["estimate"] - truth)
    assert abs(curved["estimate"] - truth) < abs(straight["estimate"] - truth)


def test_clipping_is_counted_and_hopeless_overlap_a_warning() -> None:
    rng = np.random.default_rng(0)
    frame = varied(1_500, seed=5)
    frame["t"] = (frame["x"] + 0.35 * rng.normal(size=1_500) > 0).astype(int)
    notes = weighting(ask(frame), clip=0.05).notes
    assert any("were raised to 0.05. Without that" in note for note in notes)
    assert any(note.startswith("Warning") and "counterpart" in note for note in notes)
    # The overlap population needs none of that.
    assert not any(n.startswith("Warning") for n in weighting(ask(frame, estimand="ATO")).notes)


def test_the_sign_turns_with_the_contrast_and_units_do_not_matter() -> None:
    frame = varied(400, seed=6)
    row, back = (first(ask(frame, contrast=c)) for c in ((0, 1), (1, 0)))
    assert back["estimate"] == pytest.approx(-row["estimate"], rel=1e-8)
    assert back["std_error"] == pytest.approx(row["std_error"], rel=1e-8)
    other = first(ask(frame.assign(x=lambda f: 1000 * f["x"] + 5)))
    assert other["estimate"] == pytest.approx(row["estimate"], rel=1e-6)


def test_what_it_cannot_do_is_refused_with_the_column() -> None:
    frame = varied(300, seed=7).assign(copy=lambda f: f["t"] + 0.0)
    with pytest.raises(NotApplicable, match=r"adjusted for \(copy most of all\)"):
        weighting(ask(frame, confounders=("x", "copy")))
    with pytest.raises(NotApplicable, match="takes many values"):
        weighting(nhefs(treatment="smokeintensity", confounders=("age",)))
    with pytest.raises(NotApplicable, match="several levels"):
        weighting(about(doses(300, 0), treatment="dose", estimand="ATO"))
    wide = varied(12, 0).assign(**{f"c{k}": np.random.default_rng(k).normal(size=12)
                                   for k in range(9)})  # fmt: skip
    with pytest.raises(NotApplicable, match="12 rows cannot carry"):
        weighting(ask(wide, confounders=[f"c{k}" for k in range(9)]))
