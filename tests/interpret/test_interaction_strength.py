"""Friedman's H against its definition in plain loops, and worlds whose interaction is known."""

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpret import interaction_strength
from interpret._engine.asking import Asking
from tests.worlds_model import SMALL, known_model, small_model
from workbench import Dataset, NotApplicable, train


def plainly(model, codes: np.ndarray, columns: list[int], scale: str) -> np.ndarray:
    """The centred partial dependence on some columns at every row's own values."""
    found = np.empty(len(codes))
    for i, row in enumerate(codes):
        given_ = codes.copy()
        given_[:, columns] = row[columns]
        found[i] = model.column(model.on_scale(given_, scale)).mean()
    return found - found.mean()


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", ["regression", "binary"])
@pytest.mark.parametrize("how", ["counted", "asked"])
def test_it_equals_its_definition(family, task, how, monkeypatch):
    model = small_model(family, task, "both")
    if how == "asked":
        module = sys.modules["interpret.interaction_strength"]
        monkeypatch.setattr(module, "engine_of", lambda model: Asking(model, "Asked."))
    result = interaction_strength(model, most_rows=30, seed=3)
    found = result.frame.set_index("feature")
    assert any(note.startswith("Exact") for note in result.notes) == (how == "counted")
    # the rows that were drawn
    positions = model.positions("all")
    drawn = np.sort(np.random.default_rng(3).choice(len(positions), 30, replace=False))
    codes = model.transform.codes(model.data.frame.iloc[positions[drawn]])
    scale = model.family.additive_scale(task)
    every, names = list(range(4)), model.features
    output = plainly(model, codes, every, scale)
    alone = [plainly(model, codes, [j], scale) for j in every]
    for j in every:
        rest = plainly(model, codes, [k for k in every if k != j], scale)
        left = np.sqrt(np.mean((output - alone[j] - rest) ** 2))
        assert found.loc[names[j], "size"] == pytest.approx(left, abs=2e-6)
        h = left / np.sqrt(np.mean(output**2))
        assert found.loc[names[j], "strength"] == pytest.approx(h, abs=1e-5)
        for k in every[j + 1 :]:
            both = plainly(model, codes, [j, k], scale)
            pair = found.loc[f"{names[j]} × {names[k]}"]
            left = np.sqrt(np.mean((both - alone[j] - alone[k]) ** 2))
            assert pair["size"] == pytest.approx(left, abs=2e-6)
            assert pair["joint_size"] == pytest.approx(np.sqrt(np.mean(both**2)), abs=2e-6)


@given(seed=st.integers(0, 1_000))
def test_columns_that_add_up_do_not_interact(seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(40, 4)), columns=list("abcy"))
    model = known_model(frame, "y", lambda x: np.sin(3 * x[:, 0]) + x[:, 1] ** 2 - x[:, 2])
    result = interaction_strength(model)
    assert result.frame["strength"].max() < 1e-10
    assert "no two columns act together" in result.summary


def test_stumps_do_not_interact():
    """Counted from the trees: a booster of depth 1 is a sum of functions of single columns."""
    model = small_model("xgboost", "regression", "both", max_depth=1, n_estimators=40)
    result = interaction_strength(model)
    assert any(note.startswith("Exact") for note in result.notes)
    assert result.frame["strength"].max() < 1e-10


@pytest.mark.parametrize("c", [0.0, 0.5, 2.0])
def test_a_product_has_the_known_strength(c):
    """On a balanced ±1 design f = a·b + c·a has the joint variance 1 + c², of which 1 is left."""
    frame = pd.DataFrame({"a": [-1.0, -1, 1, 1] * 10, "b": [-1.0, 1, -1, 1] * 10, "y": range(40)})
    model = known_model(frame, "y", lambda x: x[:, 0] * x[:, 1] + c * x[:, 0])
    found = interaction_strength(model).frame
    np.testing.assert_allclose(found["size"], 1)
    np.testing.assert_allclose(found["strength"], 1 / np.sqrt(1 + c**2))


def test_the_order_is_that_of_the_size_and_a_tiny_strong_one_is_named():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.choice([-1.0, 1.0], size=(60, 5)), columns=list("abcdy"))
    frame["y"] = rng.normal(size=60)

    def function(x):
        return 3 * x[:, 0] + x[:, 0] * x[:, 1] + 0.01 * x[:, 2] * x[:, 3]

    result = interaction_strength(known_model(frame, "y", function))
    pairs = result.frame[result.frame["kind"] == "pair"]
    assert pairs["feature"].iloc[0] == "a × b"
    assert pairs.set_index("feature").loc["c × d", "strength"] > 0.9
    assert any(note.startswith("H is large for 'c × d'") for note in result.notes)


def test_against_one_column_only_its_pairs_are_shown():
    model = small_model("xgboost", "regression", "both")
    result = interaction_strength(model, against="b")
    assert result.title == "Interaction strength of b"
    assert result.frame["kind"].tolist() == ["total", "pair", "pair", "pair"]
    assert (result.frame[["first", "second"]] == "b").any(axis=1).all()


def test_what_cannot_be_is_refused():
    a = np.random.default_rng(0).normal(size=30)
    frame = pd.DataFrame({"a": a, "y": a})
    with pytest.raises(NotApplicable, match="only one column"):
        interaction_strength(known_model(frame, "y", lambda x: x[:, 0]))
    model = known_model(frame.assign(b=1.0), "y", lambda x: np.full(len(x), 7.0))
    with pytest.raises(NotApplicable, match="the same for all"):
        interaction_strength(model)


@pytest.mark.parametrize("how", ["counted", "asked"])
def test_an_output_far_from_zero_interacts_as_one_near_it(how, monkeypatch):
    if how == "asked":
        module = sys.modules["interpret.interaction_strength"]
        monkeypatch.setattr(module, "engine_of", lambda model: Asking(model, "Asked."))
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.integers(0, 8, (300, 3)).astype(float), columns=["a", "b", "c"])
    y = frame["a"] * frame["b"] / 8 + frame["c"]
    near, far = (
        interaction_strength(
            train(Dataset.of(frame.assign(y=y + shift), target="y"), "gradient_boosting"),
            most_rows=40,
        ).frame
        for shift in (0.0, 2.0**24)
    )
    assert near["size"].max() > 0.3
    for column in ("size", "strength", "joint_size"):
        np.testing.assert_allclose(far[column], near[column], rtol=1e-5, atol=1e-5)
