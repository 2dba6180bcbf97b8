"""Importance beside effects, in a world whose effects are known."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, rank_against_effect
from tests.causal.bridge_world import GRAPH, asked, bridge
from workbench import Dataset, train
from workbench.errors import NotApplicable

#: E|z - mean| of a normal column.
NORMAL = np.sqrt(2 / np.pi)


@pytest.mark.parametrize("estimator", ["linear regression", "double machine learning"])
def test_effects_are_those_of_the_world_and_importance_is_not(estimator: str) -> None:
    """One more of z: 1.4 + 1.22 E[logistic'(z)] = 1.652 (as a regression averages it); of t 1.22;
    of m .8. c is after the outcome, and the model uses it most."""
    frame = bridge(2_500, 1)
    result = rank_against_effect(*asked(frame, "zmc", "xgboost"), estimator=estimator)  # type: ignore[arg-type]
    found = result.frame.set_index("feature")
    m_spread = np.abs(frame["m"] - frame["m"].mean()).mean()
    for name, effect, spread in (("z", 1.652, NORMAL), ("t", 1.22, 0.5), ("m", 0.8, m_spread)):
        row = found.loc[name]
        assert row["effect_low"] < effect < row["effect_high"]
        assert row["size"] == pytest.approx(effect * spread, rel=0.12)
        assert row["size_low"] < row["size"] < row["size_high"]
    assert found.loc["c", ["effect", "size_high"]].tolist() == [0, 0]
    assert found["importance_rank"].idxmin() == "c"
    assert found.loc["c", "effect_rank"] == 4
    assert found["effect_rank"].idxmin() == "z"
    assert found.loc["c", "parts"]
    assert "most of all c: number 1 by importance, number 4 by effect" in result.summary


def test_a_linear_model_that_tells_the_effects_parts_nowhere() -> None:
    """Three causes that nothing joins: mean |SHAP| is the size of the effect."""
    rng = np.random.default_rng(2)
    a, b, c, noise = rng.normal(size=(4, 1_500))
    frame = pd.DataFrame({"a": a, "b": b, "c": c, "y": 3 * a + 2 * b + c + noise})
    data = Dataset.of(frame, target="y")
    question = CausalQuestion(data, treatment="a", outcome="y", graph="{a b c} -> y")
    result = rank_against_effect(train(data, "linear"), question)
    found = result.frame.set_index("feature")
    np.testing.assert_allclose(found["importance"], found["size"], rtol=0.12)
    assert found["effect_rank"].to_dict() == {"a": 1, "b": 2, "c": 3}
    assert not found["parts"].any()
    assert "one that their effects may have" in result.summary


def test_columns_that_are_alike_may_have_either_rank() -> None:
    rng = np.random.default_rng(3)
    a, b, noise = rng.normal(size=(3, 300))
    data = Dataset.of(pd.DataFrame({"a": a, "b": b, "y": a + b + noise}), target="y")
    question = CausalQuestion(data, treatment="a", outcome="y", graph="{a b} -> y")
    found = rank_against_effect(train(data, "linear"), question, importance="permutation").frame
    assert found["effect_rank_low"].tolist() == [1, 1]
    assert found["effect_rank_high"].tolist() == [2, 2]
    assert not found["parts"].any()


def test_effects_that_cannot_be_had_are_listed_with_the_reason() -> None:
    frame = bridge(400, 4).assign(place=np.resize(["n", "s", "w"], 400), stray=np.arange(400.0) % 7)
    data = Dataset.of(frame, target="y")
    graph = f"{GRAPH}; place -> y; u [latent]; u -> m; u -> y"
    question = CausalQuestion(data, treatment="t", outcome="y", graph=graph)
    result = rank_against_effect(train(data, "linear"), question)
    why = result.frame.set_index("feature")["why_not"]
    assert "several levels" in why["place"]
    assert "does not hold stray" in why["stray"]
    assert "No set of measured variables" in why["m"]
    assert why[["z", "t", "c"]].tolist() == ["", "", ""]
    assert result.frame.set_index("feature")["effect_rank"].isna().sum() == 3
    assert sum(note.startswith("No effect of") for note in result.notes) == 3


def test_roles_speak_of_the_treatment_alone() -> None:
    model, drawn = asked(bridge(200, 5), "z")
    question = CausalQuestion(drawn.data, treatment="t", outcome="y", confounders=("z",))
    with pytest.raises(NotApplicable, match="speak of t alone"):
        rank_against_effect(model, question)
