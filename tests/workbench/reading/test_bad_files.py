"""Everything that is not a table: one sentence and a way out, never a traceback of a library."""

import gzip
import io
import pickle
import sqlite3
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import AnalysisError, DataError, read
from workbench.reading import room

PROSE = (
    b"It was the best of times, it was the worst of times, it was the age of wisdom.\n"
    b"It was the season of Light, it was the season of Darkness\n"
    b"we had everything before us; we had nothing before us, we were all going.\n"
    b"In short, the period was so far like the present period\n"
)
SENTENCES = b"It was the best of times.\nIt was the worst of all times.\nWe went on.\n"


def zipped(**files: bytes) -> bytes:
    """A zip archive in memory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def database() -> bytes:
    """An SQLite database as bytes."""
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table t (a)")
        held = connection.serialize()
    connection.close()
    return held


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\r\n\t\n", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "PNG"),
        (b"\xff\xd8\xff\xe0" + bytes(200), "JPEG"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"),
        (zipped(a=b"1,2"), "not a single row"),
        (zipped(**{"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "Office"),
        (zipped(a=b"1,2")[:40], "damaged zip"),
        (gzip.compress(b"a,b\n1,2\n" * 9)[:30], "damaged gzip"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "another archive"),
        (pickle.dumps({"a": [1, 2]}), "pickle"),
        (database(), "not a single row"),
        (database()[:200], "cannot be read as an SQLite database"),
        (b"SQLite format 3\0" + bytes(range(256)) * 40, "cannot be read as an SQLite database"),
        (bytes(8) + b"DUCK" + bytes(5000), "cannot be read as a DuckDB database"),
        (b"ARROW1\0\0" + bytes(500), "cannot be opened as an Arrow"),
        (b"<!DOCTYPE html><html><body><table></table></body></html>", "web page"),
        (b'\xef\xbb\xbf  <html lang="en"></html>', "web page"),
        (b'[{"a": 1}, {"a" 2}]', "no valid JSON"),
        (b"[[1, 2], [3, 4]]", "Entry 1 of the data is not a record"),
        (b'{"a": 1}\n{"a": }', "Line 2 of the data is no JSON record"),
        (b"[" * 100_000 + b"]" * 100_000, "no valid JSON"),
        (b"[]", "holds no records"),
        (b"a,b\n1,2\x00\x01\x02\n", "bytes that no text has"),
        (PROSE, "does not look like a table"),
        (SENTENCES, "does not look like a table"),
        (b"a,b,c\n", "not a single row"),
        (b"a,b\n1,2\n3,4,5\n", "Line 3 of the data has 3 fields, its header has 2"),
        (b'a,b\n1,"x\ny"\n\n3,4,5\n', "Line 5 of the data has 3 fields"),
        (b"a,b,a\n1,2,3\n", "More than one column of the data is called 'a'"),
        (b'a,b\n1,"open\n2,3\n4,5\n', "line 2 is never closed"),
    ],
)
def test_what_is_not_a_table_is_refused_with_a_way_out(content, words):
    with pytest.raises(DataError) as caught:
        read(content)
    assert words in caught.value.message
    assert caught.value.hint.endswith(".")


def test_row_names_without_a_name_are_recognised():
    with pytest.raises(DataError, match="Line 2 of the data has 3 fields") as caught:
        read(b'"x","y"\n"1",2,3\n"2",4,5\n')
    assert "row name" in caught.value.hint


def test_columns_without_a_name_are_numbered():
    data = read(b",a,,c\n0,1,2,3\n1,4,5,6\n")
    assert data.columns == ("column 1", "a", "column 3", "c")
    assert "Columns without a name were called 'column 1' and 'column 3'." in data.notes


def test_a_path_that_is_not_there_names_what_is(tmp_path):
    (tmp_path / "bikes.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="There is no file") as caught:
        read(tmp_path / "bike.csv")
    assert "'bikes.csv'" in caught.value.hint
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(DataError) as fetched:
        read("https://example.org/bike.csv")
    assert "Nothing is fetched" in fetched.value.hint


def test_a_table_too_large_is_refused_with_both_numbers(monkeypatch):
    monkeypatch.setattr(room, "free_memory", lambda: 10_000)
    with pytest.raises(DataError, match=r"needs about .* GiB of memory, and 0\.0 GiB"):
        read(b"a,b\n" + b"1,2\n" * 10_000)


@pytest.mark.parametrize(
    "content",
    [b"," * 2_000_000 + b"\n1\n", b",".join(b"a" for _ in range(40_000)) + b"\n"],
)
def test_tables_of_commas_are_refused_at_once(content):
    with pytest.raises(DataError, match="columns; 20,000 are the most"):
        read(content)


def test_short_lines_under_a_wide_header_cannot_fill_the_memory(monkeypatch):
    header = b",".join(b"c%d" % i for i in range(10_000))
    monkeypatch.setattr(room, "free_memory", lambda: 2**30)
    with pytest.raises(DataError, match="of memory"):
        read(header + b"\n" + b"1\n" * 100_000, delimiter=",")


def is_table_or_sentence(content: bytes) -> bool:
    """Whether the bytes become a table with rows, or an error with two sentences."""
    try:
        data = read(content)
    except AnalysisError as error:
        return bool(error.message and error.hint)
    return len(data) > 0 and len(set(data.columns)) == data.frame.shape[1]


@given(content=st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_sentence(content):
    assert is_table_or_sentence(content)


@given(content=st.text("ab1,;\"'\n\r\t .-|é서", max_size=200))
def test_any_text_is_a_table_or_a_sentence(content):
    assert is_table_or_sentence(content.encode("utf-8"))
