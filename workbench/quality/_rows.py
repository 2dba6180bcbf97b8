"""The rows a model is judged on: what was observed there, and what the model says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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
class ClassRows:
    """Rows of a part: whether each is of the class, (n,), and the chance the model gives it, (n,).

    `event` is the class in words (bought = yes), `output` its chance (P(bought = yes)).
    """

    part: JudgedOn
    is_class: NDArray[np.bool_]
    chance: Floats
    event: str
    output: str

    def __len__(self) -> int:
        return len(self.chance)

    @property
    def found(self) -> int:
        """How many are of the class."""
        return int(self.is_class.sum())

    @property
    def base_rate(self) -> float:
        """The share that is of the class."""
        return float(self.is_class.mean())

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
        return (
            f"Computed on all {len(self):,} {PART_NAMES[self.part]} rows; {self.found:,} of them "
            f"({self.base_rate:.1%}) have {self.event}."
        )


@dataclass(frozen=True)
class NumberRows:
    """Rows of a part of the person's own table, (n,) each: their numbers, what was observed, what
    was predicted."""

    part: JudgedOn
    positions: Rows
    observed: Floats
    predicted: Floats

    def __len__(self) -> int:
        return len(self.observed)

    @property
    def residual(self) -> Floats:
        """Observed − predicted."""
        return self.observed - self.predicted

    @property
    def note(self) -> str:
        """How many rows."""
        return f"Computed on all {len(self):,} {PART_NAMES[self.part]} rows."


def class_rows(
    model: FittedModel, part: JudgedOn, target_class: str | None, progress: Progress
) -> ClassRows:
    """The rows of a part with one class against the rest."""
    name = model.explained_class(target_class) or ""
    at, said = _said(model, part, progress)
    return ClassRows(
        part=part,
        is_class=model.target.y[at] == model.classes.index(name),
        chance=model.column(said, name),
        event=f"{model.target.name} = {name}",
        output=model.output_label(name),
    )


def number_rows(model: FittedModel, part: JudgedOn, progress: Progress) -> NumberRows:
    """The rows of a part with the number observed and the number predicted."""
    at, said = _said(model, part, progress)
    return NumberRows(part, at, model.target.y[at], said)


def all_classes(
    model: FittedModel, part: JudgedOn, progress: Progress
) -> tuple[NDArray[np.intp], Floats]:
    """The codes of the classes observed, (n,), and the chances of all of them, (n, classes)."""
    at, said = _said(model, part, progress)
    return model.target.y[at].astype(np.intp), said


def seen(part: JudgedOn) -> tuple[str, ...]:
    """The doubt about rows that the model has learned from; none about those held out."""
    return (SEEN,) if part == "train" else ()


def _said(model: FittedModel, part: JudgedOn, progress: Progress) -> tuple[Rows, Floats]:
    progress(0.0, f"Predicting the {PART_NAMES[part]} rows")
    at = model.positions(part)
    return at, model.response(model.transform.codes(model.data.frame.iloc[at]))
