"""The search: on worlds whose best is known, within its budget, honest about what failed."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import worlds
from workbench import (
    FAMILIES,
    Cancelled,
    DataError,
    Dataset,
    ModelError,
    ParameterError,
    Tuning,
    train,
    tune,
    tuned_model,
)
from workbench.figures import number
from workbench.folds import make_folds
from workbench.metrics import metrics_for
from workbench.target import read_target
from workbench.training import Training
from workbench.tuning._folds import EncodedFold
from workbench.tuning._last_round import Verdict, chosen
from workbench.tuning._trial import Judge, Trial, looks


def steps(together: bool, rows: int = 300) -> Dataset:
    """y adds up a step of each of eight columns, in much noise; or it is the product of the signs
    of two of them, which no sum can be."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 8))
    y = np.sign(x[:, 0] * x[:, 1]) if together else np.sign(x).sum(axis=1)
    y = y + rng.normal(scale=0.3 if together else 3.0, size=rows)
    return Dataset.of(pd.DataFrame(x).add_prefix("x").assign(y=y), target="y")


#: Boosting takes longer.
TRIALS = {
    "decision_tree": 8,
    "linear": 6,
    "random_forest": 3,
    "extra_trees": 3,
    "lightgbm": 4,
} | dict.fromkeys(["xgboost", "gradient_boosting"], 4)


FRESH = ["fresh_score", "fresh_gain", "fresh_gain_error"]


def by_hand(data: Dataset, values: dict, count: int, seed: int) -> list[float]:
    """The score of XGBoost with these settings on folds of the training rows, one by one."""
    target = read_target(data)
    made = make_folds(data, train(data, "decision_tree").split.train, target, count, seed)
    metric = metrics_for(target.task)[0]
    scores = []
    for fold in made.folds:
        rows = EncodedFold.of(fold, data, target, Training(), 0)
        fitted = rows.fitted(FAMILIES["xgboost"], values, lambda *_: None)
        scores.append(metric.measure(rows.judged_y, rows.judged(fitted)).value)
    return scores


@cache
def small(task: str = "regression", family: str = "decision_tree", **more) -> Tuning:
    frame, target = {"regression": (worlds.additive(200), "y"),
                     "binary": (worlds.yes_no(240), "bought"),
                     "multiclass": (worlds.three_kinds(240), "kind")}[task]  # fmt: skip
    return tune(Dataset.of(frame, target=target), family, trials=TRIALS[family], folds=3, **more)


def test_sums_want_shallow_trees_and_products_deep_ones() -> None:
    shallow = tune(steps(together=False), trials=12, folds=3)
    deep = tune(steps(together=True), trials=8, folds=3)
    tried = pd.DataFrame([json.loads(s) for s in shallow.frame["settings"]])
    assert tried["max_depth"].max() >= 6
    assert shallow.best_settings["max_depth"] == 1
    assert deep.best_settings["max_depth"] >= 2
    assert deep.frame["best_so_far"].iloc[-1] > 0.4  # of 0.92; sums alone explain nothing


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_every_family_and_task_is_tuned_and_not_below_its_defaults(family, task) -> None:
    found = small(task, family)
    first = found.frame.iloc[0]
    defaults = {s.name: s.default for s in FAMILIES[family].settings if s.search}
    assert json.loads(first["settings"]) == defaults
    assert found.frame["best_so_far"].iloc[-1] >= first["score"]
    assert list(found.frame.columns) == list(Tuning.columns)
    assert set(found.frame["state"]) <= {"complete", "dropped"}
    found.figure()


def test_the_score_of_a_trial_is_that_of_its_settings_trained_again() -> None:
    """The rounds read off the curve are the ones a fresh training takes."""
    data = Dataset.of(worlds.yes_no(240), target="bought")
    found = tune(data, "xgboost", trials=5, folds=3)
    complete = found.frame[found.frame["state"] == "complete"]
    assert len(complete) > 1
    for _, trial in complete.iterrows():
        scores = by_hand(data, json.loads(trial["settings"]), 3, 0)
        assert np.mean(scores) == pytest.approx(trial["score"], abs=1e-9)
        error = np.std(scores, ddof=1) / np.sqrt(3)
        assert error == pytest.approx(trial["std_error"], abs=1e-9)


def test_the_rounds_that_are_read_off_the_curves_are_as_good_as_any() -> None:
    """A slow learner on a small table: one fold's curve is flat and noisy long before the best."""
    data = steps(together=False, rows=240)
    found = tune(data, "xgboost", trials=2, folds=3).frame.iloc[1]
    values = json.loads(found["settings"])
    others = [np.mean(by_hand(data, values | {"n_estimators": n}, 3, 0))
              for n in (10, 30, 60, 100, 150, 250, 400)]  # fmt: skip
    assert found["score"] >= max(others) - 0.005


