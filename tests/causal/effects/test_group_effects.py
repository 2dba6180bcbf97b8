"""Effects in groups where they are known, and against DoubleML with the same predictions."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, group_effects
from causal.analysis import analyse
from causal.estimators.aipw import nuisances
from tests.causal.truths import ask, nhefs, varied
from workbench import Dataset
from workbench.errors import NotApplicable
from workbench.progress import silent


def irm(frame: pd.DataFrame, question: CausalQuestion):
    """DoubleML's IRM with our predictions."""
    import doubleml
    from doubleml.utils import DMLDummyClassifier, DMLDummyRegressor

    learned = nuisances(analyse(question), 5, 0, silent)
    data = doubleml.DoubleMLData(frame.astype(float), y_col="y", d_cols="t", x_cols=["x", "w"])
    theirs = doubleml.DoubleMLIRM(data, DMLDummyRegressor(), DMLDummyClassifier(), n_folds=5)
    given = {"ml_g0": learned.untreated.predictions, "ml_g1": learned.treated.predictions,
             "ml_m": learned.chance.predictions}  # fmt: skip
    return theirs.fit(external_predictions={"t": {k: v[:, None] for k, v in given.items()}})


def test_intervals_for_all_groups_at_once_hold_the_true_effects_of_all() -> None:
    held = []
    for seed in range(30):
        frame = varied(800, seed)
        result = group_effects(ask(frame.drop(columns="true")), column="x", groups=4)
        truth = frame["true"].groupby(pd.qcut(frame["x"], 4), observed=True).mean().to_numpy()
        found = result.frame.iloc[1:]
        held.append(((found["all_low"] < truth) & (truth < found["all_high"])).all())
    assert sum(held) >= 25  # of 30 at 95 %: fewer than 25 has chance .3 %
    assert (found["all_low"] < found["conf_low"]).all()
    assert result.p_differ < 1e-6
    assert found["rows"].sum() == 800
    assert result.frame["group"].iloc[0] == "everyone"


# DoubleML 0.11 calls pandas in a way that pandas 4 will not allow.
@pytest.mark.filterwarnings("ignore:Starting with pandas version 4.0")
def test_it_is_doublemls_gate_with_the_same_predictions() -> None:
    frame = varied(800, seed=2).drop(columns="true")
    frame["w"] = (frame["w"] > 0).astype(int)
    found = group_effects(ask(frame), column="w").frame.iloc[1:]
    theirs = irm(frame, ask(frame)).gate(pd.DataFrame({"0": frame["w"] == 0,
                                                        "1": frame["w"] == 1}))  # fmt: skip
    summary = theirs.summary
    assert found["estimate"].to_numpy() == pytest.approx(summary["coef"].to_numpy(), rel=1e-8)
    assert found["std_error"].to_numpy() == pytest.approx(summary["std err"].to_numpy(), rel=0.01)


def test_where_effects_are_alike_the_test_keeps_its_level() -> None:
    frames = [varied(400, seed, null=True).drop(columns="true") for seed in range(30)]
    found = [group_effects(ask(frame), column="x", groups=3).p_differ for frame in frames]
    assert sum(p < 0.05 for p in found) <= 5  # of 30 at 5 %: more than 5 has chance .3 %


@pytest.mark.parametrize(("scale", "shift"), [(1e-4, 20), (0.1, 1e6), (1, 0)])
def test_ranges_are_named_with_as_many_digits_as_tell_them_apart(scale: float, shift: int) -> None:
    frame = varied(400, seed=3).drop(columns="true")
    names = group_effects(ask(frame.assign(w=scale * frame["w"] + shift)), column="w").frame[
        "group"
    ]
    edges = [name.split(" to ") for name in names[1:]]
    assert names.is_unique
    assert [low for low, _ in edges[1:]] == [f"w: {high}" for _, high in edges[:-1]]
    assert all(low != f"w: {high}" for low, high in edges)


def test_a_group_that_is_too_small_is_left_out_and_named() -> None:
    frame = varied(600, seed=3).drop(columns="true")
    frame["site"] = np.where(np.arange(600) < 12, "tiny", np.where(frame["w"] > 0, "a", "b"))
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y",
                              confounders=("x", "w", "site"))  # fmt: skip
    result = group_effects(question, column="site")
    assert list(result.frame["group"]) == ["everyone", "site = a", "site = b"]
    assert any("site = tiny" in note for note in result.notes)


def test_a_column_after_the_treatment_is_refused() -> None:
    frame = varied(400, seed=4).rename(columns={"true": "m"})
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y",
                              confounders=("x", "w"), mediators=("m",))  # fmt: skip
    for column in ("m", "t", "y"):
        with pytest.raises(NotApplicable, match="comes after it"):
            group_effects(question, column=column)


def test_a_column_that_was_not_adjusted_for_is_and_it_is_said() -> None:
    frame = varied(600, seed=5).drop(columns="true")
    frame["z"] = np.arange(600) % 2
    result = group_effects(ask(frame), column="z")
    assert any("'z' is adjusted for as well" in note for note in result.notes)


def test_another_estimand_is_refused() -> None:
    with pytest.raises(NotApplicable, match="ATT"):
        group_effects(nhefs(estimand="ATT"), column="sex")
