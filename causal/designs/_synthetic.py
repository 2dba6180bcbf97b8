"""The weights of a synthetic control, its gaps, and how unusual they are among the donors'."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.progress import Progress, part

from ..effect import number
from ._donors import Donors
from ._simplex import simplex_weights
from .design import Floats

#: Starts of the search for the logarithms of the covariates' weights, its first steps, how many it
#: may try for each of them, and where it ends (its loss is a share of the path's variance, so that
#: the outcome's unit decides nothing).
_STARTS, _STEP, _TRIES = 3, 3.0, 40
_ENDS = {"xatol": 1e-3, "fatol": 1e-6}
#: How much it counts that weights are even, next to nothing: often many meet few traits alike,
#: and of these the evenest are taken, not those of the donors that come first by name.
_RIDGE = 1e-8
#: Where the path before is missed by less than this share of its spread it is met exactly, as many
#: weights do then: of these, too, the evenest are taken.
_EXACT, _EVENLY = 1e-6, 1e-9
#: A smaller weight is none.
LEAST_WEIGHT = 0.005
#: What is warned of: a worse fit, as a share of the path's spread, both over quarters of the time
#: before, where noise is averaged out; and more periods outside of all donors, as a share.
POOR_FIT, MOST_OUTSIDE, _QUARTERS = 0.5, 0.2, 4


#: When the interval is exact, with several treated units and with one.
EXACT = (
    (
        "It is exact if any group of as many units might have been treated alike and the effect is "
        "the same for each of them."
    ),
    "It is exact if the treatment might have come to any of them alike.",
)


@dataclass(frozen=True)
class Synthetic:
    """The donors' weights (J,), and the gaps (T,): treated minus synthetic. `importance` (K,) are
    the covariates' weights V, empty without covariates."""

    donors: Donors
    weights: Floats
    gaps: Floats
    importance: Floats

    @property
    def effect(self) -> float:
        """The mean gap after."""
        return float(self.gaps[self.donors.before :].mean())

    @property
    def error_before(self) -> float:
        """The root of the mean squared gap before (pre-period RMSPE)."""
        return float(np.sqrt((self.gaps[: self.donors.before] ** 2).mean()))

    @property
    def error_after(self) -> float:
        """The same after."""
        return float(np.sqrt((self.gaps[self.donors.before :] ** 2).mean()))

    @property
    def fits_exactly(self) -> bool:
        """The path before is met to rounding: the gaps before say nothing of those after."""
        spread = float(np.std(self.donors.path[: self.donors.before]))
        rounding = 1e-13 * float(np.abs(self.donors.path).max())
        return self.error_before <= _EXACT * spread + rounding


def synthetic(donors: Donors, progress: Progress) -> Synthetic:
    """The weights on the simplex that meet the treated path before best; with covariates those that
    meet the covariates, each counted so that the path before is met best."""
    before = donors.before
    if donors.traits.shape[1] == 0:
        progress(0.0)
        weights = simplex_weights(donors.paths[:before], donors.path[:before])
        importance = np.empty(0)
        if Synthetic(
            donors, weights, donors.path - donors.paths @ weights, importance
        ).fits_exactly:
            least = _EVENLY * float(donors.paths[:before].var())
            weights = simplex_weights(donors.paths[:before], donors.path[:before], ridge=least)
    else:
        weights, importance = _with_traits(donors, progress)
    return Synthetic(donors, weights, donors.path - donors.paths @ weights, importance)


