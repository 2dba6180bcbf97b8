"""The placebo outcome: silent on the experiment, loud on LaLonde's comparison, found by name."""

from dataclasses import replace

import causaldata
import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, linear_regression, negative_control, placebo_outcome
from causal.checks._earlier_outcomes import earlier_outcomes
from causal.checks._other_outcome import _repeats
from tests.causal.truths import nhefs, nsw, varied
from workbench import Dataset
from workbench.errors import NotApplicable


def lalonde_and_cps(**asked: object) -> CausalQuestion:
    """The treated of the experiment beside the Current Population Survey (Dehejia & Wahba)."""
    nsw_rows = causaldata.nsw_mixtape.load_pandas().data
    cps = causaldata.cps_mixtape.load_pandas().data
    table = pd.concat([nsw_rows[nsw_rows["treat"] == 1], cps], ignore_index=True)
    table = table.assign(u74=(table["re74"] == 0).astype(int), u75=(table["re75"] == 0).astype(int))
    confounders = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75", "u74", "u75")
    given = {"treatment": "treat", "outcome": "re78", "confounders": confounders}
    return CausalQuestion(Dataset.of(table), **(given | asked))


def test_the_experiment_passes_with_the_published_number() -> None:
    made = placebo_outcome(nsw(), column="re75")
    row = made.frame.iloc[0]
    assert row["estimate"] == pytest.approx(265.15, abs=0.01)
    assert row["p_value"] == pytest.approx(0.38, abs=0.01)
    assert made.passed
    assert row["would_see"] == pytest.approx(2.8016 * row["std_error"])
    assert "would have been seen with 80 % probability" in made.summary


def test_lagged_outcomes_are_found_by_themselves() -> None:
    made = placebo_outcome(nsw())
    assert made.frame["column"].tolist() == ["re74", "re75", "re78"]
    assert made.frame["kind"].tolist() == ["placebo", "placebo", "real"]
    assert list(earlier_outcomes(nhefs())) == ["wt71"]


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
def test_the_comparison_with_the_survey_fails(estimand: str) -> None:
    """And not because having had no earnings in 1975 is a column that repeats re75: it is left
    out with it."""
    made = placebo_outcome(lalonde_and_cps(estimand=estimand))
    assert not made.passed
    failed = made.frame.query("p_adjusted < 0.05")["column"].tolist()
    assert failed == ["re75"]
    assert any("re75, u75" in note for note in made.notes)
    assert "is not to be trusted" in made.summary


def named(outcome: str, *columns: str) -> list[str]:
    rng = np.random.default_rng(0)
    common = rng.normal(size=60)
    frame = pd.DataFrame({c: common + rng.normal(size=60) for c in (outcome, *columns)})
    frame["other_pre"] = rng.normal(size=60)
    frame["t"] = rng.integers(0, 2, 60)
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome=outcome)
    return list(earlier_outcomes(question))


@pytest.mark.parametrize(
    ("outcome", "earlier", "not_earlier"),
    [
        ("re78", ["re74", "re75"], ["re79", "u75", "x1"]),
        ("income_2019", ["income_2018", "Income2017"], ["income_2020", "costs_2018"]),
        ("score_post", ["score_pre", "baseline_score", "pre_score"], ["scores", "premium"]),
        ("wage", ["lag1_wage", "previous_income"], ["wages", "database", "happiness"]),
        ("점수_사후", ["점수_사전"], ["점수표"]),
        ("score_t1", ["score_t0"], ["score_t2"]),
    ],
)
def test_names(outcome: str, earlier: list[str], not_earlier: list[str]) -> None:
    assert set(named(outcome, *earlier, *not_earlier)) == set(earlier)


def test_what_comes_after_the_treatment_by_the_graph_is_no_placebo() -> None:
    frame = varied(100, 0).assign(y_pre=lambda f: f["y"])
    given = {"treatment": "t", "outcome": "y"}
    before = CausalQuestion(Dataset.of(frame), confounders=("x", "y_pre"), **given)
    between = CausalQuestion(Dataset.of(frame), mediators=("y_pre",), **given)
    assert list(earlier_outcomes(before)) == ["y_pre"]
    assert list(earlier_outcomes(between)) == []
    with pytest.raises(NotApplicable, match="changes 'y_pre'"):
        placebo_outcome(between, column="y_pre")
    with pytest.raises(NotApplicable, match="named like 'y'"):
        placebo_outcome(between)
    with pytest.raises(NotApplicable, match="outcome of the question"):
        placebo_outcome(before, column="y")


def test_an_effect_on_a_cause_of_the_treatment_by_the_graph_is_said_to_be_no_bias() -> None:
    frame = varied(500, 0).drop(columns="true")
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y",
                              graph="digraph { x -> t; x -> y; w -> y; t -> y }")  # fmt: skip
    words = "By the graph x is a cause of t"
    assert any(note.startswith(words) for note in placebo_outcome(question, column="x").notes)
    assert not any("is a cause of" in note for note in placebo_outcome(question, column="w").notes)


