"""The file itself: a zip of a fixed set of parts, each with its hash, written whole or not at all.

Everything that is asked of a foreign file before any library sees its content is asked here.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from ..errors import ModelError
from ..reading.room import SHARE_OF_FREE_MEMORY, free_memory

RECIPE, TABLE, ESTIMATOR = "recipe.json", "table.parquet", "estimator"
TRAIN, TEST, TARGET, ANSWERS = "train.rows", "test.rows", "target.values", "answers.values"
#: Every part there is; each has to be there, and nothing else may be.
PARTS = (RECIPE, TABLE, ESTIMATOR, TRAIN, TEST, TARGET, ANSWERS)
#: What a file may unpack to, however much memory is free.
MOST_BYTES = 8 * 2**30
#: How a pickle begins (protocol 2 and later), and so does a file of joblib.
_PICKLE = b"\x80"
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: The same model gives the same entries, whenever it is saved.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
SAVE_AGAIN = "Save the model again with save_model, or train it again from its table."

#: What a damaged zip raises, by what is damaged.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError,
            RuntimeError)  # fmt: skip


def digest(content: bytes) -> str:
    """The hash of a part."""
    return hashlib.blake2b(content, digest_size=32).hexdigest()


def packed(parts: Mapping[str, bytes]) -> bytes:
    """The parts as one zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def unpacked(data: bytes, opening: str) -> dict[str, bytes]:
    """The parts of a file; nothing is inflated before its size and its names were looked at."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise _no_zip(data, opening)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _require_the_parts([entry.filename for entry in entries], opening)
            require_bounded(entries, opening)
            return {entry.filename: archive.read(entry) for entry in entries}
    except _DAMAGED as error:
        raise ModelError(f"{opening} is damaged: {error}.", SAVE_AGAIN) from error


def require_bounded(entries: list[zipfile.ZipInfo], opening: str) -> None:
    """Raises `ModelError` for what would unpack to more than there is room for."""
    if any(entry.compress_type not in _COMPRESSIONS for entry in entries):
        raise ModelError(f"{opening} is compressed in an unknown way.", SAVE_AGAIN)
    needed = sum(entry.file_size for entry in entries)
    allowed = min(MOST_BYTES, int(free_memory() * SHARE_OF_FREE_MEMORY))
    if needed > allowed:
        raise ModelError(
            f"{opening} unpacks to {needed / 2**30:,.1f} GiB, and {allowed / 2**30:,.1f} GiB may "
            "be used here.",
            "Save the model with fewer rows (rows=…), or use a machine with more memory.",
        )


def require_hashes(parts: Mapping[str, bytes], expected: Mapping[str, str], opening: str) -> None:
    """Raises `ModelError` for a part that is not what was written."""
    changed = [n for n in PARTS if n != RECIPE and digest(parts[n]) != expected.get(n)]
    if changed:
        raise ModelError(
            f"{opening} was changed or damaged after it was saved: '{changed[0]}' is not what was "
            "written.",
            SAVE_AGAIN,
        )


def refuse_pickle(content: bytes, opening: str) -> None:
    """Raises `ModelError` for what begins like a pickle; nothing here would open it anyway."""
    if content.startswith(_PICKLE):
        raise ModelError(
            f"{opening} is a pickle. Opening a pickle runs the code in it, so none is opened here.",
            "Load it where it was made and bring the estimator in with adopt.",
        )


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that at any moment the old one or the new one is there, and whole."""
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with scratch.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def _require_the_parts(names: list[str], opening: str) -> None:
    foreign = [name for name in names if name not in PARTS]
    absent = [name for name in PARTS if name not in names]
    if foreign:
        raise ModelError(
            f"{opening} holds '{foreign[0][:80]}', which is no part of a saved model.",
            "Bring a file that save_model has written.",
        )
    if absent or len(names) != len(PARTS):
        lack = f"lacks '{absent[0]}'" if absent else "holds a part twice"
        raise ModelError(f"{opening} {lack}.", SAVE_AGAIN)


def _no_zip(data: bytes, opening: str) -> ModelError:
    refuse_pickle(data, opening)
    return ModelError(
        f"{opening} is not a saved model, or it is cut short.",
        "Bring a file that save_model has written (its name ends in .whence.zip).",
    )
