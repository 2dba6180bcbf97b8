"""How much of an effect goes through mediators, and how much past them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Range

from ..analysis import Analysis, complete_rows, require_answer
from ..design_matrix import design_matrix
from ..effect import EffectEstimate, number, row_of_means
from ..influence import MeanOutcomes
from ..mediators import mediators_of, split_set, told_note
from ..nuisances import Nuisance, Race, fold_of_rows, race
from ..propensity import CLIP
from ..question import CausalQuestion

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@method("Mediation", page="effect", weighs=True)
def mediation(
    question: CausalQuestion,
    /,
    *,
    folds: Annotated[int, Range(2, 20), "each part is predicted from the others"] = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> EffectEstimate:
    """How much of the effect goes through the mediators, and how much would be left without them.

    Rows: the total effect; the direct effect (ADE: the treatment changes, the mediators stay as
    they would be without it); the indirect effect (ACME: the treatment is given, the mediators
    change); and the two again with the other arm held fixed, which differ where treatment and
    mediators act together. Direct and indirect add up to the total. All mediators are taken as one.
    Estimated doubly robust and cross-fitted from the outcome given mediators, its mean over the
    mediators of the other arm, and the chance of treatment with and without the mediators. Unit:
    the outcome's. Intervals are 95 %, from the influence function.

    Assumes beside what the total effect needs that no cause of mediator and outcome is missing, and
    none of them is itself an effect of the treatment (sequential ignorability). A randomised
    treatment does not give this. By a graph the causes that mediators and outcome share are
    adjusted for as well, and where one was not measured the split is refused (`NotApplicable`). It
    is refused, too, where the mediators tell the treatment of most rows, and a warning stands where
    they do of some: no row shows what else they would do. For a two-level treatment.

    Source: Imai, Keele & Yamamoto (2010); Tchetgen Tchetgen & Shpitser (2012); Farbmacher et al.
    (2022).
    """
    require_answer(question, "Mediation", ("ATE",))
    if not question.treated.is_binary:
        raise NotApplicable(
            f"Mediation compares two arms, and '{question.treatment}' takes many values.",
            "Make a yes/no column of the treatment.",
        )
    mediators = mediators_of(question)
    used = split_set(question, mediators)
    analysis = complete_rows(
        question, used, also=mediators, says=_assumes(question, mediators, used)
    )
    learned = _learn(analysis, mediators, folds, seed, part(progress, 0.0, 0.98))
    chance = learned.chance_given_m.predictions
    told = told_note(question, mediators, chance, analysis.weight)
    worlds = _worlds(analysis, learned)
    rows = [
        row_of_means(
            analysis, _between(worlds[a], worlds[b]), estimand=_named(question, name, held)
        )
        for name, held, a, b in _EFFECTS
    ]
    frame = pd.concat(rows)
    progress(1.0)
    how = f"in all; {_split(frame, mediators)}, by doubly robust mediation over {folds} folds"
    notes = [*analysis.notes, *told, *_notes(frame, learned)]
    return EffectEstimate.of(question, frame, how, notes)


#: Worlds are (treatment, mediators as they would be under); an effect goes from one to another.
World = tuple[int, int]
_EFFECTS: tuple[tuple[str, int, World, World], ...] = (
    ("ATE", 0, (0, 0), (1, 1)),
    ("direct (ADE), mediators as {} treatment", 0, (0, 0), (1, 0)),
    ("indirect (ACME), {} treatment", 1, (1, 0), (1, 1)),
    ("direct (ADE), mediators as {} treatment", 1, (0, 1), (1, 1)),
    ("indirect (ACME), {} treatment", 0, (0, 0), (0, 1)),
)


def _named(question: CausalQuestion, name: str, held: int) -> str:
    """The name with which end of the contrast is held: the smaller level is that without treatment,
    whichever way is asked."""
    is_with = question.contrast[held] == max(question.contrast)
    return name.format("with" if is_with else "without")


@dataclass(frozen=True)
class _Learned:
    """Outcome by arm given x and given x and m; the mean of the latter over the other arm's
    mediators, by arm of the outcome; the chance of treatment given x, and given x and m."""

    given_x: tuple[Race, Race]
    given_m: tuple[Race, Race]
    crossed: tuple[Race, Race]
    chance: Race
    chance_given_m: Race

    @property
    def races(self) -> tuple[Race, ...]:
        return *self.given_x, *self.given_m, *self.crossed, self.chance, self.chance_given_m


def _assumes(question: CausalQuestion, mediators: tuple[str, ...], used: tuple[str, ...]) -> str:
    what = ", ".join(mediators)
    return (
        f"Adjusted for {', '.join(used) or 'no column'}. The split is right only if these are all "
        f"common causes of {question.treatment}, {what} and {question.outcome} with one another, "
        f"and none of them is an effect of {question.treatment}. Randomising {question.treatment} "
        "does not give this."
    )


def _learn(
    analysis: Analysis, mediators: tuple[str, ...], folds: int, seed: int, progress: Progress
) -> _Learned:
    x = analysis.covariates.matrix
    m = design_matrix(analysis.question.data, mediators, analysis.rows).matrix
    if not m.shape[1]:
        raise NotApplicable(
            f"The mediator {', '.join(mediators)} does not vary over the rows used.",
            "Choose columns with fewer missing values.",
        )
    both = np.hstack([x, m])
    fold = fold_of_rows(analysis.t, folds, seed, analysis.clusters)
    arms = (analysis.control, analysis.arm)
    everyone = np.ones(len(analysis), dtype=bool)
    treated = analysis.arm.astype(float)

    def learn(matrix: Floats, wanted: list[Nuisance], start: float, end: float) -> list[Race]:
        lap = part(progress, start, end)
        return race(matrix, wanted, fold, weight=analysis.weight, seed=seed, progress=lap)

    name = _namer(analysis)
    given_m = learn(
        both,
        [
            *(Nuisance(name("Outcome given mediators", k), analysis.y, arms[k]) for k in (0, 1)),
            Nuisance("Chance of treatment given mediators", treated, everyone),
        ],
        0.0,
        0.5,
    )
    # What the outcome model of one arm says, averaged over the mediators that the other arm has.
    given_x = learn(
        x,
        [
            *(Nuisance(name("Outcome", k), analysis.y, arms[k]) for k in (0, 1)),
            *(
                Nuisance(name("Mean over the other arm's mediators", k), given_m[k].predictions,
                         arms[1 - k])
                for k in (0, 1)
            ),
            Nuisance("Chance of treatment", treated, everyone),
        ],
        0.5,
        1.0,
    )  # fmt: skip
    return _Learned(
        given_x=(given_x[0], given_x[1]),
        given_m=(given_m[0], given_m[1]),
        crossed=(given_x[2], given_x[3]),
        chance=given_x[4],
        chance_given_m=given_m[2],
    )


def _namer(analysis: Analysis) -> Callable[[str, int], str]:
    values = analysis.question.compared
    return lambda what, k: f"{what} where {analysis.question.treatment} = {values[k]}"


def _worlds(analysis: Analysis, learned: _Learned) -> dict[World, tuple[float, Floats]]:
    """The mean outcome in every world, and each row's influence on it."""
    e = np.clip(learned.chance.predictions, CLIP, 1 - CLIP)
    given_m = np.clip(learned.chance_given_m.predictions, CLIP, 1 - CLIP)
    chance, chance_m = (1 - e, e), (1 - given_m, given_m)
    arms = [rows.astype(float) for rows in (analysis.control, analysis.arm)]
    y, w = analysis.y, analysis.weight
    found = {}
    for a in (0, 1):
        own, plain = learned.given_m[a].predictions, learned.given_x[a].predictions
        other, crossed = 1 - a, learned.crossed[a].predictions
        rows = {
            (a, a): plain + arms[a] * (y - plain) / chance[a],
            (a, other): crossed
            + arms[a] * chance_m[other] / (chance_m[a] * chance[other]) * (y - own)
            + arms[other] / chance[other] * (own - crossed),
        }
        for world, scores in rows.items():
            mean = float((w * scores).mean())
            found[world] = mean, w * (scores - mean)
    return found


