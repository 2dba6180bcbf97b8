"""One table of a DuckDB database, read by a process that can reach nothing but that file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..errors import DataError
from .arrow import read_arrow_table
from .choice import choose, others_note
from .source import Source
from .text_table import TableRead
from .worker import Answer, ask_worker

_WORKER = Path(__file__).with_name("duckdb_worker.py")


def read_duckdb(source: Source, table: str | None = None) -> TableRead:
    """A table or view of a DuckDB database, in the types it states; `table` names it where there
    are several ("name", or "schema.name" outside the schema main).

    Raises `DataError` for a damaged file, one of another version or one that another process is
    writing, `ChoiceNeeded` where there are several tables and none was named.
    """
    answer = _told(ask_worker(_WORKER, {"table": table}, source), source)
    tables = tuple(answer.told["tables"])
    chosen = choose(table, tables, "table", source.opening)
    read = read_arrow_table(answer.table, source.opening)
    notes = (others_note(chosen, tables, "Table"), *read.notes)
    return replace(read, notes=notes, understood=read.understood.among("table", tables, chosen))


def query_duckdb(query: str, source: Source, limit: int) -> TableRead:
    """What a query gives, at most `limit` rows and one more; it can only read this database."""
    answer = ask_worker(_WORKER, {"query": query, "limit": limit}, source)
    return read_arrow_table(_told(answer, source).table, source.opening)


def _told(answer: Answer, source: Source) -> Answer:
    if answer.error:
        raise DataError(
            f"{source.opening} cannot be read as a DuckDB database: {answer.error}.",
            "Check the query if you wrote one. Another program may hold the file, or have written "
            "it with a newer DuckDB: export the table as Parquet there.",
        )
    return answer
