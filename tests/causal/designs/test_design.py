"""What every design's question promises, held on a kind of question made here."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
import pytest

from causal import (
    CutoffQuestion,
    ExperimentQuestion,
    PanelQuestion,
    difference_in_differences,
    experiment_effect,
    multiple_outcomes,
    regression_discontinuity,
)
from causal.designs.design import Design, estimate_row
from workbench import Dataset
from workbench.errors import ParameterError, QuestionError
from workbench.settings import Column, Range

TABLE = Dataset.of(pd.DataFrame({"y": [1.0, 2.0, 4.0], "x": [0, 1, 2], "s": ["a", "b", "a"]}))


@dataclass(frozen=True, kw_only=True)
class Asked(Design):
    outcome: Annotated[str, Column(None), "what is measured"]
    along: Annotated[str, Column(None), "what it runs along"]
    at: Annotated[float, Range(-1e9, 1e9), "where it jumps"] = 0.0


def test_its_fields_are_the_form():
    assert [(s.name, s.kind, s.help) for s in Asked.settings()] == [
        ("outcome", "column", "what is measured"),
        ("along", "column", "what it runs along"),
        ("at", "float", "where it jumps"),
    ]


def test_a_column_that_is_not_there_and_one_named_twice_are_refused():
    with pytest.raises(ParameterError, match="along = 'z'"):
        Asked(TABLE, outcome="y", along="z")
    with pytest.raises(QuestionError, match="'y' is named twice: as outcome and as along"):
        Asked(TABLE, outcome="y", along="y")
    with pytest.raises(ParameterError, match="outcome was not given"):
        Asked(TABLE, along="x", outcome=Asked.settings()[0].default)


def test_the_fingerprint_tells_questions_apart():
    made = [Asked(TABLE, outcome="y", along="x", at=at) for at in (0.0, 1.0, 1.0)]
    assert made[0].fingerprint != made[1].fingerprint == made[2].fingerprint


def test_the_script_names_what_was_chosen_and_no_default():
    script = Asked(TABLE, outcome="y", along="x", at=1.0).script
    assert script.statements[-1] == "question = Asked(data, outcome='y', along='x', at=1.0)"
    assert Asked(TABLE, outcome="y", along="x").script.statements[-1].endswith("along='x')")


def test_a_column_of_two_levels_is_counted_as_zero_and_one():
    assert Asked(TABLE, outcome="y", along="x").numbers("s").tolist() == [0.0, 1.0, 0.0]


def test_a_row_takes_its_own_interval_and_p_value():
    named = {"estimand": "jump", "contrast": "right vs left", "group": "at 0"}
    usual = estimate_row(**named, estimate=2.0, std_error=1.0).iloc[0]
    assert np.allclose(usual[["conf_low", "conf_high"]].astype(float), [0.040036, 3.959964])
    assert usual["p_value"] == pytest.approx(0.0455, abs=1e-4)
    own = estimate_row(**named, estimate=2.0, interval=(1.0, 5.0), p_value=0.03).iloc[0]
    assert own[["conf_low", "conf_high", "p_value"]].tolist() == [1.0, 5.0, 0.03]


def two_levels(low: object, high: object) -> Dataset:
    """Something that raises the share of `high` from about .4 to .6, followed over two years."""
    rng = np.random.default_rng(0)
    n = 300
    arm, year = np.arange(2 * n) % 2, np.repeat([2001, 2002], n)
    is_high = rng.random(2 * n) < 0.4 + 0.2 * arm * (year == 2002)
    return Dataset.of(
        pd.DataFrame(
            {
                "who": np.tile(np.arange(n), 2), "year": year, "score": rng.normal(size=2 * n),
                "arm": np.where(arm == 1, "new", "old"), "on": arm * (year == 2002),
                "y": np.where(is_high, high, low),
            }
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high"), [("approved", "rejected"), (0, 100), (0, 1), (False, True)]
)
def test_an_effect_on_one_of_two_levels_says_on_the_share_of_which(low, high):
    """It was said to be one on `y`: of 0 and 100 a hundredth of it, of words either way round."""
    data = two_levels(low, high)
    found = [
        experiment_effect(ExperimentQuestion(data, outcome="y", arm="arm", control="old")),
        difference_in_differences(
            PanelQuestion(data, outcome="y", unit="who", time="year", treated="on")
        ),
        regression_discontinuity(CutoffQuestion(data, outcome="y", running="score")),
    ]
    for each in found:
        assert f"the share of rows with y = {high}" in each.summary
        assert each.unit == f"the share of rows with y = {high}"
        assert not any("Mean of y" in note for note in each.notes)
    several = multiple_outcomes(ExperimentQuestion(data, outcome="y", arm="arm", control="old"))
    assert f"The effect on y is one on the share of rows with y = {high}." in several.notes


def test_an_effect_on_an_amount_is_on_the_amount():
    data = two_levels(0, 1)
    question = ExperimentQuestion(data, outcome="score", arm="arm")
    assert question.outcome_in_words == "score"
    assert any(note.startswith("Mean of score") for note in experiment_effect(question).notes)
