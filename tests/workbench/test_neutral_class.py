"""A third class for arbitrary labels: which rows get it, what leaks no longer, what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import DataError, Dataset, ParameterError, read, train, with_neutral_class


def stock(rows=300, seed=0) -> Dataset:
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=rows)
    change = 0.5 * signal + rng.normal(scale=0.5, size=rows)
    frame = pd.DataFrame(
        {"signal": signal, "other": rng.normal(size=rows), "change": change,
         "way": np.where(change > 0, "up", "down"), "disputed": rng.random(rows) < 0.2,
         "source": rng.choice(["a", "b", "c"], rows)}
    )  # fmt: skip
    return Dataset.of(frame, target="way")


@given(st.floats(-2, 2), st.floats(0, 2), st.integers(0, 5))
def test_a_number_is_cut_in_three_as_by_hand(low, width, seed):
    data = stock(seed=seed).with_target("change")
    high, values = low + width, data.frame["change"]
    by_hand = ["below" if v < low else "above" if v > high else "neutral" for v in values]
    if len(set(by_hand)) < 3:
        with pytest.raises(DataError):
            with_neutral_class(data, low=low, high=high)
        return
    made = with_neutral_class(data, low=low, high=high)
    assert made.frame["change"].tolist() == by_hand
    assert made.target == "change"
    assert made.kinds["change"] == "category"
    count = by_hand.count("neutral")
    assert any(note.startswith(f"{count:,} of {len(values):,} rows") for note in made.notes)


def test_the_bounds_belong_to_the_band_and_missing_stays_missing():
    frame = pd.DataFrame({"x": range(6), "stars": [1.0, 2.0, 3.0, np.nan, 4.0, 5.0]})
    made = with_neutral_class(Dataset.of(frame, target="stars"), low=2, high=4)
    assert made.frame["stars"].isna().tolist() == [False] * 3 + [True] + [False] * 2
    assert made.frame["stars"].dropna().tolist() == ["below", *["neutral"] * 3, "above"]


@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.1), (None, -0.4), (0.4, None)])
def test_a_condition_on_a_column_and_that_column_is_no_feature_any_more(low, high):
    data = stock()
    made = with_neutral_class(data, column="change", low=low, high=high)
    inside = data.frame["change"].between(
        -np.inf if low is None else low, np.inf if high is None else high
    )
    assert (made.frame["way"] == "neutral").equals(inside)
    assert made.frame["way"][~inside].equals(data.frame["way"][~inside])
    assert "change" in data.features
    assert "change" not in made.features
    assert any("'change'" in note and "no longer a feature" in note for note in made.notes)
    assert data.frame["way"].isin(["up", "down"]).all()  # the old one is as it was


def test_a_boolean_column_or_levels_say_which():
    data = stock()
    disputed = with_neutral_class(data, column="disputed")
    assert (disputed.frame["way"] == "neutral").equals(data.frame["disputed"])
    sources = with_neutral_class(data, column="source", levels=["a", "c"], name="unclear")
    assert (sources.frame["way"] == "unclear").equals(data.frame["source"].isin(["a", "c"]))
    assert sources.roles["source"] == "ignore"


def test_a_column_that_was_no_feature_keeps_its_role():
    data = stock().with_roles({"source": "group"})
    assert with_neutral_class(data, column="source", levels=["a"]).roles["source"] == "group"


def test_rows_without_label_or_condition_are_counted_and_left():
    data = stock()
    frame = data.frame.copy()
    frame.loc[:9, "way"] = None
    frame.loc[5:19, "change"] = np.nan
    made = with_neutral_class(Dataset.of(frame, target="way"), column="change", low=-9, high=0.0)
    assert made.frame["way"][:10].isna().all()
    assert made.frame["way"][10:20].equals(frame["way"][10:20])
    lost = int((frame["change"][:10] <= 0).sum())
    assert any(note.startswith(f"{lost} more rows") for note in made.notes)
    assert any("In 15 rows 'change' is empty" in note for note in made.notes)


def test_classes_that_are_numbers_keep_their_names():
    frame = stock().frame.assign(way=lambda f: (f["way"] == "up").astype(float))
    made = with_neutral_class(Dataset.of(frame, target="way"), column="disputed")
    assert set(made.frame["way"]) == {"0", "1", "neutral"}


@pytest.mark.parametrize(("settings", "says"), [
    ({"column": "change", "low": 0.0, "name": "up"}, "already a class"),
    ({"column": "change", "low": 1.0, "high": 0.0}, "enclose nothing"),
    ({"column": "change"}, "Nothing says"),
    ({"column": "change", "low": 0.0, "levels": ["a"]}, "Both bounds and levels"),
    ({"column": "source", "low": 0.0}, "holds no numbers"),
    ({"column": "source", "levels": ["z"]}, "not a value of 'source'"),
    ({"column": "source", "levels": "a"}, "is a text"),
    ({"column": "source"}, "Nothing says"),
    ({"column": "nowhere", "low": 0.0}, "not a column"),
    ({"column": "change", "low": 0.0, "name": "  "}, "no name"),
    ({"low": 0.0}, "holds no numbers"),
])  # fmt: skip
def test_what_means_nothing_is_refused(settings, says):
    with pytest.raises(ParameterError, match=says):
        with_neutral_class(stock(), **settings)


@pytest.mark.parametrize(("settings", "says"), [
    ({"low": 0.0}, "two classes"),
    ({"high": 0.0}, "two classes"),
    ({"low": -0.1, "high": 0.1, "name": "above"}, "already the class"),
    ({"column": "signal", "low": 0.0}, "a class beside numbers"),
])  # fmt: skip
def test_what_a_number_cannot_be_is_refused(settings, says):
    with pytest.raises(ParameterError, match=says):
        with_neutral_class(stock().with_target("change"), **settings)


@pytest.mark.parametrize(("column", "low", "says"), [
    ("change", 99.0, "none is neutral"), ("change", 0.0, "only 'down' would be left"),
])  # fmt: skip
def test_no_neutral_row_and_nothing_but_neutral_rows_are_refused(column, low, says):
    with pytest.raises(DataError, match=says):
        with_neutral_class(stock(), column=column, low=low)


def test_the_python_behind_it_makes_it_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stock().frame.to_csv("stock.csv", index=False)
    made = with_neutral_class(read("stock.csv", target="change"), low=-0.1, high=0.1)
    held: dict = {}
    exec(made.script.text, held)  # noqa: S102 (our own, made just now)
    assert held["data"].fingerprint == made.fingerprint
    model = train(made, "decision_tree", max_depth=3)
    assert model.classes == ("above", "below", "neutral")


def test_levels_that_are_numbers_are_named_as_numbers():
    stars = [1.0, 2.5, 4.0, 2.5, 1.0, 4.0] * 5
    frame = pd.DataFrame({"stars": stars, "x": np.arange(30.0), "y": ["good", "bad"] * 15})
    data = Dataset.of(frame, target="y")
    for levels in ([1.0, 2.5], ["1", "2.5"]):
        made = with_neutral_class(data, column="stars", levels=levels)
        assert ((made.frame["y"] == "neutral") == frame["stars"].isin([1.0, 2.5])).all()
