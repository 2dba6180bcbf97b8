"""The effect on those who started in one period, in every other period, with each unit's influence
on it; and averages of them: Callaway & Sant'Anna, Difference-in-Differences with Multiple Time
Periods, Journal of Econometrics 225 (2021)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.progress import Progress, silent

from ..influence import standard_error
from ._adjusted import Effect, doubly_robust, outcome_regression, with_constant
from ._few_clusters import cluster_sums, welch_degrees
from .panel import Panel

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]
Controls = Literal["never", "not yet"]
Adjust = Literal["doubly robust", "outcome regression"]
#: Influences are kept for every unit, start and period: so many numbers at most (1.6 GB).
MOST_INFLUENCES = 200_000_000
#: Fewer units than this in a start's group, and its own share of the error is guesswork.
FEW_UNITS = 5


@dataclass(frozen=True)
class Average:
    """Some average of effects: the estimate, and each unit's influence (n,) on it; `treated` are
    the clusters that hold treated units, `units` how many of these the average runs over, `others`
    how many comparison clusters, counting alike, its error is known from as well as."""

    estimate: float
    influence: Floats
    clusters: Codes
    treated: Mask
    units: int
    others: float

    @property
    def sums(self) -> Floats:
        """The influence of each cluster."""
        return cluster_sums(self.influence, self.clusters)

    @property
    def std_error(self) -> float:
        """From the influences, clusters taken together; NaN for one treated unit, whose own ups
        and downs are unknown."""
        if self.units < 2:
            return float("nan")
        return standard_error(self.influence, self.clusters)

    @property
    def degrees(self) -> float:
        """Of the t distribution that the interval is taken from."""
        return welch_degrees(self.sums, self.treated, self.others)


@dataclass(frozen=True)
class GroupTime:
    """M effects: `start` and `period` (M,) are numbers of periods, `effect` (M,) the mean effect on
    the units that start there, relative to the period before they may react; `influence` (N, M),
    mean 0.

    Periods before the start are there, too: there the effect should be 0. `weight` (N,) is how much
    a unit counts, with mean 1; `compared_with` (M,) how many clusters they are compared with, and
    `others` (M,) how many, counting alike, would tell the error as well.
    """

    panel: Panel
    controls: Controls
    start: Codes
    period: Codes
    effect: Floats
    influence: Floats
    compared_with: Codes
    others: Floats
    weight: Floats
    compared: tuple[str, ...]
    gaps: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Who is compared, what could not be had, and where too few start."""
        return (*self.compared, *self.gaps, *self._few_alike(), *few_starts(self.panel))

    def _few_alike(self) -> list[str]:
        """Comparison units of whom a few count for most."""
        least = int(np.argmin(np.where(self.after, self.others / self.compared_with, np.inf)))
        groups, fewest = int(self.compared_with[least]), float(self.others[least])
        if fewest > groups / 2:
            return []
        warning = "Warning: s" if fewest < FEW_UNITS else "S"
        return [
            (
                f"{warning}ome of those compared with count for much more than others, because of "
                f"weights or because they are like the treated: in one effect {groups} "
                f"'{self.panel.clustered_by}' tell the error no better than {fewest:.1f} that "
                "count alike would. Intervals are longer for it."
            )
        ]

    @property
    def after(self) -> Mask:
        """The effects since the start, (M,)."""
        return np.asarray(self.period >= self.start)

    @property
    def since(self) -> Codes:
        """Periods since the start, (M,)."""
        return self.period - self.start

    @property
    def reference(self) -> int:
        """The period that all effects are relative to, as periods since the start: -1, or earlier
        where units may react in advance."""
        return -1 - self.panel.anticipation

    def average(self, which: Mask) -> Average:
        """Their mean by the groups' sizes, which are estimated as well."""
        at = np.flatnonzero(which)
        member = self.weight[:, None] * (self.panel.first[:, None] == self.start[at])
        size = member.mean(axis=0)
        share = size / size.sum()
        estimate = float(share @ self.effect[at])
        # Whoever is drawn into a large group moves the mean towards that group's effect.
        moved = (member - size) @ (self.effect[at] - estimate) / size.sum()
        others = 1 / float(share @ (1 / self.others[at]))
        return self._made(estimate, self.influence[:, at] @ share + moved, self.start[at], others)

    def mean_of(self, parts: Sequence[Average]) -> Average:
        """Their plain mean."""
        influence = np.mean([part.influence for part in parts], axis=0)
        starts = self.start[self.after]
        others = 1 / float(np.mean([1 / part.others for part in parts]))
        estimate = float(np.mean([part.estimate for part in parts]))
        return self._made(estimate, influence, starts, others)

    def simple(self) -> Average:
        """All effects since the start, by the size of their groups."""
        return self.average(self.after)

    def by_group(self) -> dict[int, Average]:
        """Of each start, the mean of its periods."""
        groups = np.unique(self.start[self.after])
        return {int(g): self.average(self.after & (self.start == g)) for g in groups}

    def by_event(self) -> dict[int, Average]:
        """Of each number of periods since the start; of these `reference` is left out."""
        return {int(e): self.average(self.since == e) for e in np.unique(self.since)}

    def by_period(self) -> dict[int, Average]:
        """Of each period, over the groups that have started."""
        periods = np.unique(self.period[self.after])
        return {int(t): self.average(self.after & (self.period == t)) for t in periods}

    def over_groups(self) -> Average:
        """The groups' means by their size: the mean effect over the treated units."""
        groups = self.by_group()
        size = np.array([(self.weight * (self.panel.first == g)).mean() for g in groups])
        share = size / size.sum()
        found = np.array([part.estimate for part in groups.values()])
        estimate = float(share @ found)
        member = self.weight[:, None] * (self.panel.first[:, None] == np.array(list(groups)))
        moved = (member - size) @ (found - estimate) / size.sum()
        influences = np.column_stack([part.influence for part in groups.values()])
        others = 1 / float(share @ np.array([1 / part.others for part in groups.values()]))
        return self._made(estimate, influences @ share + moved, np.array(list(groups)), others)

    def over_events(self) -> Average:
        """The plain mean over the periods since the start."""
        return self.mean_of([part for e, part in self.by_event().items() if e >= 0])

    def over_periods(self) -> Average:
        """The plain mean over the calendar's periods."""
        return self.mean_of(list(self.by_period().values()))

    def _made(self, estimate: float, influence: Floats, starts: Codes, others: float) -> Average:
        clusters = self.panel.clusters
        treated = np.bincount(clusters, weights=~self.panel.never) > 0
        units = int(np.isin(self.panel.first, starts).sum())
        return Average(estimate, influence, clusters, treated, units, others)


