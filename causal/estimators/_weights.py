"""Weights that make an arm look like those asked about, and what they leave of the rows, in words:
nothing clipped or blown up in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.figures import number

from ..analysis import Analysis
from ..propensity import COMMON, effective_rows
from ..question import Estimand

Floats = NDArray[np.float64]
#: Above this share of the rows asked about without a counterpart the estimate is not to be trusted.
MOST_WITHOUT_COUNTERPART = 0.1
#: A warning stands where an arm's weights are worth fewer rows than this share of its rows, or of
#: those asked about if they are fewer: many rows unlike these do no harm.
LEAST_EFFECTIVE = 0.2


@dataclass(frozen=True)
class ArmWeights:
    """Weights (n,) of one arm, zero elsewhere, their derivatives by the chances of the start's and
    the end's level, and how many chances were moved."""

    values: Floats
    slopes: tuple[Floats, Floats]
    moved: int


def arm_weights(
    estimand: Estimand,
    arms: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    chances: tuple[Floats, Floats],
    k: int,
    clip: float,
) -> ArmWeights:
    """h/e of the arm k (0: from, 1: to). Only what stands in a denominator can explode, so only
    that is clipped; a chance in the numerator makes a weight small, which is what it should be."""
    inside, own, other = arms[k].astype(float), chances[k], chances[1 - k]
    nothing = np.zeros(len(own))
    if estimand == "ATO":
        by_own, by_other, values, moved = nothing, inside, inside * other, 0
    elif (estimand == "ATT" and k == 1) or (estimand == "ATC" and k == 0):
        by_own, by_other, values, moved = nothing, nothing, inside, 0
    else:
        low = (own < clip) & arms[k]
        floor = np.maximum(own, clip) if clip else own
        over = np.ones(len(own)) if estimand == "ATE" else other
        values = inside * over / floor
        by_own = np.where(low, 0.0, -values / floor)
        by_other = nothing if estimand == "ATE" else inside / floor
        moved = int(low.sum())
    slopes = (by_own, by_other) if k == 0 else (by_other, by_own)
    return ArmWeights(values, slopes, moved)


def effective_note(analysis: Analysis, weights: tuple[Floats, Floats]) -> str:
    """How many rows the two arms' weights, (n,) each, are worth, and what the heaviest carry."""
    start, to = analysis.question.compared
    parts = []
    for level, rows, w in zip((to, start), (analysis.arm, analysis.control), weights[::-1],
                              strict=True):  # fmt: skip
        own = w[rows]
        heaviest = np.sort(own)[::-1][: max(1, len(own) // 100)].sum() / own.sum()
        parts.append(
            f"the {len(own):,} rows with {analysis.question.treatment} = {level} count like "
            f"{effective_rows(own):,.0f} (the heaviest 1 % carry {heaviest:.0%} of their weight)"
        )
    return f"After weighting {' and '.join(parts)}."


def overlap_warning(analysis: Analysis, weights: tuple[Floats, Floats], lost: float) -> list[str]:
    """A warning where rows asked about have no counterpart (`lost`, a share of them), or where the
    weights of an arm rest on a few of its rows; by rows' own weights alone they may, which is no
    lack of overlap."""
    arms, estimand = (analysis.control, analysis.arm), analysis.question.weighs_as
    rows = [effective_rows(analysis.weight[a]) for a in arms]
    asked = {"ATT": rows[1], "ATC": rows[0]}.get(estimand, sum(rows))
    worth = min(
        effective_rows(w[a]) / min(own, asked)
        for w, a, own in zip(weights, arms, rows, strict=True)
    )
    if lost <= MOST_WITHOUT_COUNTERPART and worth >= LEAST_EFFECTIVE:
        return []
    said = []
    if lost > MOST_WITHOUT_COUNTERPART:
        said.append(
            f"for {lost:.0%} of the rows asked about the chance of the other arm is below "
            f"{COMMON[0]}: they have hardly a counterpart"
        )
    if worth < LEAST_EFFECTIVE:
        said.append(f"in one arm the weights are worth only {worth:.0%} of the rows they stand for")
    return [
        (
            f"Warning: {', and '.join(said)}. The interval may be far too short: see the overlap "
            "check; a narrower question (ATT, ATC or ATO) may be answerable."
        )
    ]


def share_lost(analysis: Analysis, chances: Sequence[Floats]) -> float:
    """The share of the rows asked about, as they are weighted, whose chance (n,) of the start's and
    of the end's level is too small for a counterpart; a level that is rare everywhere is not held
    against its rows."""
    estimand = analysis.question.weighs_as
    if estimand == "ATO":
        return 0.0
    low = _is_low(analysis, chances)
    everyone = np.ones(len(analysis), dtype=bool)
    lacks, asked = {"ATE": (low[0] | low[1], everyone), "ATT": (low[0], analysis.arm),
                    "ATC": (low[1], analysis.control)}[estimand]  # fmt: skip
    return float(np.average(lacks[asked], weights=analysis.weight[asked]))


def group_warning(analysis: Analysis, chances: Sequence[Floats]) -> list[str]:
    """A warning that names the groups asked about of whose rows many have hardly a counterpart."""
    if analysis.groups is None:
        return []
    start, to = _is_low(analysis, chances)
    named = [
        f"{name} ({share:.0%})"
        for name, mask in zip(analysis.groups.names, analysis.groups, strict=True)
        if (share := float(np.average((start | to)[mask], weights=analysis.weight[mask])))
        > MOST_WITHOUT_COUNTERPART
    ]
    if not named:
        return []
    return [
        (
            f"Warning: in these groups more than {MOST_WITHOUT_COUNTERPART:.0%} of the rows have "
            f"hardly a counterpart in the other arm: {', '.join(named)}. Their intervals may be "
            "far too short."
        )
    ]


def _is_low(analysis: Analysis, chances: Sequence[Floats]) -> list[NDArray[np.bool_]]:
    """The rows whose chance of the start's, and of the end's level is too small. How rare a level
    is, is by the chances too: they may be learned from rows that count alike or as weighted."""
    means = [float(np.average(e, weights=analysis.weight)) for e in chances]
    return [e < COMMON[0] * min(1.0, 2 * mean) for e, mean in zip(chances, means, strict=True)]


def clipping_note(moved: int, clip: float, without: str, kept: str) -> list[str]:
    """How many chances were moved away from 0, and what that did to the estimate."""
    if not moved:
        return []
    return [
        (
            f"{moved:,} chances in the denominator of a weight were raised to {number(clip)}. "
            f"Without that the estimate would be {without} instead of {kept}."
        )
    ]
