"""Whether a table fits, asked before memory is spent on it."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import DataError

#: Of the memory that is free, one table may take this share: training needs room beside it.
SHARE_OF_FREE_MEMORY = 0.5
#: Taken as free where the system does not say.
MEMORY_IF_UNKNOWN = 4 * 2**30
#: While text is read it exists as bytes, as text cells and as the finished columns.
BYTES_PER_BYTE_OF_TEXT = 5
#: One cell of a finished table: a float, or the place of a text and its first letters.
BYTES_PER_CELL = 16
#: No analysis of this project means anything on more columns, and tables of commas have them.
MOST_COLUMNS = 20_000

_GIB = 2**30


def require_room(needed: int, what: str) -> None:
    """Raises `DataError` with both numbers where `needed` bytes are more than may be used."""
    allowed = int(free_memory() * SHARE_OF_FREE_MEMORY)
    if needed > allowed:
        raise DataError(
            f"{what} needs about {needed / _GIB:,.1f} GiB of memory, and {allowed / _GIB:,.1f} GiB "
            "may be used here.",
            "Bring fewer rows or columns, or use a machine with more memory.",
        )


def require_room_while_reading(held: int, copies: int, what: str) -> None:
    """The same where the whole is not known before it is read: `held` bytes were taken from what
    was free, and the finished table needs `copies` times as many."""
    allowed = int((free_memory() + held) * SHARE_OF_FREE_MEMORY)
    if held * copies > allowed:
        raise DataError(
            f"{what} holds more than fits: {allowed / _GIB:,.1f} GiB of memory may be used here.",
            "Bring fewer rows or columns, or use a machine with more memory.",
        )


def require_room_for_cells(rows: int, columns: int, what: str) -> None:
    """The same for a table of so many rows and columns; columns have a limit of their own."""
    if columns > MOST_COLUMNS:
        raise DataError(
            f"{what} has {columns:,} columns; {MOST_COLUMNS:,} are the most.",
            "Keep the columns you need, or turn the table if its rows are meant as columns.",
        )
    require_room(rows * columns * BYTES_PER_CELL, f"{what}, {rows:,} rows by {columns:,} columns,")


def free_memory() -> int:
    """The bytes this process may still take: of the machine, or of its container if that is
    less."""
    limits = [_free_on_machine(), _free_in_container()]
    return min((limit for limit in limits if limit is not None), default=MEMORY_IF_UNKNOWN)


def _free_on_machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return _half_of_all()
    found = next((line for line in lines if line.startswith("MemAvailable:")), None)
    return int(found.split()[1]) * 1024 if found else None


def _half_of_all() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return None


def _free_in_container() -> int | None:
    folder = Path("/sys/fs/cgroup")
    try:
        most = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = (folder / "memory.current").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return max(0, int(most) - int(used)) if most.isdigit() and used.isdigit() else None