def group_time(
    panel: Panel,
    controls: Controls = "never",
    adjust: Adjust = "doubly robust",
    progress: Progress = silent,
) -> GroupTime:
    """All effects of all starts.

    Raises `NotApplicable` where there is no unit to compare any of them with.
    """
    _require_two_treated(panel)
    compared, notes = _controls(panel, controls)
    periods, ahead = len(panel.periods), panel.anticipation
    pairs = [(int(g), t) for g in panel.cohorts for t in range(periods) if t != g - 1 - ahead]
    if len(panel.units) * len(pairs) > MOST_INFLUENCES:
        raise NotApplicable(
            f"{len(panel.units):,} units, {len(panel.cohorts)} starts and {periods} periods need "
            f"{len(panel.units) * len(pairs):,} influences, more than {MOST_INFLUENCES:,}.",
            "Make the periods or the starts wider: quarters instead of months.",
        )
    weight = _unit_weights(panel)
    estimator = doubly_robust if adjust == "doubly robust" else outcome_regression
    found: list[tuple[int, int, Effect]] = []
    skipped: list[tuple[int, int]] = []
    for k, (start, period) in enumerate(pairs):
        progress(k / len(pairs), "effects by start and period")
        made = _one(panel, start, period, compared, weight, estimator)
        if made is None:
            skipped.append((start, period))
        else:
            found.append((start, period, made))
    if not any(period >= start for start, period, _ in found):
        raise NotApplicable(
            "For no start are there comparison units in a later period, or as many of them as the "
            "covariates need.",
            "Compare with units not yet treated, or leave covariates out.",
        )
    return GroupTime(
        panel, compared,
        np.array([start for start, *_ in found]), np.array([period for _, period, _ in found]),
        np.array([made.estimate for *_, made in found]),
        np.column_stack([made.influence for *_, made in found]),
        np.array([len(np.unique(panel.clusters[made.shares != 0])) for *_, made in found]),
        np.array([_alike(made.shares, panel.clusters) for *_, made in found]), weight,
        tuple(notes), tuple(_notes(panel, skipped, adjust)),
    )  # fmt: skip


def _alike(shares: Floats, clusters: Codes) -> float:
    """How many clusters that count alike have a variance known as well as that of a sum with these
    shares: the degrees of freedom of Bell & McCaffrey (2002), plus one."""
    sums = cluster_sums(shares, clusters)
    return float((sums**2).sum() ** 2 / (sums**4).sum())


