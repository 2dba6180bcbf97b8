"""What an estimator works on: the complete rows of a question as numbers, and what was dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from .adjustment import used_set
from .design_matrix import DesignMatrix, design_matrix
from .question import FEWEST_ROWS, CausalQuestion

Floats = NDArray[np.float64]
#: A difference in the share of dropped rows between the arms that is worth a warning.
UNEVEN_DROP = 0.02


@dataclass(frozen=True)
class Analysis:
    """The complete rows: treatment `t` (n,), outcome `y` (n,), `covariates` (n, p), and their
    positions `rows` in the table. `adjusted_for` names the columns behind the covariates."""

    question: CausalQuestion
    rows: NDArray[np.intp]
    t: Floats
    y: Floats
    covariates: DesignMatrix
    adjusted_for: tuple[str, ...]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def arm(self) -> NDArray[np.bool_]:
        """Who has the level the contrast goes to; for a two-level treatment only."""
        return np.asarray(self.t == self.question.contrast[1])

    def with_treatment(self, t: Floats) -> Analysis:
        """The same rows with another treatment, as for a placebo."""
        return replace(self, t=t)

    @property
    def step(self) -> float:
        """How many units of the treatment the contrast spans."""
        return self.question.contrast[1] - self.question.contrast[0]


def analyse(question: CausalQuestion) -> Analysis:
    """The complete rows of a question, adjusting for the set that identification uses.

    Raises `NotApplicable` where the effect is not identified by adjustment or too few rows remain.
    """
    used = used_set(question)
    columns = [question.treatment, question.outcome, *used]
    is_whole = question.data.frame[columns].notna().all(axis=1).to_numpy()
    rows = np.flatnonzero(is_whole)
    t, y = question.treated.numbers[rows], question.response.as_effect_scale[rows]
    if len(rows) < FEWEST_ROWS or np.ptp(t) == 0 or np.ptp(y) == 0:
        raise NotApplicable(
            f"Over the {len(rows):,} rows without missing values in {_listed(used)} the treatment "
            "or the outcome does not vary.",
            "Choose columns with fewer missing values.",
        )
    notes = (_adjusted_note(used), *question.notes, *_dropped(question, columns, is_whole),
             *_clustered(question, rows))  # fmt: skip
    covariates = design_matrix(question.data, used, rows)
    return Analysis(question, rows, t, y, covariates, used, notes)


def binary_analysis(question: CausalQuestion, what: str) -> Analysis:
    """The same for a method that compares two arms; refuses a numeric treatment."""
    if not question.treated.is_binary:
        raise NotApplicable(
            f"{what} compares two arms, and '{question.treatment}' takes many values.",
            "Use linear regression, or make a yes/no column of the treatment.",
        )
    return analyse(question)


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
    question: CausalQuestion, columns: list[str], is_whole: NDArray[np.bool_]
) -> list[str]:
    if is_whole.all():
        return []
    frame = question.data.frame
    counts = {c: int(frame[c].isna().sum()) for c in dict.fromkeys(columns)}
    missing = ", ".join(f"{c} {n:,}" for c, n in counts.items() if n)
    note = (
        f"{int(is_whole.sum()):,} of {len(is_whole):,} rows are used; the others have missing "
        f"values ({missing})."
    )
    return [note + _uneven(question, is_whole)]


def _uneven(question: CausalQuestion, is_whole: NDArray[np.bool_]) -> str:
    treated = question.treated
    if not treated.is_binary:
        return " If they differ from the rest, the answer is about the rows used only."
    to = treated.numbers == question.contrast[1]
    start = treated.numbers == question.contrast[0]
    shares = [float((~is_whole)[arm].mean()) for arm in (to, start)]
    text = f" Left out: {shares[0]:.1%} of one arm ({question.contrast_in_words.split(' vs ')[0]})"
    text += f", {shares[1]:.1%} of the other."
    if abs(shares[0] - shares[1]) > UNEVEN_DROP:
        text += " The arms lose rows unevenly, which may bias the effect."
    return text


def _clustered(question: CausalQuestion, rows: NDArray[np.intp]) -> list[str]:
    """A treatment given to whole groups: rows of one group are not independent assignments."""
    data = question.data
    named = {question.treatment, question.outcome, *question.graph.nodes}
    candidates = [c for c in data.columns if data.roles[c] == "group" or
                  (data.kinds[c] == "category" and c not in named)]  # fmt: skip
    treated = data.frame[[question.treatment]].iloc[rows].assign(t=question.treated.numbers[rows])
    for column in candidates:
        groups = treated["t"].groupby(data.frame[column].iloc[rows].astype(str).to_numpy())
        if 2 < groups.ngroups <= len(rows) / 3 and (groups.nunique() == 1).all():
            return [
                (
                    f"The treatment is the same within every level of '{column}': it may have "
                    "been assigned by it. Intervals take rows as independent and are then too "
                    "short."
                )
            ]
    return []


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "no column"
