"""A task, and who takes part in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .sizes import MAIN, SUMS, Size
from .world import World

#: An array, or a list of equal ones: stacking them is no part of the work.
Answer = NDArray[np.floating[Any]] | list[NDArray[np.floating[Any]]]

#: A peer is measured on fewer rows where all of them would take longer than this, in seconds on
#: the machine the stated figures come from: at the task's own size, and at the others.
LONGEST = 20.0
LONGEST_BESIDE = 5.0
#: The rows a slow peer is measured on, from the most to the fewest.
STEPS = (100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20)


@dataclass(frozen=True)
class Parts:
    """The share of the work that is measured: 1 of 435 pairs."""

    measured: int
    all: int
    noun: str


@dataclass(frozen=True)
class Contender:
    """One way to the answer, end to end from the fitted model and the rows.

    `run` imports nothing: `imports` are brought in before it and timed apart. `distributions` are
    those whose versions stand in the table. `venv` is the environment it runs in, `project` being
    this project's own. `seconds` is about what the main size takes, 0 where no size is too long.
    `parts` says, for a size, which share of the work `run` does; its answer is then the beginning
    of the others'. Without `everywhere` it takes part at a task's first sizes alone.
    """

    name: str
    run: Callable[[World], Answer]
    imports: tuple[str, ...]
    distributions: tuple[str, ...]
    venv: str = "project"
    seconds: float = 0.0
    parts: Callable[[Size], Parts] | None = None
    everywhere: bool = True

    def rows_for(self, size: Size, reference: Size) -> int:
        """How many of the rows it is measured on, so that it does not take too long.

        `seconds` is taken to grow with rows, trees, columns and classes.
        """
        expected = self.seconds * _work(size) / _work(reference)
        longest = LONGEST if size == reference else LONGEST_BESIDE
        if expected <= longest:
            return size.rows
        most = size.rows * longest / expected
        return min(size.rows, next((step for step in STEPS if step <= most), STEPS[-1]))


@dataclass(frozen=True)
class Task:
    """A question, our answer and the peers' answers.

    `sizes` are the cells of a default run, `few` those of a quick one; the first of each, and the
    one of many rows, are also run on all cores. `reference` is the size that the peers' `seconds`
    belong to. Peers take part up to `peer_rows` rows.
    """

    name: str
    title: str
    question: str
    ours: Contender
    peers: tuple[Contender, ...]
    sizes: tuple[Size, ...]
    few: tuple[Size, ...]
    reference: Size = MAIN
    peer_rows: int = 100_000

    def contenders(self, size: Size) -> tuple[Contender, ...]:
        """Those measured at a size, ours first."""
        if size.rows > self.peer_rows:
            return (self.ours,)
        is_first = size in (self.sizes[0], self.few[0])
        return (self.ours, *(each for each in self.peers if each.everywhere or is_first))

    def find(self, name: str) -> Contender:
        """By the name in a table."""
        return next(each for each in (self.ours, *self.peers) if each.name == name)


def ours(run: Callable[[World], Answer], *modules: str) -> Contender:
    """This project's own way, through the modules of the engine named."""
    always = ("readers", "kernels.encode", "kernels.predict")
    imports = tuple(f"interpret.trees.{each}" for each in (*always, *modules))
    return Contender("Whence", run, imports, ("numba", "numpy"))


def _work(size: Size) -> int:
    return size.rows * size.trees * size.features * SUMS[size.target]
