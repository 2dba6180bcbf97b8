"""Cross-fitted nuisances: every row is predicted by models that never saw it, and the learner of
each nuisance is the winner of a race on those predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import one_blas_thread, run_all
from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.progress import Progress, part, silent

from .learners import LEARNERS, Learner, Predictor, worth

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: With fewer rows to learn from than this per fold and arm, no nuisance is learned.
FEWEST_PER_FOLD = 5
#: The most flexible learner, and the one below it.
LAST, NEXT_TO_LAST = LEARNERS[-1], LEARNERS[-2]


@dataclass(frozen=True)
class Race:
    """Predictions (n,) of the winner, out of fold, and the loss of every learner in the race:
    mean squared error, or for probabilities the mean log loss."""

    name: str
    predictions: Floats
    winner: Learner
    losses: tuple[tuple[str, float], ...]
    is_chance: bool

    def learn(self, x: Floats, y: Floats, weight: Floats, seed: int) -> Predictor:
        """The winner, learned anew from these rows (n, p), their outcomes and weights (n,)."""
        return self.winner.fit(x, y, worth(weight), self.is_chance, seed)

    @property
    def says(self) -> str:
        """The race in one sentence."""
        unit = "log loss" if self.is_chance else "squared error"
        losses = ", ".join(f"{title} {number(loss)}" for title, loss in self.losses)
        text = f"{self.name}: {self.winner.title} won ({unit} {losses})."
        if self.winner is LAST:
            text += " The most flexible learner won: one more flexible still might do better."
        return text


@dataclass(frozen=True)
class Nuisance:
    """What is to be predicted: `y` (n,), learned from the rows `of`, predicted for all."""

    name: str
    y: Floats
    of: Mask
    learners: tuple[Learner, ...] = LEARNERS

    @property
    def is_chance(self) -> bool:
        """It is 0 or 1, so a probability is learned."""
        return bool(np.isin(self.y, (0.0, 1.0)).all())

    def waits_for(self, learner: Learner) -> bool:
        """This learner is in the race, and runs only if the one below it wins."""
        return learner is LAST and {LAST, NEXT_TO_LAST} <= set(self.learners)


def fold_of_rows(
    t: NDArray[Any], folds: int, seed: int, clusters: NDArray[np.intp] | None = None
) -> NDArray[np.intp]:
    """The fold of every row, at random within each value of `t`, so that all folds hold each.

    With clusters whole clusters are in one fold, so that no row is predicted from its siblings.
    """
    rng = np.random.default_rng(seed)
    if clusters is not None:
        of_cluster = rng.permutation(np.arange(clusters.max() + 1) % folds)
        return np.asarray(of_cluster[clusters], dtype=np.intp)
    fold = np.empty(len(t), dtype=np.intp)
    for value in np.unique(t)[::-1]:
        rows = rng.permutation(np.flatnonzero(t == value))
        fold[rows] = np.arange(len(rows)) % folds
    return fold


def race(
    x: Floats,
    nuisances: Sequence[Nuisance],
    fold: NDArray[np.intp],
    *,
    weight: Floats,
    seed: int,
    progress: Progress = silent,
) -> list[Race]:
    """The out-of-fold predictions of every nuisance by its winning learner.

    One learner is chosen per nuisance for all folds, by its loss on the rows it had not seen. The
    most flexible one, which costs most, runs only where the next below it has won. Rows count by
    `weight` (n,), in learning and in the loss: where who is in the table depends on the outcome or
    the treatment, only so is that learned which holds in the population.
    """
    _require_rows(nuisances, fold)
    entries = [
        (n, learner) for n in nuisances for learner in n.learners if not n.waits_for(learner)
    ]
    lap = part(progress, 0.0, 0.5, "Learning the nuisances")
    first = _run(x, entries, fold, weight, seed, lap)
    again = [
        (n, LAST) for n in nuisances if n.waits_for(LAST) and _winner(n, first) is NEXT_TO_LAST
    ]
    lap = part(progress, 0.5, 1.0, "Learning the nuisances with larger models")
    ran = first + _run(x, again, fold, weight, seed, lap)
    return [_result(n, ran) for n in nuisances]


@dataclass(frozen=True)
class _Entry:
    nuisance: Nuisance
    learner: Learner
    predictions: Floats
    loss: float


def _run(
    x: Floats,
    entries: list[tuple[Nuisance, Learner]],
    fold: NDArray[np.intp],
    weight: Floats,
    seed: int,
    progress: Progress,
) -> list[_Entry]:
    folds = int(fold.max()) + 1
    tasks = [(nuisance, learner, k) for nuisance, learner in entries for k in range(folds)]

    def step(task: tuple[Nuisance, Learner, int]) -> Floats:
        nuisance, learner, k = task
        return _predicted(x, nuisance, learner, weight, fold != k, fold == k, seed)

    with one_blas_thread():
        made = run_all(step, tasks, progress=progress)
        together = [(n, learner, _gathered(made, fold, folds)) for n, learner in entries]
    return [_Entry(n, learner, p, _loss(n, p, weight)) for n, learner, p in together]


def _predicted(
    x: Floats, nuisance: Nuisance, learner: Learner, weight: Floats, seen: Mask, held_out: Mask,
    seed: int,
) -> Floats:  # fmt: skip
    rows = seen & nuisance.of
    y, own = nuisance.y[rows], worth(weight[rows])
    if x.shape[1] == 0 or np.ptp(y) == 0:
        return np.full(int(held_out.sum()), np.average(y, weights=own))
    return learner.fit(x[rows], y, own, nuisance.is_chance, seed)(x[held_out])


def _gathered(made: Iterator[Floats], fold: NDArray[np.intp], folds: int) -> Floats:
    together = np.empty(len(fold))
    for k in range(folds):
        together[fold == k] = next(made)
    return together


def _winner(nuisance: Nuisance, entries: list[_Entry]) -> Learner:
    return min((e for e in entries if e.nuisance is nuisance), key=lambda e: e.loss).learner


def _result(nuisance: Nuisance, entries: list[_Entry]) -> Race:
    own = [e for e in entries if e.nuisance is nuisance]
    best = min(own, key=lambda e: e.loss)
    losses = tuple((e.learner.title, e.loss) for e in own)
    return Race(nuisance.name, best.predictions, best.learner, losses, nuisance.is_chance)


def _loss(nuisance: Nuisance, prediction: Floats, weight: Floats) -> float:
    y, p, own = (values[nuisance.of] for values in (nuisance.y, prediction, weight))
    if not nuisance.is_chance:
        return float(np.average((y - p) ** 2, weights=own))
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return float(-np.average(y * np.log(p) + (1 - y) * np.log1p(-p), weights=own))


def _require_rows(nuisances: Sequence[Nuisance], fold: NDArray[np.intp]) -> None:
    folds = int(fold.max()) + 1
    for nuisance in nuisances:
        fewest = min(int((nuisance.of & (fold != k)).sum()) for k in range(folds))
        if fewest < FEWEST_PER_FOLD:
            raise NotApplicable(
                f"{nuisance.name} would be learned from {fewest} rows in one of {folds} folds.",
                "Bring more rows of the smaller arm, or use linear regression.",
            )
