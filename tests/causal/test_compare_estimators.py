"""All estimators at once: one world where they agree, one where they part, and who refuses."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, aipw, compare_estimators, weighting
from causal.compare_estimators import LEARNED, QUICK
from tests.causal.test_contract import about, doses, events
from tests.causal.truths import ask, nhefs, nsw, varied
from workbench import METHODS
from workbench.errors import NotApplicable

#: Not by adjustment: they rest on instruments or mediators, or say something beside an effect.
OTHER_WAYS = {
    f"causal.{name}"
    for name in ("coefficient_guard", "complier_profile", "doubly_robust_late", "front_door",
                 "marginal_structural_model", "mediation", "two_stage_least_squares")
}  # fmt: skip


def test_every_estimator_by_adjustment_is_compared() -> None:
    rooms = {
        name for name, each in METHODS.items()
        if each.function.__module__.startswith("causal.estimators.")
    }  # fmt: skip
    named = {f"causal.{f.__name__}" for f in (*QUICK.values(), *LEARNED.values())}
    assert named == rooms - OTHER_WAYS
    assert rooms >= OTHER_WAYS


def test_nhefs_by_all_of_them() -> None:
    result = compare_estimators(nhefs())
    frame = result.frame.set_index("estimator")
    assert (frame["refused"] == "").all()
    assert frame.loc["Weighting", "estimate"] == pytest.approx(3.4405, abs=1e-4)
    assert frame.loc["Linear regression", "estimate"] == pytest.approx(3.4626, abs=1e-4)
    # Each row is what the estimator gives when it is asked alone.
    alone = aipw(nhefs()).frame.iloc[0]
    assert frame.loc["AIPW", "conf_low"] == alone["conf_low"]
    assert not frame.loc["Difference in means", "as_asked"]
    assert not frame.loc["Double machine learning", "as_asked"]
    assert frame["as_asked"].sum() == 8
    asked = frame[frame["as_asked"]]
    assert asked["estimate"].between(3.0, 4.0).all()
    assert any("No two part" in note for note in result.notes)
    assert "by 8 estimators" in result.summary
    names = [str(t) for t in result.figure().layout.yaxis.ticktext]
    assert "Difference in means (crude)" in names
    assert "Double machine learning (ATO)" in names


def test_an_experiment_has_one_answer() -> None:
    result = compare_estimators(nsw(), learned=False)
    answers = result.frame[result.frame["as_asked"]]
    # g-estimation is named for those who could go either way: here that is everyone.
    assert set(QUICK) - set(answers["estimator"]) == {"G-estimation"}
    assert result.frame["estimate"].to_numpy() == pytest.approx(1794.34, abs=0.01)


def test_those_that_part_are_named() -> None:
    frame = varied(6_000, seed=3, bent=True).drop(columns="true")
    result = compare_estimators(ask(frame), learned=False)
    (note,) = [n for n in result.notes if n.startswith("Warning")]
    assert "part by more than their intervals allow" in note


def test_those_that_refuse_say_why() -> None:
    result = compare_estimators(about(events(800, 1), scale="ratio"), learned=False)
    frame = result.frame.set_index("estimator")
    assert frame.loc["Linear regression", "refused"].endswith("not their ratio.")
    assert np.isnan(frame.loc["Linear regression", "estimate"])
    assert list(frame.index[-2:]) == ["Linear regression", "G-estimation"]
    assert any(n.startswith("Linear regression does not answer:") for n in result.notes)
    assert result.figure().layout.xaxis.type == "log"
    ratio = weighting(about(events(800, 1), scale="ratio")).frame["estimate"].iloc[0]
    assert frame.loc["Weighting", "estimate"] == ratio


def test_levels_and_numeric_treatments() -> None:
    levels = about(doses(1_500, 1), treatment="dose", contrast=("none", "high"))
    refused = compare_estimators(levels, learned=False).frame
    assert set(refused.loc[refused["refused"] != "", "estimator"]) == {
        "G-estimation",
        "Stratification",
    }
    number = nhefs(treatment="smokeintensity", confounders=("age", "sex"), contrast=(5, 40))
    frame = compare_estimators(number, learned=False).frame
    answered = set(frame.loc[frame["refused"] == "", "estimator"])
    assert answered == {"Linear regression", "Standardisation", "G-estimation"}


def test_an_effect_that_is_not_identified_is_refused_once() -> None:
    frame = varied(200, 1)
    question = CausalQuestion(
        ask(frame).data, treatment="t", outcome="y",
        graph="digraph { u [latent]; u -> t; u -> y; t -> y }",
    )  # fmt: skip
    with pytest.raises(NotApplicable, match="No set of measured variables"):
        compare_estimators(question)
    late = ask(frame, estimand="LATE", confounders=("x",), instruments=("w",))
    with pytest.raises(NotApplicable, match="No estimator by adjustment answers"):
        compare_estimators(late, learned=False)


def test_the_overlap_population() -> None:
    frame = compare_estimators(ask(varied(800, 1), estimand="ATO"), learned=False).frame
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.loc[frame["as_asked"], "estimator"]) == ["Weighting", "G-estimation"]
