"""One measurement: seconds, memory and the answer of one contender, in a process of its own."""

from __future__ import annotations

import importlib
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from .contender import Contender
from .world import World

#: A call is repeated until this many seconds are spent, or `MOST_CALLS` calls made.
PATIENCE = 2.0
MOST_CALLS = 5
#: A first call that took less than this is repeated in any case: it may have loaded more code.
SURELY_TWICE = 5.0
#: Where Linux says how much memory a process held at most.
STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock and seconds of work, of all threads and child processes together."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Measurement:
    """What a child reports.

    `load` is what the imports took and `first` the call after them; `best` is the quickest call.
    `one_pass` is the model's own prediction of the same rows, the quickest of as many.
    `peak_bytes` is the most memory the first call held above rows, model and imports.
    """

    load: Spent
    first: Spent
    best: Spent
    calls: int
    peak_bytes: int
    one_pass: Spent
    versions: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For a JSON line."""
        return asdict(self)


def measure(contender: Contender, world: World, answer_path: Path | None) -> Measurement:
    """Imports, calls and times a contender; keeps its answer where a path is given."""
    _make_inputs(world)
    load = timed(lambda: _import_all(contender.imports))[1]
    before = begin_peak()
    answer, first = timed(lambda: contender.run(world))
    held = peak() - before
    if answer_path is not None:
        np.save(answer_path, np.asarray(answer))
    del answer
    calls = [first, *_repeated(lambda: contender.run(world), first.wall)]
    one_pass = _best([timed(lambda: world.model.predict(world.values))[1] for _ in range(3)])
    return Measurement(
        load, first, _best(calls), len(calls), held, one_pass, _versions(contender.distributions)
    )


def _make_inputs(world: World) -> None:
    # tables are at hand before the clock starts, for whoever wants them
    _ = world.frame, world.background_frame
    world.model.predict(world.values[:1])


def _import_all(names: tuple[str, ...]) -> None:
    for name in names:
        importlib.import_module(name)


def _repeated(call: Callable[[], Any], spent: float) -> list[Spent]:
    found: list[Spent] = []
    patience = SURELY_TWICE
    while spent < patience and len(found) + 1 < MOST_CALLS:
        patience = PATIENCE
        found.append(timed(call)[1])
        spent += found[-1].wall
    return found


def timed(call: Callable[[], Any]) -> tuple[Any, Spent]:
    """What a call gives, and what it took."""
    wall, cpu = time.perf_counter(), _cpu()
    result = call()
    return result, Spent(time.perf_counter() - wall, _cpu() - cpu)


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _best(spent: list[Spent]) -> Spent:
    return Spent(min(each.wall for each in spent), min(each.cpu for each in spent))


def begin_peak() -> int:
    """What is held now, from where the peak counts; Linux can begin the peak anew."""
    if STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    """The most bytes this process has held since the peak was begun."""
    if STATUS.exists():
        status = STATUS.read_text(encoding="ascii")
        line = next(each for each in status.splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _versions(distributions: tuple[str, ...]) -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "?"
    return found