def test_the_best_are_judged_again_on_fresh_folds() -> None:
    data = steps(together=True)
    found = tune(data, trials=6, folds=3)
    again = found.frame.dropna(subset="fresh_score").set_index("trial")
    assert 0 in again.index
    default = by_hand(data, {}, 3, 1) + by_hand(data, {}, 3, 2)
    assert again["fresh_score"].loc[0] == pytest.approx(np.mean(default))
    best = found.frame.iloc[found.best_trial]
    scores = by_hand(data, found.best_settings, 3, 1) + by_hand(data, found.best_settings, 3, 2)
    assert best["trial"] > 0
    assert best["fresh_score"] == pytest.approx(np.mean(scores))
    assert best["fresh_gain"] == pytest.approx(np.mean(scores) - np.mean(default))
    assert best["fresh_gain"] > best["fresh_gain_error"] > 0
    assert "on fresh folds" in found.summary
    assert any("dealt anew 2 times into 3 folds" in note for note in found.notes)


@pytest.mark.parametrize(("metric", "up"), [("r2", 1), ("mae", -1)])
def test_the_defaults_are_kept_unless_another_is_better_beyond_chance(metric, up) -> None:
    measure = next(m for m in metrics_for("regression") if m.name == metric)
    judge = Judge(FAMILIES["decision_tree"], (), measure)
    made = [Trial(0, {}), Trial(1, {}), Trial(2, {})]
    plain = Verdict(0.5, 0.0, 0.0)
    by_chance = {0: plain, 1: Verdict(0.5 + up * 0.02, 0.02, 0.03), 2: Verdict(0.5, 0.0, 0.01)}
    assert chosen(made, by_chance, judge) == 0
    worth_it = {0: plain, 1: Verdict(0.5 - up * 0.1, -0.1, 0.01),
                2: Verdict(0.5 + up * 0.1, 0.1, 0.03)}  # fmt: skip
    assert chosen(made, worth_it, judge) == 2
    failed = {1: Verdict(0.5, np.nan, np.nan), 2: Verdict(0.5 + up * 0.1, np.nan, np.nan)}
    assert chosen(made, failed, judge) == 2


def test_defaults_that_are_kept_are_said_to_be() -> None:
    """Steps of eight columns in much noise: a tree finds something better in the search alone."""
    found = tune(steps(together=False), "decision_tree", trials=6, folds=3)
    assert found.frame["best_so_far"].iloc[-1] > found.frame["score"].iloc[0]
    assert found.best_trial == 0
    assert "beyond one standard error, and they are kept" in found.summary


def test_rows_in_time_have_no_fresh_folds() -> None:
    frame = worlds.additive(200).assign(when=np.arange(200))
    data = Dataset.of(frame, target="y").with_roles({"when": "time"})
    found = tune(data, "decision_tree", trials=5, folds=3)
    assert found.frame[FRESH].isna().all(axis=None)
    assert any("in one way only" in note for note in found.notes)
    assert found.frame["score"].iloc[found.best_trial] == found.frame["score"].max()


def test_copies_in_other_folds_are_told() -> None:
    frame = worlds.additive(150)
    twice = pd.concat([frame, frame.iloc[:60]], ignore_index=True)
    asked = {"trials": 1, "folds": 3}
    told = [note for note in tune(Dataset.of(twice, target="y"), "decision_tree", **asked).notes
            if "repeat another" in note]  # fmt: skip
    assert len(told) == 1
    assert "that of a memory" in told[0]
    who = Dataset.of(twice.assign(who=[*range(150), *range(60)]), target="y")
    for data in (Dataset.of(frame, target="y"), who.with_roles({"who": "group"})):
        notes = tune(data, "decision_tree", **asked).notes
        assert not any("repeat another" in note for note in notes)


def test_only_training_rows_are_searched() -> None:
    """What stands in the held-out rows changes nothing."""
    frame = worlds.additive(200)
    data = Dataset.of(frame, target="y")
    held_out = train(data, "decision_tree").split.test
    other = frame.copy()
    other.loc[held_out, ["size", "y"]] = 1000.0
    again = tune(Dataset.of(other, target="y"), "decision_tree", trials=8, folds=3)
    drop = ["seconds"]
    pd.testing.assert_frame_equal(again.frame.drop(columns=drop), small().frame.drop(columns=drop))