def test_what_repeats_a_column_is_recognised() -> None:
    question = lalonde_and_cps()
    assert _repeats(question, "u75", "re75")
    assert not _repeats(question, "re74", "re75")
    assert not _repeats(question, "age", "re75")
    frame = varied(200, 1).assign(squared=lambda f: f["x"] ** 2, cubed=lambda f: f["x"] ** 3)
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y")
    assert _repeats(question, "cubed", "x")
    assert not _repeats(question, "squared", "x")  # it falls and rises: x is more than it
    assert not _repeats(question, "w", "x")


def test_a_correct_analysis_fails_as_rarely_as_it_says_and_a_confounded_one_does() -> None:
    """200 tables: two earlier outcomes made of x and noise; x is adjusted for, or is forgotten."""
    rng = np.random.default_rng(0)
    failed: dict[tuple[str, ...], list[bool]] = {("x",): [], (): []}
    for world in range(200):
        x = rng.normal(size=150)
        t = (x + rng.logistic(size=150) > 0).astype(int)
        past = {f"y{k}": x + rng.normal(size=150) for k in (1, 2)}
        frame = pd.DataFrame({"x": x, "t": t, **past, "y3": x + t + rng.normal(size=150)})
        data = Dataset.of(frame)
        for confounders in failed if world < 20 else [("x",)]:
            question = CausalQuestion(data, treatment="t", outcome="y3", confounders=confounders)
            failed[confounders].append(not placebo_outcome(question).passed)
    assert 0.03 <= np.mean(failed["x",]) <= 0.07
    assert np.mean(failed[()]) > 0.9


def dropped_out(seed: int = 0, rows: int = 3_000) -> pd.DataFrame:
    """Rows with a large x, which vary more, have gaps in both outcomes; `whole` is without."""
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    t = (random.random(rows) < 1 / (1 + np.exp(-x))).astype(int)
    past = x + (1 + 2 * (x > 0)) * random.normal(size=rows)
    whole = past + t + random.normal(size=rows)
    gone, gone_before = random.random((2, rows)) < 1 / (1 + np.exp(1 - 2 * x))
    return pd.DataFrame(
        {
            "x": x,
            "t": t,
            "y1": np.where(gone_before, np.nan, past),
            "y2": np.where(gone, np.nan, whole),
            "whole": whole,
            "w8": random.uniform(0.2, 3.0, rows),
        }
    )


@pytest.mark.parametrize("weights", [{}, {"w8": "weight"}])
def test_it_is_asked_with_the_weights_and_the_same_care_for_missing_values(
    weights: dict[str, str],
) -> None:
    frame = dropped_out()
    data = Dataset.of(frame).with_roles({"w8": "ignore", "whole": "ignore"} | weights)
    asked = CausalQuestion(
        data, treatment="t", outcome="y2", confounders=("x",), missing="weighted"
    )
    made = placebo_outcome(asked)
    names = ["estimate", "std_error", "conf_low", "conf_high", "p_value"]
    both = data.frame.assign(y1=frame["y1"].where(frame["y2"].notna()))
    where_known = asked.but(replace(data, frame=both))
    for at, outcome in enumerate(("y1", "y2")):
        row = linear_regression(where_known.but(outcome=outcome)).frame.iloc[0]
        found = made.frame.iloc[at][names].to_numpy(dtype=float)
        assert found == pytest.approx(row[names].to_numpy(dtype=float), rel=1e-9)
    whole = frame["whole"].std()
    if not weights:  # the spread is that of all rows, of which the complete ones vary less
        assert whole > 1.1 * frame["y2"].std()
        spread = made.frame["estimate"].iloc[1] / made.frame["in_sd"].iloc[1]
        assert spread == pytest.approx(whole, rel=0.04)
    assert any("The effect with y1 is of" in n and "stand for the others" in n for n in made.notes)
    assert any("are stood for by complete rows like them" in note for note in made.notes)


@pytest.mark.parametrize("past", ["number", "yes or no"])
def test_who_was_lost_before_the_outcome_shows_in_the_earlier_one(past: str) -> None:
    """Assigned at random, but treated rows that were badly off are lost: those left look helped."""
    random = np.random.default_rng(8)
    u, t = random.normal(size=2_000), random.integers(0, 2, 2_000)
    lost = (t == 1) & (u + random.normal(size=2_000) < 0)
    before = u + random.normal(size=2_000)
    frame = pd.DataFrame({"t": t, "y1": before if past == "number" else before > 0})
    frame["y2"] = np.where(lost, np.nan, u + random.normal(size=2_000))
    made = placebo_outcome(CausalQuestion(Dataset.of(frame), treatment="t", outcome="y2"))
    assert made.frame["conf_low"].iloc[1] > 0.3  # where the real effect is none
    assert not made.passed
    whole = frame.assign(y2=frame["y2"].fillna(0.0) + random.normal(size=2_000))
    assert placebo_outcome(CausalQuestion(Dataset.of(whole), treatment="t", outcome="y2")).passed


def test_of_several_effects_none_is_put_to_the_test() -> None:
    data = Dataset.of(dropped_out().assign(kind=lambda f: np.where(f["x"] > 0, "a", "b")))
    asked = CausalQuestion(
        data, treatment="t", outcome="y2", confounders=("x",), estimand="CATE", by="kind"
    )
    with pytest.raises(NotApplicable, match="one for each group of 'kind'"):
        placebo_outcome(asked)
    with pytest.raises(NotApplicable, match="one for each group of 'kind'"):
        negative_control(asked, column="y1", part_played="exposure")
