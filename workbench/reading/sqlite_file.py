"""One table of an SQLite database, opened so that nothing in it can write, run or reach out."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ..errors import DataError
from .choice import choose, others_note
from .columns import AS_FOUND
from .room import require_room_for_cells
from .rows import ROWS_AT_ONCE, read_loose_table, refuse_repeated, table_of_rows
from .source import Source
from .spelling import Spelling
from .text_table import TableRead
from .worker import LONGEST_READING, on_disk

#: What a query may do: read columns, call functions, recur. Not attach, write, or set anything.
_READING = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_TABLES = (
    "select name from sqlite_master where type in ('table', 'view') "
    "and name not like 'sqlite\\_%' escape '\\' order by rowid"
)
_STEPS_BETWEEN_LOOKS = 100_000


def read_sqlite(source: Source, spelling: Spelling, table: str | None = None) -> TableRead:
    """A table or view of an SQLite database; `table` names it where there are several.

    Numbers are believed, texts are read like those of a text file: SQLite has no dates, and any
    column may hold anything. Raises `DataError` for a damaged file, `ChoiceNeeded` where the
    database has several tables and none was named.
    """
    with _opened(source) as connection:
        tables = tuple(str(row[0]) for row in connection.execute(_TABLES))
        chosen = choose(table, tables, "table", source.opening)
        rows = connection.execute(f"select count(*) from {quoted(chosen)}").fetchone()[0]  # noqa: S608
        cursor = connection.execute(f"select * from {quoted(chosen)}")  # noqa: S608
        require_room_for_cells(rows, len(cursor.description), source.opening)
        read = _read(cursor, source, spelling)
    notes = (others_note(chosen, tables, "Table"), *_log_note(source), *read.notes)
    return replace(read, notes=notes, understood=read.understood.among("table", tables, chosen))


def query_sqlite(query: str, source: Source, limit: int) -> TableRead:
    """What a query gives, at most `limit` rows and one more; it can only read this database."""
    with _opened(source) as connection:
        read = _read(connection.execute(query), source, AS_FOUND, limit + 1)
    return replace(read, notes=(*_log_note(source), *read.notes))


def quoted(name: str) -> str:
    """A name of a table within SQL."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _opened(source: Source) -> Iterator[sqlite3.Connection]:
    end = time.monotonic() + LONGEST_READING
    with on_disk(source) as path:
        try:
            with closing(sqlite3.connect(_address(path, source), uri=True)) as connection:
                connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
                connection.execute("pragma trusted_schema = off")
                connection.execute("pragma cell_size_check = on")
                connection.set_authorizer(_only_reading)
                connection.set_progress_handler(
                    lambda: int(time.monotonic() > end), _STEPS_BETWEEN_LOOKS
                )
                yield connection
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise _refused(error, source) from error


def _address(path: Path, source: Source) -> str:
    """Our own copy never changes; a file of the person's may have a log beside it, to be read."""
    is_ours = source.path is None or not path.with_name(path.name + "-wal").exists()
    return f"{path.resolve().as_uri()}?mode=ro" + ("&immutable=1" if is_ours else "")


def _only_reading(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _refused(error: Exception, source: Source) -> DataError:
    said = str(error).rstrip(".")
    if said == "not authorized" or "prohibited" in said:
        return DataError(
            f"The query does more than read {source.spoken} ({said}).", "Use a single SELECT."
        )
    if said == "interrupted":
        return DataError(
            f"Reading {source.spoken} took more than {LONGEST_READING} seconds.",
            "Bring a table instead of a view, or fewer rows.",
        )
    return DataError(
        f"{source.opening} cannot be read as an SQLite database: {said}.",
        "Check the query if you wrote one; else make a new copy of the database (VACUUM INTO).",
    )


def _read(
    cursor: sqlite3.Cursor, source: Source, spelling: Spelling, most: int | None = None
) -> TableRead:
    names = [str(column[0]) for column in cursor.description or ()]
    refuse_repeated(names)
    table = table_of_rows(names, _batches(cursor, most), source.opening)
    return read_loose_table(table, spelling)


def _batches(cursor: sqlite3.Cursor, most: int | None) -> Iterator[list[tuple[object, ...]]]:
    rows = iter(cursor) if most is None else islice(cursor, most)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield some


def _log_note(source: Source) -> Iterator[str]:
    # Bytes 18 and 19 say that changes are written to a log beside the file first.
    if source.path is None and source.data[18:20] == b"\x02\x02":
        yield (
            "The database writes changes to a log beside it (WAL) first; what is only there is "
            "not in this file."
        )
