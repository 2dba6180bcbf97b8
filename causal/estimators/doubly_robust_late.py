"""The effect on compliers, doubly robust and cross-fitted: a yes/no instrument and treatment."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Range

from ..analysis import require_answer
from ..effect import EffectEstimate, effect_row, number
from ..influence import MeanOutcomes, standard_error
from ..instrumental import Instrumental, instrumental
from ..nuisances import Nuisance, Race, fold_of_rows, race
from ..propensity import CLIP
from ..question import CausalQuestion
from ._anderson_rubin import confidence_set, has_no_effect
from .aipw import contributions

Floats = NDArray[np.float64]
#: Where so many chances of the instrument are moved a warning stands: of a quarter of the rows,
#: intervals held the effect in 80 of 100 tables.
MOST_MOVED = 0.1


@method("LATE (doubly robust)", page="effect", weighs=True)
def doubly_robust_late(
    question: CausalQuestion,
    /,
    *,
    folds: Annotated[int, Range(2, 20), "each part is predicted from the others"] = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes with the treatment among those whom the instrument moves.

    The instrument's effect on the outcome by its effect on the treatment, each by AIPW with the
    instrument in the treatment's place: outcome, treatment and instrument are learned from the
    covariates, cross-fitted, by the winner of a race; nothing has to be a straight line. Unit: the
    outcome's. The 95 % interval is the Anderson-Rubin (Fieller) set of the two effects: it holds
    its level with weak instruments too and may be open to one side or both.

    Assumes that the instrument shares no cause with the outcome given the covariates, reaches it
    only through the treatment, and moves nobody the other way. For one instrument and a treatment
    with two levels each (`NotApplicable` otherwise; use `two_stage_least_squares`).

    Source: Tan (2006); Chernozhukov et al. (2018), section 5.2.
    """
    require_answer(question, "The doubly robust LATE", ("LATE",))
    if not question.treated.is_binary:
        raise NotApplicable(
            f"The doubly robust LATE compares two arms, and '{question.treatment}' takes many "
            "values.",
            "Use two-stage least squares, or make a yes/no column of the treatment.",
        )
    given = instrumental(question)
    encouraged = _encouraged(given)
    races = _learned(given, encouraged, folds, seed, part(progress, 0.0, 0.98))
    on_y, on_t = (
        _effect_of_instrument(given, encouraged, target, races, k)
        for target, k in ((given.analysis.y, 0), (given.analysis.arm.astype(float), 2))
    )
    share, from_t = on_t.compared("difference")
    moved, from_y = on_y.compared("difference")
    estimate = moved / share
    clusters = given.analysis.clusters
    error = standard_error((from_y - estimate * from_t) / share, clusters)
    spread = _joint(from_y, from_t, clusters)
    band = confidence_set(np.array([moved]), np.array([share]), spread, start=estimate, step=error)
    p = has_no_effect(np.array([moved]), spread[:1, :1])
    row = effect_row(question, estimate, error)
    row = row.assign(conf_low=band.low, conf_high=band.high, p_value=p)
    f = share**2 / spread[1, 1]
    notes = [
        *given.analysis.notes,
        (
            f"Compliers are {abs(share):.1%} of the rows, with the standard error "
            f"{np.sqrt(spread[1, 1]):.1%}: the instrument's strength is F = {number(float(f))}."
        ),
        "The 95 % interval is the Anderson-Rubin set"
        + ("." if band.is_plain else f": {band.in_words}."),
        *_clipped(races[4], given.analysis.weight),
        *(r.says for r in races if given.analysis.adjusted_for),
    ]
    progress(1.0)
    how = f"by the doubly robust LATE with {given.names[0]} as instrument over {folds} folds"
    return EffectEstimate.of(question, row, how, notes)


def _encouraged(given: Instrumental) -> NDArray[np.bool_]:
    """Who has the higher value of the instrument."""
    z = given.z.matrix
    values = np.unique(z)
    if z.shape[1] != 1 or len(values) != 2:
        raise NotApplicable(
            "The doubly robust LATE takes one instrument with two values, and "
            f"{', '.join(given.names)} {'have' if z.shape[1] > 1 else 'has'} more.",
            "Use two-stage least squares.",
        )
    return np.asarray(z[:, 0] == values[1])


def _learned(
    given: Instrumental, encouraged: NDArray[np.bool_], folds: int, seed: int, progress: Progress
) -> list[Race]:
    """Outcome without and with the instrument, treatment without and with it, the instrument."""
    analysis = given.analysis
    question = analysis.question
    arm = analysis.arm.astype(float)
    name = given.names[0]
    values = (f"{name} low", f"{name} high")
    wanted = [
        Nuisance(f"{what} where {value}", target, of)
        for what, target in ((question.outcome, analysis.y), (question.treatment, arm))
        for value, of in zip(values, (~encouraged, encouraged), strict=True)
    ]
    everyone = np.ones(len(analysis), dtype=bool)
    wanted.append(Nuisance(f"Chance of {name}", encouraged.astype(float), everyone))
    # By the treatment, not by the arm: the folds are the same whichever way is asked.
    strata = 2 * encouraged.astype(int) + (analysis.t == analysis.t.max())
    fold = fold_of_rows(strata, folds, seed, analysis.clusters)
    return race(
        analysis.covariates.matrix, wanted, fold, weight=analysis.weight, seed=seed,
        progress=progress,
    )  # fmt: skip


def _effect_of_instrument(
    given: Instrumental, encouraged: NDArray[np.bool_], target: Floats, races: list[Race], k: int
) -> MeanOutcomes:
    e = np.clip(races[4].predictions, CLIP, 1 - CLIP)
    rows = contributions(
        "ATE",
        (~encouraged, encouraged),
        target,
        (races[k].predictions, races[k + 1].predictions),
        (1 - e, e),
    )
    return MeanOutcomes.of_rows(*rows, given.analysis.weight)


def _joint(a: Floats, b: Floats, clusters: NDArray[np.intp] | None) -> Floats:
    """The covariance (2, 2) of two estimates from their influences."""
    v_a, v_b = (standard_error(x, clusters) ** 2 for x in (a, b))
    both = (standard_error(a + b, clusters) ** 2 - v_a - v_b) / 2
    return np.array([[v_a, both], [both, v_b]])


def _clipped(chance: Race, weight: Floats) -> list[str]:
    is_moved = (chance.predictions < CLIP) | (chance.predictions > 1 - CLIP)
    if not is_moved.any():
        return []
    text = (
        f"{int(is_moved.sum()):,} of {len(is_moved):,} chances of the instrument were moved to "
        f"{CLIP} or {1 - CLIP}"
    )
    if float(np.average(is_moved, weights=weight)) <= MOST_MOVED:
        return [f"{text}."]
    return [
        (
            f"Warning: {text}: of rows like these hardly any had its other value, and the interval "
            "may be far too short."
        )
    ]
