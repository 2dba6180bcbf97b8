"""Each sample, asked what it is known for, answers as the books do."""

from dataclasses import replace

import pytest

from causal import (
    CausalQuestion,
    CutoffQuestion,
    ExperimentQuestion,
    PanelQuestion,
    SeriesQuestion,
    difference_in_differences,
    experiment_effect,
    interrupted_time_series,
    level_shift,
    regression_discontinuity,
    staggered_adoption,
    synthetic_control,
    two_stage_least_squares,
    weighting,
)
from workbench.samples import SAMPLES, sample


def design_of(name, kind):
    return kind(sample(name), **SAMPLES[name].design.asked)


def question_of(name):
    known = SAMPLES[name].question
    return CausalQuestion(
        sample(name), treatment=known.treatment, outcome=known.outcome, estimand=known.estimand,
        confounders=known.confounders, instruments=known.instruments,
    )  # fmt: skip


def first(found):
    return found.frame.iloc[0]


def test_what_adjustment_and_the_instrument_answer():
    assert first(weighting(question_of("nhefs")))["estimate"] == pytest.approx(3.44, abs=0.01)
    assert first(two_stage_least_squares(question_of("schooling")))["estimate"] == pytest.approx(
        0.1242, abs=5e-5
    )


def test_an_experiment():
    # 1,986 have no result; the 43 points of the paper are adjusted for more
    found = first(experiment_effect(design_of("hiv_results", ExperimentQuestion)))
    assert found["conf_low"] < 0.43 < found["conf_high"]


def test_a_cut_off():
    found = first(regression_discontinuity(design_of("congress", CutoffQuestion)))
    assert found["conf_low"] < 47.6 < found["conf_high"]


def test_units_over_time():
    one = first(difference_in_differences(design_of("organ_donations", PanelQuestion)))
    assert one["estimate"] == pytest.approx(-0.02246, abs=5e-6)
    several = first(staggered_adoption(design_of("castle", PanelQuestion)))
    assert several["estimate"] == pytest.approx(0.1104, abs=5e-5)
    assert several["conf_low"] < 0.08 < several["conf_high"]


def test_one_unit_among_many():
    found = synthetic_control(design_of("texas", PanelQuestion))
    assert first(found)["estimate"] > 20_000


def test_one_series():
    ten_years = design_of("nile", SeriesQuestion)
    found = first(interrupted_time_series(ten_years))
    assert found["conf_low"] < -247.78 < found["conf_high"] < 0
    found = first(level_shift(replace(ten_years, ends=None), model="local level"))
    assert found["estimate"] == pytest.approx(-247.78, abs=0.01)


@pytest.mark.parametrize("name", [name for name, each in SAMPLES.items() if each.question])
def test_every_question_can_be_asked(name):
    assert question_of(name).sentence.endswith("?")
