"""A dashboard of our own, started for the tests and stopped after them."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: How long a server may take to answer on a busy machine.
START_SECONDS = 120
#: Between two looks at whether it answers.
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Server:
    """A running dashboard: where it answers and where it writes what it has to say."""

    url: str
    log: Path


@contextmanager
def serving(app: Path, home: Path, *, folder: Path | None = None) -> Iterator[Server]:
    """Serves `app` from `folder` on a free port, with `home` in place of the user's own."""
    port = _free_port()
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(app, port),
            cwd=folder or app.parent,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", log)
    try:
        _wait_until_it_answers(process, server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _command(app: Path, port: int) -> list[str]:
    settings = {
        "server.address": "127.0.0.1",
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(app), *flags]


def _environment(home: Path) -> dict[str, str]:
    """A home without settings of its own; caches stay, they only save time."""
    caches = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    return {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": caches}


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(server):
        if process.poll() is not None:
            raise RuntimeError(f"The dashboard ended at its start:\n{server.log.read_text()}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"The dashboard does not answer:\n{server.log.read_text()}")
        time.sleep(POLL_SECONDS)


def _answers(server: Server) -> bool:
    try:
        with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5) as reply:  # noqa: S310
            return bool(reply.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
