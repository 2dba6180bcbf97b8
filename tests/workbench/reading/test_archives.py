"""One file out of gzip, zstd and zip, and what refuses to be unpacked."""

import gzip
import io
import zipfile

import pandas as pd
import pyarrow as pa
import pytest

from workbench import DataError, ParameterError, read
from workbench.reading import ChoiceNeeded, How, reading, room

TABLE = b"a,b\n1,x\n2,y\n"


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def zstd(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, "zstd", asbytes=True)
    return packed


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(TABLE),
        gzip.compress(TABLE[:6]) + gzip.compress(TABLE[6:]),  # as `cat a.gz b.gz` makes them
        zstd(TABLE),
        zipped({"t.csv": TABLE}),
        zipped({"folder/": b"", "folder/t.csv": TABLE, "__MACOSX/folder/._t.csv": b"\0"}),
    ],
)
def test_one_file_is_unpacked(content):
    assert read(content).frame.equals(read(TABLE).frame)


def test_a_packed_file_keeps_its_name_and_its_path_in_the_script(tmp_path):
    path = tmp_path / "rides.csv.gz"
    path.write_bytes(gzip.compress(TABLE))
    data = read(path)
    assert data.name == "rides"
    assert repr(str(path)) in data.script.text
    assert "The file was unpacked from gzip." in data.notes


def test_what_is_packed_may_be_of_any_kind(tmp_path):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    frame.to_parquet(tmp_path / "t.parquet")
    packed = zipped({"t.parquet": (tmp_path / "t.parquet").read_bytes()})
    pd.testing.assert_frame_equal(read(packed).frame, frame)


def test_a_zip_of_several_files_asks_which():
    content = zipped({"a.csv": b"x\n1\n", "b.csv": b"y\n2\n"})
    with pytest.raises(ChoiceNeeded, match=r"holds 2 files: 'a\.csv' and 'b\.csv'") as asked:
        read(content)
    assert (asked.value.setting, asked.value.options) == ("member", ("a.csv", "b.csv"))
    assert asked.value.hint == "Say which with member='a.csv'."
    assert read(content, member="b.csv").columns == ("y",)
    understood = reading(content, How(member="b.csv")).understood
    assert understood.options == {"member": ("a.csv", "b.csv")}
    assert understood.chosen == {"member": "b.csv"}
    with pytest.raises(ParameterError, match=r"has no file 'c\.csv'"):
        read(content, member="c.csv")


def test_korean_names_of_windows_are_readable():
    # As Windows writes them: CP949, without the mark that says UTF-8.
    content = zipped({"\u00b1\u00b1\u00b1\u00b1.csv": TABLE, "b.csv": TABLE})
    as_windows = content.replace("\u00b1\u00b1\u00b1\u00b1".encode(), "가나다라".encode("cp949"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.infolist()[0].flag_bits & 0x800
    unmarked = bytearray(as_windows)
    for start, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = unmarked.find(start)
        unmarked[place + offset + 1] &= 0xF7
    with pytest.raises(ChoiceNeeded, match=r"'가나다라\.csv'"):
        read(bytes(unmarked))


@pytest.mark.parametrize("pack", [gzip.compress, zstd, lambda content: zipped({"a.csv": content})])
def test_a_bomb_is_refused_before_it_has_unpacked(pack, monkeypatch):
    bomb = pack(b"a,b\n" + b"1,2\n" * 20_000_000)
    assert len(bomb) < 300_000
    monkeypatch.setattr(room, "free_memory", lambda: 50 * 2**20)
    with pytest.raises(DataError, match="GiB of memory"):
        read(bomb)


def test_a_zip_that_lies_about_its_size_is_damaged():
    content = bytearray(zipped({"a.csv": b"a\n" + b"1\n" * 5_000}))
    place = content.find(b"PK\x01\x02") + 24
    content[place : place + 4] = (10).to_bytes(4, "little")
    with pytest.raises(DataError, match="damaged zip"):
        read(bytes(content))


@pytest.mark.parametrize("content", [gzip.compress(TABLE * 99), zstd(TABLE * 99)])
def test_half_a_file_is_damaged(content):
    with pytest.raises(DataError, match="damaged"):
        read(content[: len(content) // 2])


def test_a_locked_zip_says_so():
    content = bytearray(zipped({"a.csv": TABLE}))
    for start, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(start) + offset] |= 1
    with pytest.raises(DataError, match="protected by a password"):
        read(bytes(content))
