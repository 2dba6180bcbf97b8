"""Several outcomes, taken together."""

import numpy as np
import pytest

from causal import experiment_effect, multiple_outcomes
from tests.causal.designs.trials import about, trial


def test_one_real_effect_among_many_outcomes_stands_alone() -> None:
    rng = np.random.default_rng(8)
    more = {f"o{k}": rng.normal(size=400) for k in range(19)}
    question = about(trial().assign(**more), other_outcomes=tuple(more), covariates=("a",))
    found = multiple_outcomes(question)
    assert found.frame.loc[found.frame["p_holm"] < 0.05, "outcome"].tolist() == ["y"]
    row = experiment_effect(question).frame.iloc[0]
    assert found.frame.iloc[0]["estimate"] == pytest.approx(row["estimate"])
    assert found.frame.iloc[0]["p_value"] == pytest.approx(row["p_value"])
    assert "1 stands at 5 % after Holm's correction: y" in found.summary
