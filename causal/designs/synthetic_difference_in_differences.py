"""How did the treated change, against donors and periods weighted to move alike?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, silent

from ..effect import EffectEstimate, number, p_in_words
from ._donors import Donors, donors_of
from ._simplex import simplex_weights
from ._synthetic import LEAST_WEIGHT, is_poor, synthetic
from .design import Floats, estimate_row
from .panel import PanelQuestion

Variance = Literal["automatic", "placebo", "jackknife"]
#: How much farther than a donor the treated may stray from their weighted donors before.
MOST_NOISE = 1.5
#: How much the regularisation of the periods' weights is of that of the units' (its own is next to
#: none: it only makes the solution unique).
_OF_PERIODS = 1e-6


@dataclass(frozen=True)
class Weighted:
    """Unit weights (J,), period weights (T0,), and the effect they give."""

    units: Floats
    periods: Floats
    effect: float


@dataclass(frozen=True)
class Placebos:
    """The standard error, where it is from, how many degrees of freedom it is worth, and how noisy
    the treated are beside the donors (`noisier`; where that is much the error is `scaled`)."""

    error: float
    words: str
    degrees: float
    noisier: float = 1.0

    @property
    def scaled(self) -> float:
        """The error, larger where the treated are so much noisier that it would be too small."""
        return self.error * (self.noisier if self.noisier > MOST_NOISE else 1.0)


@method("Synthetic difference in differences", page="synthetic_control")
def synthetic_difference_in_differences(
    question: PanelQuestion,
    /,
    *,
    variance: Annotated[
        Variance,
        "where the standard error is from: donors that pretend to be treated, or leaving units out",
    ] = "automatic",
    seed: int = 0,
    progress: Progress = silent,
) -> EffectEstimate:
    """How the treated changed, compared with donors that moved alike and periods that foretell.

    As difference in differences it lets levels differ; as a synthetic control it weights the
    donors, so that their mean runs parallel to the treated before, and weights the periods before,
    so that they foretell the later ones among the donors. Unit weights are kept from a few donors
    by a penalty (ζ, from the noise of the donors' changes). Unit: the outcome's, per period. The
    95 % interval is from t, its standard error from placebos (donors in the treated units' place;
    with one treated unit each donor once) or, with several treated units, from the jackknife. Where
    before the treatment the treated stray more than 1.5 times as far from their weighted donors as
    a donor does, the placebos' error is larger by as much, and a warning says so.

    Assumes that what drives the outcomes is common to units with weights that differ (a factor
    model), that donors are untouched and nobody acted in advance. Raises `NotApplicable` as
    `synthetic_control`, and for a jackknife of a single treated unit. Source: Arkhangelsky, Athey,
    Hirshberg, Imbens & Wager, American Economic Review 111 (2021), algorithms 1, 3 and 4.
    """
    progress(0.0)
    donors = donors_of(question, "Synthetic difference in differences")
    noise = _noise(donors)
    made = _weighted(donors, donors.each.shape[1], noise)
    how = _chosen(variance, donors)
    if how == "placebo":
        found = _by_placebo(donors, made, noise, seed, progress)
    else:
        found = _by_jackknife(donors, made)
    frame = estimate_row(
        estimand="ATT",
        contrast=question.contrast_in_words,
        group=donors.stretch,
        estimate=made.effect,
        std_error=found.scaled,
        degrees=found.degrees,
    )
    row = frame.iloc[0]
    more = "more" if made.effect >= 0 else "less"
    progress(1.0)
    return EffectEstimate(
        frame=frame,
        summary=(
            f"From {donors.starts} on, {question.outcome_in_words} of {donors.who} changed by "
            f"{number(abs(made.effect))} per period {more} than that of donors weighted to run "
            "parallel "
            f"(95 % interval {number(row['conf_low'])} to {number(row['conf_high'])}, "
            f"{p_in_words(row['p_value'])}), by synthetic difference in differences."
        ),
        notes=(*question.panel.notes, *_notes(donors, made, noise, found, how)),
        unit=question.outcome_in_words,
    )


def _noise(donors: Donors) -> float:
    """σ̂: the standard deviation of the donors' changes from period to period before."""
    return float(np.diff(donors.paths[: donors.before], axis=0).std(ddof=1))


def _weighted(donors: Donors, treated: int, noise: float) -> Weighted:
    """Weights and effect (algorithm 1); ζ² T₀ penalises unit weights."""
    before = donors.before
    early, late = donors.paths[:before], donors.paths[before:].mean(axis=0)
    penalty = float(np.sqrt(treated * donors.after)) * noise**2 * before
    units = simplex_weights(early, donors.path[:before], ridge=penalty, intercept=True)
    least = (_OF_PERIODS * noise) ** 2 * early.shape[1]
    periods = simplex_weights(early.T, late, ridge=least, intercept=True)
    return Weighted(units, periods, _effect(donors, units, periods))


def _effect(donors: Donors, units: Floats, periods: Floats) -> float:
    before = donors.before
    mine = donors.path[before:].mean() - periods @ donors.path[:before]
    theirs = donors.paths[before:].mean(axis=0) - periods @ donors.paths[:before]
    return float(mine - units @ theirs)


def _chosen(variance: Variance, donors: Donors) -> str:
    treated, others = donors.each.shape[1], len(donors.names)
    if variance == "automatic":
        return "jackknife" if treated > 1 else "placebo"
    if variance == "jackknife" and treated == 1:
        raise NotApplicable(
            "A jackknife needs at least two treated units; there is one.", "Choose placebo."
        )
    if variance == "placebo" and others <= treated:
        raise NotApplicable(
            f"Placebos need more donors than treated units; there are {others} and {treated}.",
            "Choose jackknife.",
        )
    return variance


def _by_placebo(
    donors: Donors, made: Weighted, noise: float, seed: int, progress: Progress
) -> Placebos:
    """Donors in the place of the treated units, the regularisation kept (algorithm 4)."""
    groups, size = donors.as_if_treated(seed), len(donors.treated)
    effects, errors = [], []
    for k, chosen in enumerate(groups):
        progress(k / len(groups), "placebos")
        pretended = donors.pretending(chosen)
        found = _weighted(pretended, size, noise)
        effects.append(found.effect)
        errors.append(float(_apart(pretended, found).std()))
    mine = float(_apart(donors, made).std())
    words = (
        f"{len(groups)} placebos, each donor once"
        if size == 1
        else f"{len(groups)} draws of {size} donors as placebos"
    )
    noisier = mine / max(float(np.median(errors)), 1e-300)
    return Placebos(float(np.std(effects)), words, len(donors.names) - 1, noisier)


def _apart(donors: Donors, made: Weighted) -> Floats:
    """The treated path before minus that of the weighted donors."""
    return np.asarray(donors.path[: donors.before] - donors.paths[: donors.before] @ made.units)


def _by_jackknife(donors: Donors, made: Weighted) -> Placebos:
    """Every unit left out in turn, the weights of the others kept in proportion (algorithm 3). Its
    degrees of freedom are Satterthwaite's for the treated's part and the donors' part."""
    treated, count = donors.each.shape[1], len(donors.names)
    found = []
    for k in range(treated):
        kept = np.delete(donors.each, k, axis=1)
        found.append(_effect(replace(donors, path=kept.mean(axis=1)), made.units, made.periods))
    for k in range(count):
        left = 1 - made.units[k]
        if left < 1e-9:
            raise NotApplicable(
                f"All weight is on one donor, {donors.names[k]}: without it there is no effect to "
                "compare.",
                "Choose placebo.",
            )
        units = np.delete(made.units, k) / left
        found.append(
            _effect(replace(donors, paths=np.delete(donors.paths, k, axis=1)), units, made.periods)
        )
    n = treated + count
    off = (np.array(found) - made.effect) ** 2
    parts = np.array([off[:treated].sum(), off[treated:].sum()])
    free = np.array([treated, count]) - 1
    return Placebos(
        float(np.sqrt((n - 1) / n * parts.sum())),
        "jackknife over all units, weights kept",
        float(parts.sum() ** 2 / (parts**2 / free).sum()),
    )


def _notes(donors: Donors, made: Weighted, noise: float, found: Placebos, how: str) -> list[str]:
    before = donors.before
    order = np.argsort(-made.units, kind="stable")
    used = [k for k in order if made.units[k] > LEAST_WEIGHT]
    named = ", ".join(f"{donors.names[k]} {made.units[k]:.2f}" for k in used[:5])
    counted = ", ".join(
        f"{donors.periods[k]} {made.periods[k]:.2f}"
        for k in np.flatnonzero(made.periods > LEAST_WEIGHT)[-8:]
    )
    plain = _effect(
        donors, np.full(len(made.units), 1 / len(made.units)), np.full(before, 1 / before)
    )
    said = [
        (
            f"Donors: {len(used)} of {len(donors.names)} have a weight above {LEAST_WEIGHT:g}, "
            f"most of all {named}."
        ),
        f"Periods before that count: {counted}.",
        (
            f"With equal weights (difference in differences) the effect would be {number(plain)}, "
            f"by a synthetic control of the outcomes {number(_of_control(donors))}."
        ),
        (
            f"Standard error: {found.words}, worth {found.degrees:.0f} degrees of freedom (the "
            f"interval is from t); the noise of the donors' changes is {number(noise)}."
        ),
        (
            "It holds if the donors are not touched by the treatment, nobody acted in advance and "
            "nothing else began for the treated or the donors at that time."
        ),
    ]
    if how == "placebo":
        said.append("Placebos take the treated to be about as noisy as the donors.")
    apart = _apart(donors, made)
    if is_poor(apart - apart.mean(), donors.path[:before]):
        said.append(
            "Warning: before the treatment the weighted donors do not run parallel to "
            f"{donors.who}: over quarters of that time the difference varies by more than half of "
            "what the path itself does."
        )
    if found.noisier > MOST_NOISE:
        said.append(
            f"Warning: before the treatment {donors.who} strays from its weighted donors "
            f"{found.noisier:.1f} times as far as a donor does, so an error from placebos among "
            f"the donors, {number(found.error)}, would be too small: it is taken as many times as "
            "large. The interval of the synthetic control takes each unit's own error into account."
        )
    if how == "placebo" and len(donors.names) < 10:
        said.append(f"Warning: a standard error from {len(donors.names)} placebos is rough.")
    return said


def _of_control(donors: Donors) -> float:
    plain = replace(donors, traits=donors.traits[:, :0])
    return synthetic(plain, silent).effect
