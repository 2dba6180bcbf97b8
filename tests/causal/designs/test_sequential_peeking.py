"""What looking costs."""

import numpy as np
import pandas as pd
import pytest

from causal import experiment_effect, sequential_peeking
from causal.designs.sequential_peeking import always_reach, false_findings
from tests.causal.designs.trials import about, trial
from workbench.errors import ParameterError, QuestionError


def test_the_inflation_is_that_of_armitage_mcpherson_and_rowe() -> None:
    published = {1: 0.05, 2: 0.083, 3: 0.107, 4: 0.126, 5: 0.142, 10: 0.193, 20: 0.248, 50: 0.320}
    found = false_findings(50)
    for looks, chance in published.items():
        assert found[looks - 1] == pytest.approx(chance, abs=6e-4)


def test_the_always_valid_interval_holds_over_all_looks_of_a_walk() -> None:
    """Ville's inequality, on 2,000 walks of 200 steps with a noise of one."""
    rng = np.random.default_rng(0)
    steps = np.arange(1, 201)
    means = rng.normal(size=(2_000, 200)).cumsum(axis=1) / steps
    reach = np.array([always_reach(1 / np.sqrt(k), 0.3) for k in steps])
    usual = 1.96 / np.sqrt(steps)
    assert (np.abs(means) > reach).any(axis=1).mean() < 0.05
    assert (np.abs(means) > usual).any(axis=1).mean() > 0.3


def test_the_last_look_is_the_experiments_own_difference() -> None:
    question = about(trial())
    last = sequential_peeking(question, looks=4).frame.iloc[-1]
    row = experiment_effect(question).frame.iloc[0]
    assert (last["rows"], last["estimate"]) == (400, pytest.approx(row["estimate"]))
    assert last["always_low"] < last["conf_low"]
    assert last["always_high"] > last["conf_high"]


def test_rows_come_in_the_order_of_time() -> None:
    frame = trial().assign(day=np.arange(400)[::-1])
    made = sequential_peeking(about(frame, {"day": "time"}), looks=2)
    first = made.frame.iloc[0]
    late = experiment_effect(about(frame.iloc[200:])).frame.iloc[0]
    assert first["estimate"] == pytest.approx(late["estimate"])
    assert made.notes[0] == "Rows are taken in the order of 'day'."


@pytest.mark.parametrize("written", ["%j", "%-d.%-m.%Y", "%b %Y", "%YQ%q", "%Y-%m-%d"])
def test_times_that_are_text_come_in_the_order_of_time(written: str) -> None:
    """By the alphabet the 10th came before the 2nd, and every look but the last was another."""
    dates = pd.Series(pd.date_range("2024-01-01", periods=400, freq="D"))
    frame = trial().assign(date=dates).sample(frac=1, random_state=1).reset_index(drop=True)
    quarters = frame["date"].dt.quarter.astype(str)
    texts = [
        d.strftime(written.replace("%q", q)) for d, q in zip(frame["date"], quarters, strict=True)
    ]
    frame["when"] = [t.lstrip("0") for t in texts]
    period = {"%b %Y": "M", "%YQ%q": "Q"}.get(written, "D")
    frame["order"] = frame["date"].dt.to_period(period).dt.start_time
    if written == "%j":
        frame["order"] = frame["date"].dt.day_of_year
    found, expected = (
        sequential_peeking(about(frame, {column: "time"})).frame for column in ("when", "order")
    )
    pd.testing.assert_frame_equal(found, expected)


def test_rows_without_a_time_are_left_out_and_times_in_no_order_refused() -> None:
    """They came last without a word."""
    frame = trial().assign(day=np.arange(400.0))
    frame.loc[:99, "day"] = np.nan
    found = sequential_peeking(about(frame, {"day": "time"}))
    assert found.frame["rows"].iloc[-1] == 300
    assert any(n.startswith("100 rows have no time and are left out") for n in found.notes)
    words = trial().assign(day=np.resize(["Mon", "Tue"], 400))
    with pytest.raises(QuestionError, match="The times in 'day' cannot be put in order: 'Mon'"):
        sequential_peeking(about(words, {"day": "time"}))


def test_a_table_in_the_order_of_its_arms_is_warned_of() -> None:
    notes = sequential_peeking(about(trial().sort_values("arm"))).notes
    assert any(n.startswith("Warning: ") and "order of time" in n for n in notes)
    with pytest.raises(ParameterError, match="compared = 'old'"):
        sequential_peeking(about(trial()), compared="old")
