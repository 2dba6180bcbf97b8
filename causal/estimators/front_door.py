"""The effect through mediators that carry all of it: the front door."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Range

from ..analysis import Analysis, complete_rows, require_answer
from ..effect import EffectEstimate
from ..influence import MeanOutcomes
from ..mediators import told_note
from ..nuisances import Nuisance, Race, fold_of_rows, race
from ..other_ways import front_doors
from ..propensity import CLIP
from ..question import CausalQuestion, Scale

Floats = NDArray[np.float64]
SCALES: tuple[Scale, ...] = ("difference", "ratio", "odds ratio")


@method("Front door", page="effect", weighs=True)
def front_door(
    question: CausalQuestion,
    /,
    *,
    folds: Annotated[int, Range(2, 20), "each part is predicted from the others"] = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes with the treatment, where only the mediators can tell.

    Treatment and outcome may share causes that nobody measured, as long as the treatment acts only
    through measured mediators, whose own links to treatment and outcome are not confounded (Pearl's
    front door). The effect is that of the treatment on the mediators, times that of the mediators
    on the outcome within each arm, without assuming straight lines: a one-step estimate with
    cross-fitted outcome and treatment models given the mediators, each the winner of a race. Unit:
    the outcome's, or a ratio as the question asks. Intervals are 95 %, from the influence function.

    For a two-level treatment and a graph that holds a front door (`NotApplicable` otherwise), whose
    mediators do not tell the treatment of most rows: a warning stands where they do of some.

    Source: Pearl (1995); Fulcher, Shpitser, Marealle & Tchetgen Tchetgen (2020).
    """
    analysis = front_door_analysis(question)
    races = _learned(analysis, folds, seed, part(progress, 0.0, 0.98))
    told = told_note(question, analysis.adjusted_for, races[2].predictions, analysis.weight)
    means = _means(analysis, *(r.predictions for r in races))
    notes = [
        "Intervals are 95 %, from each row's influence on the estimate.",
        *told,
        *(r.says for r in races),
    ]
    progress(1.0)
    return EffectEstimate.of_means(
        analysis, [means], f"by the front door {', '.join(analysis.adjusted_for)}", notes
    )


def front_door_analysis(question: CausalQuestion) -> Analysis:
    """The rows with the mediators of the front door as covariates; raises `NotApplicable` for a
    question that has none."""
    require_answer(question, "The front door", ("ATE",), SCALES)
    if not question.treated.is_binary:
        raise NotApplicable(
            f"The front door compares two arms, and '{question.treatment}' takes many values.",
            "Make a yes/no column of the treatment.",
        )
    doors = front_doors(question.graph, question.treatment, question.outcome)
    if not doors:
        raise NotApplicable(
            f"The graph holds no front door from {question.treatment} to {question.outcome}.",
            "It needs mediators that carry the whole effect and share no cause with either end: "
            "draw the graph with them.",
        )
    return complete_rows(question, doors[0], says=_assumes(question, doors[0]))


def _assumes(question: CausalQuestion, door: tuple[str, ...]) -> str:
    what = ", ".join(door)
    return (
        f"The front door {what}: it is assumed that the whole effect of {question.treatment} on "
        f"{question.outcome} goes through {what}, and that nothing unmeasured is a cause of {what} "
        "and of either end."
    )


def _learned(analysis: Analysis, folds: int, seed: int, progress: Progress) -> list[Race]:
    start, to = analysis.question.compared
    name = f"Outcome given the mediators where {analysis.question.treatment} = "
    everyone = np.ones(len(analysis), dtype=bool)
    wanted = [
        Nuisance(name + start, analysis.y, analysis.control),
        Nuisance(name + to, analysis.y, analysis.arm),
        Nuisance("Chance of treatment given the mediators", analysis.arm.astype(float), everyone),
    ]
    fold = fold_of_rows(analysis.t, folds, seed, analysis.clusters)
    return race(
        analysis.covariates.matrix, wanted, fold, weight=analysis.weight, seed=seed,
        progress=progress,
    )  # fmt: skip


def _means(analysis: Analysis, m0: Floats, m1: Floats, chance: Floats) -> MeanOutcomes:
    """The two means and their influence.

    With p the share of each arm and h(m) = Σ p(t) E(Y | t, m), the mean under a is that of h in arm
    a plus the mean of r (y - E(Y | t, m)), r = f(m | a) / f(m | t) from the chance of treatment
    given the mediators by Bayes' rule; the last term of the influence is that of p itself.
    """
    e = np.clip(chance, CLIP, 1 - CLIP)
    w, arms = analysis.weight, (analysis.control, analysis.arm)
    share = [float((w * rows).mean()) for rows in arms]
    given_m = (1 - e, e)
    own = np.where(analysis.arm, m1, m0)
    density = np.where(analysis.arm, given_m[1] / share[1], given_m[0] / share[0])
    h = share[0] * m0 + share[1] * m1
    found, influence = [], []
    for a, rows in enumerate(arms):
        plug_in = float((w * rows * h).mean()) / share[a]
        rest = given_m[a] / share[a] / density * (analysis.y - own)
        of_arm = [float((w * rows * m).mean()) / share[a] for m in (m0, m1)]
        of_shares = np.where(analysis.arm, of_arm[1], of_arm[0]) - plug_in
        scores = w * (rest + rows / share[a] * (h - plug_in) + of_shares)
        found.append(plug_in + float((w * rest).mean()))
        influence.append(scores - scores.mean())
    return MeanOutcomes(found[0], found[1], np.column_stack(influence))
