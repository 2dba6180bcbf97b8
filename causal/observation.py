"""Rows with missing values, stood for by complete rows like them: weights by the inverse of the
chance of being observed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.figures import number

from .design_matrix import design_matrix
from .learners import REGRESSIONS
from .nuisances import Nuisance, Race, fold_of_rows, race
from .question import CausalQuestion, Estimand

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: A chance of being complete counts as at least this: no row stands for more than twenty.
LEAST_CHANCE = 0.05
#: Weights that are worth less than this share of the rows deserve a warning.
LEAST_WORTH = 0.5
FOLDS, SEED = 5, 0
WHOSE: dict[Estimand, str] = {"ATE": "any row", "ATT": "a treated row", "ATC": "an untreated row"}


@dataclass(frozen=True)
class Observation:
    """What the complete rows weigh (n,), mean one, what is to be said of it, and whether they stand
    for the others at all."""

    weight: Floats
    notes: tuple[str, ...]
    stands: bool


def observation_weights(
    question: CausalQuestion, used: tuple[str, ...], is_whole: Mask
) -> Observation:
    """The weights of the complete rows (`is_whole`, (N,) over the table) with which they are, in
    the columns that every row has, like all rows that the question asks about.

    A complete row weighs 1 / P(complete | v), v being those of the columns adjusted for (`used`)
    that are known in every row; for the ATT the chance is that of a treated row with such values,
    for the ATC that of an untreated one, whatever the row's own treatment. Among complete rows
    alike in what is adjusted for, treated and untreated are compared as they are; the weights
    change only how many of each kind there are. Two regressions race for the chance, each row
    being predicted by models that did not see it.

    Assumes that, among rows alike in v, complete rows are like the others in the rest of what is
    adjusted for, and that rows alike in treatment and all of it have like outcomes, complete or
    not (Seaman & White 2013).
    """
    frame, everyone = question.data.frame, np.arange(len(is_whole))
    known = tuple(c for c in used if frame[c].notna().all())
    x = design_matrix(question.data, known, everyone).matrix
    if is_whole.all() or not x.shape[1]:
        return alone(is_whole, _nothing_to_do(is_whole))
    learned = _chance(question, x, is_whole)
    chance = learned.predictions[is_whole]
    weight = 1 / np.maximum(chance, LEAST_CHANCE)
    weight = weight / weight.mean()
    return Observation(weight, tuple(_notes(question, known, chance, weight, learned)), stands=True)


def alone(is_whole: Mask, *notes: str) -> Observation:
    """Complete rows that stand for none but themselves."""
    return Observation(np.ones(int(is_whole.sum())), notes, stands=False)


def _chance(question: CausalQuestion, x: Floats, is_whole: Mask) -> Race:
    of = _asked_about(question)
    wanted = Nuisance("Chance of a complete row", is_whole.astype(float), of, REGRESSIONS)
    fold = fold_of_rows(is_whole, FOLDS, SEED, None)
    return race(x, [wanted], fold, weight=np.ones(len(x)), seed=SEED)[0]


def _asked_about(question: CausalQuestion) -> Mask:
    """The rows (N,) of the table that the question asks about."""
    t = question.treated.numbers
    level = {"ATT": question.contrast[1], "ATC": question.contrast[0]}.get(question.weighs_as)
    return np.ones(len(t), dtype=bool) if level is None else np.asarray(t == level)


def _nothing_to_do(is_whole: Mask) -> str:
    if is_whole.all():
        return "No row has missing values, so that none had to be stood for by others."
    return (
        "Warning: rows with missing values were to be stood for by rows like them, but nothing "
        "that is adjusted for is known in every row: they are left out."
    )


def _notes(
    question: CausalQuestion, known: tuple[str, ...], chance: Floats, weight: Floats, learned: Race
) -> Iterator[str]:
    worth = float(weight.sum() ** 2 / (weight**2).sum() / len(weight))
    whose = WHOSE[question.weighs_as]
    yield (
        "Rows with missing values are stood for by complete rows like them in "
        f"{', '.join(known)}: a row weighs 1 / the chance that {whose} with its values is "
        f"complete ({number(chance.min())} to {number(chance.max())}). Complete rows must be like "
        "the others of their kind in what is missing. The intervals take the weights as known, "
        "which makes them about right or a little too long."
    )
    yield learned.says
    low = int((chance < LEAST_CHANCE).sum())
    if low:
        yield f"{low:,} chances were raised to {LEAST_CHANCE}: those rows stand for fewer."
    if worth < LEAST_WORTH or low:
        yield (
            "Warning: some kinds of rows are hardly ever complete: the weights of the "
            f"{len(weight):,} complete rows are worth {worth:.0%} of them."
        )
