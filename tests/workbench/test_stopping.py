"""Early stopping: fewer rounds where boosting over-fits, told by rows of neither part."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, mean_absolute_error, root_mean_squared_error

from tests import worlds
from tests.workbench.storing.conftest import opened_here
from tests.worlds_model import TASKS, table
from workbench import Cancelled, Dataset, FittedModel, load_model, train, tune, tuned_model
from workbench.errors import DataError, NotApplicable, ParameterError
from workbench.refit import refit
from workbench.stopping import MOST_ROUNDS, PATIENCE
from workbench.storing import model_bytes

FAMILIES = {"xgboost": "n_estimators", "lightgbm": "n_estimators", "gradient_boosting": "max_iter"}


def noisy(rows: int = 1_500, seed: int = 0) -> pd.DataFrame:
    """y = a + noise of three times its spread, beside nine columns that have no part in it."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 10)), columns=list("abcdefghij"))
    return frame.assign(y=frame["a"] + rng.normal(scale=3, size=rows))


def held_out_rmse(model: FittedModel) -> float:
    fresh = noisy(4_000, seed=7)
    return root_mean_squared_error(fresh["y"], model.predict(fresh))


@pytest.mark.parametrize("family", FAMILIES)
def test_where_boosting_over_fits_fewer_rounds_are_kept_and_the_held_out_loss_falls(family):
    data = Dataset.of(noisy(), target="y")
    setting = FAMILIES[family]
    long = train(data, family, **{setting: 400})
    stopped = train(data, family, early_stopping=True)
    assert stopped.settings[setting] < 100
    assert held_out_rmse(stopped) < 0.97 * held_out_rmse(long)


@pytest.mark.parametrize("family", FAMILIES)
def test_where_more_rounds_help_more_are_kept(family):
    frame = pd.DataFrame({"x": np.linspace(0, 30, 3_000)})
    data = Dataset.of(frame.assign(y=np.sin(frame["x"]) * 10), target="y")
    stopped = train(data, family, early_stopping=True)
    plain = train(data, family)
    assert stopped.settings[FAMILIES[family]] > plain.settings[FAMILIES[family]]
    assert len(stopped.split.test) == len(plain.split.test)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_kept_is_the_model_with_that_many_rounds_and_its_losses_are_true(family, task):
    data = table("both", task, rows=400)
    model = train(data, family, early_stopping=True)
    again = refit(model, model.split.train, model.seed)
    codes = model.transform.codes(data.frame)
    np.testing.assert_array_equal(model.response(codes), again.response(codes))
    kept = model.stopping.frame[model.stopping.frame["kept"]].set_index("part")["loss"]
    for part, rows in (("train", model.split.train), ("stopping", model.split.stopping)):
        said, y = model.response(codes[rows]), model.target.y[rows]
        if task == "regression":
            loss = root_mean_squared_error(y, said)
        else:
            loss = log_loss(y, said / said.sum(axis=1, keepdims=True))
        assert kept[part] == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_loss_that_decides_is_that_of_the_objective_with_its_weights(family):
    rng = np.random.default_rng(0)
    frame = worlds.additive(400).assign(w=rng.gamma(2, size=400))
    data = Dataset.of(frame, target="y").with_roles({"w": "weight"})
    model = train(data, family, early_stopping=True, objective="absolute")
    frame = model.stopping.frame
    assert (frame["title"] == "MAE").all()
    rows = model.split.stopping
    said = model.predict(data.frame.iloc[rows])
    loss = mean_absolute_error(model.target.y[rows], said, sample_weight=data.frame["w"].iloc[rows])
    kept = frame[frame["kept"] & (frame["part"] == "stopping")]["loss"].iloc[0]
    assert kept == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_frame_tells_the_whole_way(family):
    model = train(Dataset.of(noisy(600), target="y"), family, early_stopping=True)
    frame = model.stopping.frame
    assert list(frame.columns) == list(type(model.stopping).columns)
    stopping = frame[frame["part"] == "stopping"]
    assert list(stopping["round"]) == list(range(1, len(stopping) + 1))
    kept = stopping[stopping["kept"]]["round"].item()
    assert kept == stopping["loss"].argmin() + 1 == model.settings[FAMILIES[family]]
    assert kept <= len(stopping) <= min(kept + PATIENCE, MOST_ROUNDS)
    assert model.stopping.rounds == kept
    assert len(model.stopping.figure().data) == 3
    assert model.stopping.summary in model.notes
    assert f"kept {kept:,} of {len(stopping):,} rounds" in model.stopping.summary
    assert any("partly luck" in note for note in model.notes)
    assert "result = model.stopping" in model.stopping.provenance.script.text
    assert "early_stopping=True" in model.stopping.provenance.script.text


# The part


