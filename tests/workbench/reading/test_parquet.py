import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench import DataError, read
from workbench.reading import room


def written(table: pa.Table, **settings: object) -> bytes:
    """A Parquet file in memory."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **settings)
    return buffer.getvalue()


def test_types_are_believed():
    frame = pd.DataFrame(
        {
            "zip": ["00501", "10001", None],
            "level": pd.Categorical(["a", "b", "a"]),
            "day": pd.to_datetime(["2024-01-01", None, "2024-01-03"]),
            "amount": [1.5, np.nan, 2.5],
            "whole": [1, 2, 3],
        }
    )
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    data = read(buffer)
    pd.testing.assert_frame_equal(data.frame, frame, check_dtype=False)
    assert data.frame["whole"].dtype == "int64"
    assert data.kinds["day"] == "date"


def test_decimals_become_numbers_and_nested_columns_are_left_out():
    table = pa.table(
        {
            "price": pa.array([1, 2]).cast(pa.decimal128(30, 2)),
            "list": [[1], [2, 3]],
            "raw": [b"x", b"y"],
            "__index_level_0__": [7, 8],
            "n": [1, 2],
        }
    )
    data = read(written(table))
    assert data.columns == ("price", "n")
    assert data.frame["price"].tolist() == [1.0, 2.0]
    assert any("'list' and 'raw'" in note for note in data.notes)


def test_a_small_file_that_unpacks_to_a_huge_table_is_refused_from_its_footer(monkeypatch):
    rows = 40_000_000
    content = written(pa.table({"c": np.zeros(rows, dtype="int8")}), compression="zstd")
    assert len(content) < 200_000
    monkeypatch.setattr(room, "free_memory", lambda: 2**28)
    with pytest.raises(DataError, match="40,000,000 rows by 1 columns"):
        read(content)


@pytest.mark.parametrize("cut", [4, 8, 50, -8, -1])
def test_a_damaged_file_is_refused(cut):
    whole = written(pa.table({"a": [1, 2, 3]}))
    with pytest.raises(DataError, match="cannot be opened as a Parquet file"):
        read(whole[:cut])


def test_a_name_that_comes_twice_is_refused():
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(DataError, match="called 'a'"):
        read(written(table))
