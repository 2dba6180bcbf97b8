"""Replications of simulated worlds, and the page they are written to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from causal import EffectEstimate
from workbench.errors import NotApplicable
from workbench.methods import installed_versions
from workbench.result import CheckResult

HERE = Path(__file__).parent


@dataclass(frozen=True)
class World:
    """A world: what it is, its true effect, and an analysis of one drawn table. Of several rows of
    estimates those named are counted."""

    name: str
    truth: float
    analyse: Callable[[np.random.Generator], EffectEstimate]
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placebo:
    """A check in a world where it should pass, and the share in which it may fail."""

    name: str
    analyse: Callable[[np.random.Generator], CheckResult]
    level: float = 0.05


def coverage(worlds: Sequence[World], replications: int) -> pd.DataFrame:
    """One row per world and kind of estimate."""
    lines = []
    for number, world in enumerate(worlds):
        for k in range(replications):
            rng = np.random.default_rng([number, k])
            started = time.process_time()
            try:
                found = world.analyse(rng)
            except NotApplicable:
                lines.append({"world": world.name, "row": "refused"})
                continue
            seconds = time.process_time() - started
            for name in world.rows or tuple(found.frame["estimand"].iloc[:1]):
                row = found.frame[found.frame["estimand"] == name].iloc[0]
                lines.append({
                    "world": world.name, "row": name, "error": row["estimate"] - world.truth,
                    "covers": row["conf_low"] <= world.truth <= row["conf_high"],
                    "length": row["conf_high"] - row["conf_low"],
                    "zero": not row["conf_low"] <= 0 <= row["conf_high"],
                    "warned": any(n.startswith("Warning") for n in found.notes),
                    "seconds": seconds,
                })  # fmt: skip
    return pd.DataFrame(lines)


def coverage_table(lines: pd.DataFrame, worlds: Sequence[World]) -> list[str]:
    """The same as Markdown."""
    text = [("| world | estimate | n | truth | bias / SD | coverage | length | finds an effect | "
            "warned | CPU s |"), "|---|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    truths = {w.name: w.truth for w in worlds}
    for (world, name), part in lines.groupby(["world", "row"], sort=False):
        if name == "refused":
            text.append(f"| {world} | *refused* | {len(part)} | | | | | | | |")
            continue
        share = part["covers"].astype(float).mean()
        error = np.sqrt(share * (1 - share) / len(part))
        text.append(
            f"| {world} | {name} | {len(part)} | {truths[str(world)]:g} | "
            f"{part['error'].mean() / part['error'].std():+.2f} | {share:.3f} ± {error:.3f} | "
            f"{part['length'].median():.3f} | {part['zero'].astype(float).mean():.3f} | "
            f"{part['warned'].astype(float).mean():.0%} | {part['seconds'].median():.3f} |"
        )
    return text


#: The head of the rows of `answers_row`.
ANSWERS = (
    ("| world | method | n | bias | SD of estimates | coverage | median length | found | warned | "
    "CPU s |"),
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
)  # fmt: skip


def answer(method: Callable[..., EffectEstimate], question: Any, truth: float) -> dict[str, Any]:
    """What a method with its defaults says of a question whose answer is known (its first row)."""
    started = time.process_time()
    made = method(question)
    row = made.frame.iloc[0]
    return {
        "method": method.__name__,
        "error": row["estimate"] - truth,
        "covers": row["conf_low"] <= truth <= row["conf_high"],
        "length": row["conf_high"] - row["conf_low"],
        "found": not row["conf_low"] <= 0 <= row["conf_high"],
        "warned": any(note.startswith("Warning") for note in made.notes),
        "seconds": time.process_time() - started,
    }


def answers_row(world: str, method: str, answers: pd.DataFrame) -> str:
    """All answers of a method in a world, as a row of Markdown; the coverage ± its Monte-Carlo
    standard error, with two successes and two failures added (Agresti & Coull)."""
    part = answers[(answers["world"] == world) & (answers["method"] == method)]
    covers, n = part["covers"].astype(float), len(part)
    share = (covers.sum() + 2) / (n + 4)
    return (
        f"| {world} | `{method}` | {n} | {part['error'].mean():+.3f} | {part['error'].std():.3f} | "
        f"{covers.mean():.3f} ± {np.sqrt(share * (1 - share) / (n + 4)):.3f} | "
        f"{part['length'].median():.2f} | {part['found'].astype(float).mean():.0%} | "
        f"{part['warned'].astype(float).mean():.0%} | {part['seconds'].median():.2f} |"
    )


def placebo_table(placebos: Sequence[Placebo], replications: int) -> list[str]:
    """How often checks fail where they should pass, as Markdown."""
    text = ["| check | n | fails | of its level | refused |", "|---|---|---|---|---|"]
    for number, placebo in enumerate(placebos):
        failed, refused = [], 0
        for k in range(replications):
            try:
                found = placebo.analyse(np.random.default_rng([1000 + number, k]))
            except NotApplicable:
                refused += 1
                continue
            failed.append(not found.passed)
        share = float(np.mean(failed))
        error = np.sqrt(share * (1 - share) / len(failed))
        text.append(f"| {placebo.name} | {len(failed)} | {share:.3f} ± {error:.3f} | "
                    f"{placebo.level:g} | {refused} |")  # fmt: skip
    return text


def write(name: str, title: str, parts: list[str], command: str) -> None:
    """The page, with what made it."""
    versions = ", ".join(f"{k} {v}" for k, v in installed_versions().items())
    text = [f"# {title}", "", f"Written by `{command}`: do not edit.", "", *parts, "",
            (f"{date.today().isoformat()}, one process on a machine that was busy with other work, "
            f"{versions}.")]  # fmt: skip
    (HERE / name).write_text("\n".join([*text, ""]), encoding="utf-8")
