"""What looking costs."""

import numpy as np
import pytest

from causal import experiment_effect, sequential_peeking
from causal.designs.sequential_peeking import always_reach, false_findings
from tests.causal.designs.trials import about, trial
from workbench.errors import ParameterError


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


def test_a_table_in_the_order_of_its_arms_is_warned_of() -> None:
    notes = sequential_peeking(about(trial().sort_values("arm"))).notes
    assert any(n.startswith("Warning: ") and "order of time" in n for n in notes)
    with pytest.raises(ParameterError, match="compared = 'old'"):
        sequential_peeking(about(trial()), compared="old")
