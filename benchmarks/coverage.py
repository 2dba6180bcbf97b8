"""`make coverage`: do 95 % intervals hold the truth, world by world and estimator by estimator?

Each replication draws a table from a world whose effect is known (causal_worlds.py), asks every
estimator with its defaults and writes one line per answer to .work/coverage.jsonl; a run that was
cut off goes on from there. COVERAGE.md is written anew after every round over the worlds, so that
each world has as many replications as the others. Closed forms go first; those that learn their
nuisances take a hundred times as long and get every `LEARNED_EVERY`-th replication, then the rest
of the time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from causal import CausalQuestion, doubly_robust_late, overlap, two_stage_least_squares
from causal.analysis import Analysis
from causal.compare_estimators import LEARNED, QUICK, Estimator
from causal.effect import CRUDE
from causal.estimators import aipw as aipw_file
from causal.estimators import tmle as tmle_file
from causal.learners import LEARNERS, Learner
from workbench.errors import NotApplicable
from workbench.methods import installed_versions
from workbench.progress import Progress

from .causal_worlds import WORLDS, World
from .venvs import HERE
from .world import FOLDER

LEARNED_EVERY = 20
#: A coverage below this needs a warning that a person sees.
LEAST = 0.85
LINES, PAGE = FOLDER / "coverage.jsonl", HERE / "COVERAGE.md"
OVERLAP = "Overlap check"
ADJUSTING: dict[str, Estimator] = {**QUICK, **LEARNED}
BY_INSTRUMENT: dict[str, Estimator] = {
    "Two-stage least squares": two_stage_least_squares,
    "Doubly robust LATE": doubly_robust_late,
}
#: With fewer replications nothing is said about whether an estimator holds its promise.
ENOUGH = 100
SLOW = (*LEARNED, "Doubly robust LATE", OVERLAP)


class _Nuisances:
    """What AIPW and TMLE learn of one table: the same, so it is learned once; the seconds that it
    took are those of both."""

    def __init__(self) -> None:
        self._learn = aipw_file.drawn_nuisances
        self._held: tuple[Any, Any, float] = (None, None, 0.0)
        self.saved = 0.0

    def __call__(
        self, analysis: Analysis, folds: int, draws: int | None, seed: int, progress: Progress,
        learners: tuple[Learner, ...] = LEARNERS,
    ) -> Any:  # fmt: skip
        """In the place of `drawn_nuisances`."""
        key = (analysis.question.fingerprint, folds, draws, seed, learners)
        if self._held[0] != key:
            began = time.process_time()
            made = self._learn(analysis, folds, draws, seed, progress, learners)
            self._held = (key, made, time.process_time() - began)
        else:
            self.saved += self._held[2]
        return self._held[1]


NUISANCES = _Nuisances()


def share_nuisances() -> None:
    """From now on in this process both estimators are given them."""
    for file in (aipw_file, tmle_file):
        file.drawn_nuisances = NUISANCES  # type: ignore[attr-defined]


def main(arguments: list[str]) -> None:
    """Runs until the replications or the minutes are used up."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--replications", type=int, default=200, help="of the closed forms")
    parser.add_argument("--learned", type=int, default=200, help="of those that learn")
    parser.add_argument("--minutes", type=float, default=600.0)
    asked = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"
    share_nuisances()
    FOLDER.mkdir(exist_ok=True)
    lines = _read()
    done = {(line["world"], line["replication"], line["estimator"]) for line in lines}
    ends = time.monotonic() + 60 * asked.minutes
    command = f"make coverage REPLICATIONS={asked.replications} LEARNED={asked.learned}"
    with LINES.open("a", encoding="utf-8") as file:
        for replication, with_learned in _rounds(asked.replications, asked.learned):
            for world in WORLDS:
                for line in _replication(world, replication, with_learned, done):
                    lines.append(line)
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
                if time.monotonic() > ends:
                    _write(lines, command)
                    return
            file.flush()
            if with_learned or replication % 10 == 9:
                _write(lines, command)
    _write(lines, command)


def _rounds(quick: int, learned: int) -> Iterator[tuple[int, bool]]:
    spread = range(0, quick, LEARNED_EVERY)[:learned]
    for k in range(quick):
        yield k, k in spread
    others = (k for k in range(learned + len(spread)) if k not in spread)
    for _, k in zip(range(learned - len(spread)), others, strict=False):
        yield k, True


