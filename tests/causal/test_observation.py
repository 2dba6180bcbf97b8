"""Rows with missing values, stood for by complete rows like them, where it is known what all rows
would have said."""

import causaldata
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causal import (
    CausalQuestion,
    aipw,
    entropy_balancing,
    identify,
    linear_regression,
    matching,
    mediation,
    standardisation,
    weighting,
)
from causal.analysis import analyse
from tests.causal.truths import NHEFS_CONFOUNDERS
from workbench import Dataset
from workbench.errors import NotApplicable, QuestionError

#: Of the world below: its effect is 1 + x, and these are the means of x in the arms.
TRUTH = {"ATE": 1.0, "ATT": 1.269, "ATC": 0.733}
ESTIMATORS = (linear_regression, standardisation, weighting, entropy_balancing, matching)


def world(gaps: str, rows: int = 6_000, seed: int = 0) -> pd.DataFrame:
    """Rows with a large x, whose effect is large, have gaps: in the confounder w, or in the outcome
    and then more often where treated."""
    random = np.random.default_rng(seed)
    x, w = random.normal(size=(2, rows))
    t = (random.random(rows) < 1 / (1 + np.exp(-(0.6 * x - 0.4 * w)))).astype(int)
    y = 1.5 * x + w + (1 + x) * t + random.normal(size=rows)
    score = x - 1 + (t if gaps == "y" else 0)
    frame = pd.DataFrame({"x": x, "w": w, "t": t, "y": y})
    gone = random.random(rows) < 1 / (1 + np.exp(-score))
    return frame.assign(**{gaps: frame[gaps].mask(gone)})


def ask(frame: pd.DataFrame, **asked: object) -> CausalQuestion:
    given = {"treatment": "t", "outcome": "y", "confounders": ("x", "w"), "missing": "weighted"}
    return CausalQuestion(Dataset.of(frame), **(given | asked))


@pytest.mark.parametrize("gaps", ["w", "y"])
@pytest.mark.parametrize("estimand", TRUTH)
def test_what_all_rows_would_have_said_is_found(gaps: str, estimand: str) -> None:
    frame = world(gaps)
    for estimator in ESTIMATORS:
        if (estimator, estimand) == (linear_regression, "ATE"):
            continue  # its one coefficient is not the average of effects that vary
        row = estimator(ask(frame, estimand=estimand)).frame.iloc[0]
        assert abs(row["estimate"] - TRUTH[estimand]) < 3 * row["std_error"], estimator
        left = estimator(ask(frame, estimand=estimand, missing="left out")).frame.iloc[0]
        assert TRUTH[estimand] - left["estimate"] > 3 * left["std_error"], estimator


def test_aipw_finds_it_too() -> None:
    row = aipw(ask(world("y")), learners="regressions").frame.iloc[0]
    assert abs(row["estimate"] - TRUTH["ATE"]) < 3 * row["std_error"]


def test_several_levels_are_stood_for_as_well() -> None:
    """The third level does what the second does, and its rows are missing most often."""
    frame = world("y")
    third = (frame["t"] == 1) & (np.random.default_rng(1).random(len(frame)) < 0.4)
    arm = frame["t"].astype(str).mask(third, "2")
    row = weighting(ask(frame.assign(t=arm), contrast=("0", "2"))).frame.iloc[0]
    assert abs(row["estimate"] - TRUTH["ATE"]) < 3 * row["std_error"]


def test_quitting_smoking_and_weight_with_those_who_were_lost_as_published() -> None:
    """What If, section 12.6: 3.5 (2.6 to 4.5), with weights for treatment and for censoring."""
    table = causaldata.nhefs.load_pandas().data.reset_index(drop=True)
    question = CausalQuestion(
        Dataset.of(table), treatment="qsmk", outcome="wt82_71", confounders=NHEFS_CONFOUNDERS,
        missing="weighted",
    )  # fmt: skip
    row = weighting(question).frame.iloc[0]
    assert row["estimate"] == pytest.approx(3.5, abs=0.05)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((2.6, 4.5), abs=0.15)


def test_the_weights_are_the_inverse_of_a_logit_where_that_is_the_truth() -> None:
    frame = world("w", rows=20_000)
    is_whole = frame["w"].notna().to_numpy()
    fit = sm.Logit(is_whole.astype(float), sm.add_constant(frame["x"])).fit(disp=0)
    peer = 1 / np.asarray(fit.predict())[is_whole]
    found = analyse(ask(frame)).weight
    assert found / (peer / peer.mean()) == pytest.approx(1, abs=0.05)


def test_rows_of_a_kind_that_is_hardly_ever_complete_are_warned_of() -> None:
    frame = world("w")
    rare = frame["x"] > 1
    kept = rare & (np.arange(len(frame)) % 50 == 0)
    frame["w"] = np.where(rare & ~kept, np.nan, np.random.default_rng(2).normal(size=len(frame)))
    notes = weighting(ask(frame)).notes
    assert any(n.startswith("Warning: some kinds of rows are hardly ever complete") for n in notes)
    assert any("chances were raised to 0.05" in note for note in notes)


