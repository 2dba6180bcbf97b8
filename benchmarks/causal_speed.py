"""`make bench-causal`: effects with their intervals beside DoWhy, EconML and DoubleML, in one run.

Every figure is a fresh process on one core. Whoever takes more than `--budget` seconds of the
processor is ended and written as "> n s".
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from importlib import import_module
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any

from .causal_ways import TASKS, Found, Task, Way, find, table
from .measure import begin_peak, peak, timed
from .processes import ROOT, finished
from .venvs import NoVenv, interpreter

ROWS = (10_000, 100_000, 1_000_000)
BUDGET = 60
#: Peers may take this many seconds of the processor, ours this many times as long: it has to end.
OUR_PATIENCE = 10
#: On the clock a busy machine takes longer.
PATIENCE_BY_CLOCK = 8
#: A call is repeated until this many seconds are spent, or this many are made; and once in any case
#: where the first took less than `SURELY_TWICE`: it may have loaded more code.
SURELY_TWICE = 5.0
ENOUGH_SECONDS, MOST_CALLS = 2.0, 5
REFUTERS = ("placebo", "random cause", "subsets")
PAGE, KEPT = (Path(__file__).with_name(name) for name in ("CAUSAL.md", "causal.jsonl"))
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


@dataclass(frozen=True)
class Line:
    """One way at one size: CPU seconds of its quickest call, the most bytes held above the table,
    what it found. `failure` says why there are none: over the budget, or what went wrong. `made`
    is the day and the command."""

    task: str
    who: str
    rows: int
    made: str = ""
    cpu: float = float("nan")
    peak_bytes: int = 0
    found: Found | None = None
    versions: dict[str, str] = field(default_factory=dict)
    failure: str = ""

    @property
    def is_over(self) -> bool:
        """It took longer than it may."""
        return self.failure.startswith(">")


def measured(way: Way, rows: int) -> dict[str, Any]:
    """What a child does: quickest of some calls, the memory of the first."""
    import warnings

    # Peers warn of what pandas and scikit-learn will change; the figures are what is wanted.
    warnings.simplefilter("ignore")
    frame = table(rows)
    for name in way.imports:
        import_module(name)
    before = begin_peak()
    found, first = timed(lambda: way.run(frame))
    held, calls = peak() - before, [first]
    patience = SURELY_TWICE
    while sum(each.cpu for each in calls) < patience and len(calls) < MOST_CALLS:
        patience = ENOUGH_SECONDS
        calls.append(timed(lambda: way.run(frame))[1])
    return {
        "cpu": min(each.cpu for each in calls),
        "peak_bytes": held,
        "found": asdict(found),
        "versions": {name: version(name) for name in way.distributions},
    }


def lines(tasks: Sequence[Task], rows: Sequence[int], budget: int, made: str) -> Iterator[Line]:
    """Every way of the tasks at every size, ours and its peers right after one another."""
    for task in tasks:
        before: dict[str, Line] = {}
        for size in rows:
            for way in task.ways:
                limit = budget * OUR_PATIENCE if way.is_ours else budget
                line = _line(Line(task.name, way.who, size, made), limit, before.get(way.who))
                before[way.who] = line
                yield line


def _line(blank: Line, limit: int, before: Line | None) -> Line:
    if before is not None and _is_hopeless(before, blank.rows, limit):
        return replace(blank, failure=f"> {limit} s (not begun)")
    try:
        found = _child(blank, limit)
    except (_Failed, NoVenv) as why:
        return replace(blank, failure=str(why))
    return replace(blank, **{**found, "found": Found(**found["found"])})


def _is_hopeless(before: Line, rows: int, limit: int) -> bool:
    """Over the limit with fewer rows, or so near it that as many times more rows cannot help but
    be over it twice."""
    if before.failure:
        return before.is_over
    return before.cpu * rows / before.rows > 2 * limit


class _Failed(Exception):
    """A child gave no figure; the words say why."""


def _child(line: Line, limit: int) -> dict[str, Any]:
    way = find(line.task, line.who)
    asked = [str(interpreter(way.venv)), "-m", "benchmarks.causal_speed",
             "--child", json.dumps([line.task, line.who, line.rows, limit])]  # fmt: skip
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)}
    try:
        done = finished(asked, environment, limit * PATIENCE_BY_CLOCK)
    except subprocess.TimeoutExpired:
        raise _Failed(f"> {limit} s") from None
    if done.returncode < 0:  # the end of its seconds came as a signal
        raise _Failed(f"> {limit} s")
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        raise _Failed(said[-1][:120])
    made: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return made


def _as_child(text: str) -> None:
    import resource

    task, who, rows, limit = json.loads(text)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    # What is counted is the work, whatever else the machine does; the hard end is a second later.
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    print(json.dumps(measured(find(task, who), rows)))


def main(arguments: list[str]) -> None:
    """Measures what was asked for, and writes the page where that is everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.causal_speed", description=__doc__)
    parser.add_argument("--rows", default=",".join(map(str, ROWS)))
    parser.add_argument("--tasks", default="", help="words of their names, with commas")
    parser.add_argument("--budget", default=BUDGET, type=int, help="CPU seconds of a peer")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.child:
        _as_child(asked.child)
        return
    tasks = [t for t in TASKS if any(word in t.name for word in asked.tasks.split(","))]
    rows = [int(each) for each in asked.rows.split(",")]
    names = {task.name for task in tasks}
    kept = [line for line in read() if line.task not in names]
    for line in lines(tasks, rows, asked.budget, _this_run(asked)):
        print(f"{line.task:22} {line.rows:>9,} {line.who:20} {_seconds(line)}", flush=True)
        kept.append(line)
        if tuple(rows) == ROWS:
            KEPT.write_text("".join(f"{json.dumps(asdict(k))}\n" for k in kept), encoding="utf-8")
            PAGE.write_text(as_markdown(kept), encoding="utf-8")


