"""g-estimation against the textbook, instrumental variables, and worlds."""

import causaldata
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from causal import CausalQuestion, aipw, g_estimation
from causal.analysis import analyse
from causal.estimators._covariates import covariates_of
from tests.causal.truths import NHEFS_CONFOUNDERS, ask, nhefs, varied
from workbench import Dataset
from workbench.errors import NotApplicable


def test_quitting_smoking_and_weight_as_published() -> None:
    """What If, program 14.2: 3.4459 with weights for those who were lost; the interval by inverting
    a test is 2.5 to 4.5."""
    table = causaldata.nhefs.load_pandas().data
    terms = ["C(sex)", "C(race)", "C(education)", "C(exercise)", "C(active)"]
    numbers = ("age", "smokeintensity", "smokeyrs", "wt71")
    terms += [term for n in numbers for term in (n, f"I({n}**2)")]
    table = table.assign(seen=table["wt82_71"].notna().astype(int))
    fit = smf.logit("seen ~ C(qsmk) + " + " + ".join(terms), table).fit(disp=0)
    table = table.assign(c=1 / fit.predict(table))[table["seen"] == 1].reset_index(drop=True)
    kept = table[[*NHEFS_CONFOUNDERS, "qsmk", "wt82_71", "c"]]
    question = CausalQuestion(
        Dataset.of(kept).with_roles({"c": "weight"}), treatment="qsmk", outcome="wt82_71",
        confounders=NHEFS_CONFOUNDERS,
    )  # fmt: skip
    row = g_estimation(question).frame.iloc[0]
    assert row["estimate"] == pytest.approx(3.4459, abs=5e-5)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((2.5, 4.5), abs=0.15)
    whole = causaldata.nhefs.load_pandas().data.reset_index(drop=True)
    stood_for = CausalQuestion(
        Dataset.of(whole), treatment="qsmk", outcome="wt82_71", confounders=NHEFS_CONFOUNDERS,
        missing="weighted",
    )  # fmt: skip
    # Weights that do not know a row's own treatment, by another model: a twentieth of the error.
    assert g_estimation(stood_for).frame["estimate"].iloc[0] == pytest.approx(3.4459, abs=0.03)


def test_it_is_the_instrumental_variable_of_what_is_left_of_the_treatment() -> None:
    analysis = analyse(nhefs())
    x = covariates_of(analysis, squares=True).columns
    left = analysis.t - sm.Logit(analysis.t, x).fit(disp=0).predict()
    peer = float(left @ analysis.y / (left @ analysis.t))
    assert g_estimation(nhefs()).frame["estimate"].iloc[0] == pytest.approx(peer, rel=1e-6)


def amounts(rows: int, seed: int) -> CausalQuestion:
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    d = 1 + 0.8 * x + random.normal(size=rows)
    y = 1.5 * d + np.exp(x) + random.normal(size=rows)
    return CausalQuestion(Dataset.of(pd.DataFrame({"x": x, "d": d, "y": y})), treatment="d",
                          outcome="y", confounders=("x",), contrast=(0, 2))  # fmt: skip


def test_errors_are_those_of_repeated_worlds() -> None:
    """The treatment's model is right, the outcome's is not needed."""
    for make, truth in (
        (lambda seed: ask(varied(600, seed).drop(columns="true")), None),
        (lambda seed: amounts(600, seed), 3.0),
    ):
        rows = pd.concat(g_estimation(make(seed)).frame.iloc[:1] for seed in range(60))
        assert rows["std_error"].mean() == pytest.approx(rows["estimate"].std(), rel=0.25)
        if truth is not None:
            error = rows["std_error"].mean() / np.sqrt(60)
            assert abs(rows["estimate"].mean() - truth) < 3 * error


def test_where_effects_vary_it_answers_for_the_overlap_and_says_so() -> None:
    frame = varied(4_000, 1).drop(columns="true")
    found = g_estimation(ask(frame))
    row = found.frame.iloc[0]
    assert row["estimand"] == "ATO"
    assert any("is named so" in note for note in found.notes)
    over = aipw(ask(frame, estimand="ATO"), learners="regressions").frame.iloc[0]
    assert row["estimate"] == pytest.approx(over["estimate"], abs=row["std_error"])


def test_an_odd_model_of_the_outcome_does_not_matter_but_one_of_the_treatment_does() -> None:
    """Treatment goes with |x|: squares follow that well enough, straight lines do not."""
    random = np.random.default_rng(2)
    x = random.normal(size=4_000)
    t = (random.random(4_000) < 1 / (1 + np.exp(-2 * (np.abs(x) - 0.8)))).astype(int)
    frame = pd.DataFrame({"x": x, "t": t, "y": t + np.abs(x) + 0.5 * random.normal(size=4_000)})
    straight, bent = (
        g_estimation(ask(frame, confounders=("x",)), squares=s).frame["estimate"].iloc[0]
        for s in (False, True)
    )
    assert bent == pytest.approx(1.0, abs=0.1)
    assert straight > 1.2


def test_groups_make_errors_larger() -> None:
    frame = varied(900, 3).drop(columns="true").assign(school=lambda f: np.arange(len(f)) // 30)
    shared = np.random.default_rng(0).normal(size=30)
    frame["t"] = (shared[frame["school"]] + frame["x"] > 0).astype(int)
    frame["y"] += 2 * np.random.default_rng(1).normal(size=30)[frame["school"]]
    data = Dataset.of(frame.assign(school=frame["school"].astype(str)))
    given = {"treatment": "t", "outcome": "y", "confounders": ("x", "w")}
    alone, together = (
        g_estimation(CausalQuestion(d, **given)).frame["std_error"].iloc[0]
        for d in (data, data.with_roles({"school": "group"}))
    )
    assert together > 1.5 * alone


def test_what_it_does_not_answer_is_refused() -> None:
    frame = varied(300, 0).drop(columns="true")
    with pytest.raises(NotApplicable, match="does not answer for the treated"):
        g_estimation(ask(frame, estimand="ATT"))
    with pytest.raises(NotApplicable, match="not their ratio"):
        g_estimation(ask(frame.assign(y=frame["y"].abs()), scale="ratio"))
    levels = frame.assign(t=np.where(frame["x"] > 1, "c", np.where(frame["t"] == 1, "b", "a")))
    with pytest.raises(NotApplicable, match="several levels"):
        g_estimation(ask(levels))
    copied = amounts(200, 0).data.frame.assign(copy=lambda f: f["d"])
    question = CausalQuestion(Dataset.of(copied), treatment="d", outcome="y", confounders=["copy"])
    with pytest.raises(NotApplicable, match="tells 'd' almost completely"):
        g_estimation(question)
