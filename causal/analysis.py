"""What an estimator works on: the complete rows of a question as numbers, and what was dropped."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.dataset import Role
from workbench.errors import NotApplicable
from workbench.figures import number

from .adjustment import used_set
from .design_matrix import DesignMatrix, Term, design_matrix
from .observation import Observation, alone, observation_weights
from .question import FEWEST_ROWS, WHOM, CausalQuestion, Estimand, Scale
from .row_groups import RowGroups, row_groups

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: A difference in the share of dropped rows between the arms that is worth a warning.
UNEVEN_DROP = 0.02
#: A share of dropped rows that changes whom the answer is about.
MANY_DROPPED = 0.1


@dataclass(frozen=True)
class Analysis:
    """The complete rows: treatment `t` (n,), outcome `y` (n,), `covariates` (n, p), and their
    positions `rows` in the table. `adjusted_for` names the columns behind the covariates.

    `weight` (n,) has mean one; it is one for every row where no column has that role. `clusters`
    (n,) numbers the groups from 0, or is None where rows are independent. `groups` are the kinds of
    row that the CATE is asked for, None for other estimands. `stood_for` (n,) is the part of the
    weights by which complete rows stand for others, None where they stand for themselves alone."""

    question: CausalQuestion
    rows: NDArray[np.intp]
    t: Floats
    y: Floats
    covariates: DesignMatrix
    adjusted_for: tuple[str, ...]
    weight: Floats
    clusters: NDArray[np.intp] | None
    notes: tuple[str, ...]
    groups: RowGroups | None = None
    stood_for: Floats | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def arm(self) -> NDArray[np.bool_]:
        """Who has the level the contrast goes to; not for a treatment that is an amount."""
        return np.asarray(self.t == self.question.contrast[1])

    @property
    def control(self) -> NDArray[np.bool_]:
        """Who has the level the contrast comes from. With two levels all who are not in the arm."""
        return np.asarray(self.t == self.question.contrast[0])

    @property
    def asked(self) -> tuple[Floats, ...]:
        """Who the effect is averaged over, 1 or 0 for every row (n,): one population, or for the
        CATE one for each group. Not for the ATO and LATE, of which no row is wholly a member."""
        if self.groups is not None:
            return tuple(mask.astype(float) for mask in self.groups)
        arms = {"ATE": np.ones(len(self), bool), "ATT": self.arm, "ATC": self.control}
        return (arms[self.question.estimand].astype(float),)

    @property
    def is_weighted(self) -> bool:
        """Rows count differently."""
        return bool(np.ptp(self.weight) > 0)

    def means(self, rows: Mask) -> Floats:
        """The covariates' means (p,) over some rows, as they are weighted; over rows that weigh
        nothing at all, as they are."""
        own = self.weight[rows]
        own = own if own.any() else np.ones(len(own))
        return np.asarray(own @ self.covariates.matrix[rows] / own.sum())

    def slopes_of_groups(self, design: DesignMatrix) -> DesignMatrix:
        """Columns and, where groups are asked about, the same within every group: an arm's rows may
        then differ from the other's in another way in each, as they do where groups are looked at
        one by one. The same columns else."""
        groups = self.groups
        if groups is None:
            return design
        named = list(zip(groups.names, groups, strict=True))
        # The first group's are the columns' own, unless rows of no group share these.
        for name, mask in named[0 if groups.left_out else 1 :]:
            own = [
                k
                for k, term in enumerate(design.terms)
                if term.within is None
                and (term.column, term.level is None) != (groups.column, False)
            ]
            part = design.take([k for k in own if np.ptp(design.matrix[mask, k]) > 0])
            terms = tuple(replace(term, within=name) for term in part.terms)
            design = design.beside(DesignMatrix(part.matrix * mask[:, None], terms))
        return design

    def with_treatment(self, t: Floats) -> Analysis:
        """The same rows with another treatment, as for a placebo."""
        return replace(self, t=t)

    @property
    def step(self) -> float:
        """How many units of the treatment the contrast spans; between two levels, how far their
        codes are apart."""
        return self.question.contrast[1] - self.question.contrast[0]


def with_rows(analysis: Analysis, rows: NDArray[np.intp]) -> Analysis:
    """Some rows, or rows several times; columns that no longer vary are not adjusted for."""
    parts = {f.name: getattr(analysis, f.name) for f in fields(analysis)}
    cut: dict[str, Any] = {
        name: value[rows]
        for name, value in parts.items()
        if isinstance(value, np.ndarray) and len(value) == len(analysis)
    }
    cut["weight"] = cut["weight"] / cut["weight"].mean()
    if analysis.clusters is not None:  # numbered anew: no group may be left without a row
        cut["clusters"] = np.unique(analysis.clusters[rows], return_inverse=True)[1]
    x = analysis.covariates.matrix[rows]
    kept = [k for k in range(x.shape[1]) if np.ptp(x[:, k]) > 0]
    covariates = DesignMatrix(x, analysis.covariates.terms).take(kept)
    return replace(analysis, covariates=covariates, **cut)


#: What an estimator or a check of two plain arms answers.
DIFFERENCES: tuple[Estimand, ...] = ("ATE", "ATT", "ATC")
#: With fewer clusters than this, intervals from their sums are known to be too short.
FEWEST_CLUSTERS = 30


def analyse(question: CausalQuestion) -> Analysis:
    """The complete rows of a question, adjusting for the set that identification uses.

    Raises `NotApplicable` where the effect is not identified by adjustment or too few rows remain.
    """
    used = used_set(question)
    return complete_rows(question, used, says=_adjusted_note(used))


def complete_rows(
    question: CausalQuestion, used: tuple[str, ...], *, also: tuple[str, ...] = (), says: str
) -> Analysis:
    """The rows that have treatment, outcome, every column of a set, which become the covariates,
    and what else a method needs (`also`). `says` is the note on what makes it an effect."""
    by = () if question.by is None else (question.by,)
    columns = [question.treatment, question.outcome, *used, *by, *also,
               *_design_columns(question)]  # fmt: skip
    is_whole = question.data.frame[columns].notna().all(axis=1).to_numpy()
    nobody = weightless(question)
    rows = np.flatnonzero(is_whole & ~nobody)
    t, y = question.treated.numbers[rows], question.response.as_effect_scale[rows]
    if len(rows) < FEWEST_ROWS or np.ptp(t) == 0 or np.ptp(y) == 0:
        raise NotApplicable(
            f"Over the {len(rows):,} rows without missing values in {_listed(used)} the treatment "
            "or the outcome does not vary.",
            "Choose columns with fewer missing values.",
        )
    weight, stood_for = _weight(question, rows), _stood_for(question, used, also, is_whole)
    notes = (says, *question.notes, *_dropped(question, columns, is_whole, stood_for),
             *stood_for.notes, *_designed(question, rows))  # fmt: skip
    stands = stood_for.weight[~nobody[is_whole]]
    weight = weight * stands
    covariates = design_matrix(question.data, used, rows)
    groups = None
    if question.by is not None:
        cut = row_groups(question.data, question.by, rows)
        groups = cut.large_enough(*_compared(question, t))
        notes += _group_notes(question, groups)
        if cut.are_ranges and question.by in used:
            covariates = covariates.beside(_ranges(cut))
    return Analysis(
        question, rows, t, y, covariates, used, weight / weight.mean(), _clusters(question, rows),
        notes, groups, stands if stood_for.stands else None,
    )  # fmt: skip


def binary_analysis(
    question: CausalQuestion, what: str, used: tuple[str, ...] | None = None
) -> Analysis:
    """The same for a method that compares two arms that together are everyone; refuses others.
    `used` is what it adjusts for, where that is not the set that identification uses."""
    if not question.treated.is_binary:
        many = "several levels" if question.treated.levels else "many values"
        raise NotApplicable(
            f"{what} compares two arms, and '{question.treatment}' takes {many}.",
            "Make a yes/no column of the treatment, or use a method for such treatments: linear "
            "regression for an amount, AIPW for levels.",
        )
    return _adjusting_for(question, used)


def arms_analysis(
    question: CausalQuestion, what: str, used: tuple[str, ...] | None = None
) -> Analysis:
    """The same for a method that compares two levels of a treatment that may have more; `used` is
    what it adjusts for, where that is not the set that identification uses."""
    if question.treated.is_amount:
        raise NotApplicable(
            f"{what} compares two arms, and '{question.treatment}' takes many values.",
            "Use linear regression, or make a yes/no column of the treatment.",
        )
    analysis = _adjusting_for(question, used)
    for level, rows in zip(question.compared, (analysis.control, analysis.arm), strict=True):
        if not rows.any():
            raise NotApplicable(
                f"No row without missing values has {question.treatment} = {level}.",
                "Compare other levels, or adjust for columns with fewer missing values.",
            )
    return analysis


def counted_once(question: CausalQuestion) -> CausalQuestion:
    """The same question of complete rows that count once each, for what uses no weights: neither
    those of a column nor those by which rows stand for others. Rows of weight 0 are none."""
    nobody = weightless(question)
    data = question.data.take(np.flatnonzero(~nobody)) if nobody.any() else question.data
    roles: dict[str, Role] = dict.fromkeys(data.with_role("weight"), "ignore")
    return question.but(data.with_roles(roles), missing="left out")


def _adjusting_for(question: CausalQuestion, used: tuple[str, ...] | None) -> Analysis:
    if used is None:
        return analyse(question)
    return complete_rows(question, used, says=_adjusted_note(used))


def require_answer(
    question: CausalQuestion,
    what: str,
    estimands: Container[Estimand],
    scales: Container[Scale] = ("difference",),
) -> None:
    """The contract between a question and an estimator: it answers what was asked, or nothing."""
    if question.estimand not in estimands:
        raise NotApplicable(
            f"{what} does not answer for {WHOM[question.estimand]} ({question.estimand}).",
            "Ask for another estimand, or use another estimator: AIPW answers the ATE, ATT, ATC, "
            "ATO and CATE, instrumental variables the LATE.",
        )
    if question.scale not in scales:
        raise NotApplicable(
            f"{what} answers a difference of means, not their {question.scale}.",
            "Ask for the difference, or use AIPW, standardisation or weighting.",
        )


def _stood_for(
    question: CausalQuestion, used: tuple[str, ...], also: tuple[str, ...], is_whole: Mask
) -> Observation:
    """What the complete rows weigh because others are not."""
    if question.missing == "left out":
        return alone(is_whole)
    if also:
        raise NotApplicable(
            f"Rows with missing values cannot be stood for by others where {_listed(also)} must be "
            "known as well.",
            "Leave the rows out (missing='left out').",
        )
    return observation_weights(question, used, is_whole)


def outside_note(analysis: Analysis) -> list[str]:
    """A warning where the contrast sets an amount to values beyond those of the rows, where a line
    or a curve that was fitted to them speaks alone. One unit more of what a row has is a slope."""
    question, t = analysis.question, analysis.t
    if not question.treated.is_amount or question.contrast_in_words == "+1":
        return []
    low, high = float(t.min()), float(t.max())
    outside = [number(v) for v in question.contrast if not low <= v <= high]
    if not outside:
        return []
    return [
        (
            f"Warning: {question.treatment} = {', '.join(outside)} lies outside the data "
            f"({number(low)} to {number(high)}): what is said of it is the model's alone."
        )
    ]


def require_one_effect(question: CausalQuestion, what: str) -> None:
    """For what is about one number: refuses the CATE, which is one for each group."""
    if question.by is not None:
        raise NotApplicable(
            f"{what} is about one effect, and one for each group of '{question.by}' was asked for "
            "(CATE).",
            "Ask for the ATE.",
        )


def _compared(question: CausalQuestion, t: Floats) -> list[NDArray[np.bool_]]:
    """The rows of each arm; of an amount all, which are compared with one another."""
    if question.treated.is_amount:
        return [np.ones(len(t), dtype=bool)]
    return [np.asarray(t == level) for level in question.contrast]


def _ranges(cut: RowGroups) -> DesignMatrix:
    """The ranges of a number as 0/1 columns, without the first: what is learned may jump between
    them."""
    matrix = np.column_stack([mask.astype(float) for mask in cut][1:])
    levels = [name.removeprefix(f"{cut.column}: ") for name in cut.names[1:]]
    return DesignMatrix(matrix, tuple(Term(cut.column, level) for level in levels))


def _group_notes(question: CausalQuestion, groups: RowGroups) -> tuple[str, ...]:
    named = ", ".join(
        f"{name} ({rows:,} rows)" for name, rows in zip(groups.names, groups.rows, strict=True)
    )
    notes = [f"One effect for each of {len(groups.names)} groups: {named}.", *groups.notes]
    if groups.are_ranges:
        notes.append(f"{groups.column} was cut at the quartiles of the rows used; intervals take "
                     "these as given.")  # fmt: skip
    if groups.column not in question.graph.nodes:
        notes.append(
            f"{groups.column} must have been settled before the treatment: neither the graph nor "
            "the table can tell."
        )
    return tuple(notes)


def _design_columns(question: CausalQuestion) -> tuple[str, ...]:
    return (*question.data.with_role("weight"), *question.data.with_role("group")[:1])


def weightless(question: CausalQuestion) -> Mask:
    """The rows (N,) of the table of which the weights say that they stand for nobody."""
    columns = question.data.with_role("weight")
    if not columns:
        return np.zeros(len(question.data), dtype=bool)
    return np.asarray(question.data.frame[columns[0]].to_numpy(dtype=float) == 0)


def _weight(question: CausalQuestion, rows: NDArray[np.intp]) -> Floats:
    columns = question.data.with_role("weight")
    if not columns:
        return np.ones(len(rows))
    weight = question.data.frame[columns[0]].to_numpy(dtype=float)[rows]
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.sum() > 0):
        raise NotApplicable(
            f"The weights '{columns[0]}' hold values that are negative or not finite.",
            "Correct them, or give the column the role 'ignore'.",
        )
    return np.asarray(weight / weight.mean())


def _clusters(question: CausalQuestion, rows: NDArray[np.intp]) -> NDArray[np.intp] | None:
    columns = question.data.with_role("group")
    if not columns:
        return None
    codes = pd.factorize(question.data.frame[columns[0]].iloc[rows])[0]
    if codes.max() < 1:
        raise NotApplicable(
            f"All rows used have the same '{columns[0]}', so that no group can be compared with "
            "another.",
            "Give the column the role 'ignore'.",
        )
    return np.asarray(codes, dtype=np.intp)


def _adjusted_note(used: tuple[str, ...]) -> str:
    if not used:
        return (
            "Nothing is adjusted for: this is right only if the treatment was assigned at random."
        )
    return (
        f"Adjusted for {_listed(used)}. The estimate is an effect only if these close every "
        "back-door path: no common cause of treatment and outcome is missing."
    )


def _dropped(
    question: CausalQuestion, columns: list[str], is_whole: Mask, stood_for: Observation
) -> list[str]:
    counting = ~weightless(question)
    whole, frame = is_whole[counting], question.data.frame[counting]
    if whole.all():
        return []
    counts = {c: int(frame[c].isna().sum()) for c in dict.fromkeys(columns)}
    missing = ", ".join(f"{c} {n:,}" for c, n in counts.items() if n)
    note = (
        f"{int(whole.sum()):,} of {len(whole):,} rows are used; the others have missing "
        f"values ({missing})."
    )
    if stood_for.stands:
        return [note]
    if 1 - whole.mean() > MANY_DROPPED:
        note = (
            f"Warning: {note} That is many: the answer is about rows like these, and not about "
            "everyone where the others differ."
        )
    return [note + _uneven(question, is_whole)]


def _uneven(question: CausalQuestion, is_whole: NDArray[np.bool_]) -> str:
    shares = lost_by_arm(question, is_whole)
    if shares is None:
        return " If they differ from the rest, the answer is about the rows used only."
    text = f" Left out: {shares[0]:.1%} of one arm ({question.contrast_in_words.split(' vs ')[0]})"
    text += f", {shares[1]:.1%} of the other."
    if abs(shares[0] - shares[1]) > UNEVEN_DROP:
        text += " The arms lose rows unevenly, which may bias the effect."
    return text


def lost_by_arm(
    question: CausalQuestion, is_whole: NDArray[np.bool_]
) -> tuple[float, float] | None:
    """The shares of the two arms' rows that are left out, (to, from); None for other treatments
    than of two levels."""
    treated = question.treated
    if not treated.is_binary:
        return None
    counting = ~weightless(question)
    start, to = ((treated.numbers == level) & counting for level in question.contrast)
    return float((~is_whole)[to].mean()), float((~is_whole)[start].mean())


def _designed(question: CausalQuestion, rows: NDArray[np.intp]) -> list[str]:
    """How rows count, and which of them hang together."""
    notes = [
        f"Rows are weighted by '{column}': the population is the one the weights stand for."
        for column in question.data.with_role("weight")
    ]
    if count := int(weightless(question).sum()):
        notes.append(f"{count:,} rows of weight 0 stand for nobody and are not used.")
    clusters = _clusters(question, rows)
    if clusters is None:
        return notes + _clustered(question, rows)
    count, column = int(clusters.max()) + 1, question.data.with_role("group")[0]
    note = f"Intervals take the {count:,} groups of '{column}' as independent, not the rows."
    if count < FEWEST_CLUSTERS:
        note += f" With fewer than {FEWEST_CLUSTERS} groups they tend to be too short."
    return [*notes, note]


def _clustered(question: CausalQuestion, rows: NDArray[np.intp]) -> list[str]:
    """A treatment given to whole groups: rows of one group are not independent assignments."""
    column = assigned_by(question, rows)
    if column is None:
        return []
    return [
        (
            f"The treatment is the same within every level of '{column}': it may have "
            "been assigned by it. Intervals take rows as independent and are then too "
            "short: give the column the role 'group'."
        )
    ]


def assigned_by(question: CausalQuestion, rows: NDArray[np.intp]) -> str | None:
    """A column within whose levels the treatment is the same, so that it may have been assigned to
    whole groups; None where there is none."""
    data = question.data
    named = {question.treatment, question.outcome, *question.graph.nodes}
    candidates = [c for c in data.columns if data.kinds[c] == "category" and c not in named]
    treated = data.frame[[question.treatment]].iloc[rows].assign(t=question.treated.numbers[rows])
    for column in candidates:
        groups = treated["t"].groupby(data.frame[column].iloc[rows].astype(str).to_numpy())
        if 2 < groups.ngroups <= len(rows) / 3 and (groups.nunique() == 1).all():
            return column
    return None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "no column"