def read() -> list[Line]:
    """The lines of earlier runs."""
    texts = KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else []
    made = [json.loads(text) for text in texts]
    return [Line(**{**each, "found": each["found"] and Found(**each["found"])}) for each in made]


def _this_run(asked: argparse.Namespace) -> str:
    said = [f"TASKS={asked.tasks}"] if asked.tasks else []
    said += [f"BUDGET={asked.budget}"] if asked.budget != BUDGET else []
    return f"{date.today().isoformat()}, `{' '.join(['make bench-causal', *said])}`"


HOW_TO_READ = """\
Written by `make bench-causal` (see `benchmarks/causal_speed.py` and `causal_ways.py`): do not edit.

Ten confounders, a treatment of two levels, an effect of 1.5. Every figure comes from a fresh
process on one core, ours and its peers right after one another; a call goes from the table to the
answer with its 95 % interval, the libraries being loaded before.

* **CPU s**: seconds of work of the quickest of up to five calls (of one where it takes over five).
  Whoever takes more than may be is ended: **> n s**; *not begun* where the figure for fewer rows
  leaves no doubt.
* **ours is**: how many times less we take; > where the peer was ended.
* **memory**: the most that the first call held above the table, whose {rows} rows take {table}.
* **estimate**: what was found, and its interval, so that it is seen that the same was asked.
"""


def as_markdown(made: Sequence[Line]) -> str:
    """The page."""
    mega = int(table(1_000).memory_usage(index=False).sum()) * 1_000 / 2**20
    parts = [
        "# How fast is an effect with its interval?\n",
        HOW_TO_READ.format(rows="1,000,000", table=f"{mega:,.0f} MB"),
    ]
    for task in TASKS:
        own = [line for line in made if line.task == task.name]
        if own:
            parts += [f"## {task.title}\n\n{task.says}\n", _table(task, own), _origin(own)]
    if all(any(line.task == name for line in made) for name in REFUTERS):
        parts += ["## The three refuters together\n", _refuters(made)]
    return "\n".join(parts)


def _table(task: Task, own: Sequence[Line]) -> str:
    head = ("rows", "who", "CPU s", "ours is", "memory", "estimate (95 % interval)", "how")
    body = []
    for line in own:
        ours = next(each for each in own if each.who == task.ways[0].who and each.rows == line.rows)
        body.append([
            f"{line.rows:,}", line.who, _seconds(line), _ratio(line, ours, task),
            f"{line.peak_bytes / 2**20:,.0f} MB" if line.found else "", _found(line.found),
            find(task.name, line.who).says,
        ])  # fmt: skip
    return _grid(head, body)


def _refuters(made: Sequence[Line]) -> str:
    """Their sums where all three came to an end, or at least so much where not."""
    body = []
    for rows in sorted({line.rows for line in made}):
        sums = {}
        for who in ("Whence", "DoWhy"):
            own = [x for x in made if x.task in REFUTERS and x.rows == rows and x.who == who]
            sums[who] = sum(_at_least(each) for each in own)
            is_over = any(each.is_over for each in own)
            sums[f"{who} >"] = is_over
        more = "> " if sums["DoWhy >"] else ""
        ratio = sums["DoWhy"] / sums["Whence"] if sums["Whence"] else float("nan")
        body.append([f"{rows:,}", _short(sums["Whence"]), more + _short(sums["DoWhy"]),
                     f"{more}{_times(ratio)}"])  # fmt: skip
    return _grid(("rows", "Whence, CPU s", "DoWhy, CPU s", "ours is"), body)


def _at_least(line: Line) -> float:
    if line.is_over:
        return float(line.failure.split()[1])
    return line.cpu if isfinite(line.cpu) else 0.0


def _ratio(line: Line, ours: Line, task: Task) -> str:
    if line.who == task.ways[0].who or ours.failure or (line.failure and not line.is_over):
        return ""
    return ("> " if line.is_over else "") + _times(_at_least(line) / ours.cpu)


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}×" if ratio >= 20 else f"{ratio:.1f}×"


def _seconds(line: Line) -> str:
    return line.failure or _short(line.cpu)


def _short(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 100 else f"{seconds:.3g}"


def _found(found: Found | None) -> str:
    if found is None:
        return ""
    if not isfinite(found.low):
        return f"{found.estimate:.4f}"
    return f"{found.estimate:.4f} ({found.low:.4f} to {found.high:.4f})"


def _grid(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _origin(own: Sequence[Line]) -> str:
    found: dict[str, dict[str, str]] = {}
    for line in own:
        found.setdefault(line.who.partition(",")[0], {}).update(line.versions)
    versions = "; ".join(
        f"{who}: {', '.join(f'{k} {v}' for k, v in those.items())}"
        for who, those in found.items()
        if those
    )
    made = "; ".join(dict.fromkeys(line.made for line in own))
    return f"{made}, Python {sys.version.split()[0]}. {versions}.\n"


if __name__ == "__main__":
    main(sys.argv[1:])
