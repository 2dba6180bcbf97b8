"""All shuffles at once, against every permutation one by one and every pair of rows."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from interpret import permutation_importance
from tests.worlds_model import SMALL, known_model, small_model
from workbench import Dataset, NotApplicable, ParameterError, train
from workbench.metrics import METRICS
from workbench.split import Split
from workbench.target import read_target

COVERED = [
    (metric.name, task)
    for metric in METRICS
    for task in metric.tasks
    if metric.average and task != "multiclass"
]
EACH = pytest.mark.parametrize(("metric", "task"), COVERED)
FAMILIES = pytest.mark.parametrize("family", SMALL)


def all_shuffles(model, metric="default") -> pd.DataFrame:
    result = permutation_importance(model, metric=metric, shuffles="all")
    return result.frame.set_index("feature")


def scored_on(rows, family, task, shape="both"):
    """A small model and learned rows of every size of target, on which it surely has skill."""
    model = small_model(family, task, shape)
    learned = model.split.train
    order = learned[np.argsort(model.target.y[learned], kind="stable")]
    chosen = np.sort(order[np.linspace(2, len(order) - 3, rows).astype(int)])
    return replace(model, split=Split(model.split.train, chosen, "chosen for a test"))


def held_out(model):
    """The raw rows a score is taken on, and their target."""
    at = model.positions("test")
    return model.data.frame.iloc[at].reset_index(drop=True), model.target.y[at]


@EACH
@FAMILIES
def test_it_is_the_mean_over_every_permutation_of_six_rows(family, metric, task):
    model, measure = scored_on(6, family, task), next(m for m in METRICS if m.name == metric)
    frame, y = held_out(model)
    every = np.array(list(permutations(range(6))))
    found = all_shuffles(model, metric)
    before = scored_in_turn(model, measure, frame, y)[0]
    for name in model.features:
        shuffled = pd.concat([frame] * len(every), ignore_index=True)
        shuffled[name] = frame[name].take(every.ravel()).reset_index(drop=True)
        scores = scored_in_turn(model, measure, shuffled, y)
        # RMSE is the root of the mean over shuffles, the others are the mean themselves
        mean = np.sqrt(np.mean(scores**2)) if metric == "rmse" else scores.mean()
        loss = before - mean if measure.higher_is_better else mean - before
        assert found.loc[name, "importance"] == pytest.approx(loss, abs=2e-6)


def scored_in_turn(model, metric, frame, y):
    """The scores of one shuffled table after another, predicted in one go."""
    ask = model.predict if model.task == "regression" else model.predict_proba
    predicted = np.asarray(ask(frame), dtype=float)
    tables = predicted.reshape(-1, len(y), *predicted.shape[1:])
    return np.array([metric.measure(y, one).value for one in tables])


def second_of(model, frame):
    """The number the model predicts for raw rows, or the probability of the second class."""
    return model.output(frame, None if model.task == "regression" else model.positive)


def pair_losses(model, metric, name):
    """The loss of every row with every row's value of a column, (rows, lenders)."""
    frame, y = held_out(model)
    n = len(y)
    changed = frame.loc[np.repeat(np.arange(n), n)].reset_index(drop=True)
    changed[name] = frame[name].take(np.tile(np.arange(n), n)).reset_index(drop=True)
    p, y = second_of(model, changed), np.repeat(y, n)
    losses = {
        "r2": (y - p) ** 2, "rmse": (y - p) ** 2, "brier": (y - p) ** 2, "mae": np.abs(y - p),
        "log_loss": -np.log(np.clip(np.where(y == 1, p, 1 - p), 1e-15, None)),
        "accuracy": ((p > 0.5) != (y == 1)).astype(float),
    }[metric]  # fmt: skip
    return losses.reshape(n, n)


def weighted_importance(metric, losses, y, weights):
    """Importance where row i counts `weights[i]` times, as row and as lender."""
    before, after = weights @ losses.diagonal(), weights @ losses @ weights
    if metric == "rmse":
        return np.sqrt(after) - np.sqrt(before)
    if metric == "r2":
        return (after - before) / (weights @ (y - weights @ y) ** 2)
    return after - before


