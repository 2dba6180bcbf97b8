"""Reads a DuckDB file in a process of its own: `python -I duckdb_worker.py SETTINGS`.

Before anything of the person's runs (a query, or a view inside the file), DuckDB is shut in: no
file or network but the database itself, no extensions, read only, and the settings locked. The
first line on standard output is JSON, then follows the table as an Arrow stream.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import duckdb
import pyarrow as pa

#: `lock_configuration` keeps a query from opening what the others close.
SHUT_IN: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "lock_configuration": "true",
}
ROWS_AT_ONCE = 50_000


def main() -> None:
    """What the file holds, and the table asked for."""
    settings = json.loads(sys.argv[1])
    _limit_memory(settings["memory"])
    try:
        _send(settings)
    except (duckdb.Error, pa.ArrowException, MemoryError) as error:
        sys.stderr.write(json.dumps({"error": str(error).split("\n\n")[0].replace("\n", " ")}))
        sys.exit(3)


def _send(settings: dict[str, Any]) -> None:
    half = f"{settings['memory'] // 2**21}MiB"
    shut_in = {**SHUT_IN, "memory_limit": half, "threads": "2"}
    out = sys.stdout.buffer
    with duckdb.connect(settings["path"], read_only=True, config=shut_in) as connection:
        tables = _tables(connection)
        query = settings.get("query")
        asked = settings.get("table")
        if asked is None and len(tables) == 1:
            asked = next(iter(tables))
        out.write(json.dumps({"tables": list(tables)}).encode() + b"\n")
        if query is not None:
            # Inside brackets a statement can only be a query.
            asked_for = f"select * from (\n{query}\n) limit {int(settings['limit']) + 1}"  # noqa: S608
            if len(duckdb.extract_statements(asked_for)) != 1:
                raise duckdb.ParserException("more than one statement")
        elif asked in tables:
            asked_for = f"select * from {tables[asked]}"  # noqa: S608 (a quoted name)
        else:
            return
        reader = connection.sql(asked_for).to_arrow_reader(ROWS_AT_ONCE)
        with pa.ipc.new_stream(out, reader.schema) as stream:
            for batch in reader:
                stream.write_batch(batch)


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Every table and view under the name a person gives, with the name SQL wants."""
    found = connection.execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_catalog = current_database() order by table_schema <> 'main', table_schema, "
        "table_name"
    ).fetchall()
    return {
        name if schema == "main" else f"{schema}.{name}": f"{_quoted(schema)}.{_quoted(name)}"
        for schema, name in found
    }


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _limit_memory(most_bytes: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))


if __name__ == "__main__":
    main()
