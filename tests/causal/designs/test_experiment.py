"""What an experiment's question reads and refuses."""

import numpy as np
import pytest

from causal import experiment_effect
from tests.causal.designs.trials import about, trial
from workbench.errors import QuestionError


def test_the_control_stands_first_and_every_arm_has_its_rows() -> None:
    frame = trial()
    question = about(frame)
    assert question.levels == ("old", "new")
    assert ((question.arms == 1) == (frame["arm"] == "new")).all()
    assert about(frame, control=None).levels == ("new", "old")
    assert question.sentence == "What does arm = new do to y, against old?"


def test_numbers_are_names_of_arms() -> None:
    frame = trial().assign(arm=lambda f: np.arange(len(f)) % 3 * 10)
    question = about(frame, control="10")
    assert question.levels == ("10", "0", "20")
    assert question.arms[:3].tolist() == [1, 0, 2]


def test_a_control_that_is_no_arm_and_a_plan_that_does_not_fit_are_refused() -> None:
    with pytest.raises(QuestionError, match="control = 'older' is no value of 'arm'"):
        about(trial(), control="older")
    for planned in ("1:1:1", "half", "1:-1", "1:0"):
        with pytest.raises(QuestionError, match="planned"):
            about(trial(), planned=planned)
    assert about(trial(), planned="2:1").shares.tolist() == pytest.approx([2 / 3, 1 / 3])


def test_an_arm_of_one_row_is_refused() -> None:
    frame = trial()
    frame.loc[0, "arm"] = "odd"
    with pytest.raises(QuestionError, match="The arm 'odd' has 1 row"):
        about(frame)


def test_a_missing_covariate_loses_no_row() -> None:
    frame = trial()
    frame.loc[:99, "a"] = np.nan
    matrix, names = about(frame, covariates=("a",)).before
    assert names == ("a", "a missing")
    assert matrix[:100, 1].all()
    assert not matrix[100:, 1].any()
    assert np.allclose(matrix[:100, 0], frame["a"].mean())
    found = experiment_effect(about(frame, covariates=("a",)))
    assert any(n.startswith("Missing covariates are taken as their mean") for n in found.notes)
    assert not any("left out" in n for n in found.notes)
