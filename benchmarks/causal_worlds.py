"""Worlds whose effects are known, for the coverage study: what is drawn, and the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causal import CausalQuestion
from workbench import Dataset

Floats = NDArray[np.float64]
Random = np.random.Generator
#: The truth is a mean over so many rows where it has no closed form (error about 0.001).
ROWS_OF_TRUTH = 1_000_000


@dataclass(frozen=True)
class Drawn:
    """A table, and of each row what no table shows: its effect and its chance of treatment."""

    frame: pd.DataFrame
    effect: Floats
    chance: Floats


@dataclass(frozen=True)
class World:
    """How rows are drawn, how many, what is asked, and what makes the world hard in one line."""

    name: str
    says: str
    draw: Callable[[int, Random], Drawn]
    rows: int = 1_000
    confounders: tuple[str, ...] = ("x", "w")
    asked: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, Any] = field(default_factory=dict)

    def question(self, seed: int) -> CausalQuestion:
        """The question about a table of its own."""
        frame = self.draw(self.rows, np.random.default_rng(seed)).frame
        data = Dataset.of(frame, name=self.name)
        if self.roles:
            data = data.with_roles(self.roles)
        return CausalQuestion(
            data, treatment="t", outcome="y", confounders=self.confounders, **self.asked
        )

    def truth(self, estimand: str) -> float:
        """The effect over everyone (ATE), weighted by e(1 - e) (ATO), or of the compliers, who
        are like everyone else here (LATE)."""
        return _truths(self)[estimand]

    def __hash__(self) -> int:
        return hash(self.name)


@cache
def _truths(world: World) -> dict[str, float]:
    drawn = world.draw(ROWS_OF_TRUTH, np.random.default_rng(987_654_321))
    over = drawn.chance * (1 - drawn.chance)
    mean = float(drawn.effect.mean())
    return {"ATE": mean, "LATE": mean, "ATO": float(over @ drawn.effect / over.sum())}


def _logistic(score: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-score)))


def _table(
    random: Random,
    score: Floats,
    base: Floats,
    effect: Floats,
    noise: Floats | None = None,
    **columns: Floats,
) -> Drawn:
    chance = _logistic(score)
    t = (random.random(len(score)) < chance).astype(int)
    noise = random.normal(size=len(score)) if noise is None else noise
    return Drawn(pd.DataFrame({**columns, "t": t, "y": base + effect * t + noise}), effect, chance)


def _linear(n: int, random: Random) -> Drawn:
    x, w = random.normal(size=(2, n))
    return _table(random, 0.6 * x - 0.4 * w, 1.5 * x + w, np.full(n, 2.0), x=x, w=w)


def _varied(n: int, random: Random) -> Drawn:
    x, w = random.normal(size=(2, n))
    return _table(random, 0.6 * x - 0.4 * w, 1.5 * x + w, 1 + x, x=x, w=w)


def _bent(n: int, random: Random) -> Drawn:
    x, w = random.normal(size=(2, n))
    score = 0.5 * x + 0.5 * (x**2 - 1)
    return _table(random, np.clip(score, -2, 2), x + 1.5 * x**2 + np.sin(2 * w), 1 + x, x=x, w=w)


def _products(n: int, random: Random) -> Drawn:
    x, w = random.normal(size=(2, n))
    score = np.clip(0.3 * x + 0.7 * x * w, -2, 2)
    return _table(random, score, x + w + 1.5 * x * w, np.full(n, 2.0), x=x, w=w)


def _poor_overlap(n: int, random: Random) -> Drawn:
    x, w = random.normal(size=(2, n))
    return _table(random, 3 * x, x + 0.5 * x**2, 1 + x, x=x, w=w)


def _heavy_tails(n: int, random: Random) -> Drawn:
    x, w = random.normal(size=(2, n))
    noise = random.standard_t(2.5, size=n)
    return _table(random, 0.6 * x - 0.4 * w, 1.5 * x + w, np.full(n, 2.0), noise, x=x, w=w)


def _yes_no(n: int, random: Random) -> Drawn:
    x, w = random.normal(size=(2, n))
    made = _table(random, 0.6 * x - 0.4 * w, np.zeros(n), np.zeros(n), x=x, w=w)
    without, with_it = _logistic(x + 0.5 * w - 1), _logistic(x + 0.5 * w)
    share = np.where(made.frame["t"] == 1, with_it, without)
    y = (random.random(n) < share).astype(int)
    return Drawn(made.frame.assign(y=y), with_it - without, made.chance)


def _clusters(n: int, random: Random) -> Drawn:
    of = np.repeat(np.arange(-(-n // 20)), 20)[:n]
    own, x = random.normal(size=of.max() + 1), random.normal(size=n)
    w = random.normal(size=of.max() + 1)[of]
    noise = own[of] + random.normal(size=n)
    made = _table(random, 0.5 * x + 0.5 * w, x + w, np.full(n, 2.0), noise, x=x, w=w)
    return Drawn(made.frame.assign(school=[f"s{k}" for k in of]), made.effect, made.chance)


def _null(n: int, random: Random) -> Drawn:
    x, w = random.normal(size=(2, n))
    score = np.clip(0.6 * x + 0.4 * (w**2 - 1), -2, 2)
    return _table(random, score, 2 * x + w**2, np.zeros(n), x=x, w=w)


def _many(n: int, random: Random) -> Drawn:
    x = random.normal(size=(50, n))
    score, base = x[:5].sum(axis=0) / 4, x[:10].sum(axis=0) / 2
    return _table(random, score, base, np.full(n, 2.0), **{f"x{k}": x[k] for k in range(50)})


def _instrument(strength: float) -> Callable[[int, Random], Drawn]:
    def draw(n: int, random: Random) -> Drawn:
        x, hidden = random.normal(size=(2, n))
        z = (random.random(n) < 0.5).astype(int)
        chance = _logistic(strength * (z - 0.5) + 0.3 * x + hidden)
        t = (random.random(n) < chance).astype(int)
        y = 2.0 * t + x + 2 * hidden + random.normal(size=n)
        return Drawn(pd.DataFrame({"x": x, "z": z, "t": t, "y": y}), np.full(n, 2.0), chance)

    return draw


def _with_gaps(whole: Callable[[int, Random], Drawn]) -> Callable[[int, Random], Drawn]:
    def draw(n: int, random: Random) -> Drawn:
        made = whole(n, random)
        gone = random.random(n) < _logistic(made.frame["x"].to_numpy() - 1)
        return Drawn(made.frame.assign(w=made.frame["w"].mask(gone)), made.effect, made.chance)

    return draw


def _without_outcomes(n: int, random: Random) -> Drawn:
    made = _varied(n, random)
    score = made.frame["x"].to_numpy() - 1 + made.frame["t"].to_numpy()
    gone = random.random(n) < _logistic(score)
    return Drawn(made.frame.assign(y=made.frame["y"].mask(gone)), made.effect, made.chance)


_STOOD_FOR = {"missing": "weighted"}
_LATE = {"estimand": "LATE", "instruments": ("z",)}
WORLDS = (
    World("linear", "straight lines, the same effect for all", _linear),
    World("varied effect", "straight lines, effects 1 + x", _varied),
    World("bent", "outcome and treatment depend on x², effects 1 + x", _bent),
    World("products", "outcome and treatment depend on x·w", _products),
    World("poor overlap", "chance of treatment logit⁻¹(3x), bent outcome", _poor_overlap),
    World("heavy tails", "noise is t with 2.5 degrees of freedom", _heavy_tails),
    World("yes/no outcome", "two logits, a difference in shares", _yes_no),
    World("clusters", "50 schools of 20 rows share noise and w", _clusters,
          roles={"school": "group"}),
    World("null", "no effect, bent confounding", _null),
    World("50 columns", "50 covariates, 10 of which matter", _many,
          confounders=tuple(f"x{k}" for k in range(50))),
    World("200 rows", "straight lines, few rows", _linear, rows=200),
    World("missing, same effect", "w is missing more often for large x", _with_gaps(_linear)),
    World("missing, varied effect", "the same, effects 1 + x: complete rows are unlike all",
          _with_gaps(_varied)),
    World("missing, weighted", "the same, complete rows stand for the others",
          _with_gaps(_varied), asked=_STOOD_FOR),
    World("outcomes missing, weighted", "42 % of them, more often for large x and where treated",
          _without_outcomes, asked=_STOOD_FOR),
    World("instrument", "a hidden cause, an instrument that moves many", _instrument(2.0),
          confounders=("x",), asked=_LATE),
    World("weak instrument", "the instrument moves hardly anyone", _instrument(0.2),
          confounders=("x",), asked=_LATE),
)  # fmt: skip
