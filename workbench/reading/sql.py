"""A table by a query: from a database server, or from an SQLite or DuckDB file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..dataset import Dataset
from ..errors import DataError, ParameterError
from ..script import Name, Script, call
from .arrow import read_arrow_table
from .duckdb_file import query_duckdb
from .rows import ROWS_AT_ONCE, refuse_repeated, table_of_rows
from .signature import kind_of
from .source import open_source
from .sqlite_file import query_sqlite
from .text_table import TableRead

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

#: Rows a query may give where no limit is named.
MOST_ROWS = 1_000_000
#: Holds the address in the script where it has a password, as deployments call it.
VARIABLE = "DATABASE_URL"
_FILE_URL = re.compile(r"(sqlite|duckdb):///(.+)")
#: Databases whose transactions can be opened for reading alone, with the statement that does it.
_READ_ONLY = {
    "postgresql": "set transaction read only",
    "mysql": "set transaction read only",
    "mariadb": "set transaction read only",
    "oracle": "set transaction read only",
}


def read_sql(
    query: str,
    source: str | os.PathLike[str] | Engine | URL,
    *,
    target: str | None = None,
    name: str = "query",
    limit: int = MOST_ROWS,
) -> Dataset:
    """What a query gives, as a `Dataset`: `query` is one SELECT, nothing else is carried out.

    `source` is an SQLAlchemy engine or URL ("postgresql+psycopg://user@host/database"; the driver
    has to be installed), or the path of an SQLite or DuckDB file. At most `limit` rows are read,
    and a note says so where there are more. Server databases are asked within a transaction that
    is rolled back, opened for reading alone where the database knows that; what the query may
    reach there is a matter of the user's rights. A file is opened read-only and shut in: a query
    cannot reach any other file, the network or an extension. The types the database states are
    believed; SQLite states none, so its texts are read like those of a text file. A URL's password
    appears neither in the notes nor in the script: where there is one, the script takes the address
    from the environment variable DATABASE_URL.

    Raises `DataError` for a database that cannot be reached, a query it refuses or a result that
    does not fit into memory, `ParameterError` for a limit below 1 or columns of one name.
    """
    if limit < 1:
        raise ParameterError(f"limit = {limit} rows are none.", "Use 1 or more.")
    query = query.strip().rstrip(";").rstrip()
    if not query:
        raise ParameterError("The query is empty.", "Write a SELECT.")
    asked = _of_file(source) or _of_server(source)
    table = asked.ask(query, limit)
    if table.frame.empty:
        raise DataError("The query gives not a single row.", "Ask for more.")
    settings = {
        "target": target,
        "name": None if name == "query" else name,
        "limit": None if limit == MOST_ROWS else limit,
    }
    passed = {k: v for k, v in settings.items() if v is not None}
    line = f"data = {call('read_sql', query, asked.subject, **passed)}"
    imports = (*asked.imports, ("workbench", "read_sql"))
    script = Script("data", imports, (line,))
    frame, notes = table.frame, (f"The rows are those of a query to {asked.spoken}.", *table.notes)
    if len(frame) > limit:
        frame = frame.head(limit)
        cut = f"The query gives more than {limit:,} rows; the first {limit:,} were read (limit)."
        notes = (*notes, cut)
    return Dataset.of(frame, name=name, target=target, notes=notes, script=script)


@dataclass(frozen=True)
class _File:
    path: str
    subject: object
    imports: tuple[tuple[str, str], ...] = ()

    @property
    def spoken(self) -> str:
        return f"'{Path(self.path).name}'"

    def ask(self, query: str, limit: int) -> TableRead:
        file = open_source(self.path)
        kind = kind_of(file)
        if kind == "sqlite":
            return query_sqlite(query, file, limit)
        if kind == "duckdb":
            return query_duckdb(query, file, limit)
        raise DataError(
            f"{file.opening} is neither an SQLite nor a DuckDB database.",
            "Open it with read().",
        )


def _of_file(source: object) -> _File | None:
    if isinstance(source, os.PathLike):
        return _File(os.fspath(source), os.fspath(source))
    if not isinstance(source, str):
        return None
    url = _FILE_URL.fullmatch(source)
    path = url.group(2) if url else source
    return _File(path, source) if url or "://" not in source else None


@dataclass(frozen=True)
class _Server:
    engine: Engine
    is_ours: bool
    subject: object
    imports: tuple[tuple[str, str], ...] = ()

    @property
    def spoken(self) -> str:
        """The database without its user, its password and its options."""
        url = self.engine.url
        where = f" on {url.host}" if url.host else ""
        return f"{url.get_backend_name()} ('{url.database}'{where})"

    def ask(self, query: str, limit: int) -> TableRead:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with (
                _reading(self.engine) as connection,
                connection.execute(_bounded(query, limit)) as result,
            ):
                names = list(result.keys())
                refuse_repeated(names)
                table = table_of_rows(names, _batches(result), "The result of the query")
        except SQLAlchemyError as error:
            raise DataError(
                f"The database {self.spoken} did not answer the query: {_said(error)}.",
                "Check the query, the address, and the rights of the user.",
            ) from error.with_traceback(None)
        finally:
            if self.is_ours:
                self.engine.dispose()
        return read_arrow_table(table, "The result of the query")


def _of_server(source: object) -> _Server:
    from sqlalchemy import Engine, create_engine
    from sqlalchemy.engine import URL, make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    if isinstance(source, Engine):
        return _Server(source, False, Name("engine"))
    if not isinstance(source, str | URL):
        raise ParameterError(
            f"A {type(source).__name__} is not a database.",
            "Give an SQLAlchemy engine or URL, or the path of an SQLite or DuckDB file.",
        )
    try:
        url = make_url(source)
        engine = create_engine(url)
    except NoSuchModuleError as error:
        raise ParameterError(
            f"There is no kind of database called {url.drivername!r} here.",
            "Use one such as postgresql+psycopg, mysql+pymysql, sqlite or duckdb.",
        ) from error
    except (ArgumentError, ValueError) as error:
        # Not the error's own words: they may repeat the whole address.
        raise ParameterError(
            "The address of the database cannot be understood.",
            "Write it as 'postgresql+psycopg://user:password@host:5432/database'.",
        ) from error.with_traceback(None)
    except ImportError as error:
        raise ParameterError(
            f"The driver of {url.drivername} is not installed ({error.name}).",
            "Install it, for example: pip install 'psycopg[binary]' for postgresql+psycopg.",
        ) from error
    if url.password is not None or url.query:  # a password may be among the options
        return _Server(engine, True, Name(f"environ[{VARIABLE!r}]"), (("os", "environ"),))
    return _Server(engine, True, url.render_as_string())


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    """A connection whose transaction may only read, and is rolled back."""
    from sqlalchemy import text

    with engine.connect() as connection:
        statement = _READ_ONLY.get(engine.dialect.name)
        try:
            if statement is not None:
                connection.execute(text(statement))
            yield connection.execution_options(stream_results=True, max_row_buffer=ROWS_AT_ONCE)
        finally:
            connection.rollback()


def _bounded(query: str, limit: int) -> Any:
    """The query inside another one, where a statement can only be a query; `limit` is sent beside
    it, which keeps a server from taking a second statement."""
    from sqlalchemy import select, text

    # A colon before a word would be taken for a parameter.
    literal = re.sub(r"(?<!:):(?=\w)", r"\\:", query)
    inner = text(f"{literal}\n").columns().subquery("asked")
    return select(text("*")).select_from(inner).limit(limit + 1)


def _batches(result: Any) -> Iterator[list[Any]]:
    while rows := result.fetchmany(ROWS_AT_ONCE):
        yield rows


def _said(error: Exception) -> str:
    """The driver's first line, which holds neither the statement nor the address."""
    original = getattr(error, "orig", None)
    lines = str(original if original is not None else type(error).__name__).splitlines()
    return (lines or ["no reason was given"])[0].rstrip(".")
