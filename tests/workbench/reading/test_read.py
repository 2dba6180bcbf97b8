"""What goes in and what is promised of it, whatever the file."""

import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import DataError, ParameterError, read

TABLE = pd.DataFrame(
    {
        "이름": ["김철수", "이영희", "박민수"],
        "größe": [1.5, 2.25, -3.0],
        "count": [1, 2, 3],
        "note": ['says "hi"', "a, b; c", "x|y"],
    }
)


class Upload(io.BytesIO):
    """As Streamlit hands over an uploaded file."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp949"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_every_encoding_delimiter_and_decimal_mark(encoding, delimiter, decimal):
    table = TABLE if encoding != "cp949" else TABLE.rename(columns={"größe": "크기"})
    text = table.to_csv(index=False, sep=delimiter, decimal=decimal)
    data = read(text.encode(encoding))
    pd.testing.assert_frame_equal(data.frame, table)


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_western_europe(delimiter, decimal):
    table = TABLE.drop(columns="이름").assign(prénom=["Zoé", "Noël", "Änne"])
    content = table.to_csv(index=False, sep=delimiter, decimal=decimal).encode("cp1252")
    pd.testing.assert_frame_equal(read(content).frame, table)


def test_excels_unicode_text():
    content = TABLE.to_csv(index=False, sep="\t", lineterminator="\r\n").encode("utf-16")
    data = read(content)
    pd.testing.assert_frame_equal(data.frame, TABLE)
    assert "The text is encoded as UTF-16." in data.notes
    assert "The fields are divided by tabs." in data.notes


def test_all_ways_in_give_the_same_table(tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(TABLE.to_csv(index=False).encode())
    with path.open("rb") as opened, path.open(encoding="utf-8") as text:
        ways = [
            path,
            str(path),
            path.read_bytes(),
            opened,
            text,
            Upload(path.read_bytes(), "p.csv"),
        ]
        assert len({read(way).fingerprint for way in ways}) == 1


def test_the_script_says_only_what_was_passed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bike.csv").write_text("temp,cnt\n1,2\n3,5\n")
    data = read("bike.csv", target="cnt")
    assert "data = read('bike.csv', target='cnt')" in data.script.text
    assert data.name == "bike"
    assert data.target == "cnt"
    uploaded = read(Upload(b"a;b\n1;2\n", "my table.csv"), delimiter=";", name="mine")
    assert "data = read('my table.csv', name='mine', delimiter=';')" in uploaded.script.text
    assert uploaded.name == "mine"
    rerun: dict[str, object] = {}
    exec(data.script.text, rerun)  # noqa: S102 (our own script, the point of the test)
    assert rerun["data"].fingerprint == data.fingerprint  # type: ignore[attr-defined]


def test_an_upload_can_be_read_twice():
    upload = Upload(b"a,b\n1,2\n", "t.csv")
    assert read(upload).fingerprint == read(upload).fingerprint


def test_what_is_no_source_is_refused():
    with pytest.raises(DataError, match="A dict is not something"):
        read({"a": [1]})  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="'z' is not a column"):
        read(b"a,b\n1,2\n", target="z")


@given(
    st.lists(
        st.tuples(
            st.integers(-(10**12), 10**12),
            st.floats(allow_nan=False, allow_infinity=False),
            st.sampled_from(["red", "green, dark", 'the "blue"', "None"]),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_what_pandas_writes_is_read_back(rows):
    table = pd.DataFrame(rows, columns=["whole", "amount", "colour"])
    data = read(table.to_csv(index=False).encode())
    pd.testing.assert_frame_equal(data.frame, table, check_dtype=False)


def test_true_and_false_are_booleans_and_yes_is_a_category():
    data = read(b"a,b,c\nTrue,yes,true\nFalse,no,\nTrue,yes,false\n")
    assert data.kinds["a"] == "boolean"
    assert data.frame["a"].dtype == bool
    assert data.kinds["b"] == "category"
    assert data.kinds["c"] == "boolean"
