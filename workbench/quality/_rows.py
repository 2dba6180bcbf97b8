"""The rows a model is judged on: what was observed there, and what the model says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import NotApplicable
from ..metrics import Floats, Task
from ..model import FittedModel
from ..progress import Progress
from ..split import Rows

JudgedOn = Literal["test", "train"]
#: The doubt about rows that the model has learned from.
SEEN = (
    "The model has learned from these rows, so it looks better here than on rows it has not seen."
)
#: The tasks in which a row has a class.
CLASSES: tuple[Task, ...] = ("binary", "multiclass")
NUMBER: tuple[Task, ...] = ("regression",)
PART_NAMES: Mapping[str, str] = {"test": "held-out", "train": "training"}
OTHER: Mapping[JudgedOn, JudgedOn] = {"test": "train", "train": "test"}


@dataclass(frozen=True)
class Judged:
    """Rows of a part of the person's own table, (n,) each: their numbers, what was observed (class
    codes of classes), what the model says, (n,) or (n, classes), and what they weigh.

    Rows of weight 0 are not among them. `weights` is None where every row counts the same.
    """

    part: JudgedOn
    positions: Rows
    y: Floats
    said: Floats
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.y)

    @property
    def weight(self) -> Floats:
        """What every row weighs: 1 where all count the same."""
        return np.ones(len(self)) if self.weights is None else self.weights

    @property
    def codes(self) -> NDArray[np.intp]:
        """The class of every row."""
        return self.y.astype(np.intp)

    @property
    def note(self) -> str:
        """How many rows."""
        return f"Computed on all {len(self):,} {PART_NAMES[self.part]} rows."

    def against_rest(self, model: FittedModel, name: str) -> ClassRows:
        """One class against the rest."""
        return ClassRows(
            part=self.part,
            is_class=self.y == model.classes.index(name),
            chance=model.column(self.said, name),
            event=f"{model.target.name} = {name}",
            output=model.output_label(name),
            weights=self.weights,
        )


@dataclass(frozen=True)
class ClassRows:
    """Rows of a part: whether each is of the class, (n,), the chance the model gives it, (n,), and
    what it weighs, (n,); None where every row counts the same.

    `event` is the class in words (bought = yes), `output` its chance (P(bought = yes)).
    """

    part: JudgedOn
    is_class: NDArray[np.bool_]
    chance: Floats
    event: str
    output: str
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.chance)

    @property
    def weight(self) -> Floats:
        """What every row weighs: 1 where all count the same."""
        return np.ones(len(self)) if self.weights is None else self.weights

    @property
    def found(self) -> int:
        """How many are of the class."""
        return int(self.is_class.sum())

    @property
    def base_rate(self) -> float:
        """The share that is of the class, by weight."""
        return float(np.average(self.is_class, weights=self.weights))

    @property
    def has_both(self) -> bool:
        """Some are of the class, and some are not."""
        return 0 < self.found < len(self)

    def require_both(self) -> ClassRows:
        """Itself; `NotApplicable` where all rows are of the class, or none."""
        if self.has_both:
            return self
        raise NotApplicable(
            f"Of the {len(self):,} {PART_NAMES[self.part]} rows {self.found:,} have {self.event}, "
            "so there is nothing to tell apart.",
            "Choose another class or the other rows, or hold out more of them.",
        )

    @property
    def note(self) -> str:
        """How many rows, and how many of the class."""
        share = f"{self.base_rate:.1%}{by_weight(self.weights)}"
        return (
            f"Computed on all {len(self):,} {PART_NAMES[self.part]} rows; {self.found:,} of them "
            f"({share}) have {self.event}."
        )


@dataclass(frozen=True)
class NumberRows:
    """Rows of a part of the person's own table, (n,) each: their numbers, what was observed, what
    was predicted, and what they weigh; None where every row counts the same."""

    part: JudgedOn
    positions: Rows
    observed: Floats
    predicted: Floats
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.observed)

    @property
    def residual(self) -> Floats:
        """Observed − predicted."""
        return self.observed - self.predicted

    def where(self, at: NDArray[Any]) -> NumberRows:
        """Some of the rows, by their places or by whether they are wanted."""
        weights = None if self.weights is None else self.weights[at]
        return NumberRows(
            self.part, self.positions[at], self.observed[at], self.predicted[at], weights
        )

    @property
    def note(self) -> str:
        """How many rows."""
        return f"Computed on all {len(self):,} {PART_NAMES[self.part]} rows."


def judged(model: FittedModel, part: JudgedOn, progress: Progress) -> Judged:
    """The rows of a part that count, with what the model says of them."""
    progress(0.0, f"Predicting the {PART_NAMES[part]} rows")
    at, weights = model.positions(part), model.weights(part)
    if weights is not None:
        at, weights = at[weights > 0], weights[weights > 0]
        weights = None if np.ptp(weights) == 0 else weights
    said = model.response(model.transform.codes(model.data.frame.iloc[at]))
    return Judged(part, at, model.target.y[at], said, weights)


def class_rows(
    model: FittedModel, part: JudgedOn, target_class: str | None, progress: Progress
) -> ClassRows:
    """The rows of a part with one class against the rest."""
    name = model.explained_class(target_class) or ""
    return judged(model, part, progress).against_rest(model, name)


def number_rows(model: FittedModel, part: JudgedOn, progress: Progress) -> NumberRows:
    """The rows of a part with the number observed and the number predicted."""
    found = judged(model, part, progress)
    return NumberRows(part, found.positions, found.y, found.said, found.weights)


def by_weight(weights: Floats | None) -> str:
    """What is said behind a share that stands beside a number of rows."""
    return "" if weights is None else " by weight"


def seen(part: JudgedOn) -> tuple[str, ...]:
    """The doubt about rows that the model has learned from; none about those held out."""
    return (SEEN,) if part == "train" else ()