def _with_traits(donors: Donors, progress: Progress) -> tuple[Floats, Floats]:
    """Nested: for given importances V the weights that meet the traits; V by the path before.

    The traits are the covariates' means and the outcome's means over the thirds of the time before.
    """
    from scipy.optimize import minimize

    before = donors.before
    thirds = np.array_split(np.arange(before), 3)
    both = np.column_stack([donors.path, donors.paths])
    outcomes = np.column_stack([both[rows].mean(axis=0) for rows in thirds])
    traits = np.column_stack([donors.traits, outcomes])
    spread = traits.std(axis=0)
    traits = traits / np.where(spread > 0, spread, 1.0)
    mine, theirs = traits[0], traits[1:].T
    variance = float(donors.path[:before].var()) or 1.0

    def weights_at(logs: Floats) -> Floats:
        root = np.exp((logs - logs.max()) / 2)
        return simplex_weights(theirs * root[:, None], mine * root, ridge=_RIDGE)

    def loss(logs: Floats) -> float:
        progress(0.5, "how much each covariate counts")
        gaps = (donors.path - donors.paths @ weights_at(logs))[:before]
        # rounded: where other importances give the same weights, noise must not choose among them
        return round(float((gaps**2).mean()) / variance, 10)

    rng = np.random.default_rng(0)
    starts = [np.zeros(len(mine)), *rng.normal(scale=2, size=(_STARTS - 1, len(mine)))]
    found = []
    for start in starts:
        corners = np.vstack([start, start + _STEP * np.eye(len(mine))])
        options = {"maxfev": _TRIES * len(mine), "initial_simplex": corners, **_ENDS}
        found.append(minimize(loss, start, method="Nelder-Mead", options=options))
    best = min(found, key=lambda each: float(each.fun)).x
    importance = np.exp(best - best.max())
    return weights_at(best), importance / importance.sum()


def placebos(made: Synthetic, seed: int, progress: Progress) -> list[Synthetic]:
    """Others in the treated units' place: with one treated unit every donor, it left out; with
    several drawn groups of as many of all units, so that the treated are one such group."""
    several = len(made.donors.treated) > 1
    units = made.donors.with_treated() if several else made.donors
    groups = units.drawn(seed) if several else units.as_if_treated(seed)
    share = 1 / len(groups)
    return [
        synthetic(
            units.pretending(chosen),
            part(progress, k * share, (k + 1) * share, "placebos among the units"),
        )
        for k, chosen in enumerate(groups)
    ]


@dataclass(frozen=True)
class Unusual:
    """How unusual the treated unit's mean gap is among those of the placebos, `gaps` (J,).

    Each is in units of its own error before, unless some path before is met exactly (`is_scaled`
    False). `shares` (J,) is how much of the effect a placebo shows itself, in the same units: its
    treated units less the weight that the treated have among its donors. Under a treatment that
    might have come to any group of units alike, `p_value` is exact, and `interval(level)` holds the
    effects that it does not reject once they are taken off the treated; it is open where there are
    too few placebos for that level.
    """

    effect: float
    unit: float
    gaps: Floats
    shares: Floats
    is_scaled: bool

    @property
    def std_error(self) -> float:
        """The spread of the placebos' gaps about zero, brought to the treated unit's scale."""
        off = self.gaps - self.shares * self.effect
        return float(self.unit * np.sqrt((off**2).mean()))

    @property
    def p_value(self) -> float:
        """The share of placebos, the treated counted, whose gap is as large."""
        mine = abs(self.effect) / self.unit
        as_large = (np.abs(self.gaps) >= mine * (1 - 1e-12)).sum()
        return float((1 + as_large) / (1 + len(self.gaps)))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The effects that are not rejected. A placebo is as unusual as the treated for effects
        between two ends on both sides of the estimate; for all, where it is mostly the treated."""
        rank = int(np.floor((1 - level) * (1 + len(self.gaps)) + 1e-9))
        if not rank:
            return -np.inf, np.inf
        off, share = self.unit * self.gaps, self.unit * self.shares
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.sort([(self.effect - s * off) / (1 - s * share) for s in (1, -1)], axis=0)
        ends[:, np.abs(share) >= 1] = [[-np.inf], [np.inf]]
        return float(np.sort(ends[0])[rank - 1]), float(np.sort(ends[1])[-rank])


def unusual(made: Synthetic, others: list[Synthetic]) -> Unusual:
    """The treated unit's mean gap among those of the placebos."""
    is_scaled = not any(each.fits_exactly for each in (made, *others))
    errors = np.array([e.error_before if is_scaled else 1.0 for e in others])
    unit = made.error_before if is_scaled else 1.0
    gaps = np.array([e.effect for e in others]) / errors
    shares = np.array([_share(e, made.donors.treated) for e in others]) / errors
    return Unusual(made.effect, unit, gaps, shares, is_scaled)


