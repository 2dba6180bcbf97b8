"""What kind of file it is, told by its first bytes; its name is only what someone called it."""

from __future__ import annotations

import io
import zipfile
from typing import Literal

from ..errors import DataError
from .source import Source

FileKind = Literal[
    "text", "parquet", "excel", "arrow", "json", "sqlite", "duckdb", "gzip", "zstd", "zip"
]

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_UNPACK = "Unpack it and bring the table inside."
_EXPORT = "Export the table as CSV, Excel or Parquet."

#: First bytes of what is read.
_KINDS: tuple[tuple[bytes, FileKind], ...] = (
    (b"PAR1", "parquet"),
    (_OLE, "excel"),
    (b"ARROW1", "arrow"),
    (b"SQLite format 3\0", "sqlite"),
    (b"\x1f\x8b", "gzip"),
    (b"(\xb5/\xfd", "zstd"),
)
#: First bytes of what people upload by mistake, what it is called, and the way out.
_NOT_TABLES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "a picture (PNG)", _EXPORT),
    (b"\xff\xd8\xff", "a picture (JPEG)", _EXPORT),
    (b"GIF8", "a picture (GIF)", _EXPORT),
    (b"%PDF", "a PDF document", _EXPORT),
    (b"BZh", "compressed (bzip2)", _UNPACK),
    (b"\xfd7zXZ", "compressed (xz)", _UNPACK),
    (b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"FEA1", "an old Feather file (version 1)", _EXPORT),
    (b"\x89HDF", "an HDF5 file", _EXPORT),
    (b"\x80\x03", "a Python pickle, which is never opened because it can run code", _EXPORT),
    (b"\x80\x04", "a Python pickle, which is never opened because it can run code", _EXPORT),
    (b"\x80\x05", "a Python pickle, which is never opened because it can run code", _EXPORT),
)
_MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<svg", b"<body", b"<head", b"<!--")


def kind_of(source: Source) -> FileKind:
    """How the file is to be read; raises `DataError` for what is plainly not a table."""
    data = source.data
    if not data or data.isspace():
        raise DataError(
            f"{source.opening} is empty ({len(data):,} bytes).",
            "Bring a table with a header line and at least one row of values.",
        )
    if data.startswith(b"PK\x03\x04"):
        return _kind_of_zip(source)
    if data[8:12] == b"DUCK":
        return "duckdb"
    known = next((kind for start, kind in _KINDS if data.startswith(start)), None)
    if known is not None:
        return known
    _refuse_signatures(source)
    return "json" if _looks_like_json(data) else "text"


def _kind_of_zip(source: Source) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeDecodeError) as error:
        raise DataError(
            f"{source.opening} is a damaged zip or Excel file ({error}).",
            "Open it in the program that made it and save it again.",
        ) from error
    if {"xl/workbook.xml", "xl/workbook.bin"} & names or "content.xml" in names:
        return "excel"
    if "[Content_Types].xml" in names:
        raise DataError(f"{source.opening} is not a table: it is an Office document.", _EXPORT)
    return "zip"


def _refuse_signatures(source: Source) -> None:
    for start, what, hint in _NOT_TABLES:
        if source.data.startswith(start):
            raise DataError(f"{source.opening} is not a table: it is {what}.", hint)
    head = source.data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(_MARKUP):
        raise DataError(f"{source.opening} is not a table: it is a web page or XML.", _EXPORT)
    if source.data[257:262] == b"ustar":
        raise DataError(f"{source.opening} is not a table: it is a tar archive.", _UNPACK)


def _looks_like_json(data: bytes) -> bool:
    head, tail = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip(), data[-64:].rstrip()
    return (head[:1], tail[-1:]) in ((b"{", b"}"), (b"[", b"]"))