def _between(start: tuple[float, Floats], to: tuple[float, Floats]) -> MeanOutcomes:
    return MeanOutcomes(start[0], to[0], np.column_stack([start[1], to[1]]))


def _split(frame: pd.DataFrame, mediators: tuple[str, ...]) -> str:
    _, direct, indirect, *_ = frame["estimate"]
    return (
        f"{number(indirect)} of it goes through {', '.join(mediators)} and {number(direct)} past "
        f"{'them' if len(mediators) > 1 else 'it'}"
    )


def _notes(frame: pd.DataFrame, learned: _Learned) -> list[str]:
    total, _, indirect, *_ = frame["estimate"]
    low, high = frame["conf_low"].iloc[0], frame["conf_high"].iloc[0]
    notes = ["Intervals are 95 %, from each row's influence on the estimate."]
    if low < 0 < high:
        notes.append("No share of the total is given: its interval holds zero.")
    else:
        notes.append(f"Through the mediators goes {indirect / total:.0%} of the total.")
    chance = learned.chance.predictions
    moved = int(((chance < CLIP) | (chance > 1 - CLIP)).sum())
    if moved:
        notes.append(f"{learned.chance.name}: {moved:,} were moved to {CLIP} or {1 - CLIP}.")
    return notes + [r.says for r in learned.races]
