"""RESULTS.md: a table per task from the lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import isfinite

from .lines import Line
from .tasks import TASKS

HOW_TO_READ = """\
Written by `make bench` (see `benchmarks/`): do not edit. Every figure comes from a fresh process
that measures one contender once, ours and its peers right after one another. A call goes from the
fitted model and the rows to the answer; reading the model and encoding the rows are part of ours.

* **CPU s**: seconds of work of the quickest of up to five calls, all threads together.
  **Wall s**: the same on the clock. Calls of more than five seconds are made once.
* **Ours is**: how many times less we take than the peer: CPU on one core, wall on all cores.
* **Passes**: the time in predictions of the same rows by the library itself, in the same process.
* **Memory**: the most the first call held above the rows, the model and the imports.
* **Cold**: imports and first call of a fresh process, on the clock; after the stroke, the same
  where no kernel has been compiled yet.
* **Difference**: the largest difference from our answer over its largest value, on the same rows.
* *scaled from* names what was measured where a peer is too slow for all of the work. Such times
  are those of the smaller work times the ratio; memory is not scaled.
"""

COLUMNS = (
    "size", "who", "CPU s", "wall s", "ours is", "passes", "memory", "cold", "difference", "remark",
)  # fmt: skip


def as_markdown(lines: Sequence[Line]) -> str:
    """The whole file."""
    parts = ["# Whence beside its peers\n", HOW_TO_READ]
    for task in TASKS:
        own = [line for line in lines if line.task == task.name]
        if own:
            parts.append(f"## {task.title}\n\n{task.question}\n")
            parts += _tables(own)
            parts.append(_origin(own))
    return "\n".join(parts)


def _tables(lines: Sequence[Line]) -> Iterator[str]:
    for threads in sorted({line.threads for line in lines}):
        cells = [line for line in lines if line.threads == threads]
        yield f"{'One core' if threads == 1 else f'{threads} cores'}:\n"
        yield "\n".join([_row(COLUMNS), _row(["---"] * len(COLUMNS)), *_rows(cells)]) + "\n"


def _rows(lines: Iterable[Line]) -> Iterator[str]:
    for _, cell in groupby(lines, key=lambda line: line.size):
        group = list(cell)
        ours = next((line for line in group if line.is_ours and not line.failure), None)
        for line in group:
            yield _row(_fields(line, ours))


def _fields(line: Line, ours: Line | None) -> list[str]:
    if line.failure:
        blanks = [""] * (len(COLUMNS) - 3)
        return [line.size.label, line.who, *blanks, f"not measured: {_plain(line.failure)}"]
    return [
        line.size.label,
        line.who,
        _seconds(line.whole_cpu),
        _seconds(line.whole_wall),
        _ratio(line, ours),
        _passes(line),
        f"{line.peak_bytes / 2**20:,.0f} MB",
        _cold(line),
        "" if line.difference is None else f"{line.difference:.0e}",
        _remark(line),
    ]


def _ratio(line: Line, ours: Line | None) -> str:
    if line.is_ours or ours is None:
        return ""
    ratio = (
        line.whole_cpu / ours.whole_cpu
        if line.threads == 1
        else line.whole_wall / ours.whole_wall
    )  # fmt: skip
    return f"{ratio:,.0f}×" if ratio >= 20 else f"{ratio:.1f}×"


def _passes(line: Line) -> str:
    taken, one = (line.cpu, line.pass_cpu) if line.threads == 1 else (line.wall, line.pass_wall)
    # the pass is over the rows that were measured
    parts = line.scale * line.rows / line.size.rows
    return f"{taken * parts / one:,.1f}" if one else ""


def _cold(line: Line) -> str:
    warm = f"{line.cold:.1f} s"
    if line.cold_empty is None:
        return warm
    empty = f"{line.cold_empty:.1f} s" if isfinite(line.cold_empty) else "not measured"
    return f"{warm} / {empty}"


def _remark(line: Line) -> str:
    scaled = [line.parts] if line.parts else []
    scaled += [f"{line.rows:,} rows"] if line.rows != line.size.rows else []
    return f"scaled from {' and '.join(scaled)}" if scaled else ""


def _origin(lines: Sequence[Line]) -> str:
    """When, where and with which versions."""
    runs = sorted({line.run for line in lines}, key=lambda run: run.date)
    made = "; ".join(f"{r.date}, `{r.command}`, commit {r.commit}, {r.machine}" for r in runs)
    found: dict[str, str] = {}
    for line in lines:
        if line.versions:
            found[line.who] = ", ".join(f"{name} {which}" for name, which in line.versions.items())
    versions = "; ".join(f"{who}: {which}" for who, which in found.items())
    return f"{made}. {versions}.\n"


def _row(fields: Iterable[str]) -> str:
    return f"| {' | '.join(fields)} |"


def _seconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _plain(text: str) -> str:
    """A message that cannot break a table."""
    return text.replace("|", "/").replace("`", "'")
