"""What a person handed over: a path, bytes or an upload, as bytes with a name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from ..errors import DataError
from .room import require_room
from .wording import listed

#: So much of a file tells what it is.
_HEAD = 4096

#: What `read` takes besides a frame.
FileSource = str | os.PathLike[str] | bytes | BinaryIO | TextIO


@dataclass(frozen=True)
class Source:
    """The bytes of a file; `label` is what the person calls it, "" where it has no name.

    `path` is set where the file is read in place: `data` is then only its beginning.
    """

    data: bytes
    label: str
    path: Path | None = None

    @property
    def spoken(self) -> str:
        """The file as it is named within a sentence."""
        return f"'{Path(self.label).name}'" if self.label else "the data"

    @property
    def opening(self) -> str:
        """The file as it is named at the beginning of a sentence."""
        return self.spoken if self.label else "The data"

    @property
    def stem(self) -> str:
        """The file's name without folder and ending."""
        return Path(self.label).stem or "data"


def open_source(source: FileSource) -> Source:
    """The bytes behind a path, an upload or bytes; raises `DataError` where there are none."""
    if isinstance(source, bytes | bytearray | memoryview):
        return Source(bytes(source), "")
    if isinstance(source, str | os.PathLike):
        return _of_path(Path(source))
    return Source(_bytes_of_buffer(source), _name_of(source))


def _of_path(path: Path) -> Source:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            if is_read_in_place(head):
                return Source(head, os.fspath(path), path)
            require_room(path.stat().st_size, f"'{path.name}'")
            return Source(head + file.read(), os.fspath(path))
    except FileNotFoundError as error:
        raise DataError(f"There is no file '{path}'.", _neighbours(path)) from error
    except IsADirectoryError as error:
        raise DataError(f"'{path}' is a folder.", "Name a file in it.") from error
    except (OSError, ValueError) as error:
        raise DataError(
            f"'{path}' cannot be opened: {error}.", "Check its name and who may read it."
        ) from error


def is_read_in_place(head: bytes) -> bool:
    """Whether a file that begins so is opened where it lies: a database may be larger than the
    memory, and its table small."""
    return head.startswith((b"SQLite format 3\0", b"ARROW1")) or head[8:12] == b"DUCK"


def _neighbours(path: Path) -> str:
    """The way out from a name that is not there: what the folder does hold."""
    if "://" in str(path) or str(path).startswith(("http:", "https:")):
        return "Nothing is fetched from the network: download the file and give its path."
    if not path.parent.is_dir():
        return f"There is no folder '{path.parent}' either: check the path."
    alike = sorted(p.name for p in path.parent.iterdir() if p.suffix == path.suffix)
    return f"The folder holds {listed(alike)}." if alike else "Check its name."


def _bytes_of_buffer(buffer: BinaryIO | TextIO) -> bytes:
    whole: Callable[[], bytes | str] | None = getattr(buffer, "getvalue", None)
    reading = whole or getattr(buffer, "read", None)
    if reading is None:
        raise DataError(
            f"A {type(buffer).__name__} is not something a table can be read from.",
            "Give a path, bytes, an open file or a data frame (a lazy one after .collect()).",
        )
    held = reading()
    return held.encode("utf-8") if isinstance(held, str) else bytes(held)


def _name_of(buffer: BinaryIO | TextIO) -> str:
    # Opened by number, a file has that number for a name.
    name = getattr(buffer, "name", "")
    return name if isinstance(name, str) else ""
