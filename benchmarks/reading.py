"""`make bench-reading`: how long does it take to read a large CSV file and to look at all of it?

A table of mixed kinds is written, read and profiled, each step in the same fresh process: seconds
on the clock and of work, the most memory held above what was held before, and the longest time
without a word to the progress bar, which is how long a click to cancel may wait.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from workbench import (
    Dataset,
    association,
    distribution,
    duplicate_rows,
    missingness,
    profile,
    read,
    two_columns,
)
from workbench.blocks import available_cores
from workbench.methods import installed_versions
from workbench.progress import Progress

from .measure import begin_peak, peak, timed

ROWS, SEED = 1_000_000, 0
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Step:
    """What one step took; memory and silence in bytes and seconds."""

    name: str
    wall: float
    cpu: float
    memory: int
    silence: float | None


def mixed_table(rows: int) -> pd.DataFrame:
    """Twenty columns as they come in files: amounts, counts, gaps, codes, texts, dates."""
    rng = np.random.default_rng(SEED)
    start = pd.Timestamp("2020-01-01")
    names = [f"customer {i}" for i in rng.integers(0, max(rows * 4 // 5, 1), rows)]
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "amount": rng.lognormal(3, 1, rows).round(2),
            "reading": rng.normal(size=rows),
            "other reading": rng.normal(size=rows),
            "count": rng.poisson(3, rows),
            "score": rng.integers(0, 10_000, rows),
            "with gaps": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)),
            "ratio": rng.random(rows),
            "year": rng.integers(1990, 2025, rows),
            "지역": rng.choice(["서울", "부산", "대구", "인천", "광주"], rows),
            "product": rng.choice([f"product {i}" for i in range(200)], rows),
            "shop": rng.choice([f"s{i:05d}" for i in range(5_000)], rows),
            "grade": rng.choice(list("ABCDE"), rows),
            "answer": rng.choice(["yes", "no", ""], rows, p=[0.5, 0.4, 0.1]),
            "flag": rng.choice(["True", "False"], rows),
            "day": start + pd.to_timedelta(rng.integers(0, 1_500, rows), unit="D"),
            "moment": start + pd.to_timedelta(rng.integers(0, 10**8, rows), unit="s"),
            "name": names,
            "mostly zero": (rng.random(rows) < 0.05) * rng.exponential(size=rows).round(3),
            "target": rng.integers(0, 2, rows),
        }
    )  # fmt: skip


def measured(name: str, call: Callable[[Progress], Any], *, speaks: bool = True) -> Step:
    """One step, with the longest silence of its progress where it has one."""
    times = [time.perf_counter()]
    before = begin_peak()
    spent = timed(lambda: call(lambda _share, _what="": times.append(time.perf_counter())))[1]
    memory = peak() - before
    times.append(time.perf_counter())
    return Step(name, spent.wall, spent.cpu, memory, max(np.diff(times)) if speaks else None)


def steps_of(file: Path) -> list[Step]:
    """Reading first, then every look at the table that a person may take."""
    held: list[Dataset] = []
    reading = measured("read", lambda _: held.append(read(file, target="target")), speaks=False)
    data = held[0]
    return [
        reading,
        measured("fingerprint", lambda _: data.fingerprint, speaks=False),
        measured("profile", lambda bar: profile(data, progress=bar)),
        measured("missingness", lambda bar: missingness(data, progress=bar)),
        measured("association", lambda bar: association(data, progress=bar)),
        measured("association, Pearson",
                 lambda bar: association(data, numbers="pearson", progress=bar)),
        measured("duplicate rows", lambda bar: duplicate_rows(data, progress=bar)),
        measured("distribution of a number",
                 lambda bar: distribution(data, column="reading", progress=bar)),
        measured("distribution of a text",
                 lambda bar: distribution(data, column="name", progress=bar)),
        measured("two numbers",
                 lambda bar: two_columns(data, first="reading", second="ratio", progress=bar)),
        measured("a number and levels",
                 lambda bar: two_columns(data, first="reading", second="product", progress=bar)),
    ]  # fmt: skip


def as_markdown(steps: list[Step], rows: int, file_bytes: int) -> str:
    """The page: what was done and what it took."""
    body = [
        [s.name, f"{s.cpu:.2f}", f"{s.wall:.2f}", f"{s.memory / 2**20:,.0f} MB",
         "" if s.silence is None else f"{s.silence:.2f}"]
        for s in steps
    ]  # fmt: skip
    head = ["step", "CPU s", "wall s", "memory", "longest silence, s"]
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)]
    versions = ", ".join(
        f"{k} {v}" for k, v in installed_versions().items() if k in ("python", "numpy", "pandas")
    )
    return "\n".join([
        "# How fast is a large table read and looked at?", "",
        "Written by `make bench-reading` (see `benchmarks/reading.py`): do not edit.", "",
        (f"A CSV file of {rows:,} rows and 20 columns of mixed kinds ({file_bytes / 2**20:,.0f} MB)"
         " is read and looked at in one fresh process."), "",
        "* **CPU s**: seconds of work of all threads together; **wall s**: on the clock.",
        "* **memory**: the most that was held above what was held before the step.",
        ("* **longest silence**: the longest time between two words to the progress bar, and so "
         "the longest that a click to cancel waits."),
        "* **fingerprint**: the hash of every value that names the table, taken once.", "",
        *lines, "",
        (f"{date.today().isoformat()}, `make bench-reading`, {available_cores()} cores of a machine"
         f" that was busy with other work, {versions}, pyarrow {pyarrow.__version__}."), "",
    ])  # fmt: skip


def main(arguments: list[str]) -> None:
    """Writes the table, measures, prints the page and keeps it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("--rows", default=ROWS, type=int)
    rows = parser.parse_args(arguments).rows
    with tempfile.TemporaryDirectory(prefix="whence-") as folder:
        file = Path(folder) / "mixed.csv"
        mixed_table(rows).to_csv(file, index=False)
        text = as_markdown(steps_of(file), rows, file.stat().st_size)
    print(text)
    if rows == ROWS:
        (HERE / "READING.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
