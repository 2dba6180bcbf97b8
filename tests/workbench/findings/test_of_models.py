"""The checks of a fitted model: worlds that have what they look for, and worlds that do not."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp
from sklearn.ensemble import RandomForestClassifier

from tests.worlds_findings import clean, clean_yes_no, data, only, told
from workbench import adopt, calibrate, train
from workbench.findings import (
    average_probability,
    badly_calibrated,
    beyond_the_training_rows,
    copies_across_the_split,
    drift,
    groups_across_the_split,
    importance_that_vanishes,
    learned_by_heart,
    no_better_than_nothing,
    random_split_in_time,
)

FEW = {"n_estimators": 40}


def noise(rows=400, columns=8, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, columns)), columns=list("abcdefgh")[:columns])
    return frame.assign(y=rng.normal(size=rows))


def test_a_model_of_noise_is_no_better_than_nothing_and_learned_by_heart():
    model = train(data(noise()), "random_forest", min_samples_leaf=1, **FEW)
    assert only(model, no_better_than_nothing.CODE).severity == "warning"
    assert only(model, learned_by_heart.CODE).severity == "warning"


def test_a_model_of_something_is_neither():
    for frame in (clean(2_000), clean_yes_no(2_000)):
        model = train(data(frame), "decision_tree", max_depth=3)
        assert told(model, no_better_than_nothing.CODE) == []
        assert told(model, learned_by_heart.CODE) == []


def unlikely(rows=3_000, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    chance = 1 / (1 + np.exp(3.5 - x[:, 0]))
    frame = pd.DataFrame(x, columns=list("abc"))
    return frame.assign(y=np.where(rng.random(rows) < chance, "yes", "no"))


def test_balanced_classes_make_no_probabilities():
    table = data(unlikely())
    features = table.frame[list("abc")]
    settings = {"n_estimators": 30, "max_depth": 4, "random_state": 0}
    balanced = RandomForestClassifier(class_weight="balanced", **settings)
    balanced.fit(features, table.frame["y"])
    found = only(adopt(balanced, table), average_probability.CODE)
    assert found.severity == "warning"
    plain = RandomForestClassifier(**settings).fit(features, table.frame["y"])
    assert told(adopt(plain, table), average_probability.CODE) == []


@pytest.mark.parametrize("seed", range(5))
def test_probabilities_learned_from_the_same_world_are_right_on_average(seed):
    model = train(data(unlikely(1_500, seed)), "decision_tree", max_depth=3, seed=seed)
    assert told(model, average_probability.CODE) == []


def balanced_and_noisy(rows=4_000, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    frame = pd.DataFrame(x, columns=list("abc"))
    return frame.assign(y=np.where(x[:, 0] + rng.logistic(size=rows) > 0, "yes", "no"))


def test_a_tree_that_knows_every_row_is_too_sure():
    table = data(balanced_and_noisy())
    model = train(table, "decision_tree", max_depth=14, min_samples_leaf=2)
    found = only(model, badly_calibrated.CODE)
    assert found.severity == "warning"
    assert "too extreme" in found.says
    assert told(calibrate(model, method="sigmoid"), badly_calibrated.CODE) == []


def test_a_model_that_hardly_dares_is_too_timid():
    model = train(data(balanced_and_noisy()), "xgboost", n_estimators=4, learning_rate=0.05)
    assert "too timid" in only(model, badly_calibrated.CODE).says


@pytest.mark.parametrize("seed", range(5))
def test_a_small_tree_of_the_same_world_is_calibrated(seed):
    model = train(data(balanced_and_noisy(2_000, seed)), "decision_tree", max_depth=3, seed=seed)
    assert told(model, badly_calibrated.CODE) == []


def test_what_is_wrong_on_average_is_told_once():
    table = data(unlikely())
    balanced = RandomForestClassifier(
        n_estimators=30, max_depth=4, random_state=0, class_weight="balanced"
    ).fit(table.frame[list("abc")], table.frame["y"])
    assert told(adopt(balanced, table), badly_calibrated.CODE) == []


def test_copies_on_both_sides_are_counted():
    frame = clean(500)
    model = train(data(pd.concat([frame, frame], ignore_index=True)), "decision_tree")
    test, learned = model.split.test, set(model.split.train)
    copies = sum((row + 500) % 1_000 in learned for row in test)
    assert f"{copies:,} of {len(test):,} held-out rows" in (
        only(model, copies_across_the_split.CODE).says
    )
    alone = train(data(frame), "decision_tree")
    assert told(alone, copies_across_the_split.CODE) == []


def test_copies_that_have_names_of_their_own_are_a_notice():
    frame = pd.concat([clean(500)] * 2, ignore_index=True)
    names = [f"Person of the number {row}" for row in range(1_000)]
    model = train(data(frame.assign(name=names)), "decision_tree")
    assert only(model, copies_across_the_split.CODE).severity == "notice"


def patients(rows=600, groups=60):
    rng = np.random.default_rng(0)
    who = rng.integers(0, groups, size=rows)
    frame = clean(rows)
    return frame.assign(patient_id=who, y=frame["y"] + 3 * rng.normal(size=groups)[who])


def test_patients_taken_apart_and_kept_together():
    model = train(data(patients(), patient_id="ignore"), "decision_tree")
    names = model.data.frame["patient_id"]
    known = names[model.split.test].isin(set(names[model.split.train])).mean()
    says = only(model, groups_across_the_split.CODE).says
    assert says.startswith(f"{known * 100:.1f}".removesuffix(".0"))
    together = train(data(patients(), patient_id="group"), "decision_tree")
    assert told(together, groups_across_the_split.CODE) == []


def walk(rows=800):
    rng = np.random.default_rng(0)
    days = pd.date_range("2020-01-01", periods=rows)
    y = rng.normal(scale=0.4, size=rows).cumsum()
    return clean(rows).assign(day=days, month=np.arange(rows) // 30, y=y)


def test_gaps_in_time_are_not_the_future():
    model = train(data(walk()), "decision_tree")
    assert only(model, random_split_in_time.CODE).columns == ("day",)
    later = train(data(walk(), day="time"), "decision_tree")
    assert told(later, random_split_in_time.CODE) == []


def test_the_latest_rows_of_a_changing_world_are_others():
    later = train(data(walk(), day="time"), "decision_tree")
    found = only(later, drift.CODE)
    assert "month" in found.columns
    assert "warmth" not in found.columns


@pytest.mark.parametrize("seed", range(6))
def test_rows_held_out_at_random_do_not_drift(seed):
    """Twenty columns, so that one in twenty would be called different at the usual limit."""
    rng = np.random.default_rng(seed)
    more = pd.DataFrame(rng.normal(size=(300, 16)), columns=[f"c{i}" for i in range(16)])
    model = train(data(clean(300, seed).join(more)), "decision_tree", seed=seed)
    assert told(model, drift.CODE) == []


def test_the_distances_are_those_of_the_textbook():
    rng = np.random.default_rng(0)
    first, second = pd.Series(rng.normal(size=300)), pd.Series(rng.normal(0.5, size=200))
    assert drift.of_amounts(first, second)[0] == pytest.approx(ks_2samp(first, second).statistic)
    shares = pd.Series(list("aaab") * 50), pd.Series(list("abbb") * 50)
    assert drift.of_levels(*shares)[0] == pytest.approx(0.5)


def with_noise(rows=600, seed=0):
    rng = np.random.default_rng(seed + 100)
    return clean(rows, seed).assign(noise=rng.normal(size=rows))


def test_what_a_forest_learned_of_noise_vanishes_on_other_rows():
    frame = with_noise()
    frame["y"] = 0.3 * frame["warmth"] + np.random.default_rng(1).normal(size=600)
    model = train(data(frame), "random_forest", min_samples_leaf=1, **FEW)
    found = only(model, importance_that_vanishes.CODE)
    assert "noise" in found.columns
    assert "warmth" not in found.columns


@pytest.mark.parametrize("seed", range(8))
def test_of_a_small_model_of_something_nothing_vanishes(seed):
    model = train(data(with_noise(seed=seed)), "decision_tree", max_depth=3, seed=seed)
    assert told(model, importance_that_vanishes.CODE) == []


@pytest.mark.parametrize(
    ("objective", "loss"), [("absolute", "absolute error"), ("quantile", "pinball loss (90 %)")]
)
def test_importance_vanishes_by_the_loss_the_model_was_trained_by(objective, loss):
    """One row in eight is a hundred times as far away: squares see nothing but those, and tell
    nothing; the loss of the model tells what it learned by heart of all others."""
    rng = np.random.default_rng(0)
    frame = noise(800, 4)
    frame["y"] *= np.where(rng.random(800) < 1 / 8, 100, 1)
    settings = {"max_iter": 300, "learning_rate": 0.3, "min_samples_leaf": 5}
    asked = {"objective": objective, "quantile": 0.9} if objective == "quantile" else {
        "objective": objective}  # fmt: skip
    model = train(data(frame), "gradient_boosting", **asked, **settings)
    assert f"the {loss} grows by" in only(model, importance_that_vanishes.CODE).says


def test_classes_too_have_importance_that_vanishes():
    rng = np.random.default_rng(3)
    frame = clean_yes_no().assign(
        noise=rng.normal(size=600), y=rng.permutation(clean_yes_no()["y"])
    )
    model = train(data(frame), "random_forest", min_samples_leaf=1, **FEW)
    assert only(model, importance_that_vanishes.CODE).severity == "warning"


def test_the_latest_rows_lie_beyond_those_before():
    later = train(data(walk(), day="time"), "decision_tree")
    found = only(later, beyond_the_training_rows.CODE)
    assert (found.severity, found.columns) == ("warning", ("month",))
    months, at = later.data.frame["month"], later.split
    beyond = int((months.iloc[at.test] > months.iloc[at.train].max()).sum())
    assert f"'month' in {beyond:,} (learned from 0 to" in found.says


@pytest.mark.parametrize("seed", range(10))
def test_rows_held_out_at_random_lie_within(seed):
    """Heavy tails and few rows: single extreme rows are held out, and that is no finding."""
    rng = np.random.default_rng(seed)
    more = pd.DataFrame(rng.standard_cauchy(size=(120, 20)), columns=[f"c{i}" for i in range(20)])
    model = train(data(clean(120, seed).join(more)), "decision_tree", seed=seed)
    assert told(model, beyond_the_training_rows.CODE) == []
