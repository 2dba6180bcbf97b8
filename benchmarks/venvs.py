"""An environment per group of peers, so that none dictates another's versions.

`peers/<name>.txt` lists what it holds; a first line `# python 3.12` asks for that Python, and a
line `# without xgboost` leaves out what a peer pulls in and has another way. The environments are
kept in .venvs/ and made again when their list changes.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from functools import cache
from pathlib import Path

from .processes import finished

HERE = Path(__file__).parent
VENVS = HERE / ".venvs"


class NoVenv(Exception):
    """An environment cannot be made; the words say why."""


@cache
def interpreter(venv: str) -> Path:
    """The Python of an environment, which is made where it is missing. Raises `NoVenv`."""
    if venv == "project":
        return Path(sys.executable)
    wanted = HERE / "peers" / f"{venv}.txt"
    text = wanted.read_text(encoding="utf-8")
    python = VENVS / venv / "bin" / "python"
    mark = VENVS / venv / "made-of"
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    if not (python.exists() and mark.exists() and mark.read_text() == digest):
        _make(venv, text, wanted)
        mark.write_text(digest)
    return python


def _make(venv: str, text: str, wanted: Path) -> None:
    asked = re.search(r"^# python (\S+)$", text, re.MULTILINE)
    base = _python(asked[1]) if asked else sys.executable
    print(f"Installing the peers of {wanted.name}", file=sys.stderr)
    _uv("venv", "--quiet", "--clear", "--python", base, str(VENVS / venv))
    overrides = VENVS / f"{venv}-overrides.txt"
    without = re.findall(r"^# without (\S+)$", text, re.MULTILINE)
    overrides.write_text("".join(f"{each}; sys_platform == 'never'\n" for each in without))
    _uv(
        "pip", "install", "--quiet", "--python", str(VENVS / venv / "bin" / "python"),
        "--compile-bytecode", "--override", str(overrides), "-r", str(wanted),
    )  # fmt: skip


def _python(wanted: str) -> str:
    """The path of a Python of this version. Raises `NoVenv` where the machine has none."""
    pyenv = Path.home() / ".pyenv" / "versions"
    candidates = [shutil.which(f"python{wanted}"), *sorted(pyenv.glob(f"{wanted}.*/bin/python"))]
    for each in map(str, filter(None, candidates)):
        if finished([each, "-V"]).stdout.startswith(f"Python {wanted}."):
            return each
    raise NoVenv(f"it needs Python {wanted}, which this machine does not have")


def _uv(*arguments: str) -> None:
    done = finished([sys.executable, "-m", "uv", *arguments])
    if done.returncode:
        raise NoVenv(f"it could not be installed: {' '.join(done.stderr.split())[-300:]}")
