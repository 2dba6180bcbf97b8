"""What the model loses on every row: the one place where a row's error is made a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import ParameterError
from ..metrics import SMALLEST_PROBABILITY, Floats
from ..model import FittedModel
from ..progress import Progress
from ..split import Rows
from ._rows import PART_NAMES, JudgedOn, all_classes, number_rows

LossName = Literal["default", "absolute", "squared", "log", "wrong"]
#: The losses of a number, and of a class; the first of each is the usual one.
OF_NUMBERS, OF_CLASSES = ("absolute", "squared"), ("log", "wrong")
_WORDS: Mapping[str, str] = {
    "absolute": "|observed − predicted|",
    "squared": "(observed − predicted)²",
    "log": "−log of the chance given to the class observed",
    "wrong": "share of rows whose most probable class is wrong",
}


@dataclass(frozen=True)
class RowLosses:
    """Rows of the person's table, (n,), and what the model loses on each, (n,), in words."""

    part: JudgedOn
    positions: Rows
    values: Floats
    words: str

    def __len__(self) -> int:
        return len(self.values)

    @property
    def note(self) -> str:
        """How many rows, and what is lost."""
        return (
            f"Computed on all {len(self):,} {PART_NAMES[self.part]} rows; the error of a row is "
            f"{self.words}."
        )


def row_losses(model: FittedModel, part: JudgedOn, loss: LossName, progress: Progress) -> RowLosses:
    """The loss of every row of a part; `ParameterError` for a loss of another kind of target."""
    fitting = OF_NUMBERS if model.task == "regression" else OF_CLASSES
    name = fitting[0] if loss == "default" else loss
    if name not in fitting:
        raise ParameterError(
            f"loss = {loss!r} does not fit '{model.target.name}', which is "
            f"{'a number' if model.task == 'regression' else 'a class'}.",
            f"Choose one of: {', '.join(fitting)}.",
        )
    if model.task == "regression":
        rows = number_rows(model, part, progress)
        apart = np.abs(rows.residual)
        values = apart if name == "absolute" else apart**2
        return RowLosses(part, rows.positions, values, _WORDS[name])
    observed, chances = all_classes(model, part, progress)
    if name == "wrong":
        values = (chances.argmax(axis=1) != observed).astype(float)
    else:
        given = chances[np.arange(len(observed)), observed]
        values = -np.log(np.clip(given, SMALLEST_PROBABILITY, None))
    return RowLosses(part, model.positions(part), values, _WORDS[name])