def jackknife_error(metric, losses, y):
    """The infinitesimal jackknife (Jaeckel 1972): how importance moves with each row's weight."""
    n, step = len(y), 1e-4
    even = np.full(n, 1 / n)

    def moved(i, by):
        return weighted_importance(metric, losses, y, (1 - by) * even + by * (np.arange(n) == i))

    slopes = [(moved(i, step) - moved(i, -step)) / (2 * step) for i in range(n)]
    return np.sqrt(np.mean(np.square(slopes)) / n)


@EACH
@FAMILIES
@pytest.mark.parametrize("shape", ["plain", "both"])
def test_estimate_and_error_are_those_of_all_pairs_of_rows(shape, family, metric, task):
    model = scored_on(40, family, task, shape)
    found, y = all_shuffles(model, metric), held_out(model)[1]
    for name in model.features:
        losses = pair_losses(model, metric, name)
        expected = weighted_importance(metric, losses, y, np.full(40, 1 / 40))
        assert found.loc[name, "importance"] == pytest.approx(expected, abs=5e-6)
        error = jackknife_error(metric, losses, y)
        assert found.loc[name, "std_error"] == pytest.approx(error, rel=1e-4, abs=5e-6)


@EACH
@FAMILIES
def test_many_drawn_shuffles_come_near_it(family, metric, task):
    model = scored_on(40, family, task)
    found = all_shuffles(model, metric)
    drawn = permutation_importance(model, metric=metric, repeats=100).frame.set_index("feature")
    drawn = drawn.loc[found.index]
    gap = found["importance"] - drawn["importance"]
    assert (gap.abs() <= 4.5 * drawn["repeat_noise"] + 1e-6).all(), (gap, drawn["repeat_noise"])
    assert found["std_error"].to_numpy() == pytest.approx(
        drawn["std_error"].to_numpy(), rel=0.35, abs=0.01
    )
    assert (found["repeat_noise"] == 0).all()


def steps_world(rows, seed):
    """Numbers with gaps and a category, and a target that asks about all of them."""
    rng = np.random.default_rng(seed)
    a, b, kind = rng.normal(size=rows), rng.normal(size=rows), rng.integers(0, 3, rows)
    y = 2 * a + a * (b > 0) + kind + rng.normal(size=rows)
    gone = rng.random(rows) < 0.1
    frame = pd.DataFrame({"a": np.where(gone, np.nan, a), "b": b})
    frame["kind"] = np.array(["ash", "elm", "oak"])[kind]
    return frame.assign(number=y, answer=np.where(y > 1, "yes", "no"))


def drawn_worlds(target):
    """A model, and it again with `rows` new held-out rows of the same world."""
    other = "answer" if target == "number" else "number"
    learned = steps_world(600, seed=10_000).drop(columns=other)
    settings = {"n_estimators": 12, "max_depth": 3, "learning_rate": 0.4}
    model = train(Dataset.of(learned, target=target), "xgboost", **settings)

    def again(rows, seed):
        frame = pd.concat([learned[:50], steps_world(rows, seed).drop(columns=other)])
        data, at = Dataset.of(frame.reset_index(drop=True), target=target), np.arange(rows + 50)
        split = Split(at[:50], at[50:], "new rows of the world")
        return replace(model, data=data, target=read_target(data), split=split)

    return again


@pytest.mark.parametrize(("target", "metric"), [("number", "r2"), ("answer", "log_loss")])
def test_intervals_cover_the_importance_among_very_many_rows(target, metric):
    again = drawn_worlds(target)
    truth = all_shuffles(again(60_000, seed=9_999), metric)["importance"]
    names, worlds, covered = ["a", "b", "kind"], 120, np.zeros(3)
    found, errors = [], []
    for seed in range(worlds):
        each = all_shuffles(again(250, seed), metric).loc[names]
        covered += (each["conf_low"] <= truth[names]) & (truth[names] <= each["conf_high"])
        found.append(each["importance"])
        errors.append(each["std_error"])
    # 95 % of 120 is 114; fewer than 106 happens by chance in 1 of 1,000
    assert (covered >= 106).all(), covered
    spread = np.std(found, axis=0)
    assert np.mean(errors, axis=0) == pytest.approx(spread, rel=0.2)
    assert (np.abs(np.mean(found, axis=0) - truth[names]) < 4 * spread / np.sqrt(worlds)).all()


