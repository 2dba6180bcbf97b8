import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import worlds
from workbench import Dataset
from workbench.errors import DataError, ParameterError


def test_features_and_target_follow_from_the_roles():
    data = Dataset.of(worlds.additive(), target="y")
    assert data.target == "y"
    assert data.features == ("size", "place", "idle")
    assert data.with_target("size").features == ("place", "idle", "y")


def test_identifiers_dates_and_text_are_set_aside_with_a_reason():
    frame = worlds.additive(60).assign(
        row=range(1, 61), day=pd.date_range("2024-01-01", periods=60)
    )
    data = Dataset.of(frame, target="y")
    assert {"row", "day"} & set(data.features) == set()
    assert any("'row'" in note for note in data.notes)
    assert any("'day' is a date" in note for note in data.notes)
    assert "row" in data.with_roles({"row": "feature"}).features


@given(row=st.integers(0, 199), column=st.sampled_from(["size", "place", "idle", "y"]))
def test_one_changed_cell_changes_the_fingerprint(row, column):
    frame = worlds.additive(200, seed=4)
    changed = frame.copy()
    value = changed.at[row, column]
    changed.at[row, column] = "east" if column == "place" else (0 if pd.isna(value) else value + 1)
    assert Dataset.of(frame).fingerprint != Dataset.of(changed).fingerprint


def test_kind_role_and_dtype_are_part_of_the_fingerprint():
    data = Dataset.of(worlds.additive(50), target="y")
    assert data.fingerprint == Dataset.of(worlds.additive(50), target="y").fingerprint
    assert data.fingerprint != data.with_kinds({"idle": "category"}).fingerprint
    assert data.fingerprint != data.with_roles({"idle": "ignore"}).fingerprint


def test_what_the_caller_does_to_the_frame_later_does_not_reach_us():
    frame = worlds.additive(50)
    data = Dataset.of(frame, target="y")
    before = data.fingerprint
    frame.loc[0, "y"] = 1e9
    assert data.frame["y"].iloc[0] != 1e9
    assert Dataset.of(data.frame, target="y").fingerprint == before


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame(), "0 rows and 0 columns"),
        (pd.DataFrame({"a": []}), "0 rows and 1 columns"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "'a'"),
    ],
)
def test_a_frame_that_is_no_table_is_refused(frame, words):
    with pytest.raises(DataError, match=words):
        Dataset.of(frame)


def test_an_unknown_column_kind_or_role_is_refused_with_the_choices():
    data = Dataset.of(worlds.additive(50))
    with pytest.raises(ParameterError, match=r"'sise'.*Choose one of: 'size'"):
        data.with_target("sise")
    with pytest.raises(ParameterError, match="'goal' is not a role"):
        data.with_roles({"size": "goal"})  # type: ignore[dict-item]
    with pytest.raises(DataError, match="More than one target"):
        data.with_roles({"size": "target", "y": "target"})


def test_names_that_are_not_text_become_text():
    assert Dataset.of(pd.DataFrame({1: np.arange(3.0), (2, "b"): [1, 1, 2]})).columns == (
        "1",
        "(2, 'b')",
    )
