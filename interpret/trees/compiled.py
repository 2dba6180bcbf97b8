"""Where the compiled kernels are kept, whether they are there, and how they come to be.

Compiling takes many seconds, and nobody waits for it: `make install` does it, and where that did
not happen (a new version, another machine) the first explanation starts it in a process of its own
and goes on without the engine. `python -m interpret.trees` compiles at once.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import platform
import re
import subprocess
import sys
import threading
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

#: The environment variable that moves the folder, for machines whose home cannot be written to.
FOLDER_VARIABLE = "WHENCE_CACHE"
#: Written when every kernel has been compiled.
MARK = "complete"
#: There while a process compiles.
LOCK = "compiling"
#: Another process that compiles is believed for this long, in seconds.
PATIENCE = 600.0
_KERNELS = Path(__file__).parent / "kernels"
#: A child that compiles carries this, so that it does not start another.
_COMPILING = "WHENCE_COMPILING"


@cache
def folder(name: str) -> Path:
    """Where the kernels of one file are kept; another name as soon as they might differ."""
    return parent() / f"{name}-{_key(name)}"


def is_ready() -> bool:
    """Whether every kernel can be had without compiling."""
    return all((folder(name) / MARK).exists() for name in kernel_names())


def ready_or_begin() -> bool:
    """Whether the kernels are there; where they are not, another process begins to make them."""
    if is_ready():
        return True
    if _COMPILING not in os.environ and _is_writable() and _take_turn():
        child = subprocess.Popen(
            [sys.executable, "-m", "interpret.trees"],
            cwd=Path(__file__).parents[2],
            env={**os.environ, _COMPILING: "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        # someone has to take note of its end
        threading.Thread(target=child.wait, daemon=True).start()
    return False


def load_or_begin() -> None:
    """Reads the kernels back ahead of the first explanation, or begins to compile them."""
    if ready_or_begin():
        for name in kernel_names():
            importlib.import_module(f"interpret.trees.kernels.{name}")


def compile_all() -> float:
    """Compiles every kernel, or reads it back, and leaves the mark; CPU seconds it took."""
    started = time.process_time()
    for name in kernel_names():
        folder(name).mkdir(parents=True, exist_ok=True)
        importlib.import_module(f"interpret.trees.kernels.{name}")
        (folder(name) / MARK).touch()
    (parent() / LOCK).unlink(missing_ok=True)
    return time.process_time() - started


@cache
def kernel_names() -> tuple[str, ...]:
    """The files of kernels."""
    return tuple(f.stem for f in sorted(_KERNELS.glob("*.py")) if not f.stem.startswith("_"))


def _is_writable() -> bool:
    """Makes the folder; False where nothing can be kept, and explanations go on without kernels."""
    try:
        parent().mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(parent(), os.W_OK)


def _take_turn() -> bool:
    """True for one process in `PATIENCE` seconds."""
    lock = parent() / LOCK
    try:
        if lock.exists() and time.time() - lock.stat().st_mtime > PATIENCE:
            lock.unlink(missing_ok=True)
        lock.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def parent() -> Path:
    """The folder of all kernels of all versions."""
    asked = os.environ.get(FOLDER_VARIABLE)
    if asked:
        return Path(asked)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "whence"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "whence"


def _key(name: str) -> str:
    """Changes with the text of a kernel or of what it calls, the compiler and the machine."""
    digest = hashlib.blake2b(digest_size=8)
    # a kernel takes the nodes apart by their places
    for source in (*_closure(name), Path(__file__).with_name("nodes.py")):
        digest.update(source.name.encode() + source.read_bytes())
    for part in (version("numba"), version("numpy"), platform.python_version(), _processor()):
        digest.update(part.encode())
    return digest.hexdigest()


def _closure(name: str) -> list[Path]:
    """The kernel's file and those of its neighbours that it imports from, directly or not."""
    found, waiting = set[str](), [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            text = (_KERNELS / f"{each}.py").read_text(encoding="utf-8")
            waiting += re.findall(r"^from \.(\w+) import", text, flags=re.MULTILINE)
    return [_KERNELS / f"{each}.py" for each in sorted(found)]


def _processor() -> str:
    # a home shared by unlike machines must not hand one the other's code
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith(("flags", "Features")))
    except (OSError, StopIteration):
        return f"{platform.machine()} {platform.processor()}"
