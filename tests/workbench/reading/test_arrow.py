"""Feather files, and frames of polars and Arrow given as they are."""

import datetime
import io
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import AnalysisError, DataError, read
from workbench.reading import room

TABLE = pa.table(
    {
        "n": [1, 2, None],
        "amount": pa.array([Decimal("1.50"), None, Decimal("2.25")], pa.decimal128(10, 2)),
        "day": [datetime.date(2024, 1, 2), None, datetime.date(1600, 1, 1)],
        "text": ["x", "None", None],
        "level": pa.array(["u", "v", "u"]).dictionary_encode(),
        "flag": [True, False, True],
        "parts": [[1], [2, 3], []],
    }
)


def feather(table: pa.Table, compression: str | None = "lz4") -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue()


@pytest.mark.parametrize("source", [TABLE, feather(TABLE), feather(TABLE, "zstd")])
def test_the_types_of_arrow_are_believed(source):
    data = read(source)
    frame = data.frame
    assert frame["n"].tolist()[:2] == [1.0, 2.0]
    assert frame["amount"].tolist()[::2] == [1.5, 2.25]
    assert frame["day"].dt.year.tolist()[::2] == [2024, 1600]
    assert frame["text"].tolist()[:2] == ["x", "None"]
    assert (data.kinds["day"], data.kinds["level"], data.kinds["flag"]) == (
        "date", "category", "boolean"
    )  # fmt: skip
    assert "'parts' hold lists, structures or bytes and were left out." in data.notes


def test_a_polars_frame_is_the_table_that_pandas_would_hold():
    columns = {"a": [1, 2, 3], "b": [1.5, None, 2.5], "c": ["x", "y", None]}
    given_polars = read(pl.DataFrame(columns))
    pd.testing.assert_frame_equal(given_polars.frame, read(pd.DataFrame(columns)).frame)
    assert "read(frame)" in given_polars.script.text


def test_what_is_not_collected_yet_is_no_table():
    with pytest.raises(DataError, match="LazyFrame") as refused:
        read(pl.DataFrame({"a": [1]}).lazy())  # type: ignore[arg-type]
    assert "collect" in refused.value.hint


def test_a_feather_file_that_unpacks_to_more_than_fits_is_refused(monkeypatch):
    small = feather(pa.table({"a": pa.array([0] * 4_000_000, pa.int64())}), "zstd")
    assert len(small) < 100_000
    monkeypatch.setattr(room, "free_memory", lambda: 2**20)
    with pytest.raises(DataError, match="memory"):
        read(small)


HELD = feather(pa.table({"a": list(range(200)), "t": ["x", "yy"] * 100}), None)


@given(st.lists(st.tuples(st.integers(8, len(HELD) - 1), st.integers(0, 255)), max_size=12))
def test_a_damaged_feather_file_is_a_table_or_a_sentence(changes):
    held = bytearray(HELD)
    for place, value in changes:
        held[place] = value
    assert is_table_or_sentence(bytes(held))


def is_table_or_sentence(content: bytes) -> bool:
    try:
        return len(read(content)) > 0
    except AnalysisError as error:
        return error.hint.endswith(".")
