"""Starting another program and reading what it says."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def finished(
    command: list[str], environment: dict[str, str] | None = None, limit: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command in the project's root to its end.

    Raises `subprocess.TimeoutExpired` where it takes longer than `limit` seconds; it is stopped.
    """
    # every command is put together in this folder, from interpreters and names of our own
    return subprocess.run(  # noqa: S603
        command,
        cwd=ROOT,
        env=environment,
        timeout=limit,
        capture_output=True,
        text=True,
        check=False,
    )
