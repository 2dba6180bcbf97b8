"""Do the intervals of interrupted time series hold the truth, and how often is nothing found there?

`python -m benchmarks.designs.interrupted_time_series` simulates worlds whose effect is known and
writes INTERRUPTED_TIME_SERIES.md beside this file. Every method with its defaults; some 40 minutes
of one core for 200 series of each world.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from causal import (
    SeriesQuestion,
    interrupted_time_series,
    level_shift,
    placebo_dates,
)
from workbench import Dataset

from ._replications import ANSWERS, answer, answers_row, write

METHODS = (interrupted_time_series, level_shift)
#: Added to every time from the beginning on.
STEP = 3.0
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class World:
    """How a series runs without the intervention: `make(rng, n)`, (n, 1 + regressors)."""

    name: str
    says: str
    before: int
    after: int
    make: Callable[[np.random.Generator, int], Floats]
    is_monthly: bool = False

    def question(self, seed: int) -> SeriesQuestion:
        """One series of it, with a step of `STEP`."""
        rng = np.random.default_rng(seed)
        n = self.before + self.after
        made = self.make(rng, n)
        y = made[:, 0] + STEP * (np.arange(n) >= self.before)
        when: Any = np.arange(n)
        if self.is_monthly:
            when = pd.date_range("2000-01-01", periods=n, freq="MS")
        frame = pd.DataFrame({"when": when, "y": y})
        named = [f"x{k}" for k in range(made.shape[1] - 1)]
        frame[named] = made[:, 1:]
        starts = str(when[self.before])[:10]
        return SeriesQuestion(
            Dataset.of(frame), outcome="y", time="when", starts=starts, regressors=tuple(named)
        )


def _alone(y: Floats) -> Floats:
    return y[:, None]


def _ar(rng: np.random.Generator, n: int, share: float, size: float = 1.0) -> Floats:
    noise = rng.normal(scale=size, size=n + 50)
    for k in range(1, n + 50):
        noise[k] += share * noise[k - 1]
    return noise[50:]


def _monthly(rng: np.random.Generator, n: int) -> Floats:
    at = np.arange(n)
    level = np.cumsum(rng.normal(scale=0.15, size=n))
    season = 4 * np.sin(2 * np.pi * at / 12) + 1.5 * np.cos(4 * np.pi * at / 12)
    x = _ar(rng, n, 0.5)
    return np.column_stack([50 + level + season + 1.5 * x + rng.normal(size=n), x])


WORLDS = (
    World("noise", "white noise about a level", 40, 12,
          lambda rng, n: _alone(rng.normal(10, 1, n))),
    World("moving level", "a random walk (SD 0.3 per time) with noise (SD 1)", 60, 12,
          lambda rng, n: _alone(np.cumsum(rng.normal(0, 0.3, n)) + rng.normal(0, 1, n))),
    World("line with AR(1)", "a straight line with errors of which 0.6 last", 60, 12,
          lambda rng, n: _alone(0.1 * np.arange(n) + _ar(rng, n, 0.6))),
    World("moving slope", "a line whose slope walks (SD 0.05 per time) with noise (SD 1)", 80, 10,
          lambda rng, n: _alone(np.cumsum(np.cumsum(rng.normal(0, 0.05, n))) + rng.normal(size=n))),
    World("months", "a moving level, a season of 12 and one regressor", 84, 12, _monthly, True),
    World("short", "white noise about a line, 16 times before", 16, 6,
          lambda rng, n: _alone(0.2 * np.arange(n) + rng.normal(0, 1, n))),
)  # fmt: skip


def main(arguments: list[str]) -> None:
    """Simulates and writes the page, as far as it has come after every fifth series."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--placebos", type=int, default=40, help="series whose dates are tried")
    asked = parser.parse_args(arguments)
    lines: list[dict[str, Any]] = []
    for k in range(asked.replications):
        for world in WORLDS:
            lines += _replication(world, k, with_placebos=k < asked.placebos)
        if k % 5 == 4 or k == asked.replications - 1:
            command = (  # that with which the page of so many series can be had again
                "python -m benchmarks.designs.interrupted_time_series "
                f"--replications {k + 1} --placebos {min(asked.placebos, k + 1)}"
            )
            write("INTERRUPTED_TIME_SERIES.md",
                  "Interrupted time series: do the intervals hold the truth?",
                  as_parts(pd.DataFrame(lines)), command)  # fmt: skip


def _replication(world: World, k: int, *, with_placebos: bool) -> list[dict[str, Any]]:
    question = world.question(1_000_003 * k + 11)
    head = {"world": world.name, "replication": k}
    lines = [{**head, **answer(each, question, STEP)} for each in METHODS[: 2 if k % 2 == 0 else 1]]
    if with_placebos:
        found = placebo_dates(question)
        tried = found.frame[~found.frame["is_real"]]
        lines += [
            {**head, "method": placebo_dates.__name__, "found": p < 0.05, "passed": found.passed}
            for p in tried["p_value"]
        ]
    return lines


def as_parts(lines: pd.DataFrame) -> list[str]:
    """The page between its title and its foot."""
    text = [
        (f"Simulated series with a step of {STEP:g} from the beginning on; every method with its "
        "defaults (models mixed by the race), nominal 95 %; the level shift on every other "
        "series. A coverage stands ± its Monte-Carlo standard error. *found*: share of series "
        "whose interval leaves zero out."),
        "", *ANSWERS, *(answers_row(w.name, m.__name__, lines) for w in WORLDS for m in METHODS),
        "", ("*placebo dates*: pretended beginnings, of all series together, and the share at "
        "which an effect is found at 5 %."), "",
        "| world | how it runs | before + after | placebo dates | found | check fails |",
        "| --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    return [*text, *(_placebo_row(world, lines) for world in WORLDS)]


def _placebo_row(world: World, lines: pd.DataFrame) -> str:
    is_tried = (lines["world"] == world.name) & (lines["method"] == placebo_dates.__name__)
    tried = lines[is_tried]
    share = "– | –"
    if len(tried):
        passed = tried.groupby("replication")["passed"].first()
        failed = int((passed == False).sum())  # noqa: E712 (None: too few dates to judge)
        share = f"{tried['found'].astype(float).mean():.3f} | {failed} of {len(passed)}"
    return (
        f"| {world.name} | {world.says} | {world.before} + {world.after} | {len(tried)} | {share} |"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
