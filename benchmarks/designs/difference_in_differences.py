"""`python -m benchmarks.designs.difference_in_differences`: do the intervals over panels hold the
truth, and do the checks fail as often as they say?

Panels are drawn from tests/worlds_panel.py, whose effects are known; every method runs with its
defaults. Written to DIFFERENCE_IN_DIFFERENCES.md beside this file.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from causal import (
    PanelQuestion,
    difference_in_differences,
    event_study,
    parallel_trends,
    placebo_adoption,
    staggered_adoption,
    trend_violation_bounds,
)
from tests.worlds_panel import panel
from workbench import Dataset
from workbench.methods import installed_versions

PAGE = Path(__file__).parent / "DIFFERENCE_IN_DIFFERENCES.md"


@dataclass(frozen=True)
class World:
    """How panels are drawn, whether the covariate is given, and which estimators run."""

    name: str
    made: dict[str, Any]
    covariates: tuple[str, ...] = ()
    staggered: bool = True
    checks: bool = False
    violated: bool = False


def _growing(since: int, start: int) -> float:
    return 0.5 * (since + 1) * (2.0 if start <= 2004 else 1.0)


def _none(_since: int, _start: int) -> float:
    return 0.0


ONE = {2005: 0.5}
WORLDS = (
    World("40 units, 2 years, no effect", {"units": 40, "years": 2, "starts": {2002: 0.5},
                                           "effect": _none}),
    World("60 units, 8 years, one start", {"starts": ONE}, checks=True),
    World("60 units, 8 years, one start, no effect, memory 0.9",
          {"starts": ONE, "effect": _none, "memory": 0.9}),
    World("16 units, half of them treated", {"units": 16, "starts": ONE}),
    World("50 units, 5 of them treated", {"units": 50, "starts": {2005: 0.1}}),
    World("50 units, 2 of them treated", {"units": 50, "starts": {2005: 0.04}}, staggered=False),
    World("50 units, 1 of them treated", {"units": 50, "starts": {2005: 0.02}}, staggered=False),
    World("two starts, no effect", {"effect": _none}, checks=True),
    World("two starts, effects that grow and differ", {"units": 100, "effect": _growing}),
    World("three starts, all treated in the end, effects that grow",
          {"units": 90, "starts": {2003: 1 / 3, 2005: 1 / 3, 2007: 1 / 3}, "effect": _growing}),
    World("trends by a covariate, adjusted for", {"units": 200, "by_covariate": 0.3}, ("x",)),
    World("trends by a covariate, not adjusted for", {"units": 200, "by_covariate": 0.3}),
    World("trends that differ, no effect", {"units": 200, "slope": 0.1, "effect": _none,
                                            "starts": ONE}, violated=True),
)  # fmt: skip


def main() -> None:
    """Runs all worlds and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=400)
    replications = parser.parse_args().replications
    lines = [line for world in WORLDS for line in _world(world, replications)]
    versions = ", ".join(f"{k} {v}" for k, v in installed_versions().items())
    PAGE.write_text(as_markdown(pd.DataFrame(lines), replications, versions), encoding="utf-8")


def _world(world: World, replications: int) -> Iterator[dict[str, Any]]:
    for seed in range(replications):
        table = panel(**world.made, seed=seed)
        question = PanelQuestion(
            Dataset.of(table), outcome="y", unit="shop", time="year", adopted="from",
            covariates=world.covariates,
        )  # fmt: skip
        for name, found in _answers(question, table, world):
            yield {"world": world.name, "method": name, **found}


