import numpy as np
import pandas as pd
import pytest

from workbench import DataError, read


def test_types_become_the_few_that_are_worked_with():
    frame = pd.DataFrame(
        {
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "whole": pd.array([1, 2, 3], dtype="Int8"),
            "arrow": pd.Series([1.5, None, 2.5], dtype="double[pyarrow]"),
            "short": np.array([1, 2, 3], dtype="float32"),
            "truth": pd.array([True, None, False], dtype="boolean"),
            "yes": pd.array([True, True, False], dtype="boolean"),
            "mixed": ["a", 1, None],
            "zone": pd.date_range("2024-01-01", periods=3, tz="Asia/Seoul"),
            "lasted": pd.to_timedelta([1, 2, 3], unit="min"),
            "level": pd.Categorical(["low", "high", "low"], ["low", "high"], ordered=True),
        }
    )
    data = read(frame)
    assert {c: str(t) for c, t in data.frame.dtypes.items()} == {
        "nullable": "float64",
        "whole": "int64",
        "arrow": "float64",
        "short": "float64",
        "truth": "str",
        "yes": "bool",
        "mixed": "str",
        "zone": str(data.frame["zone"].dtype),
        "lasted": "float64",
        "level": "category",
    }
    assert data.kinds["truth"] == "boolean"
    assert data.frame["mixed"].isna().tolist() == [False, False, True]
    assert data.frame["lasted"].tolist() == [60.0, 120.0, 180.0]
    assert data.frame["zone"].iloc[0] == pd.Timestamp("2023-12-31 15:00")
    assert list(data.frame["level"].cat.categories) == ["low", "high"]


def test_a_named_index_becomes_a_column():
    frame = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="who"))
    data = read(frame)
    assert data.columns == ("who", "x")
    assert any("'who'" in note for note in data.notes)
    assert read(frame.rename_axis(None)).columns == ("x",)


def test_frames_that_cannot_be_meant_are_refused():
    levels = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")]))
    with pytest.raises(DataError, match="2 levels"):
        read(levels)
    with pytest.raises(DataError, match="called 'a'"):
        read(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(DataError, match="complex"):
        read(pd.DataFrame({"z": [1j]}))
    with pytest.raises(DataError, match="0 rows"):
        read(pd.DataFrame({"a": []}))


def test_the_callers_frame_is_left_alone():
    frame = pd.DataFrame({"x": [1, 2, 3]}, index=[7, 8, 9])
    before = frame.copy()
    read(frame, target="x")
    pd.testing.assert_frame_equal(frame, before)
