"""A real PostgreSQL server for the tests of a module, started and stopped there."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

SECRET = "s3cret/p@ss word"  # noqa: S105 (of a server that lives for this file)
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), reverse=True)


@dataclass(frozen=True)
class Server:
    url: sa.URL

    def run(self, *statements: str) -> None:
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    """A server of its own behind a socket in a folder of its own, stopped at the end."""
    found = shutil.which("pg_ctl") or next(map(str, BINARIES), None)
    if found is None:
        pytest.skip("NO POSTGRESQL: pg_ctl is not installed, queries to a server are NOT tested")
    as_user = _as_someone_else()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        (folder / "password").write_text(SECRET)
        data = folder / "data"
        if as_user:
            shutil.chown(folder, "postgres")
            shutil.chown(folder / "password", "postgres")
        initdb = Path(found).with_name("initdb")
        _run(*as_user, initdb, "-D", data, "-U", "who", f"--pwfile={folder}/password",
             "--auth=scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C")  # fmt: skip
        control = [*as_user, found, "-D", data, "-w", "-l", folder / "log"]
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        _run(*control, "-o", options, "start")
        try:
            socket = {"host": str(folder)}
            yield Server(
                sa.URL.create(
                    "postgresql+psycopg", "who", SECRET, database="postgres", query=socket
                )
            )
        finally:
            _run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _as_someone_else() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.name != "posix" or os.getuid() != 0:
        return []
    try:
        shutil._get_uid("postgres")  # type: ignore[attr-defined]
    except KeyError:
        pytest.skip("NO POSTGRESQL: this is root and there is no user postgres to run it")
    runuser = shutil.which("runuser")
    return [runuser, "-u", "postgres", "--"] if runuser else ["su", "postgres", "-c"]


def _run(*command: object) -> None:
    # Not through pipes: the server would keep them open.
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        check=False,
    )
    assert done.returncode == 0, command
