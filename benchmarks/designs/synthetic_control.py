"""Do the intervals of synthetic controls hold the truth, and how often is nothing found there?

`python -m benchmarks.designs.synthetic_control` simulates panels whose effect is known and writes
SYNTHETIC_CONTROL.md beside this file. Every method with its defaults; some five minutes of one
core.
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
    PanelQuestion,
    placebo_in_space,
    placebo_in_time,
    synthetic_control,
    synthetic_difference_in_differences,
)
from workbench import Dataset

from ._replications import ANSWERS, answer, answers_row, write

METHODS = (synthetic_control, synthetic_difference_in_differences)
CHECKS = (placebo_in_space, placebo_in_time)
#: Added to every treated outcome.
STEP = 2.0
BEFORE, AFTER = 24, 8
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class World:
    """How units run without the treatment: `make(rng)` is (periods, units), the treated first."""

    name: str
    says: str
    make: Callable[[np.random.Generator], Floats]
    treated: int = 1

    def question(self, seed: int, effect: float) -> PanelQuestion:
        """One panel of it."""
        paths = self.make(np.random.default_rng(seed))
        paths[BEFORE:, : self.treated] += effect
        periods, units = paths.shape
        names = [f"u{k:03d}" for k in range(units)]
        frame = pd.DataFrame(
            {
                "unit": np.repeat(names, periods),
                "time": np.tile(np.arange(periods), units),
                "y": paths.T.ravel(),
            }
        )
        return PanelQuestion(
            Dataset.of(frame), outcome="y", unit="unit", time="time",
            treated_units=", ".join(names[: self.treated]), starts=str(BEFORE),
        )  # fmt: skip


def _factors(
    rng: np.random.Generator, units: int, *, share: float = 0.0, levels: float = 2.0
) -> Floats:
    """Levels, two common walks that units follow more or less, and noise of which a share lasts."""
    periods = BEFORE + AFTER
    common = rng.normal(scale=0.7, size=(periods, 2)).cumsum(axis=0)
    noise = rng.normal(size=(periods + 20, units))
    for t in range(1, len(noise)):
        noise[t] += share * noise[t - 1]
    return levels * rng.normal(size=units) + common @ rng.uniform(0, 1, (2, units)) + noise[20:]


def _middling(rng: np.random.Generator) -> Floats:
    paths = _factors(rng, 40)
    middle = np.argsort(np.abs(paths[:BEFORE].mean(axis=0) - np.median(paths[:BEFORE])))[0]
    return np.asarray(paths[:, [middle, *np.delete(np.arange(40), middle)]])


def _noisier(rng: np.random.Generator) -> Floats:
    paths = _factors(rng, 40)
    paths[:, 0] += rng.normal(scale=1.5, size=len(paths))
    return paths


WORLDS = (
    World("any unit", "40 units, each as likely to be treated", lambda rng: _factors(rng, 40)),
    World("middling unit", "the unit whose mean before is in the middle is treated", _middling),
    World("lasting noise", "half of the noise lasts to the next period",
          lambda rng: _factors(rng, 40, share=0.5)),
    World("few donors", "20 units in all", lambda rng: _factors(rng, 20)),
    World("noisier", "the treated unit has 1.8 times the noise of the donors", _noisier),
    World("five treated", "5 of 40 units are treated", lambda rng: _factors(rng, 40), 5),
)  # fmt: skip


def main(arguments: list[str]) -> None:
    """Simulates and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=400)
    asked = parser.parse_args(arguments)
    lines = [
        line
        for k in range(asked.replications)
        for world in WORLDS
        for line in _replication(world, k)
    ]
    command = f"python -m benchmarks.designs.synthetic_control --replications {asked.replications}"
    write("SYNTHETIC_CONTROL.md", "Synthetic control: do the intervals hold the truth?",
          as_parts(pd.DataFrame(lines)), command)  # fmt: skip


def _replication(world: World, k: int) -> list[dict[str, Any]]:
    question = world.question(1_000_003 * k + 5, STEP)
    head = {"world": world.name, "replication": k}
    lines = [{**head, **answer(each, question, STEP)} for each in METHODS]
    nothing = world.question(1_000_003 * k + 5, 0.0)
    for check in CHECKS:
        passed = check(nothing).passed
        # in space it passes where an effect is unusual, in time where it is not
        lines.append(
            {**head, "method": check.__name__, "found": passed is (check is placebo_in_space)}
        )
    return lines


def as_parts(lines: pd.DataFrame) -> list[str]:
    """The page between its title and its foot."""
    text = [
        (f"Simulated panels of {BEFORE} periods before and {AFTER} after, with an effect of "
        f"{STEP:g}; every method with its defaults, nominal 95 %. A coverage stands ± its "
        "Monte-Carlo standard error. *found*: share of panels whose interval leaves zero out."),
        "", *ANSWERS, *(answers_row(w.name, m.__name__, lines) for w in WORLDS for m in METHODS),
        "", "Placebos where there is no effect: share of panels in which they find one at 5 %.", "",
        "| world | how it runs | in space (ratio of errors) | in time |",
        "| --- | --- | --- | --- |",
    ]  # fmt: skip
    for world in WORLDS:
        part = lines[lines["world"] == world.name]
        shares = [
            part.loc[part["method"] == check.__name__, "found"].astype(float).mean()
            for check in CHECKS
        ]
        text.append(f"| {world.name} | {world.says} | {shares[0]:.3f} | {shares[1]:.3f} |")
    return text


if __name__ == "__main__":
    main(sys.argv[1:])