def test_the_part_is_neither_learned_from_nor_held_out():
    data = Dataset.of(worlds.three_kinds(600), target="kind")
    plain, model = train(data), train(data, early_stopping=True)
    parts = (model.split.train, model.split.stopping, model.split.test)
    assert sorted(np.concatenate(parts)) == list(range(600))
    np.testing.assert_array_equal(model.split.test, plain.split.test)
    assert len(model.split.stopping) == pytest.approx(0.15 * len(plain.split.train), abs=1)
    shares = [np.bincount(model.target.y[rows].astype(int)) / len(rows) for rows in parts]
    np.testing.assert_allclose(shares[0], shares[1], atol=0.02)
    assert "told when to stop" in model.describe()


def test_whole_groups_tell_when_to_stop():
    rng = np.random.default_rng(3)
    frame = noisy(600).assign(patient=rng.integers(0, 60, 600).astype(str))
    data = Dataset.of(frame, target="y").with_roles({"patient": "group"})
    model = train(data, early_stopping=True)
    train_, stopping, test = (
        set(frame["patient"].iloc[rows])
        for rows in (model.split.train, model.split.stopping, model.split.test)
    )
    assert not train_ & stopping
    assert not (train_ | stopping) & test
    assert any("whole groups of 'patient'" in note for note in model.notes)


def test_the_latest_of_the_training_rows_tell_when_to_stop():
    frame = noisy(600).assign(day=np.random.default_rng(0).permutation(600))
    data = Dataset.of(frame, target="y").with_roles({"day": "time"})
    model = train(data, early_stopping=True)
    day = frame["day"]
    assert day.iloc[model.split.train].max() < day.iloc[model.split.stopping].min()
    assert day.iloc[model.split.stopping].max() < day.iloc[model.split.test].min()


def test_the_held_out_rows_decide_nothing():
    frame = noisy(600)
    model = train(Dataset.of(frame, target="y"), early_stopping=True)
    other = frame.copy()
    other.loc[model.split.test, list("abcdefghij")] = 0.0
    again = train(Dataset.of(other, target="y"), early_stopping=True)
    assert again.losses == model.losses
    np.testing.assert_array_equal(again.predict(frame), model.predict(frame))


def test_the_only_training_row_of_a_class_is_learned():
    kind = ["a"] * 200 + ["b"] * 200 + ["rare"] * 2
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=402), "kind": kind})
    for seed in range(5):
        model = train(Dataset.of(frame, target="kind"), early_stopping=True, seed=seed)
        assert set(model.target.y[model.split.train]) == {0, 1, 2}


def test_a_class_of_one_group_cannot_tell_when_to_stop():
    frame = pd.DataFrame({
        "x": np.random.default_rng(0).normal(size=300).round(1),
        "site": np.repeat(np.arange(10), 30).astype(str),
        "kind": np.where(np.arange(300) < 30, "odd", "even"),
    })  # fmt: skip
    data = Dataset.of(frame, target="kind").with_roles({"site": "group"})
    told = set()
    for seed in range(12):
        try:
            train(data, early_stopping=True, seed=seed)
        except DataError as error:
            told.add(error.message)
    assert any("'odd' fell into the part that tells when to stop" in message for message in told)


# What is asked together with it


def test_a_number_of_rounds_that_was_given_is_refused():
    with pytest.raises(ParameterError, match="n_estimators = 300 was given with early_stopping"):
        train(Dataset.of(noisy(100), target="y"), early_stopping=True, n_estimators=300)


def test_a_family_without_rounds_is_refused_with_those_that_have_them():
    with pytest.raises(NotApplicable, match="does not grow in rounds") as refused:
        train(Dataset.of(noisy(100), target="y"), "random_forest", early_stopping=True)
    assert "XGBoost" in refused.value.hint


def test_rounds_found_by_tuning_are_not_looked_for_again():
    """Tuning reads the rounds off its folds, on all training rows; its model is trained as found,
    so no part is set aside."""
    data = Dataset.of(noisy(400), target="y")
    search = tune(data, "xgboost", trials=2, folds=2)
    assert "n_estimators" in search.best_settings
    assert "early_stopping" not in search.recipe
    model = tuned_model(data, search)
    assert model.stopping is None
    assert len(model.split.stopping) == 0
    with pytest.raises(ParameterError, match="early_stopping, which finds it"):
        train(data, "xgboost", early_stopping=True, **search.best_settings)


def test_a_saved_model_keeps_its_losses():
    model = train(table("both", "binary", rows=300), "gradient_boosting", early_stopping=True)
    loaded = load_model(model_bytes(model))
    assert loaded.fingerprint == model.fingerprint
    assert loaded.losses == model.losses
    assert loaded.stopping.summary == model.stopping.summary
    np.testing.assert_array_equal(loaded.split.stopping, model.split.stopping)
    few = opened_here(model_bytes(model, rows=60))
    assert few.stopping.summary == model.stopping.summary


@pytest.mark.parametrize("family", FAMILIES)
def test_growing_can_be_cancelled_and_tells_how_far_it_is(family):
    shares: list[float] = []
    train(Dataset.of(noisy(3_000), target="y"), family, early_stopping=True,
          progress=lambda share, _="": shares.append(share))  # fmt: skip
    assert shares == sorted(shares)

    def cancel(share: float, what: str = "") -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        train(Dataset.of(noisy(3_000), target="y"), family, early_stopping=True, progress=cancel)
