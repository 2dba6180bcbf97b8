"""An edited row: its two predictions, what each edit adds, and whether it lies in the data."""

from functools import cache
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin

from interpret import what_if
from interpret._whereabouts import whereabouts
from tests import worlds, worlds_dates
from tests.worlds_model import small_model
from workbench import Dataset, adopt, calibrate, train, with_neutral_class
from workbench.errors import NotApplicable, ParameterError

FAMILIES = ("decision_tree", "extra_trees", "gradient_boosting", "linear", "random_forest",
            "xgboost")  # fmt: skip
READ = ("decision_tree", "gradient_boosting", "random_forest", "xgboost")


def edited(model, row: int, changes: dict) -> pd.DataFrame:
    """The row of the table with the new values written into it."""
    frame = model.data.frame.iloc[[row]].copy()
    for name, value in changes.items():
        frame[name] = pd.Series([value], index=frame.index)
    return frame


@cache
def adding(rows: int = 400):
    """y = 2 a - 3 b + (1 at site B) + noise, by least squares."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=list("abc"))
    frame = frame.assign(site=rng.choice(["A", "B"], rows))
    frame["y"] = 2 * frame["a"] - 3 * frame["b"] + (frame["site"] == "B") + rng.normal(size=rows)
    return train(Dataset.of(frame, target="y"), "linear")


def test_of_a_linear_model_each_part_is_its_coefficient_times_the_change():
    model = adding()
    frame = model.data.frame
    slope = {
        c: float(np.diff(model.predict(frame.head(2).assign(**{c: [0.0, 1.0], "site": "A",
                 **{o: 0.0 for o in "abc" if o != c}})))[0])
        for c in "abc"
    }  # fmt: skip
    found = what_if(model, row=7, changes={"a": 1.5, "b": -0.5, "c": 2.0}).frame.set_index(
        "feature"
    )
    for name, new in (("a", 1.5), ("b", -0.5), ("c", 2.0)):
        expected = slope[name] * (new - frame[name].iloc[7])
        assert found["contribution"][name] == pytest.approx(expected, rel=1e-6)
        assert found["alone"][name] == pytest.approx(expected, rel=1e-6)
    assert list(found.index[:1]) == [found["contribution"].abs().idxmax()]


class Product(RegressorMixin, BaseEstimator):
    """Predicts 2 a + 5 b c, whatever it is given to learn."""

    def fit(self, x, y):
        self.n_features_in_, self.mean_ = x.shape[1], float(np.mean(y))
        return self

    def predict(self, x):
        a, b, c = np.asarray(x, dtype=float).T
        return 2 * a + 5 * b * c


def test_what_two_edits_do_only_together_is_split_evenly_between_them():
    frame = pd.DataFrame(np.zeros((50, 3)), columns=list("abc")).assign(y=np.arange(50.0))
    learned = Product().fit(frame[list("abc")].to_numpy(), frame["y"])
    model = adopt(learned, Dataset.of(frame, target="y"))
    result = what_if(model, row=0, changes={"a": 1, "b": 2, "c": 3})
    found = result.frame.set_index("feature")
    assert found["contribution"].to_dict() == pytest.approx({"a": 2.0, "b": 15.0, "c": 15.0})
    assert found["alone"].to_dict() == pytest.approx({"a": 2.0, "b": 0.0, "c": 0.0})
    (note,) = [n for n in result.notes if "only from making them together" in n]
    assert "+30" in note
    assert (found["base"] == 0).all()
    assert (found["prediction"] == 32).all()


def by_orders(model, row: int, changes: dict, output) -> dict[str, float]:
    """The Shapley values by their first definition: every order of the edits, made in the table."""
    added = dict.fromkeys(changes, 0.0)
    orders = list(permutations(changes))
    for order in orders:
        made: dict = {}
        before = output(edited(model, row, made))
        for name in order:
            made[name] = changes[name]
            after = output(edited(model, row, made))
            added[name] += (after - before) / len(orders)
            before = after
    return added


@pytest.mark.parametrize("family", FAMILIES)
def test_predictions_are_those_of_the_edited_table_and_parts_those_of_every_order(family):
    model = train(Dataset.of(worlds.additive(200), target="y"), family)
    changes = {"place": "north", "size": 1.25, "idle": 2}
    frame = what_if(model, row=5, changes=changes).frame
    said = lambda table: float(model.predict(table)[0])  # noqa: E731
    assert frame["base"].iloc[0] == pytest.approx(said(model.data.frame.iloc[[5]]))
    assert frame["prediction"].iloc[0] == pytest.approx(said(edited(model, 5, changes)))
    expected = by_orders(model, 5, changes, said)
    found = frame.set_index("feature")["contribution"].to_dict()
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-5)


@pytest.mark.parametrize("shape", ["binary", "multiclass"])
@pytest.mark.parametrize("family", ["xgboost", "random_forest", "linear"])
def test_classes_are_followed_by_name_and_on_the_scale_asked_for(family, shape):
    world = worlds.yes_no(240) if shape == "binary" else worlds.three_kinds(300)
    target = "bought" if shape == "binary" else "kind"
    model = train(Dataset.of(world, target=target), family)
    changes = {"size": 2.0, "place": "north"}
    row = int(np.flatnonzero(world["size"] < -1)[0])
    for name in model.classes:
        frame = what_if(model, row=row, changes=changes, target_class=name).frame
        said = model.output(edited(model, row, changes), name)[0]
        assert frame["prediction"].iloc[0] == pytest.approx(said)
        assert frame["output"].iloc[0] == f"P({target} = {name})"
    usual = what_if(model, row=row, changes=changes)
    before, after = (model.predict(edited(model, row, c))[0] for c in ({}, changes))
    assert f"turns from {before} to {after}" in usual.summary
    if shape == "multiclass":
        assert usual.frame["output"].iloc[0] == f"P({target} = {before})"
    if family == "random_forest":
        with pytest.raises(NotApplicable, match="no margin"):
            what_if(model, row=row, changes=changes, scale="margin")
        return
    margin = what_if(model, row=row, changes=changes, scale="margin", target_class=name)
    expected = model.output(edited(model, row, changes), name, "margin")[0]
    assert margin.frame["prediction"].iloc[0] == pytest.approx(expected)
    assert any(note.startswith(f"P({target} = {name}) goes from") for note in margin.notes)


def test_calibrated_models_and_a_neutral_class_answer_as_they_predict():
    model = calibrate(train(Dataset.of(worlds.yes_no(300), target="bought"), "xgboost",
                            n_estimators=20), method="sigmoid", folds=2)  # fmt: skip
    frame = what_if(model, row=4, changes={"size": 1.0}).frame
    assert frame["prediction"].iloc[0] == pytest.approx(
        model.output(edited(model, 4, {"size": 1.0}))[0]
    )
    data = with_neutral_class(Dataset.of(worlds.additive(300), target="y"), low=-1, high=1)
    neutral = train(data, "xgboost", n_estimators=20)
    frame = what_if(neutral, row=4, changes={"size": 0.0}, target_class="neutral").frame
    assert frame["output"].iloc[0] == "P(y = neutral)"


def test_dates_are_edited_as_one_column_and_by_the_columns_own_clock():
    model = worlds_dates.model()
    when = pd.Timestamp("1969-07-12")
    frame = what_if(model, row=3, changes={"when": when}).frame
    assert frame["new"].iloc[0] == "1969-07-12"
    assert frame["prediction"].iloc[0] == pytest.approx(
        float(model.predict(edited(model, 3, {"when": when}))[0])
    )
    table = worlds_dates.dated()
    table["when"] = table["when"].dt.tz_localize("Europe/Berlin")
    zoned = worlds_dates.model(frame=table)
    asked = [what_if(zoned, row=3, changes={"when": text}).frame["prediction"].iloc[0]
             for text in ("1969-07-12", "1969-07-11T23:00+00:00")]  # fmt: skip
    assert asked[0] == asked[1]
    with pytest.raises(ParameterError, match="is a date; it cannot be '12"):
        what_if(model, row=3, changes={"when": "12.07.1969"})


@pytest.mark.parametrize(("changes", "says"), [
    ({"colour": 1}, "is not allowed"),
    ({}, "is not allowed"),
    ([("size", 1)], "is not allowed"),
    ({"size": "big"}, "'size' is a number; it cannot be 'big'"),
    ({"size": True}, "'size' is a number; it cannot be True"),
    ({"size": np.inf}, "'size' is a number; it cannot be inf"),
    ({"size": np.array([1.0, 2.0])}, "'size' is a number; it cannot be array"),
    ({"place": ["north"]}, "none of the levels"),
    ({"place": "moon"}, "none of the levels that the model saw"),
])  # fmt: skip
def test_what_a_column_cannot_be_is_refused_in_a_sentence(changes, says):
    model = train(Dataset.of(worlds.additive(160), target="y"), "decision_tree")
    with pytest.raises(ParameterError, match=says):
        what_if(model, row=3, changes=changes)


def test_true_or_false_is_edited_in_either_way_of_writing_it():
    frame = worlds.additive(200).assign(open=np.arange(200) % 3 == 0)
    frame["y"] += 4 * frame["open"]
    model = train(Dataset.of(frame, target="y"), "linear")
    row = int(np.flatnonzero(~frame["open"])[0])
    for value in (True, "true", np.True_, 1):
        found = what_if(model, row=row, changes={"open": value}).frame
        assert (found["old"].iloc[0], found["new"].iloc[0]) == ("false", "true")
        assert found["contribution"].iloc[0] == pytest.approx(4, abs=0.3)
    with pytest.raises(ParameterError, match="is true or false"):
        what_if(model, row=row, changes={"open": "perhaps"})


def test_missing_is_a_value_one_can_set():
    model = train(Dataset.of(worlds.additive(300), target="y"), "xgboost", n_estimators=30)
    row = int(np.flatnonzero(model.data.frame["size"].notna())[0])
    said = float(model.predict(edited(model, row, {"size": np.nan}))[0])
    for value in (None, np.nan, pd.NA, pd.NaT):
        found = what_if(model, row=row, changes={"size": value})
        assert found.frame["new"].iloc[0] == "(missing)"
        assert found.frame["prediction"].iloc[0] == pytest.approx(said)
        assert found.provenance.settings["changes"] == {"size": None}
    never = what_if(model, row=row, changes={"idle": None})
    assert any("never missing in training" in note for note in never.notes)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_parts_add_up_and_an_edit_to_the_same_value_adds_nothing(seed):
    rng = np.random.default_rng(seed)
    model = small_model(str(rng.choice(READ)), "regression", "plain")
    data = model.data.frame
    row, donor = rng.integers(len(data), size=2)
    names = rng.permutation(model.features)[: rng.integers(2, len(model.features) + 1)]
    changes = {name: data[name].iloc[donor] for name in names}
    changes[names[0]] = data[names[0]].iloc[row]
    found = what_if(model, row=int(row), changes=changes).frame
    change = found["prediction"].iloc[0] - found["base"].iloc[0]
    assert found["contribution"].sum() == pytest.approx(change, rel=1e-9, abs=1e-9)
    assert found.set_index("feature")["contribution"][names[0]] == pytest.approx(0, abs=1e-9)
    assert (found["std_error"] == 0).all()


def test_more_edits_than_can_be_counted_are_estimated_and_still_add_up():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(200, 15)), columns=[f"x{k}" for k in range(15)])
    frame["y"] = frame["x0"] * frame["x1"] + frame["x2"]
    model = train(Dataset.of(frame, target="y"), "xgboost", n_estimators=30)
    result = what_if(model, row=0, changes={f"x{k}": 1.0 for k in range(14)})
    found = result.frame
    change = found["prediction"].iloc[0] - found["base"].iloc[0]
    assert found["contribution"].sum() == pytest.approx(change)
    assert (found["std_error"] > 0).any()
    assert any("random orders of the edits (seed 0)" in note for note in result.notes)


# Where the edited row lies


@cache
def along_a_line():
    """b follows a closely, c has nothing to do with either; s is "low" where a is below 0."""
    rng = np.random.default_rng(1)
    a, c = rng.normal(size=1_400), rng.normal(size=1_400)
    frame = pd.DataFrame({"a": a, "b": a + 0.05 * rng.normal(size=1_400), "c": c,
                          "s": np.where(a < 0, "low", "high"), "y": a + c})  # fmt: skip
    return train(Dataset.of(frame, target="y"), "decision_tree")


def test_values_pairs_and_rows_outside_the_data_are_told():
    model = along_a_line()
    row = int(np.argmin(np.abs(model.data.frame["a"].to_numpy() - 1)))
    beyond = what_if(model, row=row, changes={"c": 50.0})
    assert beyond.frame["standing"].iloc[0] == "higher than all"
    assert beyond.notes[0].startswith("Outside the data: 'c' = 50 is higher than all in training")
    apart = what_if(model, row=row, changes={"a": -1.0})
    assert apart.frame["standing"].iloc[0] == "within"
    pairs = [note for note in apart.notes if "do not occur together" in note]
    assert any("like this one in 'b'" in note for note in pairs)
    assert any("like this one in 's'" in note for note in pairs)
    assert not any("like this one in 'c'" in note for note in pairs)
    assert any(note.startswith("Outside the data: its nearest") for note in apart.notes)
    together = what_if(model, row=row, changes={"a": -1.0, "b": -1.0, "s": "low"})
    assert not any(note.startswith("Outside") for note in together.notes)
    level = what_if(model, row=row, changes={"s": "low"})
    assert any("such a value of 's'" in note for note in level.notes)


def test_rows_that_were_not_learned_from_are_called_outside_no_more_often_than_is_said():
    """Held-out rows as edits of others: of the same population, so all they are told is alarm."""
    model = along_a_line()
    codes = model.transform.codes(model.data.frame)
    held = model.split.test[:60]
    found = [whereabouts(model, -1, codes[r], codes[r], list(range(4))) for r in held]
    assert np.mean([bool(f.pairs) for f in found]) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 60)
    assert np.mean([f.nearer >= 0.95 for f in found]) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    assert np.mean([f.judged / f.asked for f in found]) > 0.5


def test_the_script_writes_plain_values():
    model = worlds_dates.model("decision_tree")
    changes = {"when": np.datetime64("1969-07-12"), "x": np.float32(0.5), "kind": np.str_("b")}
    text = what_if(model, row=3, changes=changes).provenance.script.text
    assert "{'when': '1969-07-12T00:00:00', 'x': 0.5, 'kind': 'b'}" in text