def _replication(
    world: World, replication: int, with_learned: bool, done: set[tuple[str, int, str]]
) -> Iterator[dict[str, Any]]:
    by_instrument = world.asked.get("estimand") == "LATE"
    estimators = BY_INSTRUMENT if by_instrument else ADJUSTING
    names = [*estimators, *([] if by_instrument else [OVERLAP])]
    names = [n for n in names if with_learned or n not in SLOW]
    names = [n for n in names if (world.name, replication, n) not in done]
    if not names:
        return
    question = world.question(1_000_003 * replication + 17)
    for name in names:
        done.add((world.name, replication, name))
        head = {"world": world.name, "replication": replication, "estimator": name}
        if name == OVERLAP:
            yield {**head, "warned": not overlap(question).passed}
        else:
            yield {**head, **_answer(question, world, estimators[name])}


def _answer(question: CausalQuestion, world: World, estimator: Estimator) -> dict[str, Any]:
    NUISANCES.saved, started = 0.0, time.process_time()
    try:
        found = estimator(question)
    except NotApplicable as error:
        return {"refused": error.message, "warned": True}
    seconds = time.process_time() - started + NUISANCES.saved
    row = found.frame.iloc[0]
    estimand = question.estimand if row["estimand"] == CRUDE else str(row["estimand"])
    return {
        "refused": "",
        "estimand": str(row["estimand"]),
        "error": float(row["estimate"]) - world.truth(estimand),
        "covers": bool(row["conf_low"] <= world.truth(estimand) <= row["conf_high"]),
        "length": float(row["conf_high"] - row["conf_low"]),
        "warned": any(note.startswith("Warning") for note in found.notes),
        "seconds": seconds,
    }


# The page


