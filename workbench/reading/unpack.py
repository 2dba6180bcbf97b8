"""One file out of gzip, zstd or zip, never unpacked beyond the room there is for it."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from ..errors import DataError
from .choice import choose, others_note
from .room import BYTES_PER_BYTE_OF_TEXT, require_room, require_room_while_reading
from .source import Source

_CHUNK = 4 * 2**20
#: Of a packed file's name.
PACKED_ENDINGS = (".gz", ".gzip", ".zst", ".zstd")
_AGAIN = "Unpack the file and pack it again, or bring it as it is."


@dataclass(frozen=True)
class Unpacked:
    """The file inside, what else the archive holds, and what was done."""

    source: Source
    options: tuple[str, ...]
    chosen: str
    notes: tuple[str, ...]


def unpack(source: Source, kind: str, member: str | None) -> Unpacked:
    """The file in an archive; `member` names it where a zip holds several.

    Raises `DataError` for a damaged or locked archive and for one that unpacks to more than the
    memory allows, found out while unpacking; `ChoiceNeeded` for a zip of several files.
    """
    return _from_zip(source, member) if kind == "zip" else _from_stream(source, kind)


def _from_stream(source: Source, kind: str) -> Unpacked:
    try:
        with _stream(source, kind) as stream:
            data = _bounded(stream, source)
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise DataError(f"{source.opening} is a damaged {kind} file ({error}).", _AGAIN) from error
    inner = Path(source.label).name
    for ending in PACKED_ENDINGS:
        inner = inner.removesuffix(ending)
    return Unpacked(Source(data, inner), (), "", (f"The file was unpacked from {kind}.",))


def _stream(source: Source, kind: str) -> Any:
    if kind == "gzip":
        return gzip.GzipFile(fileobj=io.BytesIO(source.data))
    return pa.CompressedInputStream(pa.BufferReader(source.data), "zstd")


def _bounded(stream: Any, source: Source) -> bytes:
    """Everything in the stream. What is read takes more memory later, so the bound is on that."""
    held = bytearray()
    while piece := stream.read(_CHUNK):
        held += piece
        require_room_while_reading(len(held), BYTES_PER_BYTE_OF_TEXT, source.opening)
    return bytes(held)


def _from_zip(source: Source, member: str | None) -> Unpacked:
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            files = {_name(part): part for part in archive.infolist() if _is_content(part)}
            chosen = choose(member, tuple(files), "member", source.opening)
            part = files[chosen]
            _refuse_locked(part, source)
            require_room(part.file_size * BYTES_PER_BYTE_OF_TEXT, source.opening)
            with archive.open(part) as stream:
                data = _bounded(stream, source)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{source.opening} is a damaged zip archive ({error}).", _AGAIN) from error
    notes = (others_note(chosen, tuple(files), "File"),)
    return Unpacked(Source(data, chosen), tuple(files), chosen, notes)


def _is_content(part: zipfile.ZipInfo) -> bool:
    """Folders, and what macOS and editors add beside the files, are nobody's table."""
    path = PurePosixPath(part.filename)
    return not (part.is_dir() or path.parts[0] == "__MACOSX" or path.name.startswith("."))


def _name(part: zipfile.ZipInfo) -> str:
    """Korean Windows writes names in CP949 without saying so."""
    if part.flag_bits & 0x800 or part.filename.isascii():
        return part.filename
    try:
        return part.filename.encode("cp437").decode("cp949")
    except UnicodeError:
        return part.filename


def _refuse_locked(part: zipfile.ZipInfo, source: Source) -> None:
    if part.flag_bits & 1:
        raise DataError(
            f"{source.opening} is protected by a password.",
            "Unpack it and bring the table inside.",
        )
