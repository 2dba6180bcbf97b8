"""The leaves where a model fails: planted ones are found, and their intervals hold."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as reference

from tests import worlds
from tests.worlds_losses import noisy, noisy_model
from workbench import Dataset, NotApplicable, ParameterError, error_tree, train
from workbench.quality._against_rest import Losses
from workbench.quality._tree_rules import LossTree
from workbench.quality.error_tree import _frame
from workbench.quality.losses import LossRows

TASKS = ("regression", "binary", "multiclass")
KINDS = {"a": "number", "b": "category"}


def test_a_planted_place_is_found_and_said_in_words():
    found = error_tree(noisy_model(rows=8_000, bad=4.0))
    worst = found.frame.iloc[0]
    assert "'place' is 부산" in worst["rule"]
    assert "'size' is above" in worst["rule"]
    assert worst["excess_low"] > 0
    # the mean of |N(0, σ²)| is σ √(2/π); what the small tree leaves over adds to it
    assert worst["conf_low"] < 4 * np.sqrt(2 / np.pi) * 1.05
    assert worst["conf_high"] > 4 * np.sqrt(2 / np.pi) * 0.95
    assert found.summary.startswith("The model fails most where")


@pytest.mark.parametrize("task", TASKS)
def test_the_leaves_add_up_to_the_half_that_measures(task):
    model = noisy_model(task=task)
    frame = error_tree(model, loss="default").frame
    half = len(model.split.test) - len(model.split.test) // 2
    assert frame["rows"].sum() == half
    assert frame["found_rows"].sum() == len(model.split.test) - half
    assert (frame["loss"] * frame["share"]).sum() == pytest.approx(frame["average"].iloc[0])
    assert frame["found_loss"].is_monotonic_decreasing


def test_both_halves_together_have_scikit_learns_loss():
    for task, measure in (
        ("regression", lambda m, r: reference.mean_absolute_error(r["y"], m.predict(r))),
        ("binary", lambda m, r: reference.log_loss(r["y"], m.predict_proba(r), labels=m.classes)),
    ):
        model = noisy_model(task=task)
        frame = error_tree(model).frame
        total = (frame["rows"] * frame["loss"]).sum() + (
            frame["found_rows"] * frame["found_loss"]
        ).sum()
        rows = model.rows("test")
        assert total / len(rows) == pytest.approx(measure(model, rows))


def test_the_share_of_wrong_classes_is_that_of_scikit_learn():
    model = noisy_model(task="multiclass")
    frame = error_tree(model, loss="zero_one").frame
    total = (frame["rows"] * frame["loss"]).sum() + (
        frame["found_rows"] * frame["found_loss"]
    ).sum()
    rows = model.rows("test")
    wrong = 1 - reference.accuracy_score(rows["y"], model.predict(rows))
    assert total / len(rows) == pytest.approx(wrong)


def null_frame(seed: int) -> pd.DataFrame:
    """A tree that was searched for where no place is worse: the losses are |N(0, 1)|."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"a": rng.normal(size=400), "b": rng.choice(list("uvwxyz"), 400)})
    judged = LossRows(
        np.abs(rng.normal(size=400)), part="test", positions=np.arange(400), kind="absolute"
    )
    find, measure = np.arange(200), np.arange(200, 400)
    tree = LossTree.fit(table, KINDS, judged, find, 3, 20)
    return _frame(judged, tree, table, find, measure)


def test_where_no_place_is_worse_the_intervals_hold():
    truth, worlds_made = np.sqrt(2 / np.pi), 200
    frames = [null_frame(seed) for seed in range(worlds_made)]
    every = pd.concat(frames)
    covered = ((every["conf_low"] <= truth) & (every["conf_high"] >= truth)).mean()
    assert 0.92 <= covered <= 0.98
    worst = pd.DataFrame([frame.iloc[0] for frame in frames])
    # the half that searched is fooled, the half that measures is not
    assert worst["found_loss"].mean() > truth + 0.1
    assert worst["loss"].mean() == pytest.approx(truth, abs=0.05)
    called = int((worst["excess_low"] > 0).sum())
    assert stats.binomtest(called, worlds_made, 0.025, alternative="greater").pvalue > 0.01


def test_a_rule_holds_for_the_rows_of_its_leaf():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=600), "b": rng.choice(["가", "나", "다"], 600)})
    table.loc[::7, "a"] = np.nan
    losses = np.where(table["a"].isna(), 5.0, np.where(table["b"] == "나", 3.0, 1.0))
    tree = LossTree.fit(table, KINDS, Losses(losses), np.arange(600), 2, 10)
    rules = pd.Series(tree.rules).iloc[tree.leaf_of(table)].reset_index(drop=True)
    assert set(rules[table["a"].isna()]) == {"'a' is missing"}
    middle = table["a"].notna() & (table["b"] == "나")
    assert set(rules[middle]) == {"'a' is not missing, and 'b' is 나"}
    (rest,) = set(rules[~middle & table["a"].notna()])
    assert rest in (
        "'a' is not missing, and 'b' is 가 or 다",
        "'a' is not missing, and 'b' is 다 or 가",
    )


def test_a_thousand_rare_levels_make_no_leaf():
    frame = error_tree(noisy_model()).frame
    assert not frame["rule"].str.contains("'code' is c").any()


def test_groups_stay_whole_and_are_a_doubt():
    frame = noisy(1_000).drop(columns="code").assign(patient=np.arange(1_000) // 10)
    data = Dataset.of(frame, target="y").with_roles({"patient": "group"})
    found = error_tree(train(data, "decision_tree", max_depth=3))
    assert found.frame["rows"].sum() % 10 == 0
    assert any("often alike" in note for note in found.notes)


def test_what_does_not_fit_is_refused():
    few = train(Dataset.of(worlds.additive(100), target="y"), "decision_tree")
    with pytest.raises(NotApplicable, match="There are 25 held-out rows"):
        error_tree(few)
    with pytest.raises(ParameterError, match="does not fit 'y'"):
        error_tree(noisy_model(), loss="log")
    right = pd.DataFrame({"x": [0.0, 1.0] * 100, "y": ["a", "b"] * 100})
    with pytest.raises(NotApplicable, match="no place is worse"):
        error_tree(train(Dataset.of(right, target="y"), "decision_tree"), loss="zero_one")