@pytest.mark.parametrize("family", ["decision_tree", "xgboost"])
def test_the_same_seed_and_trials_give_the_same_answer(family) -> None:
    data = Dataset.of(worlds.additive(200), target="y")
    again = tune(data, family, trials=TRIALS[family], folds=3)
    drop = ["seconds"]
    one = small("regression", family).frame
    pd.testing.assert_frame_equal(again.frame.drop(columns=drop), one.drop(columns=drop))
    other = tune(data, family, trials=TRIALS[family], folds=3, seed=1)
    assert not other.frame["settings"].equals(again.frame["settings"])


def test_a_budget_of_seconds_ends_and_says_so() -> None:
    found = tune(Dataset.of(worlds.additive(200), target="y"), trials=None, seconds=0.5, folds=2)
    assert len(found.frame) >= 1
    assert not found.ended_early
    assert any("0.5 seconds" in note for note in found.notes)
    assert found.provenance.settings["trials"] is None


def test_without_a_budget_there_is_no_search() -> None:
    with pytest.raises(ParameterError, match="Neither trials nor seconds"):
        tune(Dataset.of(worlds.additive(200), target="y"), trials=None)


def test_cancelling_keeps_the_best_so_far() -> None:
    data = Dataset.of(worlds.additive(200), target="y")

    def progress(share: float, what: str = "", /) -> None:
        if share >= 0.4:  # the last fifth of the bar is for the last round
            raise Cancelled

    found = tune(data, "decision_tree", trials=8, folds=3, progress=progress)
    assert found.ended_early
    assert len(found.frame) == 4
    drop = ["seconds", "chosen", *FRESH]
    first = small().frame.iloc[:4]
    pd.testing.assert_frame_equal(found.frame.drop(columns=drop), first.drop(columns=drop))
    assert found.frame[FRESH].isna().all(axis=None)
    assert any("stopped after 4 of 8 trials" in note for note in found.notes)
    assert tuned_model(data, found).settings.items() >= found.best_settings.items()


def test_the_bar_says_which_trial_it_is_and_never_goes_back() -> None:
    told: list[tuple[float, str]] = []
    data = Dataset.of(worlds.additive(200), target="y")
    found = tune(data, "xgboost", trials=3, folds=3, progress=lambda *said: told.append(said))
    shares, words = zip(*told, strict=True)
    assert list(shares) == sorted(shares)
    assert "Trial 1 of 3: the defaults" in words
    best = found.frame["best_so_far"].iloc[1]
    assert f"Trial 3 of 3, best R² so far {number(best)}" in words
    assert {word[:8] for word in words} <= {"Trial 1 ", "Trial 2 ", "Trial 3 ", "The best"}


def test_cancelling_before_anything_was_found_goes_on_to_the_caller() -> None:
    def progress(share: float, what: str = "", /) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        tune(Dataset.of(worlds.additive(200), target="y"), trials=8, progress=progress)


def test_whoever_watches_sees_every_trial() -> None:
    seen: list[Tuning] = []
    data = Dataset.of(worlds.additive(200), target="y")
    found = tune(data, "decision_tree", trials=5, folds=3, watch=seen.append)
    assert [len(each.frame) for each in seen] == [1, 2, 3, 4, 5]
    assert seen[-1].best_settings == found.best_settings
    for each in seen:
        each.figure()


@given(
    seed=st.integers(0, 10_000), trials=st.integers(1, 12), metric=st.sampled_from(["r2", "mae"])
)
@settings(max_examples=10)
def test_the_best_so_far_never_gets_worse(seed, trials, metric) -> None:
    data = Dataset.of(worlds.additive(120, seed % 7), target="y")
    found = tune(data, "decision_tree", trials=trials, folds=3, seed=seed, metric=metric)
    best = found.frame["best_so_far"]
    better = found.frame["higher_is_better"].iloc[0]
    assert best.is_monotonic_increasing if better else best.is_monotonic_decreasing
    complete = found.frame.loc[found.frame["state"] == "complete", "score"]
    assert best.iloc[-1] == (complete.max() if better else complete.min())
    assert found.frame["chosen"].sum() == 1
    again = found.frame.dropna(subset="fresh_score")
    if again.empty:
        assert found.frame["score"].iloc[found.best_trial] == best.iloc[-1]
        return
    top = again.sort_values("fresh_score", ascending=not better, kind="stable").iloc[0]
    is_better = top["fresh_gain"] > top["fresh_gain_error"]
    assert found.best_trial == (top["trial"] if is_better else 0)
    assert again["trial"].iloc[0] == 0
    assert len(again) <= 4


def test_a_rare_class_is_in_every_fold_that_learns() -> None:
    frame = worlds.three_kinds(200)
    frame.loc[:3, "kind"] = "rare"
    found = tune(Dataset.of(frame, target="kind"), trials=3, folds=5)
    assert (found.frame["state"] != "failed").all()


