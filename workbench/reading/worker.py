"""A file opened by a process of its own, which may be ended by it and has a limit of memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from .room import SHARE_OF_FREE_MEMORY, free_memory, require_room_while_reading
from .source import Source

#: A file that takes longer than this to read is given up, in seconds.
LONGEST_READING = 300
#: The worker needs this much for Python and its libraries, in bytes of addresses.
_LEAST_MEMORY = 3 * 2**30
_CHUNK = 4 * 2**20


@dataclass(frozen=True)
class Answer:
    """What the worker told of the file, and the table; without a table, what went wrong."""

    told: Mapping[str, Any]
    table: pa.Table | None
    error: str


def ask_worker(script: Path, settings: Mapping[str, object], source: Source) -> Answer:
    """The table the worker reads from the file. Raises `DataError` as soon as it sends more than
    the memory allows."""
    with on_disk(source) as path:
        memory = _LEAST_MEMORY + int(free_memory() * SHARE_OF_FREE_MEMORY)
        asked = json.dumps({"path": str(path), "memory": memory, **settings})
        with subprocess.Popen(  # noqa: S603 (our own script; the file is named as data)
            [sys.executable, "-I", str(script), asked],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"},
        ) as process:
            clock = threading.Timer(LONGEST_READING, process.kill)
            clock.start()
            try:
                return _answer(process, source)
            finally:
                clock.cancel()
                process.kill()


def _answer(process: subprocess.Popen[bytes], source: Source) -> Answer:
    if process.stdout is None or process.stderr is None:
        raise AssertionError("the worker was started with pipes")
    sent = _bounded(process.stdout, source)
    failure = process.stderr.read().decode("utf-8", errors="replace")
    if process.wait():
        return Answer({}, None, _reason(failure))
    first, _, stream = sent.partition(b"\n")
    told = json.loads(first)
    return Answer(told, pa.ipc.open_stream(stream).read_all() if stream else None, "")


def _bounded(stream: IO[bytes], source: Source) -> bytes:
    held = bytearray()
    while piece := stream.read(_CHUNK):
        held += piece
        require_room_while_reading(len(held), 3, source.opening)
    return bytes(held)


def _reason(failure: str) -> str:
    """What the worker said last; nothing where the file ended it."""
    try:
        said: str = json.loads(failure.splitlines()[-1])["error"]
    except (IndexError, ValueError, KeyError, TypeError):
        return "reading it failed, took too long or took too much memory"
    return said.rstrip(".")


@contextmanager
def on_disk(source: Source) -> Iterator[Path]:
    """A path to the file: its own, or that of a private copy that is removed afterwards."""
    if source.path is not None:
        yield source.path
        return
    with tempfile.TemporaryDirectory(prefix="whence-") as folder:
        path = Path(folder) / "table"
        path.write_bytes(source.data)
        yield path