def _require_two_treated(panel: Panel) -> None:
    treated = len(np.unique(panel.clusters[~panel.never]))
    if treated < 2:
        raise NotApplicable(
            f"Only one '{panel.clustered_by}' is treated: from one, chance cannot be told from "
            "an effect, and no standard error can be had.",
            "Difference-in-differences compares it with placebo units, synthetic control with a "
            "mix of the others.",
        )


def _controls(panel: Panel, asked: Controls) -> tuple[Controls, list[str]]:
    """No unit is never treated: then those of the last start serve until it begins."""
    if asked == "never" and not panel.never.any():
        return "not yet", [
            (
                "Every unit is treated in the end, so those not yet treated are compared with, and "
                f"nothing is said about {panel.name_of(int(panel.reacts.max()))} and later."
            )
        ]
    words = {
        "never": f"the {int(panel.never.sum()):,} units that are never treated",
        "not yet": "the units not yet treated in the period"
        + (" nor reacting" if panel.anticipation else ""),
    }
    return asked, [f"The treated are compared with {words[asked]}."]


def _unit_weights(panel: Panel) -> Floats:
    """How much a unit counts: the mean of its rows' weights, over all units with mean 1."""
    total = panel.weight.sum(axis=1) / np.maximum(panel.seen.sum(axis=1), 1)
    return np.asarray(total / total.mean())


_Estimator = Callable[[Floats, Mask, Floats, Floats, Codes], Effect | None]


def _one(
    panel: Panel,
    start: int,
    period: int,
    controls: Controls,
    weight: Floats,
    estimator: _Estimator,
) -> Effect | None:
    base = start - 1 - panel.anticipation
    treated = panel.first == start
    others = panel.never if controls == "never" else (panel.reacts > max(period, base)) & ~treated
    x = panel.covariates[:, base]
    whole = ~np.isnan(x).any(axis=1) & (weight > 0)
    used = (treated | others) & panel.seen[:, base] & panel.seen[:, period] & whole
    if not (used & treated).any() or not (used & others).any():
        return None
    change = (panel.outcome[:, period] - panel.outcome[:, base])[used]
    w = weight[used] / weight[used].mean()
    made = estimator(change, treated[used], with_constant(x[used]), w, panel.clusters[used])
    return made if made is None else made.among(used)


def _notes(panel: Panel, skipped: list[tuple[int, int]], adjust: Adjust) -> list[str]:
    notes = []
    if panel.covariate_names:
        notes.append(
            f"Trends may differ by {', '.join(panel.covariate_names)}, taken in the period before "
            f"each start ({adjust})."
        )
        missing = np.isnan(panel.covariates).any(axis=(1, 2)) & ~np.isnan(panel.outcome).all(axis=1)
        if missing.any():
            notes.append(
                f"{int(missing.sum()):,} units miss a covariate in some period, and are not used "
                "where that is the period before a start."
            )
    if skipped:
        shown = ", ".join(f"{panel.name_of(g)} in {panel.name_of(t)}" for g, t in skipped[:3])
        notes.append(
            f"No effect could be had for {len(skipped)} pairs of start and period ({shown}"
            f"{' …' if len(skipped) > 3 else ''}): nobody to compare with, or fewer than the "
            "covariates need."
        )
    if panel.is_weighted and bool((np.ptp(panel.weight, axis=1) > 1e-9).any()):
        notes.append("A unit counts by the mean of its rows' weights.")
    return notes


def few_starts(panel: Panel) -> list[str]:
    """A warning of starts with so few units that their variation is unknown."""
    few = [int(g) for g in panel.cohorts if (panel.first == g).sum() < FEW_UNITS]
    if not few:
        return []
    shown = ", ".join(panel.name_of(g) for g in few[:4]) + (" …" if len(few) > 4 else "")
    return [
        (
            f"Warning: fewer than {FEW_UNITS} units start in {shown}. How much such a group varies "
            "cannot be told from so few, and intervals in which it weighs much are too short."
        )
    ]


def well_known(events: dict[int, Average]) -> tuple[dict[int, Average], list[str]]:
    """The times since the start whose mean is over enough units to know its error, and a note of
    the others."""
    kept = {e: a for e, a in events.items() if a.units >= FEW_UNITS}
    if 0 not in kept:  # few are treated altogether, and the notes say so
        kept = {e: a for e, a in events.items() if a.units >= 2}
    left = [e for e in events if e not in kept]
    if not left:
        return events, []
    return kept, [
        (
            f"Not used are {len(left)} times since the start "
            f"({', '.join(f'{e:+d}' for e in left[:6])}{' …' if len(left) > 6 else ''}) at which "
            f"fewer than {FEW_UNITS} treated units are seen."
        )
    ]