def test_repeats_seed_and_threads_do_not_matter(monkeypatch):
    from workbench import blocks

    model = small_model("xgboost", "regression", "both")
    first = permutation_importance(model, shuffles="all")
    monkeypatch.setattr(blocks, "available_cores", lambda: 1)
    second = permutation_importance(model, shuffles="all", repeats=50, seed=9)
    pd.testing.assert_frame_equal(first.frame, second.frame)
    assert "repeats and the seed do not matter" in " ".join(first.notes)


def test_columns_may_be_had_a_few_at_a_time(monkeypatch):
    from interpret._engine import exact

    model = small_model("gradient_boosting", "binary", "both")
    together = all_shuffles(model)
    monkeypatch.setattr(exact, "PERMUTED_BYTES", 1)
    pd.testing.assert_frame_equal(all_shuffles(model), together)


def test_a_column_no_tree_asks_about_has_exactly_no_importance():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=300), "same": 1.0})
    frame["y"] = frame["a"] + rng.normal(scale=0.1, size=300)
    model = train(Dataset.of(frame, target="y"), "xgboost", n_estimators=20)
    found = all_shuffles(model).loc["same"]
    assert (found[["importance", "conf_low", "conf_high", "std_error"]] == 0).all()


@pytest.mark.parametrize(
    ("metric", "words"),
    [("r2", "mean of the single shuffles' R²"), ("rmse", "root of the squared error expected"),
     ("mae", "MAE after shuffling is its mean over all shuffles of the 40 rows")],
)  # fmt: skip
def test_the_notes_say_what_is_meant(metric, words):
    model = small_model("decision_tree", "regression", "plain")
    result = permutation_importance(model, metric=metric, shuffles="all")
    notes = " ".join(result.notes)
    assert words in notes
    assert "39/40 times as much" in notes
    assert "not matter" in notes


def test_two_classes_have_log_loss_where_none_is_named():
    model = small_model("random_forest", "binary", "both")
    result = permutation_importance(model, shuffles="all")
    assert set(result.frame["metric"]) == {"log_loss"}
    assert "ROC AUC is no average over rows; Log loss stands for it." in result.notes


def test_the_python_behind_it_names_the_shuffles():
    result = permutation_importance(small_model("xgboost", "regression", "both"), shuffles="all")
    assert "shuffles='all'" in result.provenance.script.text.replace('"', "'")


def test_the_area_under_the_curve_is_refused_with_the_scores_that_fit():
    model = small_model("xgboost", "binary", "plain")
    with pytest.raises(ParameterError, match="no average over rows") as refused:
        permutation_importance(model, metric="roc_auc", shuffles="all")
    assert "'log_loss', 'brier', 'accuracy'" in refused.value.hint


def test_columns_that_move_together_are_refused():
    model = small_model("xgboost", "regression", "plain")
    with pytest.raises(ParameterError, match="one column at a time"):
        permutation_importance(model, together=("a", "b"), shuffles="all")


def test_many_classes_are_refused():
    model = small_model("xgboost", "multiclass", "plain")
    with pytest.raises(NotApplicable, match="'y' has 3"):
        permutation_importance(model, metric="accuracy", shuffles="all")


def test_a_model_that_can_only_be_asked_is_refused_with_the_reason():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(80, 2)), columns=["a", "y"]).eval("y = a + y / 9")
    model = known_model(frame, "y", lambda codes: codes[:, 0])
    with pytest.raises(NotApplicable, match="counted from a model's trees") as refused:
        permutation_importance(model, shuffles="all")
    assert "shuffles='drawn'" in refused.value.hint


def test_two_sums_that_change_together_are_refused():
    import xgboost

    model = small_model("xgboost", "binary", "plain")
    estimator = xgboost.XGBClassifier(n_estimators=4, objective="multi:softprob", num_class=2)
    estimator.fit(model.transform.codes(model.data.frame), model.target.y.astype(int))
    model = replace(model, estimator=estimator)
    with pytest.raises(NotApplicable, match="'softmax'") as refused:
        permutation_importance(model, metric="brier", shuffles="all")
    assert "shuffles='drawn'" in refused.value.hint
