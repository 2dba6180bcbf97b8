"""The chance of treatment given what is adjusted for, cross-fitted, and the weights it gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.progress import Progress, silent

from .analysis import Analysis
from .nuisances import Nuisance, Race, fold_of_rows, race
from .question import Estimand

Floats = NDArray[np.float64]
#: Propensities are kept this far from 0 and 1; whatever is moved is counted and said.
CLIP = 0.01
#: Outside this range a row has hardly a counterpart in the other arm (Crump et al. 2009 use .1).
COMMON = (0.05, 0.95)
#: The folds that checks use; the estimators' is a setting.
FOLDS = 5


def propensity_race(
    analysis: Analysis, *, seed: int = 0, folds: int = FOLDS, progress: Progress = silent
) -> Race:
    """Each row's chance of being treated, by models that did not see the row."""
    arm = analysis.arm
    nuisance = treatment_nuisance(analysis)
    fold = fold_of_rows(arm, folds, seed, analysis.clusters)
    x, own = analysis.covariates.matrix, analysis.weight
    (found,) = race(x, [nuisance], fold, weight=own, seed=seed, progress=progress)
    return found


def treatment_nuisance(analysis: Analysis) -> Nuisance:
    """The treatment as something to be learned."""
    arm = analysis.arm
    return Nuisance("Chance of treatment", arm.astype(float), np.ones(len(arm), dtype=bool))


@dataclass(frozen=True)
class Weights:
    """Weights (n,) that make both arms look like those the estimand asks about, and how many
    propensities were clipped to get them."""

    values: Floats
    clipped: int


def weights_for(estimand: Estimand, arm: NDArray[np.bool_], chance: Floats) -> Weights:
    """Inverse-probability weights: 1/e and 1/(1-e) for everyone, 1 and e/(1-e) for the treated,
    (1-e)/e and 1 for the untreated, 1-e and e for the ATO, which no propensity makes large. Only
    what stands in a denominator is clipped: a small numerator makes a weight small, as it should.

    Raises `NotApplicable` for the LATE: no weight tells who the compliers are."""
    if estimand == "ATO":
        return Weights(np.where(arm, 1 - chance, chance), 0)
    if estimand == "LATE":
        raise NotApplicable(
            "No weight makes the arms look like those whom the instrument moves (LATE).",
            "Ask for the ATE, ATT, ATC or ATO.",
        )
    own = np.where(arm, chance, 1 - chance)
    is_asked = {"ATT": arm, "ATC": ~arm}.get(estimand, np.zeros(len(arm), dtype=bool))
    over = {"ATT": chance, "ATC": 1 - chance}.get(estimand, np.ones(len(arm)))
    values = np.where(is_asked, 1.0, over / np.maximum(own, CLIP))
    return Weights(values, int(((own < CLIP) & ~is_asked).sum()))


def effective_rows(weights: Floats) -> float:
    """How many equally weighted rows carry as much (Kish 1965): (Σw)² / Σw²."""
    return float(weights.sum() ** 2 / (weights**2).sum())