def table(lines: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per world and estimator, from the lines of the run."""
    frame = pd.DataFrame(lines)
    checks = frame[frame["estimator"] == OVERLAP].groupby("world")["warned"].agg(["mean", "size"])
    rows = []
    for (world, estimator), part in frame[frame["estimator"] != OVERLAP].groupby(
        ["world", "estimator"], sort=False
    ):
        answers = part[part["refused"] == ""]
        rows.append({
            "world": world, "estimator": estimator, "replications": len(part),
            "refused": float((part["refused"] != "").mean()),
            "answers for": _listed(answers["estimand"]) if len(answers) else "",
            "bias": answers["error"].mean(),
            "rmse": np.sqrt((answers["error"] ** 2).mean()),
            "bias in SD": answers["error"].mean() / answers["error"].std(),
            "answered": len(answers), "covered": int(answers["covers"].sum()),
            "coverage": answers["covers"].astype(float).mean(),
            "error of it": _coverage_error(answers["covers"].astype(float)),
            "length": answers["length"].median(),
            "warned": float(part["warned"].mean()),
            "overlap check fails": checks["mean"].get(world, 0.0),
            "seconds": answers["seconds"].median(),
        })  # fmt: skip
    order = {world.name: k for k, world in enumerate(WORLDS)}
    return pd.DataFrame(rows).sort_values("world", key=lambda s: s.map(order), kind="stable")


def short_without_warning(found: pd.DataFrame) -> pd.DataFrame:
    """Where intervals cover too seldom and most replications showed nothing that warns. With few
    replications only what is below the limit by more than chance (exact binomial test, 2.5 %)."""
    from scipy.stats import binomtest

    silent = found[["warned", "overlap check fails"]].max(axis=1) < 0.5
    below = [
        k < LEAST * n and (n >= ENOUGH or binomtest(k, n, LEAST, alternative="less").pvalue < 0.025)
        for k, n in zip(found["covered"], found["answered"], strict=True)
    ]
    return found[silent & np.array(below, dtype=bool)]


def _write(lines: list[dict[str, Any]], command: str) -> None:
    PAGE.write_text(as_markdown(table(lines), command), encoding="utf-8")


def as_markdown(found: pd.DataFrame, command: str) -> str:
    """The whole page."""
    versions = ", ".join(f"{k} {v}" for k, v in installed_versions().items())
    slow = found["estimator"].isin(SLOW)
    counts = [_span(found.loc[part, "replications"]) for part in (~slow, slow)]
    head = ["estimator", "n", "answers for", "bias", "RMSE", "bias / SD", "coverage", "length",
            "warned", "refused", "CPU s"]  # fmt: skip
    text = [
        "# Do the intervals hold the truth?", "",
        "Written by `make coverage` (see `benchmarks/coverage.py`): do not edit.", "",
        *_verdict(found), "",
        (f"* Replications: {counts[0]} for closed forms, {counts[1]} for those that learn their "
        "nuisances (AIPW, TMLE, double machine learning, doubly robust LATE). A coverage is given "
        "± its Monte-Carlo standard error: with few replications it says little."),
        ("* Every estimator with its defaults, nominal 95 %; the truth is that of the population "
        "it says it answers for: double machine learning for the overlap population (ATO)."),
        ("* **warned**: share of replications in which the estimate was refused or a note began "
        "with *Warning*. The share in which the overlap check, which stands above the estimates "
        "on the page, failed is given under each world."),
        "* **length**: median length of the interval; ∞ where most are open to one side or both.",
        ("* *Difference in means* adjusts for nothing and says so in its warning: it shows how "
        "much confounding there is."), "",
    ]  # fmt: skip
    for world in WORLDS:
        part = found[found["world"] == world.name]
        if part.empty:
            continue
        text += [f"## {world.name}", "", _opening(world, part), ""]
        text += [*_markdown(head, [_line(row) for _, row in part.iterrows()]), ""]
    text.append(
        f"{date.today().isoformat()}, `{command}`, one process on a machine that was busy with "
        f"other work, {versions}."
    )
    return "\n".join([*text, ""])


def _opening(world: World, part: pd.DataFrame) -> str:
    if world.asked.get("estimand") == "LATE":
        return f"{world.rows:,} rows: {world.says}. True LATE {world.truth('LATE'):.3f}."
    fails = part["overlap check fails"].iloc[0]
    return (
        f"{world.rows:,} rows: {world.says}. True ATE {world.truth('ATE'):.3f}, ATO "
        f"{world.truth('ATO'):.3f}. The overlap check fails in {fails:.0%}."
    )


def _verdict(found: pd.DataFrame) -> list[str]:
    short = short_without_warning(found)
    if short.empty:
        said = [
            f"No estimator is below {LEAST} without a warning, as far as these replications tell."
        ]
    else:
        said = [f"**Below {LEAST} without a warning in most replications:**", ""]
        says = {world.name: world.says for world in WORLDS}
        said += [
            f"* {row['estimator']} in *{row['world']}* ({says[row['world']]}): "
            f"{row['coverage']:.3f} ± {row['error of it']:.3f}, bias {row['bias']:+.3f}, "
            f"warned in {row['warned']:.0%} of {row['replications']}."
            for _, row in short.iterrows()
        ]
    return [*said, "", _of_default(found)]


def _of_default(found: pd.DataFrame) -> str:
    default = found[found["estimator"] == "AIPW"]
    if default.empty:
        return "The default (AIPW) was not reached."
    seen = ", ".join(f"{r['world']} {r['coverage']:.2f}" for _, r in default.iterrows())
    count = int(default["replications"].min())
    text = f"The default (AIPW), from {_span(default['replications'])} replications: {seen}."
    if count < ENOUGH:
        text += (
            f" With {count} replications a coverage of 0.95 is known to about ± "
            f"{1.96 * np.sqrt(0.95 * 0.05 / count):.2f}: whether the default holds its promise is "
            "not shown by this run."
        )
    return text


def _line(row: pd.Series) -> list[str]:
    if row["refused"] == 1:
        return [row["estimator"], str(row["replications"]), *["–"] * 6, "100 %", "100 %", "–"]
    length = "∞" if np.isinf(row["length"]) else f"{row['length']:.3f}"
    return [
        row["estimator"], str(row["replications"]), _short(row["answers for"]),
        f"{row['bias']:+.3f}", f"{row['rmse']:.3f}", f"{row['bias in SD']:+.2f}",
        f"{row['coverage']:.3f} ± {row['error of it']:.3f}", length,
        f"{row['warned']:.0%}", f"{row['refused']:.0%}", f"{row['seconds']:.3f}",
    ]  # fmt: skip


def _coverage_error(covers: pd.Series) -> float:
    """Agresti and Coull's, so that it is not zero where all or none cover."""
    n = len(covers) + 4
    share = (covers.sum() + 2) / n
    return float(np.sqrt(share * (1 - share) / n))


def _short(estimand: str) -> str:
    return "nothing adjusted" if estimand == CRUDE else estimand


def _listed(values: pd.Series) -> str:
    return ", ".join(sorted(set(values)))


def _span(counts: pd.Series) -> str:
    if counts.empty:
        return "0"
    low, high = int(counts.min()), int(counts.max())
    return str(low) if low == high else f"{low} to {high}"


def _markdown(head: list[str], body: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)]


def _read() -> list[dict[str, Any]]:
    if not LINES.exists():
        return []
    return [json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main(sys.argv[1:])
