"""`make bench`: every task at its sizes, ours and the peers pair by pair, then the tables.

`make bench TASKS=shap,accumulated` chooses tasks by words of their names; `SIZES=small` is a quick
look that leaves RESULTS.md alone. Each measurement is a fresh process (child.py).
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from .cell import Cell
from .contender import Task
from .lines import Line, Run, read, write
from .processes import ROOT, finished
from .sizes import LARGE
from .table import as_markdown
from .tasks import chosen
from .venvs import HERE
from .world import FOLDER


def main(arguments: list[str]) -> None:
    """Runs what was asked for and writes the lines and the tables."""
    asked = _parsed(arguments)
    tasks = chosen(asked.tasks)
    folder = HERE if asked.sizes == "usual" else FOLDER
    folder.mkdir(exist_ok=True)
    lines_path, table_path = folder / "results.jsonl", folder / "RESULTS.md"
    _compile_kernels()
    names = {task.name for task in tasks}
    kept = [line for line in read(lines_path) if line.task not in names]
    started = time.perf_counter()
    for cell in _cells(tasks, asked):
        for line in cell.lines():
            kept.append(line)
            write(lines_path, kept)
            _tell(line)
        table_path.write_text(as_markdown(kept), encoding="utf-8")
    minutes = (time.perf_counter() - started) / 60
    print(f"{minutes:.0f} minutes; the tables are in {table_path.relative_to(ROOT)}")


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--tasks", default="", help="words of their names, with commas")
    parser.add_argument("--sizes", default="usual", choices=("usual", "small"))
    parser.add_argument("--limit", type=float, default=300.0, help="seconds a child may take")
    return parser.parse_args(arguments)


def _cells(tasks: tuple[Task, ...], asked: argparse.Namespace) -> Iterator[Cell]:
    """Every size on one core; the first, and the one of many rows, on all."""
    run = _this_run(asked)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for task in tasks:
        sizes = task.sizes if asked.sizes == "usual" else task.few
        for size in sizes:
            first = size == sizes[0]
            yield Cell(run, task, size, 1, asked.limit, with_empty_cache=first)
            if (first or size == LARGE) and cores and cores > 1:
                yield Cell(run, task, size, cores, asked.limit)


def _this_run(asked: argparse.Namespace) -> Run:
    said = [f"{name}={value}" for name, value in (("TASKS", asked.tasks),) if value]
    said += ["SIZES=small"] if asked.sizes == "small" else []
    return Run(
        date=date.today().isoformat(),
        machine=f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        command=" ".join(["make bench", *said]),
        commit=_commit(),
    )


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if not listed.exists():
        return platform.processor() or platform.machine()
    lines = listed.read_text(encoding="utf-8").splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _commit() -> str:
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return finished(asked).stdout.strip()


def _compile_kernels() -> None:
    # so that every child but the one that is to start cold finds them on disk
    done = finished([sys.executable, "-m", "interpret.trees"])
    if done.returncode:
        raise SystemExit(f"The kernels could not be compiled:\n{done.stderr}")


def _tell(line: Line) -> None:
    found = line.failure or f"{line.whole_cpu:10.3f} CPU s"
    print(f"{line.task:38} {line.size.label:30} {line.threads} {line.who:24} {found}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