def test_failing_trials_are_told_and_the_search_goes_on() -> None:
    """Native sets of more than 255 levels are refused by the library, their order is not."""
    rng = np.random.default_rng(0)
    place = np.arange(1200) % 400
    y = rng.normal(size=1200)
    frame = pd.DataFrame({"place": [f"place {p:03}" for p in place], "y": y})
    data = Dataset.of(frame, target="y").with_kinds({"place": "category"})
    data = data.with_roles({"place": "feature"})
    found = tune(data, "gradient_boosting", trials=6, folds=3)
    failed = found.frame[found.frame["state"] == "failed"]
    assert len(failed) > 0
    assert failed["says"].str.contains("255").all()
    assert failed["score"].isna().all()
    assert any(f"{len(failed)} of 6 trials failed" in note for note in found.notes)
    assert found.best_settings["categories"] == "ordered"


def test_where_every_trial_fails_the_reason_is_said() -> None:
    frame = pd.DataFrame({"x": np.arange(60) % 7, "y": np.where(np.arange(60) == 59, 1.0, 0.5)})
    frame["when"] = np.arange(60.0)
    frame.loc[0, "y"] = 0.7
    data = Dataset.of(frame, target="y").with_roles({"when": "time"})
    with pytest.raises(ModelError, match="R² is not defined on the rows that fold 1"):
        tune(data, "decision_tree", trials=2, folds=3)


def test_what_does_not_fit_is_refused_with_the_choices() -> None:
    data = Dataset.of(worlds.additive(200), target="y")
    with pytest.raises(ParameterError, match="metric = 'roc_auc' does not fit"):
        tune(data, metric="roc_auc")
    with pytest.raises(ParameterError, match="family = 'oracle'"):
        tune(data, "oracle")
    with pytest.raises(ParameterError, match="folds = 10"):
        tune(Dataset.of(worlds.additive(30), target="y"), folds=10)
    with pytest.raises(DataError, match="No column"):
        tune(Dataset.of(worlds.additive(200)))


def test_the_model_with_the_best_settings_shows_how_it_was_trained() -> None:
    data = Dataset.of(worlds.additive(200), target="y")
    model = tuned_model(data, small())
    for name, value in small().best_settings.items():
        assert f"{name}={value}" in model.script.text
    assert "train(data, family='decision_tree'" in model.script.text
    with pytest.raises(ParameterError, match="not found on"):
        tuned_model(Dataset.of(worlds.additive(100), target="y"), small())


def test_the_notes_say_what_was_done() -> None:
    words = " ".join(small("binary", "xgboost").notes)
    for said in ("training rows alone", "held-out rows were not",
                 "Bergstra", "max_depth 1 to 10", "too good",
                 "n_estimators was not drawn"):  # fmt: skip
        assert said in words
    made = small("binary", "xgboost").provenance
    assert made.method == "workbench.tune"
    assert made.seed == 0
    assert "tune(data, trials=4, folds=3)" in made.script.text
    assert "optuna" in made.versions


def test_the_looks_end_with_the_rounds_that_were_grown() -> None:
    assert looks(10, 100)[-1] == 100
    assert looks(10, 10) == (10,)
    assert list(looks(1, 900)) == sorted(set(looks(1, 900)))


def test_weights_and_the_loss_are_those_of_the_training() -> None:
    """Rows of no weight are noise: with weights every trial is judged on the others alone."""
    rng = np.random.default_rng(0)
    frame = worlds.additive(400)
    noisy = np.arange(400) % 2 == 1
    frame["y"] = np.where(noisy, rng.normal(scale=50, size=400), frame["y"])
    frame["counts"] = np.where(noisy, 1e-9, 1.0)
    data = Dataset.of(frame, target="y").with_roles({"counts": "weight"})
    weighed = tune(data, "decision_tree", trials=3, folds=3, metric="rmse")
    assert weighed.frame["score"].min() < 2
    plain = tune(data.with_roles({"counts": "ignore"}), "decision_tree", trials=3, folds=3,
                 metric="rmse")  # fmt: skip
    assert plain.frame["score"].min() > 20


def test_another_loss_is_searched_by_its_own_metric_and_trained_with_it() -> None:
    data = Dataset.of(worlds.additive(200), target="y")
    found = tune(data, "gradient_boosting", trials=3, folds=2, objective="quantile", quantile=0.9)
    assert found.frame["metric"].iloc[0].startswith("Pinball")
    model = tuned_model(data, found)
    assert (model.training.objective, model.training.quantile) == ("quantile", 0.9)
