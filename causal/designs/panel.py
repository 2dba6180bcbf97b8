"""Units followed over time, some of which are treated from some period on: the question, and the
checked panel that every design over time works on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from workbench.case_weights import case_weights
from workbench.errors import QuestionError
from workbench.settings import Column, Range

from ..design_matrix import design_matrix
from ._cross_sections import CrossSections, averaged
from ._panel_rows import (
    Grid,
    chosen_units,
    clusters_of_units,
    first_named,
    first_on,
    in_force,
    require_one_row_each,
    require_same_in_cells,
    require_size,
    units_of,
)
from .design import Design
from .periods import Periods, read_periods

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Panel:
    """N units by T periods, checked.

    `outcome` (N, T) is NaN where a unit was not observed; `first` (N,) is the number of each
    unit's first treated period, T where it never is; `weight` (N, T) has mean 1; `clusters` (N,)
    number what is drawn independently: the units, or the groups that hold them (`clustered_by`).
    `covariates` (N, T, K) are numbers, NaN where missing. For `anticipation` periods before their
    start units may react already. Of repeated cross-sections `outcome` holds means, `weight` what
    their rows weigh, and `rows` are behind them. `notes` say what was left out.
    """

    units: tuple[str, ...]
    periods: Periods
    outcome: Floats
    first: Codes
    weight: Floats
    clusters: Codes
    clustered_by: str
    covariates: Floats
    covariate_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    anticipation: int = 0
    rows: CrossSections | None = None

    @property
    def never(self) -> Mask:
        """The units that are not treated in any period, (N,)."""
        return np.asarray(self.first == len(self.periods))

    @property
    def on(self) -> Mask:
        """Where the treatment is in force, (N, T)."""
        return np.arange(len(self.periods)) >= self.first[:, None]

    @property
    def reacts(self) -> Codes:
        """The number of the first period in which each unit may react, (N,)."""
        return np.where(self.never, self.first, self.first - self.anticipation).astype(np.intp)

    @property
    def reacting(self) -> Mask:
        """Where the treatment is not in force, but may be reacted to already, (N, T)."""
        return ~self.on & (np.arange(len(self.periods)) >= self.reacts[:, None])

    @property
    def base(self) -> int:
        """The number of the last period before anyone may react."""
        return int(self.cohorts[0]) - 1 - self.anticipation

    @property
    def nobody_in_advance(self) -> str:
        """What is assumed of those who know that the treatment will come."""
        return (
            "nobody acted in advance"
            if not self.anticipation
            else (f"nobody acted more than {_periods(self.anticipation)} in advance")
        )

    @property
    def seen(self) -> Mask:
        """Where there is an outcome, (N, T)."""
        return ~np.isnan(self.outcome)

    @property
    def cohorts(self) -> Codes:
        """The periods in which a treatment starts, rising."""
        return np.unique(self.first[~self.never])

    @property
    def is_staggered(self) -> bool:
        """Units start at different times."""
        return len(self.cohorts) > 1

    @property
    def is_balanced(self) -> bool:
        """Every unit is seen in every period."""
        return bool(self.seen.all())

    @property
    def is_weighted(self) -> bool:
        """Units or rows count unequally."""
        return bool(np.ptp(self.weight[self.seen]) > 0)

    def take(self, units: Mask) -> Panel:
        """Some of the units."""
        return replace(
            self,
            units=tuple(name for name, kept in zip(self.units, units, strict=True) if kept),
            outcome=self.outcome[units],
            first=self.first[units],
            weight=self.weight[units],
            clusters=np.unique(self.clusters[units], return_inverse=True)[1].astype(np.intp),
            covariates=self.covariates[units],
            rows=None if self.rows is None else self.rows.take(units),
        )

    def calm(self) -> Panel:
        """Without what was seen when units may have reacted already: where all start together
        these periods are taken out, else the cells of the units that may."""
        if not self.anticipation:
            return self
        if self.is_staggered:
            return replace(self, outcome=np.where(self.reacting, np.nan, self.outcome))
        kept = np.asarray(~self.reacting.any(axis=0))
        return replace(
            self,
            periods=self.periods.keep(kept),
            outcome=self.outcome[:, kept],
            first=self.first - self.anticipation,
            weight=self.weight[:, kept],
            covariates=self.covariates[:, kept],
            anticipation=0,
            rows=None if self.rows is None else self.rows.keep(kept),
        )

    def name_of(self, period: int) -> str:
        """A period in words; the one after all others is "never"."""
        return self.periods.names[period] if period < len(self.periods) else "never"


@dataclass(frozen=True, kw_only=True)
class PanelQuestion(Design):
    """What did the treatment do to those who got it? Asked of units followed over time.

    A row is one unit in one period. How the treatment came is said in exactly one of three ways:
    `treated`, a column that is 1 (or yes) where it is in force in that row; `adopted`, a column
    with each unit's first treated period (empty, 0, inf or never: not treated); or `treated_units`,
    the names of the treated, separated by commas, with `starts`, their first treated period.

    With `repeated_cross_sections` a unit is a group (a state), of whom others are seen each time:
    its rows in one period are averaged, the treatment being the same for all of them. Covariates
    are then those of the rows: what a group's make-up changes by is taken out, one slope each, told
    from within units and periods.

    Units are followed for at least one period before they are treated; those that are not are left
    out with a note. Where it is known of beforehand, units may react to it for some periods before
    the start (`anticipation`): then they are compared with the period before these (Callaway &
    Sant'Anna 2021, section 2). Rows are weighted by the column with the role weight; intervals take
    the units as independent, or the groups that hold them: a column with the role group.

    Raises `QuestionError` for fewer than two units or periods, two rows of one unit and period (but
    in repeated cross-sections), times that cannot be ordered or have a gap, a treatment that is
    switched off again, and where nobody is treated, has a period before it, or is left to compare
    with.
    """

    outcome: Annotated[str, Column(None), "What is measured: a number, or yes and no"]
    unit: Annotated[str, Column(None), "Who is followed over time: state, shop, person"]
    time: Annotated[str, Column(None), "The period: year, quarter, month or date"]
    treated: Annotated[
        str | None, Column(None), "1 in rows where the treatment is in force, else 0"
    ] = None
    adopted: Annotated[
        str | None, Column(None), "Or: each unit's first treated period; empty or 0 is never"
    ] = None
    treated_units: Annotated[str, "Or: the names of the treated units, with commas between"] = ""
    starts: Annotated[str, "With the names: the first treated period"] = ""
    covariates: Annotated[
        tuple[str, ...], Column(None), "What the trends may depend on, as it was before"
    ] = ()
    anticipation: Annotated[
        int, Range(0, 60), "Periods before the start in which units may react already"
    ] = 0
    repeated_cross_sections: Annotated[bool, "Repeated cross-sections: rows averaged"] = False

    def check(self) -> None:
        ways = [self.treated, self.adopted, self.treated_units.strip()]
        given = [
            f for f, way in zip(("treated", "adopted", "treated_units"), ways, strict=True) if way
        ]
        if bool(self.starts.strip()) and not ways[2]:
            given.append("starts")
        if len(given) != 1 or (ways[2] and not self.starts.strip()):
            raise QuestionError(
                "How the treatment came has to be said in one way; given were: "
                f"{', '.join(given) or 'none'}" + (" without starts." if len(given) == 1 else "."),
                "Name one: treated, a column that is 1 where it is in force; adopted, a column "
                "with the first treated period; or treated_units together with starts.",
            )
        _ = self.panel

    @property
    def sentence(self) -> str:
        """The question in words."""
        panel = self.panel
        starts = [panel.name_of(int(k)) for k in panel.cohorts]
        last = f" (the last of them from {starts[-1]})" if len(starts) > 1 else ""
        return (
            f"What did the treatment do to {self.outcome} in {self.treated_in_words}, which got it "
            f"from {starts[0]}{last}?"
        )

    @property
    def treated_in_words(self) -> str:
        """Whom it is asked of: California; or 21 of 50 units of 'state'."""
        panel = self.panel
        names = [panel.units[u] for u in np.flatnonzero(~panel.never)]
        if len(names) <= 2:  # a number alone does not say that it is a unit
            return " and ".join(f"{self.unit} {n}" if _is_number(n) else n for n in names)
        return f"{len(names):,} of {len(panel.units):,} units of '{self.unit}'"

    @property
    def contrast_in_words(self) -> str:
        """What is compared."""
        return f"{self.treated or 'treated'} vs not"

    @cached_property
    def panel(self) -> Panel:
        """The table as units by periods, checked."""
        timed = read_periods(self.data, self.time)
        names, unit = units_of(self.data.frame[self.unit])
        rows, periods = timed.rows, timed.periods
        shape = (len(names), len(periods))
        require_size(self, shape)
        grid = Grid(shape, unit, rows)
        first, notes = self._first(names, grid, periods)
        by = next(iter(self.data.with_role("group")), None)
        clusters, clustered_by = clusters_of_units(self, by, names, unit)
        if self.repeated_cross_sections:
            cells = self._averages(grid)
        else:
            require_one_row_each(self, names, grid, periods)
            cells = self._cells(grid)
        made = Panel(
            units=names, periods=periods, first=first, clusters=clusters,
            clustered_by=clustered_by, anticipation=self.anticipation, **cells,
        )  # fmt: skip
        return _checked(made, self, [*notes, *_unseen_notes(made)])

    def _cells(self, grid: Grid) -> dict[str, Any]:
        """Of units that are followed: a row is a cell."""
        weights = case_weights(self.data, np.arange(len(self.data)))
        weight = np.ones(grid.shape) if weights is None else grid.spread(weights, 0.0)
        covariates, covariate_names = self._covariates(grid)
        outcome = grid.spread(self.numbers(self.outcome))
        none = ~np.isnan(outcome) & (weight == 0)  # who counts for nothing is not there
        return {
            "outcome": np.where(none, np.nan, outcome),
            "weight": weight,
            "notes": _weightless_notes(int(none.sum())),
            "covariates": covariates,
            "covariate_names": covariate_names,
        }

    def _averages(self, grid: Grid) -> dict[str, Any]:
        """Of groups of whom others are seen each time: a cell is the mean of its rows."""
        weights = case_weights(self.data, np.arange(len(self.data)))
        outcome, x = self.numbers(self.outcome), self._whole_covariates
        used = np.flatnonzero(~np.isnan(outcome) & x)
        found = design_matrix(self.data, self.covariates, used)
        weight = np.ones(len(used)) if weights is None else weights[used]
        used, matrix, weight = used[weight > 0], found.matrix[weight > 0], weight[weight > 0]
        means, size, rows = averaged(
            grid.shape, grid.unit[used], grid.period[used], outcome[used], matrix, weight
        )
        notes = [_averaged_note(rows, len(self.data))]
        if found.terms:
            notes.append(
                f"Adjusted for the make-up of the rows by {', '.join(self.covariates)}: one slope "
                "each, told from within units and periods."
            )
        return {
            "outcome": means,
            "weight": size,
            "covariates": np.empty((*grid.shape, 0)),
            "rows": rows,
            "notes": tuple(notes),
        }

    def _first(
        self, names: tuple[str, ...], grid: Grid, periods: Periods
    ) -> tuple[Codes, list[str]]:
        if self.treated:
            on = in_force(self)
            require_same_in_cells(self, names, grid, on, periods)
            return first_on(self, names, grid.spread(on), periods)
        if self.adopted:
            return first_named(self, names, grid.unit, periods), []
        chosen = chosen_units(self.treated_units, names, self.unit)
        first = np.full(len(names), len(periods), dtype=np.intp)
        first[chosen] = periods.of_text(self.starts, "starts")
        return first, []

    def _covariates(self, grid: Grid) -> tuple[Floats, tuple[str, ...]]:
        whole = self._whole_covariates
        found = design_matrix(self.data, self.covariates, np.flatnonzero(whole))
        spread = np.full((*grid.shape, len(found.terms)), np.nan)
        spread[grid.unit[whole], grid.period[whole]] = found.matrix
        return spread, tuple(term.label for term in found.terms)

    @property
    def _whole_covariates(self) -> Mask:
        columns = [self.data.frame[c].notna().to_numpy() for c in self.covariates]
        return np.asarray(np.logical_and.reduce([np.ones(len(self.data), bool), *columns]))


def _is_number(name: str) -> bool:
    return name.replace(".", "", 1).isdigit()


def _averaged_note(rows: CrossSections, of: int) -> str:
    counts = rows.counts[rows.counts > 0]
    left = f" of {of:,}; the others miss outcome, covariate or weight" if len(rows) < of else ""
    return (
        f"Cells are means of rows, of {counts.min():,} to {counts.max():,} each ({len(rows):,} rows"
        f"{left}): other people are seen each time, and who they are must not change with the "
        "treatment."
    )


def _checked(panel: Panel, question: PanelQuestion, notes: list[str]) -> Panel:
    periods = len(panel.periods)
    seen = np.asarray(panel.seen.any(axis=1))
    before = np.asarray((panel.seen & ~panel.on & ~panel.reacting).any(axis=1))
    if panel.never.all():
        raise QuestionError(
            f"Nobody is treated between {panel.periods.names[0]} and {panel.periods.names[-1]}.",
            "Check the start, or how the treated are marked.",
        )
    late = seen & ~before
    if not (before & ~panel.never).any():
        raise QuestionError(
            f"No treated unit is seen in a period before {_its_start(panel)} in "
            f"{panel.name_of(int(panel.first.min()))}, and the first period is "
            f"{panel.periods.names[0]}.",
            "Add earlier periods, or check when the treatment starts.",
        )
    if late.any():
        notes = [*notes, _late_note(panel, late)]
    kept = panel.take(before)
    start = int(kept.cohorts[0])
    if not (kept.reacts > start).any():
        react = " or may react" if panel.anticipation else ""
        raise QuestionError(
            f"All {len(kept.units):,} units are treated{react} from {panel.name_of(start)} on: "
            "nobody is left to compare with.",
            "Add units that are not treated, or are treated later.",
        )
    notes = [*_shape_notes(kept, question, periods), *panel.notes, *notes]
    return replace(kept, weight=_scaled(kept), notes=tuple(notes))


def _weightless_notes(rows: int) -> tuple[str, ...]:
    return (f"{rows:,} rows weigh 0 and are left out.",) if rows else ()


def _unseen_notes(panel: Panel) -> list[str]:
    notes = []
    unseen = np.flatnonzero(~panel.seen.any(axis=1))
    if len(unseen):
        shown = ", ".join(panel.units[u] for u in unseen[:3]) + (" …" if len(unseen) > 3 else "")
        notes.append(
            f"{len(unseen):,} units ({shown}) have no outcome in any period and are left out."
        )
    return notes


def _its_start(panel: Panel) -> str:
    if not panel.anticipation:
        return "its treatment: it starts"
    return f"it may react, {_periods(panel.anticipation)} before its treatment: it starts"


def _periods(count: int) -> str:
    return f"{count} period{'s' if count > 1 else ''}"


def _scaled(panel: Panel) -> Floats:
    """The weights of what is used, with mean 1; 0 where nothing was seen."""
    weight = np.where(panel.seen, panel.weight, 0.0)
    used = weight[panel.seen].mean()
    if not used > 0:
        raise QuestionError("The rows that are used weigh nothing.", "Check the weights.")
    return np.asarray(weight / used)


def _late_note(panel: Panel, late: Mask) -> str:
    names = [panel.units[u] for u in np.flatnonzero(late)]
    shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    react = " or may react" if panel.anticipation else ""
    return (
        f"Warning: {len(names):,} units ({shown}) are treated{react} whenever they are seen. "
        "Nothing is known of them before, so they are left out."
    )


def _shape_notes(panel: Panel, question: PanelQuestion, periods: int) -> list[str]:
    treated = int((~panel.never).sum())
    shape = (
        f"{len(panel.units):,} units of '{question.unit}' over {periods:,} periods "
        f"({panel.periods.names[0]} to {panel.periods.names[-1]}); treated in them: {treated:,}, "
        f"not: {len(panel.units) - treated:,}."
    )
    notes = [shape]
    if panel.anticipation:
        notes.append(
            f"Units may react {_periods(panel.anticipation)} before their start, so changes are "
            "taken from the period before that; what was seen meanwhile is no base."
        )
    if not panel.is_balanced:
        short = int((~panel.seen).any(axis=1).sum())
        notes.append(
            f"The panel is not balanced: {short:,} units are missing in some periods "
            f"({1 - panel.seen.mean():.1%} of all cells). If who is missing has to do with the "
            "treatment, the effect is biased."
        )
    if panel.clustered_by != question.unit:
        notes.append(
            f"Intervals take the {len(np.unique(panel.clusters)):,} groups of "
            f"'{panel.clustered_by}' as independent, not the units."
        )
    return notes
