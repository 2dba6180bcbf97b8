"""The coverage meter in worlds where it is known which estimator is right."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, coverage_meter
from causal.coverage_meter import _analysis, _gaps
from tests.causal.truths import ask, varied
from workbench import Cancelled, Dataset
from workbench.errors import NotApplicable


def straight(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """Straight lines, and an effect of 2 for every row."""
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(2, rows))
    t = (rng.random(rows) < 1 / (1 + np.exp(-0.6 * x))).astype(int)
    return pd.DataFrame({"x": x, "w": w, "t": t, "y": 2 * t + x + w + rng.normal(size=rows)})


def test_in_a_straight_world_the_straight_line_holds_its_promise() -> None:
    result = coverage_meter(ask(straight()), repeats=60)
    row = result.frame.set_index("estimator").loc["Linear regression"]
    assert row["coverage"] >= 0.88
    assert row["coverage_low"] <= 0.95 <= row["coverage_high"]
    assert abs(row["bias"]) < 4 * row["bias_error"]
    assert row["truth"] == pytest.approx(2, abs=0.4)  # what was learned from 400 rows
    assert row["length"] == pytest.approx(2 * 1.96 * row["rmse"], rel=0.35)
    assert "Linear regression" in result.summary.split("; too seldom")[0]


def test_products_defeat_every_straight_line_and_not_what_learns() -> None:
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(2, 900))
    t = (rng.random(900) < 1 / (1 + np.exp(-np.clip(0.9 * x * w, -2, 2)))).astype(int)
    frame = pd.DataFrame({"x": x, "w": w, "t": t, "y": t + 2 * x * w + rng.normal(size=900)})
    result = coverage_meter(ask(frame), repeats=20, learned=True)
    found = result.frame.set_index("estimator")
    assert found.loc["Linear regression", "coverage"] < 0.3
    assert found.loc["AIPW", "coverage"] >= 0.8
    assert found.loc["AIPW", "rmse"] < found.loc["Linear regression", "rmse"] / 3
    assert "Linear regression (" in result.summary.split("; too seldom")[1]
    # Double machine learning answers for another population and is measured against its effect.
    assert found.loc["Double machine learning", "estimand"] == "ATO"


def test_a_yes_no_outcome_is_drawn_by_its_chance() -> None:
    frame = straight().assign(y=lambda f: (f["y"] > 1).astype(int))
    result = coverage_meter(ask(frame), repeats=40)
    row = result.frame.set_index("estimator").loc["Standardisation"]
    assert 0 < row["truth"] < 1
    assert row["coverage"] >= 0.85
    ratio = coverage_meter(ask(frame, scale="ratio"), repeats=40).frame.set_index("estimator")
    assert ratio.loc["Standardisation", "truth"] > 1
    assert ratio.loc["Standardisation", "coverage"] >= 0.85
    assert ratio.loc["Linear regression", "refused"] == 40


def test_each_population_has_its_own_truth() -> None:
    # Effects 1 + x, and the treated have the larger x.
    truths = {
        estimand: coverage_meter(ask(varied(600, 0), estimand=estimand), repeats=20).frame
        for estimand in ("ATT", "ATE", "ATC")
    }
    att, ate, atc = (
        f.set_index("estimator").loc["Standardisation", "truth"] for f in truths.values()
    )
    assert att > ate > atc


def test_levels_of_text_and_their_direction_are_kept() -> None:
    named = straight().assign(t=lambda f: f["t"].map({0: "no", 1: "yes"}))
    turned = ask(named, contrast=("yes", "no"))
    there = coverage_meter(ask(named), repeats=20).frame
    back = coverage_meter(turned, repeats=20).frame
    assert back.loc[0, "truth"] == pytest.approx(-there.loc[0, "truth"], rel=1e-6)


def test_where_nothing_is_adjusted_for_the_difference_is_a_candidate() -> None:
    frame = straight().assign(t=lambda f: np.arange(len(f)) % 2)
    found = coverage_meter(ask(frame, confounders=()), repeats=40).frame.set_index("estimator")
    assert found.loc["Difference in means", "coverage"] >= 0.85


def test_it_says_how_long_it_takes_and_stops_between_replications() -> None:
    said: list[str] = []

    def stop(share: float, what: str = "", /) -> None:
        assert 0 <= share <= 1
        said.append(what)
        if what.startswith("Replication 3"):
            raise Cancelled

    with pytest.raises(Cancelled):
        coverage_meter(ask(straight()), repeats=20, progress=stop)
    assert any(words == "Replication 1 of 20" for words in said)
    assert any(words.startswith("Replication 2 of 20, about ") for words in said)
    assert said[-1].startswith("Replication 3")


def test_the_seed_decides() -> None:
    one, again, other = (
        coverage_meter(ask(straight()), repeats=20, seed=seed).frame for seed in (3, 3, 4)
    )
    pd.testing.assert_frame_equal(one, again)
    assert not one["bias"].equals(other["bias"])


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"treatment": "x", "confounders": ("w",)}, "compares two arms"),
        ({"estimand": "LATE", "confounders": ("x",), "instruments": ("w",)}, "instrument"),
    ],
)
def test_what_it_does_not_simulate_is_refused(asked: dict[str, object], says: str) -> None:
    with pytest.raises(NotApplicable, match=says):
        coverage_meter(ask(straight(), **asked), repeats=20)


def test_rows_in_groups_are_refused() -> None:
    frame = straight().assign(school=[f"s{k % 20}" for k in range(400)])
    data = Dataset.of(frame).with_roles({"school": "group"})
    asked = CausalQuestion(data, treatment="t", outcome="y", confounders=("x", "w"))
    with pytest.raises(NotApplicable, match="come in groups of 'school'"):
        coverage_meter(asked, repeats=20)


def test_tables_are_drawn_from_complete_rows_that_count_alike_and_it_says_so() -> None:
    frame = straight(300).assign(c=lambda f: np.exp(f["x"]))
    gone = np.random.default_rng(1).random(300) < 1 / (1 + np.exp(-2 * frame["x"]))
    frame["y"] = frame["y"].mask(gone)
    data = Dataset.of(frame).with_roles({"c": "weight"})
    given = {"treatment": "t", "outcome": "y", "confounders": ("x", "w")}
    question = CausalQuestion(data, missing="weighted", **given)
    analysis = _analysis(question)
    assert len(analysis) == (~gone).sum()
    assert not analysis.is_weighted
    assert not any("are stood for" in n or "weighted by" in n for n in analysis.notes)
    assert "made of the complete rows alone" in _gaps(question, analysis)[0]
