"""Matching against loops over rows, R's MatchIt, and worlds with a known effect."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, aipw, matching
from tests.causal.test_contract import about, doses, events
from tests.causal.truths import ask, nhefs, nsw_cps, varied
from workbench import Dataset
from workbench.errors import NotApplicable


def first(question: object, **settings: object) -> pd.Series:
    return matching(question, **settings).frame.iloc[0]  # type: ignore[arg-type]


def by_loops(frame: pd.DataFrame, over: np.ndarray, m: int) -> tuple[float, float]:
    """Abadie, Drukker, Herr & Imbens (2004), section 4, row by row, without bias adjustment."""
    x, t, y = frame[["x", "w"]].to_numpy(), frame["t"].to_numpy(), frame["y"].to_numpy()
    n, inverse = len(x), np.linalg.inv(np.cov(x, rowvar=False))
    k, k_squared, effect = np.zeros(n), np.zeros(n), np.full(n, np.nan)

    def near(i: int, pool: np.ndarray, count: int) -> np.ndarray:
        gap = x[pool] - x[i]
        d = np.sqrt(np.einsum("ij,jk,ik->i", gap, inverse, gap))
        return pool[d <= np.sort(d)[count - 1] + 1e-9]

    for i in np.flatnonzero(over):
        matched = near(i, np.flatnonzero(t != t[i]), m)
        k[matched] += 1 / len(matched)
        k_squared[matched] += 1 / len(matched) ** 2
        effect[i] = (y[i] - y[matched].mean()) * (1 if t[i] else -1)
    variance = np.array([
        y[near(i, np.flatnonzero(t == t[i]), 3)].var(ddof=1) for i in range(n)
    ])  # fmt: skip
    estimate = effect[over].mean()
    own = over.astype(float)
    total = ((effect[over] - estimate) ** 2).sum() + (
        variance * (k**2 + 2 * own * k - k_squared)
    ).sum()
    return float(estimate), float(np.sqrt(total) / over.sum())


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize("m", [1, 4])
@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_it_is_abadie_and_imbens_row_by_row(estimand: str, m: int, rounded: bool) -> None:
    frame = varied(250, seed=1)
    if rounded:  # many rows at the same place, and ties between places
        frame = frame.assign(x=frame["x"].round(), w=frame["w"].round())
    over = {"ATE": frame["t"] >= 0, "ATT": frame["t"] == 1, "ATC": frame["t"] == 0}[estimand]
    row = first(ask(frame, estimand=estimand), neighbours=m, bias_adjustment=False)
    estimate, error = by_loops(frame, over.to_numpy(), m)
    assert row["estimate"] == pytest.approx(estimate, rel=1e-9)
    assert row["std_error"] == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize(("m", "matchit"), [(1, 1216.40022541), (3, 1506.48185766)])
def test_it_is_rs_matchit(m: int, matchit: float) -> None:
    """MatchIt in R 4.5, method="nearest", replace=TRUE, Mahalanobis with the covariance of all
    rows; age was made continuous, since MatchIt takes one of several ties."""
    few = ("age", "educ", "marr", "nodegree", "black", "hisp", "re74", "re75")
    frame = nsw_cps().data.frame
    frame = frame.assign(age=frame["age"] + np.random.default_rng(0).normal(size=len(frame)))
    question = CausalQuestion(
        Dataset.of(frame), treatment="treat", outcome="re78", confounders=few, estimand="ATT"
    )
    row = first(question, neighbours=m, bias_adjustment=False)
    assert row["estimate"] == pytest.approx(matchit, rel=1e-6)


def test_the_propensity_is_matched_on_its_logit() -> None:
    import statsmodels.api as sm

    frame = varied(600, seed=2)
    x = sm.add_constant(frame[["x", "w"]])
    score = (x @ sm.Logit(frame["t"], x).fit(disp=False).params).to_numpy()
    t, y = frame["t"].to_numpy() == 1, frame["y"].to_numpy()
    near = np.abs(score[t][:, None] - score[~t]).argmin(axis=1)
    row = first(ask(frame, estimand="ATT"), distance="propensity", bias_adjustment=False)
    assert row["estimate"] == pytest.approx((y[t] - y[~t][near]).mean(), rel=1e-9)


def test_the_bias_adjustment_is_a_regression_among_the_matches() -> None:
    frame = varied(300, seed=3)
    x, t, y = frame[["x", "w"]].to_numpy(), frame["t"].to_numpy() == 1, frame["y"].to_numpy()
    inverse = np.linalg.inv(np.cov(x, rowvar=False))
    gap = x[t][:, None] - x[~t]
    near = np.einsum("abi,ij,abj->ab", gap, inverse, gap).argmin(axis=1)
    used = np.bincount(near, minlength=(~t).sum())
    x = np.column_stack([x, x**2, x[:, 0] * x[:, 1]])  # as many as 10 matches per term carry
    design = np.column_stack([np.ones((~t).sum()), x[~t]])
    root = np.sqrt(used)[:, None]
    slopes = np.linalg.lstsq(design * root, y[~t] * root[:, 0], rcond=None)[0][1:]
    wanted = y[t] - y[~t][near] - (x[t] - x[~t][near]) @ slopes
    row = first(ask(frame, estimand="ATT"))
    assert row["estimate"] == pytest.approx(wanted.mean(), rel=1e-9)


def test_the_textbooks_tables() -> None:
    assert first(nhefs())["estimate"] == pytest.approx(3.44, abs=0.7)
    row = first(nsw_cps())
    assert 1_000 < row["estimate"] < 1_800
    assert row["conf_low"] < 1_794 < row["conf_high"]


@pytest.mark.parametrize("bent", [False, True])
def test_it_covers_straight_or_bent(bent: bool) -> None:
    covered, errors = [], []
    for seed in range(120):
        row = first(ask(varied(500, seed, null=True, bent=bent)), neighbours=2)
        covered.append(row["conf_low"] < 0 < row["conf_high"])
        errors.append(row["estimate"])
    assert 0.9 <= np.mean(covered) <= 0.985
    assert abs(np.mean(errors)) < 0.35 * np.std(errors)


def test_six_continuous_covariates_leave_bias_that_the_adjustment_mends() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(1_500, 6))
    t = (rng.random(1_500) < 1 / (1 + np.exp(-x.sum(axis=1) / 2))).astype(int)
    y = 2 * x.sum(axis=1) + rng.normal(size=1_500)
    names = [f"x{k}" for k in range(6)]
    question = ask(pd.DataFrame(x, columns=names).assign(t=t, y=y), confounders=names)
    plain, mended = first(question, bias_adjustment=False), first(question)
    assert plain["conf_low"] > 0.5
    assert mended["conf_low"] < 0 < mended["conf_high"]


def test_levels_and_ratios() -> None:
    frame = doses(4_000, seed=3)
    asked = {"treatment": "dose", "contrast": ("none", "high")}
    row = first(about(frame, **asked), neighbours=3)
    assert row["conf_low"] < 3 < row["conf_high"]
    row = first(about(events(4_000, seed=2), scale="ratio"))
    assert row["conf_low"] < 1.5 < row["conf_high"]
    # With one yes/no confounder, matching is standardisation over its two values.
    robust = aipw(about(events(4_000, seed=2), scale="ratio")).frame.iloc[0]
    assert row["estimate"] == pytest.approx(robust["estimate"], rel=0.01)
    assert row["std_error"] == pytest.approx(robust["std_error"], rel=0.05)


def test_weights_are_of_the_population() -> None:
    """Weights that double some rows asked about; matches, all of one weight, are not touched."""
    frame = varied(400, 4)
    frame["w8"] = np.where((frame["t"] == 1) & (frame["x"] > 0), 2.0, 1.0)
    twice = pd.concat([frame, frame[frame["w8"] == 2]], ignore_index=True)
    asked = {"confounders": ("x", "w"), "estimand": "ATT"}
    settings = {"bias_adjustment": False, "distance": "propensity"}
    frame_by_weight = about(frame, roles={"w8": "weight"}, **asked)
    frame_by_rows = about(twice, roles={"w8": "ignore"}, **asked)
    one, two = first(frame_by_weight, **settings), first(frame_by_rows, **settings)
    assert one["estimate"] == pytest.approx(two["estimate"], rel=1e-6)


def test_a_caliper_says_who_is_left() -> None:
    frame = varied(500, seed=5)
    result = matching(ask(frame), caliper=0.15)
    row = result.frame.iloc[0]
    assert row["group"] == "everyone with a match"
    (note,) = [n for n in result.notes if "no match within the caliper" in n]
    assert note.startswith("Warning")
    assert "differ most in" in note
    with pytest.raises(NotApplicable, match="No row asked about has a match"):
        matching(ask(frame), caliper=0.0, bias_adjustment=False)


def test_what_it_cannot_do_is_refused() -> None:
    grouped = varied(200, 1).assign(g=np.arange(200) % 20)
    with pytest.raises(NotApplicable, match="come in groups of 'g'"):
        matching(about(grouped, roles={"g": "group"}))
    with pytest.raises(NotApplicable, match="several levels"):
        matching(about(doses(300, 0), treatment="dose"), distance="propensity")
    with pytest.raises(NotApplicable, match="smaller arm has 4 rows"):
        matching(ask(varied(100, 1).assign(t=[1] * 4 + [0] * 96)), neighbours=5)
    with pytest.raises(NotApplicable, match="could have gone either way"):
        matching(ask(varied(200, 1), estimand="ATO"))
