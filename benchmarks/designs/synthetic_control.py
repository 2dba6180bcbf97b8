"""Do the intervals of synthetic controls hold the truth, and how often is nothing found there?

`python -m benchmarks.designs.synthetic_control` simulates panels whose effect is known and writes
SYNTHETIC_CONTROL.md beside this file. Every method with its defaults; some five minutes of one
core.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
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
from workbench.methods import installed_versions

PAGE = Path(__file__).parent / "SYNTHETIC_CONTROL.md"
SHOWN = ("python", "numpy", "scipy")
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
    PAGE.write_text(as_markdown(pd.DataFrame(lines), command), encoding="utf-8")


def _replication(world: World, k: int) -> list[dict[str, Any]]:
    question = world.question(1_000_003 * k + 5, STEP)
    head = {"world": world.name, "replication": k}
    lines = []
    for each in (synthetic_control, synthetic_difference_in_differences):
        started = time.process_time()
        made = each(question)
        row = made.frame.iloc[0]
        lines.append(
            {
                **head,
                "method": each.__name__,
                "error": row["estimate"] - STEP,
                "covers": row["conf_low"] <= STEP <= row["conf_high"],
                "length": row["conf_high"] - row["conf_low"],
                "found": not row["conf_low"] <= 0 <= row["conf_high"],
                "warned": any(note.startswith("Warning") for note in made.notes),
                "seconds": time.process_time() - started,
            }
        )
    nothing = world.question(1_000_003 * k + 5, 0.0)
    for check in (placebo_in_space, placebo_in_time):
        passed = check(nothing).passed
        # in space it passes where an effect is unusual, in time where it is not
        lines.append(
            {**head, "method": check.__name__, "found": passed is (check is placebo_in_space)}
        )
    return lines


def as_markdown(lines: pd.DataFrame, command: str) -> str:
    """The whole page."""
    text = [
        "# Synthetic control: do the intervals hold the truth?", "",
        "Written by `python -m benchmarks.designs.synthetic_control`: do not edit.", "",
        (f"Simulated panels of {BEFORE} periods before and {AFTER} after, with an effect of "
        f"{STEP:g}; every method with its defaults, nominal 95 %. A coverage stands ± its "
        "Monte-Carlo standard error. *found*: share of panels whose interval leaves zero out."),
        "",
        ("| world | method | panels | bias | SD of estimates | coverage | median length | found | "
        "warned | CPU s |"),
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for world in WORLDS:
        part = lines[lines["world"] == world.name]
        for name in ("synthetic_control", "synthetic_difference_in_differences"):
            text.append(_line(world.name, name, part[part["method"] == name]))
    text += [
        "", "Placebos where there is no effect: share of panels in which they find one at 5 %.", "",
        "| world | how it runs | in space (ratio of errors) | in time |",
        "| --- | --- | --- | --- |",
    ]  # fmt: skip
    for world in WORLDS:
        part = lines[lines["world"] == world.name]
        shares = [
            part.loc[part["method"] == name, "found"].astype(float).mean()
            for name in ("placebo_in_space", "placebo_in_time")
        ]
        text.append(f"| {world.name} | {world.says} | {shares[0]:.3f} | {shares[1]:.3f} |")
    versions = ", ".join(f"{k} {v}" for k, v in installed_versions().items() if k in SHOWN)
    text += ["", f"{date.today().isoformat()}, `{command}`, {versions}.", ""]
    return "\n".join(text)


def _line(world: str, name: str, part: pd.DataFrame) -> str:
    covers, n = part["covers"].astype(float), len(part)
    share = (covers.sum() + 2) / (n + 4)
    return (
        f"| {world} | `{name}` | {n} | {part['error'].mean():+.3f} | {part['error'].std():.3f} | "
        f"{covers.mean():.3f} ± {np.sqrt(share * (1 - share) / (n + 4)):.3f} | "
        f"{part['length'].median():.2f} | {part['found'].astype(float).mean():.0%} | "
        f"{part['warned'].astype(float).mean():.0%} | {part['seconds'].median():.2f} |"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