def _answers(
    question: PanelQuestion, table: pd.DataFrame, world: World
) -> Iterator[tuple[str, dict[str, Any]]]:
    last = int(table["from"].max()) if (table["from"] > 0).all() else 9999
    shown = (table["on"] == 1) & (table["year"] < last)
    everywhere = float(table["effect"][table["on"] == 1].mean())
    truth = float(table["effect"][shown].mean())
    yield "Difference-in-differences", _held(difference_in_differences(question), everywhere)
    if world.staggered:
        yield "Staggered adoption", _held(staggered_adoption(question), truth)
        yield "Event study, all at once", _band(event_study(question, draws=499), table)
    if world.checks:
        yield "Parallel trends before", {"holds": parallel_trends(question).passed is not False}
        yield "Placebo start", {"holds": bool(placebo_adoption(question).passed)}
    if world.violated:
        bounds = trend_violation_bounds(question, largest=1.0).frame.iloc[-1]
        holds = bool(bounds["conf_low"] <= truth <= bounds["conf_high"])
        yield (
            "Bounds at M = 1",
            {"holds": holds, "length": bounds["conf_high"] - bounds["conf_low"]},
        )
        yield "Parallel trends before", {"holds": parallel_trends(question).passed is not False}


def _held(found: Any, truth: float) -> dict[str, Any]:
    row = found.frame.iloc[0]
    return {
        "holds": bool(row["conf_low"] <= truth <= row["conf_high"]),
        "error": float(row["estimate"]) - truth,
        "length": float(row["conf_high"] - row["conf_low"]),
        "warned": any(note.startswith("Warning") for note in found.notes),
    }


def _band(found: Any, table: pd.DataFrame) -> dict[str, Any]:
    treated = table[table["from"] > 0]
    last = int(table["from"].max()) if len(treated) == len(table) else 9999
    treated = treated[treated["year"] < last]
    truth = treated.groupby(treated["year"] - treated["from"])["effect"].mean()
    shown = found.frame.dropna(subset="std_error")
    true = truth.reindex(shown["position"]).to_numpy()
    holds = (shown["band_low"] <= true) & (true <= shown["band_high"])
    return {
        "holds": bool(holds.all()),
        "length": float((shown["band_high"] - shown["band_low"]).mean()),
        "warned": any(note.startswith("Warning") for note in found.notes),
    }


def as_markdown(lines: pd.DataFrame, replications: int, versions: str) -> str:
    """The whole page."""
    text = [
        "# Do the intervals over panels hold the truth?", "",
        ("Written by `python -m benchmarks.designs.difference_in_differences --replications "
        f"{replications}`: do not edit."), "",
        ("* Panels of tests/worlds_panel.py, where effects are known; noise remembers half of the "
        "year before unless it is said. Every method with its defaults, nominal 95 %. A share is "
        "given ± its Monte-Carlo standard error."),
        ("* **holds**: of an estimate, the truth is in the interval (of an event study, all true "
        "effects are in the band at once); of a check, it does not fail."),
        "* **bias / SD**: mean error by the standard deviation of the estimates.",
        "* **warned**: a note began with *Warning*.",
        f"* Versions: {versions}.",
    ]  # fmt: skip
    for world, part in lines.groupby("world", sort=False):
        text += ["", f"## {world[0].upper() + world[1:]}", "",
                 "| method | holds | bias / SD | median length | warned |",
                 "|---|---|---|---|---|"]  # fmt: skip
        for name, rows in part.groupby("method", sort=False):
            text.append(_line(str(name), rows))
    return "\n".join(text) + "\n"


def _line(name: str, rows: pd.DataFrame) -> str:
    held = rows["holds"].astype(float)
    share = float(held.mean())
    error = np.sqrt(max(share * (1 - share), 0.25 / len(rows)) / len(rows))
    cells = [name, f"{share:.3f} ± {error:.3f}"]
    errors = rows["error"].dropna()
    cells.append(f"{errors.mean() / errors.std():+.2f}" if len(errors) else "")
    lengths = rows["length"].dropna()
    cells.append(f"{lengths.median():.3g}" if len(lengths) else "")
    warned = rows["warned"].dropna()
    cells.append(f"{warned.astype(float).mean():.0%}" if len(warned) else "")
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
