import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import worlds
from workbench import Dataset
from workbench.errors import DataError
from workbench.transform import Transform


@pytest.fixture
def fitted() -> Transform:
    return Transform.fit(Dataset.of(worlds.additive(), target="y"))


def test_one_column_in_one_column_out(fitted):
    codes = fitted.codes(worlds.additive(30, seed=9))
    assert codes.shape == (30, 3)
    assert fitted.is_category == (False, True, False)
    assert set(codes[:, 1]) <= {0, 1, 2}


@given(order=st.permutations(["size", "place", "idle"]), extra=st.booleans())
def test_the_order_of_columns_and_strangers_change_nothing(order, extra):
    fitted = Transform.fit(Dataset.of(worlds.additive(), target="y"))
    frame = worlds.additive(30, seed=5)
    shuffled = frame[list(order)].assign(**({"stranger": 1} if extra else {}))
    np.testing.assert_array_equal(fitted.codes(frame), fitted.codes(shuffled))


def test_levels_keep_their_code_when_rows_are_few_or_types_change(fitted):
    frame = worlds.additive(30, seed=5)
    whole = fitted.codes(frame)
    np.testing.assert_array_equal(fitted.codes(frame.iloc[[3]]), whole[[3]])
    as_category = frame.assign(place=frame["place"].astype("category"))
    as_object = frame.assign(place=frame["place"].astype(object))
    np.testing.assert_array_equal(fitted.codes(as_category), whole)
    np.testing.assert_array_equal(fitted.codes(as_object), whole)


def test_missing_and_unseen_levels_are_missing_and_said(fitted):
    frame = worlds.additive(5, seed=5).assign(place=["north", None, "moon", "west", "mars"])
    assert np.isnan(fitted.codes(frame)[:, 1]).tolist() == [False, True, True, False, True]
    assert fitted.unseen(frame) == {"place": ["mars", "moon"]}


def test_numeric_codes_as_levels_survive_a_missing_value():
    frame = pd.DataFrame({"code": [1, 2, 3] * 10, "y": np.arange(30) % 7})
    data = Dataset.of(frame, target="y").with_kinds({"code": "category"})
    fitted = Transform.fit(data)
    assert fitted.levels["code"] == ("1", "2", "3")
    later = pd.DataFrame({"code": [1.0, np.nan, 3.0]})
    np.testing.assert_array_equal(fitted.codes(later)[:, 0], [0, np.nan, 2])


MIXED = {
    "halves": [0.5, 1.0, 1.5, 2.0, np.nan, -0.0] * 10,
    "whole": [1.0, 2.0, np.nan, 3.0, 2.0, 1e20] * 10,
    "single": np.array([0.1, 1.0, 2.0, np.nan, 0.1, 1.0] * 10, dtype="float32"),
    "arrow": pd.Series([0.5, 1.0, None, 2.0, 3.0, 1.0] * 10, dtype="double[pyarrow]"),
    "objects": pd.Series([1.0, 1.5, None, "a", True, 2] * 10, dtype=object),
    "ordered": pd.Categorical([1.0, 1.5, 2.0] * 20, [2.0, 1.0, 1.5], ordered=True),
    "text": ["1.0", "1", None, "x", "y", "1.5"] * 10,
}


@pytest.mark.parametrize("column", MIXED)
def test_a_row_asked_about_alone_has_the_levels_it_has_in_its_table(column):
    frame = pd.DataFrame({column: MIXED[column], "also": "text", "y": np.arange(60) % 7})
    data = Dataset.of(frame, target="y").with_kinds({column: "category"})
    fitted = Transform.fit(data)
    whole = fitted.codes(frame)
    assert (np.isnan(whole[:, 0]) == frame[column].isna()).all()
    alone = [fitted.codes(frame.iloc[[at]]) for at in range(6)]
    np.testing.assert_array_equal(np.concatenate(alone), whole[:6])
    # cut out as one thing, a row of mixed columns is one of objects
    cut = [fitted.codes(frame.iloc[at].to_frame().T) for at in range(6)]
    np.testing.assert_array_equal(np.concatenate(cut), whole[:6])


def test_ordered_categories_keep_their_order():
    grades = pd.Categorical(["high", "low", "mid"] * 10, ["low", "mid", "high"], ordered=True)
    data = Dataset.of(pd.DataFrame({"grade": grades, "y": np.arange(30) % 7}), target="y")
    assert Transform.fit(data).levels["grade"] == ("low", "mid", "high")


def test_booleans_with_missing_values_are_zero_one_and_missing():
    frame = pd.DataFrame({"flag": ["True", "False", None] * 10, "y": np.arange(30) % 7})
    fitted = Transform.fit(Dataset.of(frame, target="y"))
    np.testing.assert_array_equal(fitted.codes(frame)[:3, 0], [1, 0, np.nan])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"size": "tall"}, "'size' was a number in training and now holds text"),
        ({"size": np.inf}, "'size' holds 5 infinite values"),
    ],
)
def test_other_values_than_in_training_are_refused(fitted, change, words):
    with pytest.raises(DataError, match=words):
        fitted.codes(worlds.additive(5).assign(**change))


def test_a_missing_column_is_named(fitted):
    with pytest.raises(DataError, match="lacks the column 'place'"):
        fitted.codes(worlds.additive(5).drop(columns="place"))