def test_without_gaps_nothing_changes_and_a_note_says_so() -> None:
    frame = world("y").fillna(0.0)
    found, plain = (weighting(ask(frame, missing=m)) for m in ("weighted", "left out"))
    pd.testing.assert_frame_equal(found.frame, plain.frame)
    assert any("No row has missing values" in note for note in found.notes)


def test_where_nothing_is_known_of_all_rows_they_are_left_out_with_a_warning() -> None:
    frame = world("w")
    found = weighting(ask(frame, confounders=("w",)))
    assert any(
        note.startswith("Warning: rows with missing values were to be") for note in found.notes
    )
    plain = weighting(ask(frame, confounders=("w",), missing="left out"))
    pd.testing.assert_frame_equal(found.frame, plain.frame)
    assert any("That is many: the answer is about rows like these" in n for n in plain.notes)
    assert set(plain.notes) < set(found.notes)


def test_weights_of_rows_count_as_well() -> None:
    """Small x are drawn twice as often as they should be: with both weights the effect is found."""
    frame = world("y", rows=12_000)
    kept = (frame["x"] < 0) | (np.random.default_rng(3).random(len(frame)) < 0.5)
    frame = frame.assign(c=np.where(frame["x"] < 0, 1.0, 2.0))[kept].reset_index(drop=True)
    data = Dataset.of(frame).with_roles({"c": "weight"})
    question = CausalQuestion(
        data, treatment="t", outcome="y", confounders=("x", "w"), missing="weighted"
    )
    row = standardisation(question).frame.iloc[0]
    assert abs(row["estimate"] - TRUTH["ATE"]) < 3 * row["std_error"]


def test_what_it_cannot_stand_for_is_refused() -> None:
    frame = world("y").assign(z=lambda f: (f["x"] > 0).astype(int))
    with pytest.raises(QuestionError, match="cannot be stood for by others in the ATO"):
        ask(frame, estimand="ATO")
    with pytest.raises(QuestionError, match="whom the instrument moves is not known"):
        ask(frame, estimand="LATE", confounders=("w",), instruments=("z",))
    with pytest.raises(NotApplicable, match="must be known as well"):
        mediation(ask(frame.assign(m=frame["w"]), confounders=("x",), mediators=("m",)))
    with pytest.raises(QuestionError, match="missing = 'dropped' is not known"):
        ask(frame, missing="dropped")


def test_it_belongs_to_the_question() -> None:
    frame = world("y", rows=500)
    weighted, plain = ask(frame), ask(frame, missing="left out")
    assert weighted.fingerprint != plain.fingerprint
    assert "missing='weighted'" in "".join(weighted.script.statements)
    assert weighted.about(contrast=(1, 0)).missing == "weighted"
    assert weighted.adjusting_for("x", outcome="w").missing == "weighted"


def varied(rows: int = 8_000) -> pd.DataFrame:
    """Effects of 1 + m; most rows of m = 1 have no outcome, and more so where treated."""
    random = np.random.default_rng(4)
    x, m = random.normal(size=rows), (random.random(rows) < 0.5).astype(int)
    t = (random.random(rows) < 1 / (1 + np.exp(-x))).astype(int)
    y = x + 2 * m + (1 + m) * t + random.normal(size=rows)
    gone = random.random(rows) < np.where(m == 1, 0.6 + 0.2 * t, 0.1)
    return pd.DataFrame({"x": x, "m": m, "t": t, "y": np.where(gone, np.nan, y)})


@pytest.mark.parametrize(
    "named",
    [
        {"confounders": ("x",), "modifiers": ("m",)},
        {"confounders": (), "graph": "dag { x -> t; x -> y; t -> y; m -> y }"},
    ],
    ids=["roles", "graph"],
)
def test_rows_are_alike_in_the_other_causes_of_the_outcome_too(named: dict[str, object]) -> None:
    question = ask(varied(), **named)
    assert analyse(question).adjusted_for == ("x", "m")
    row = standardisation(question).frame.iloc[0]
    assert abs(row["estimate"] - 1.5) < 3 * row["std_error"]
    left = standardisation(question.but(missing="left out")).frame.iloc[0]
    assert 1.5 - left["estimate"] > 3 * left["std_error"]
    assert any("like them in x, m" in note for note in standardisation(question).notes)
    ways = identify(question).frame
    assert list(ways.loc[ways["used"], "variables"]) == ["x, m"]


def test_what_was_chosen_to_be_adjusted_for_stays() -> None:
    graph = "dag { x [adjusted] x -> t; x -> y; t -> y; m -> y }"
    question = ask(varied(500), confounders=(), graph=graph)
    assert analyse(question).adjusted_for == ("x",)
