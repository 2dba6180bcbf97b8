"""`make bench-training`: how long every family takes on 100,000 rows with its defaults.

One table of two classes with a known chance, 30 columns of numbers of which six matter. Wall and
processor seconds, the bar, what a cancel takes, and the quality on the rows held out.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from workbench import FAMILIES, Cancelled, Dataset, FittedModel, train
from workbench.blocks import available_cores
from workbench.methods import installed_versions

ROWS, COLUMNS, SEED = 100_000, 30, 0
#: Into the training, in seconds, somebody presses Cancel.
CANCELLED_AFTER = 0.5
PAGE = Path(__file__).with_name("TRAINING.md")


@dataclass(frozen=True)
class Timing:
    """One family: seconds by the clock and of the processors, ROC AUC on held-out rows, places the
    bar stood at, and after a cancel the seconds until the person and until the work is free."""

    family: str
    wall: float
    processor: float
    auc: float
    places: int
    freed: float
    ended: float

    def row(self) -> str:
        """The line of the table."""
        cells = [f"{self.wall:.1f}", f"{self.processor:.1f}", f"{self.auc:.4f}", f"{self.places}",
                 f"{self.freed:.2f}", f"{self.ended:.1f}"]  # fmt: skip
        return f"| {self.family} | {' | '.join(cells)} |"


def world(rows: int) -> Dataset:
    """y = yes with the log-odds 2 (a + bc + sin 2d + (e > 0) f / 2), the other columns idle."""
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(rows, COLUMNS)).round(4)
    score = x[:, 0] + x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + 0.5 * (x[:, 4] > 0) * x[:, 5]
    yes = rng.random(rows) < 1 / (1 + np.exp(-2 * score))
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(COLUMNS)])
    data = Dataset.of(frame.assign(y=np.where(yes, "yes", "no")), target="y", name="made here")
    return data.with_roles(dict.fromkeys(frame.columns, "feature"))


def timed(data: Dataset, family: str) -> Timing:
    """One training, and one that is cancelled."""
    seen: set[float] = set()
    started, spent = time.perf_counter(), time.process_time()
    model = train(data, family, progress=lambda share, _="": seen.add(round(share, 3)))
    wall, processor = time.perf_counter() - started, time.process_time() - spent
    return Timing(FAMILIES[family].title, wall, processor, _auc(model), len(seen),
                  *_cancelled(data, family))  # fmt: skip


def _auc(model: FittedModel) -> float:
    rows = model.split.test
    said = model.response(model.transform.codes(model.data.frame.iloc[rows]))
    return float(model.metrics[0].measure(model.target.y[rows], said).value)


def _cancelled(data: Dataset, family: str) -> tuple[float, float]:
    started, pressed = time.perf_counter(), 0.0

    def press(_share: float, _what: str = "", /) -> None:
        nonlocal pressed
        if time.perf_counter() - started > CANCELLED_AFTER:
            pressed = time.perf_counter()
            raise Cancelled

    try:
        train(data, family, progress=press)
    except Cancelled:
        freed = time.perf_counter() - pressed
        for thread in threading.enumerate():
            if thread.name.startswith("fold"):
                thread.join()
        return freed, time.perf_counter() - pressed
    return 0.0, 0.0


def main(arguments: list[str]) -> None:
    """Times the families that were asked for, and writes the table where that is all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--families", default=",".join(FAMILIES))
    parser.add_argument("--rows", default=ROWS, type=int)
    asked = parser.parse_args(arguments)
    data = world(asked.rows)
    train(data.take(np.arange(1_000)), "lightgbm")  # the libraries are loaded
    families, lines = asked.families.split(","), []
    for family in families:
        train(data.take(np.arange(1_000)), family)
        lines.append(timed(data, family).row())
        print(lines[-1], flush=True)
    if families == list(FAMILIES) and asked.rows == ROWS:
        PAGE.write_text(_page(lines), encoding="utf-8")


def _page(lines: list[str]) -> str:
    versions = ", ".join(f"{k} {v}" for k, v in installed_versions().items())
    return "\n".join([
        "# How long does training take?", "",
        "Written by `make bench-training` (see `benchmarks/training.py`): do not edit.", "",
        (f"{ROWS:,} rows x {COLUMNS} columns of numbers, two classes, three quarters learned from, "
        f"every family with its defaults, {available_cores()} processors."), "",
        ("| family | seconds | of the processors | ROC AUC held out | places of the bar | "
        "a cancel frees the person after, s | and the work has ended after, s |"),
        "|---|---|---|---|---|---|---|", *lines, "",
        ("Where a machine is shared, the seconds of the processors, divided by their number, are "
        "nearer to what an idle one takes than the seconds by the clock."),
        "", f"{date.today().isoformat()}, `make bench-training`, {versions}.", "",
    ])  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
