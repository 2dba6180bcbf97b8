"""One cell of the grid: ours and every peer at one size, one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .child import Job
from .compare import difference
from .contender import Contender, Task
from .lines import Line, Run
from .processes import ROOT, finished
from .sizes import Size
from .venvs import NoVenv, interpreter

#: What numerical libraries take the number of their threads from.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
)  # fmt: skip


class Failed(Exception):
    """A child gave no measurement; the words say why."""


@dataclass(frozen=True)
class Cell:
    """A task at a size, on one core or on several; `limit` is what a child may take, in seconds.

    `with_empty_cache` also starts ours once where no kernel has been compiled.
    """

    run: Run
    task: Task
    size: Size
    threads: int
    limit: float
    with_empty_cache: bool = False

    def lines(self) -> Iterator[Line]:
        """Ours first, then each peer as soon as it is measured."""
        _prepare(self.size)
        with tempfile.TemporaryDirectory() as folder:
            answers = Path(folder)
            for contender in self.task.contenders(self.size):
                try:
                    yield self._measured(contender, answers)
                except (Failed, NoVenv) as why:
                    yield replace(self._blank(contender), failure=str(why))

    def _measured(self, contender: Contender, answers: Path) -> Line:
        rows = contender.rows_for(self.size, self.task.reference)
        path = answers / f"{rows}.npy" if contender == self.task.ours else answers / "theirs.npy"
        found = self._child(contender, rows, path)
        parts = contender.parts(self.size) if contender.parts else None
        line = replace(
            self._blank(contender),
            rows=rows,
            parts=f"{parts.measured} of {parts.all} {parts.noun}" if parts else "",
            scale=self.size.rows / rows * (parts.all / parts.measured if parts else 1),
            **_figures(found),
        )
        if contender == self.task.ours:
            return replace(line, cold_empty=self._cold_empty() if self.with_empty_cache else None)
        return replace(line, difference=self._difference(rows, path, answers))

    def _difference(self, rows: int, theirs: Path, answers: Path) -> float | None:
        mine = answers / f"{rows}.npy"
        if not mine.exists():
            # the same rows for both, whether or not the answer goes row by row
            try:
                self._child(self.task.ours, rows, mine)
            except Failed:
                return None
        return difference(np.load(mine), np.load(theirs))

    def _cold_empty(self) -> float:
        with tempfile.TemporaryDirectory() as folder:
            variables = {"WHENCE_CACHE": folder}
            try:
                found = self._child(self.task.ours, self.size.rows, None, variables)
            except Failed:
                return float("inf")
        return float(found["load"]["wall"] + found["first"]["wall"])

    def _child(
        self,
        contender: Contender,
        rows: int,
        answer: Path | None,
        variables: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        size = self.size.with_rows(rows)
        _prepare(size)
        job = Job(self.task.name, contender.name, size, self.threads, str(answer or ""))
        environment = {
            **os.environ,
            **dict.fromkeys(THREAD_VARIABLES, str(self.threads)),
            "PYTHONPATH": str(ROOT),
            **(variables or {}),
        }
        command = [str(interpreter(contender.venv)), "-m", "benchmarks.child", job.to_json()]
        # peers print as they like; the measurement is the last line
        last = _said(command, environment, self.limit).strip().splitlines()[-1]
        found: dict[str, Any] = json.loads(last)
        return found

    def _blank(self, contender: Contender) -> Line:
        return Line(self.run, self.task.name, contender.name, self.size, self.threads)


def _prepare(size: Size) -> None:
    _said([sys.executable, "-m", "benchmarks.world", json.dumps(asdict(size))])


def _said(
    command: list[str], environment: dict[str, str] | None = None, limit: float | None = None
) -> str:
    """What a child prints. Raises `Failed` with the last line of its complaint."""
    try:
        done = finished(command, environment, limit)
    except subprocess.TimeoutExpired:
        raise Failed(f"over {limit:.0f} s") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        raise Failed(said[-1][:200])
    return done.stdout


def _figures(found: dict[str, Any]) -> dict[str, Any]:
    """The fields of a line from a child's measurement."""
    return {
        "wall": found["best"]["wall"],
        "cpu": found["best"]["cpu"],
        "calls": found["calls"],
        "pass_wall": found["one_pass"]["wall"],
        "pass_cpu": found["one_pass"]["cpu"],
        "cold": found["load"]["wall"] + found["first"]["wall"],
        "peak_bytes": found["peak_bytes"],
        "versions": found["versions"],
    }