def _share(placebo: Synthetic, treated: tuple[str, ...]) -> float:
    """How much of the treated units' effect a placebo's gap holds."""
    its_own = np.isin(placebo.donors.treated, treated).mean()
    return float(its_own - placebo.weights[np.isin(placebo.donors.names, treated)].sum())


def is_poor(gaps: Floats, path: Floats) -> bool:
    """Whether gaps before are more than noise beside what the path itself does."""
    parts = np.array_split(np.arange(len(path)), min(_QUARTERS, len(path)))
    missed = np.array([gaps[rows].mean() for rows in parts])
    moved = np.array([path[rows].mean() for rows in parts])
    return bool(np.sqrt((missed**2).mean()) > POOR_FIT * moved.std())


def fit_notes(made: Synthetic, outcome: str) -> list[str]:
    """Who the donors are, how well the path before is met, and what to doubt."""
    donors, before = made.donors, made.donors.before
    order = np.argsort(-made.weights, kind="stable")
    used = [k for k in order if made.weights[k] > LEAST_WEIGHT]
    named = ", ".join(f"{donors.names[k]} {made.weights[k]:.2f}" for k in used[:8])
    more = f" and {len(used) - 8} more" if len(used) > 8 else ""
    path = donors.path[:before]
    spread = float(path.std())
    said = [
        (
            f"The synthetic {donors.who} is {named}{more}; {len(donors.names)} donors could have "
            "been chosen."
        ),
        (
            f"Before the treatment it misses {outcome} by {number(made.error_before)} (RMSPE over "
            f"{before} periods; the path's own standard deviation is {number(spread)})."
        ),
        (
            "It holds if the donors are not touched by the treatment, if nothing else began for "
            "the treated or the donors at that time, and if who moved alike before would have "
            "gone on so."
        ),
    ]
    if len(donors.trait_names):
        counted = ", ".join(
            f"{name} {share:.2f}"
            for name, share in zip(donors.trait_names, made.importance, strict=False)
        )
        said.append(
            f"Covariates, by how much they count: {counted}; the rest is the outcome's means over "
            "the thirds of the time before. The search for these may end in a local optimum."
        )
    low, high = donors.paths[:before].min(axis=1), donors.paths[:before].max(axis=1)
    outside = int(((path < low) | (path > high)).sum())
    if outside > MOST_OUTSIDE * before:
        said.append(
            f"Warning: in {outside} of {before} periods before, {donors.who} lies outside of all "
            "donors, so no mean of them can meet it."
        )
    if is_poor(made.gaps[:before], path):
        said.append(
            "Warning: the path before is met poorly: over quarters of the time before it misses "
            "by more than half of the path's own spread. A synthetic control is not fit for this "
            "unit; a design that lets levels differ (synthetic difference in differences) may be."
        )
    if made.fits_exactly:
        said.append(
            f"Warning: with {len(donors.names)} donors for {before} periods the path before is met "
            "exactly, as chance alone can do; a good fit says nothing here."
        )
    return said


def inference_notes(found: Unusual, treated: int) -> list[str]:
    """What the interval and the p-value are."""
    count = len(found.gaps)
    who = (
        f"{count} donors who pretend to be treated"
        if treated == 1
        else f"{count} drawn groups of {treated} of all units, the effect taken off the treated"
    )
    how = (
        "each in units of its own error before"
        if found.is_scaled
        else "as they are, since some unit's path before is met exactly"
    )
    said = [
        (
            "The interval holds every effect that would not make the treated unit one of the most "
            f"unusual 5 % among itself and {who}; mean gaps are taken {how}. " + EXACT[treated == 1]
        )
    ]
    if not np.isfinite(found.interval()).all():
        level = count / (count + 1)
        low, high = (number(end) for end in found.interval(level))
        said.append(
            f"Warning: with {count} donors no effect can be told from chance at 5 % (19 are "
            f"needed), so the 95 % interval is open; that at {level:.0%} is {low} to {high}."
            if treated == 1
            else "Warning: there are so few units that too many of the groups are the treated "
            "themselves or most of them: no effect can be told from chance at 5 %, and the 95 % "
            "interval is open."
        )
    return said
