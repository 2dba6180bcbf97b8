"""A panel as one treated path and the donors it can be made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workbench.dates import moments
from workbench.errors import NotApplicable

from .design import Floats
from .panel import Panel, PanelQuestion

#: More donors take the placebos too long; and a method that chooses among so many overfits.
MOST_DONORS = 500
#: Fewer periods before say too little of who moves alike.
FEWEST_BEFORE = 3
#: Groups of donors that are drawn as placebos where several units are treated.
PLACEBOS = 199


@dataclass(frozen=True)
class Donors:
    """`path` (T,) the treated unit's outcome, or the mean of several; `paths` (T, J) the donors';
    `each` (T, N) those of the treated; `before` how many periods come before the treatment;
    `traits` (J + 1, K) what is also to be alike: each covariate's mean before, the treated path's
    first; `each_traits` (N, K) those of the treated.
    """

    treated: tuple[str, ...]
    names: tuple[str, ...]
    periods: tuple[str, ...]
    when: NDArray[np.generic]
    path: Floats
    paths: Floats
    each: Floats
    before: int
    traits: Floats
    each_traits: Floats
    trait_names: tuple[str, ...]

    @property
    def after(self) -> int:
        """How many periods are treated."""
        return len(self.path) - self.before

    @property
    def who(self) -> str:
        """The treated in words."""
        if len(self.treated) <= 2:
            return " and ".join(self.treated)
        return f"the mean of {len(self.treated)} treated units"

    @property
    def starts(self) -> str:
        """The first treated period in words."""
        return self.periods[self.before]

    @property
    def stretch(self) -> str:
        """The treated periods in words."""
        count = f"{self.after} periods" if self.after > 1 else "one period"
        return f"{self.who}, {count} from {self.starts} to {self.periods[-1]}"

    def pretending(self, chosen: list[int]) -> Donors:
        """Donors in the treated units' place; the really treated are left out."""
        others = np.setdiff1d(np.arange(len(self.names)), chosen)
        each, theirs = self.paths[:, chosen], self.traits[1:]
        return replace(
            self,
            treated=tuple(self.names[k] for k in chosen),
            names=tuple(self.names[k] for k in others),
            path=each.mean(axis=1),
            each=each,
            paths=self.paths[:, others],
            traits=np.vstack([theirs[chosen].mean(axis=0), theirs[others]]),
            each_traits=theirs[chosen],
        )

    def with_treated(self) -> Donors:
        """The treated among the donors, the first of them."""
        return replace(
            self,
            names=self.treated + self.names,
            paths=np.column_stack([self.each, self.paths]),
            traits=np.vstack([self.traits[:1], self.each_traits, self.traits[1:]]),
        )

    def as_if_treated(self, seed: int) -> list[list[int]]:
        """Who pretends to be treated: every donor once; where several units are treated, drawn
        groups of as many.

        Raises `NotApplicable` where too few donors are left beside such a group.
        """
        count, size = len(self.names), len(self.treated)
        if count < size + 2:
            raise NotApplicable(
                f"Placebos for {size} treated units need at least {size + 2} donors; there are "
                f"{count}.",
                "Add units that were not treated.",
            )
        if size == 1:
            return [[k] for k in range(count)]
        return self.drawn(seed)

    def drawn(self, seed: int) -> list[list[int]]:
        """Groups of donors, as many in each as are treated."""
        rng = np.random.default_rng(seed)
        count, size = len(self.names), len(self.treated)
        return [rng.permutation(count)[:size].tolist() for _ in range(PLACEBOS)]

    def leaving_out(self, donor: int) -> Donors:
        """Without one donor."""
        kept = np.arange(len(self.names)) != donor
        return replace(
            self,
            names=tuple(n for n, is_kept in zip(self.names, kept, strict=True) if is_kept),
            paths=self.paths[:, kept],
            traits=self.traits[np.append(True, kept)],
        )

    def until(self, before: int) -> Donors:
        """Only the periods before the treatment, as if it had begun at `before`."""
        stop = self.before
        return replace(
            self, periods=self.periods[:stop], when=self.when[:stop], path=self.path[:stop],
            paths=self.paths[:stop], each=self.each[:stop], before=before,
        )  # fmt: skip


def donors_of(question: PanelQuestion, what: str) -> Donors:
    """The panel of a question as treated path and donors: the units that are never treated.

    Raises `NotApplicable` where treated units start at different times, where outcomes are missing,
    for fewer than two donors and for fewer than three periods before the treatment.
    """
    panel = question.panel.calm()
    never = panel.never
    if panel.is_staggered:
        starts = ", ".join(panel.name_of(int(k)) for k in panel.cohorts[:5])
        raise NotApplicable(
            f"{what} needs one start; the treated units start at {starts}.",
            "Ask about the units that start together, or use difference in differences.",
        )
    _require_outcomes(question, panel, what)
    before = int(panel.cohorts[0])
    if before < FEWEST_BEFORE:
        raise NotApplicable(
            f"{what} needs at least {FEWEST_BEFORE} periods before the treatment; there are "
            f"{before}.",
            "Bring earlier periods, or use difference in differences.",
        )
    count = int(never.sum())
    if not 2 <= count <= MOST_DONORS:
        raise NotApplicable(
            f"{what} needs from 2 to {MOST_DONORS} units that are never treated; there are "
            f"{count}.",
            "Add units that were not treated."
            if count < 2
            else "Keep the units that are most alike: many donors fit any path by chance.",
        )
    paths = panel.outcome.T
    each = paths[:, ~never]
    traits = _traits(question, panel, before)
    return Donors(
        treated=tuple(panel.units[k] for k in np.flatnonzero(~never)),
        names=tuple(panel.units[k] for k in np.flatnonzero(never)),
        periods=panel.periods.names,
        when=_axis(panel),
        path=each.mean(axis=1),
        paths=paths[:, never],
        each=each,
        before=before,
        traits=np.vstack([traits[~never].mean(axis=0), traits[never]]),
        each_traits=traits[~never],
        trait_names=panel.covariate_names,
    )


def _require_outcomes(question: PanelQuestion, panel: Panel, what: str) -> None:
    gaps = np.argwhere(~panel.seen)
    if not len(gaps):
        return
    unit, period = (int(k) for k in gaps[0])
    units = len(np.unique(gaps[:, 0]))
    raise NotApplicable(
        f"{what} needs '{question.outcome}' of every unit in every period; {panel.units[unit]} has "
        f"none in {panel.periods.names[period]} ({units} of {len(panel.units)} units have gaps).",
        "Leave these units or periods out, or fill the gaps in.",
    )


def _traits(question: PanelQuestion, panel: Panel, before: int) -> Floats:
    """Each unit's mean of each covariate over the periods before (N, K)."""
    known = panel.covariates[:, :before]
    counts = (~np.isnan(known)).sum(axis=1)
    missing = np.argwhere(counts == 0)
    if len(missing):
        unit, which = (int(k) for k in missing[0])
        raise NotApplicable(
            f"The covariate '{panel.covariate_names[which]}' of {panel.units[unit]} is empty in "
            f"every period before the treatment of '{question.outcome}'.",
            "Fill it in, leave the unit out, or ask without the covariate.",
        )
    return np.asarray(np.nansum(known, axis=1) / np.maximum(counts, 1))


def _axis(panel: Panel) -> NDArray[np.generic]:
    """The periods as numbers or dates where they are such, else by their names."""
    if panel.periods.way == "date":
        return moments(panel.periods.codes)
    try:
        return np.array([float(name) for name in panel.periods.names])
    except ValueError:  # quarters, months in words: the axis then shows their names
        return np.array(panel.periods.names)
