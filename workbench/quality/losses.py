"""What each row costs the model: the ground of every look for where it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..metrics import SMALLEST_PROBABILITY, RowLoss, Task
from ..model import FittedModel
from ..progress import Progress
from ..split import Rows
from ._against_rest import Losses
from ._rows import CLASSES, NUMBER, PART_NAMES, JudgedOn, judged, number_rows

LossName = Literal["default", "absolute", "squared", "log", "zero_one"]
_DEFAULT: Mapping[Task, RowLoss] = {"regression": "absolute", "binary": "log", "multiclass": "log"}
_TASKS: Mapping[RowLoss, tuple[Task, ...]] = {
    "absolute": NUMBER, "squared": NUMBER, "log": CLASSES, "zero_one": CLASSES,
}  # fmt: skip
_WORDS: Mapping[RowLoss, str] = {
    "absolute": "absolute error",
    "squared": "squared error",
    "log": "log loss",
    "zero_one": "share of wrong classes",
}


@dataclass(frozen=True, kw_only=True)
class LossRows(Losses):
    """Rows of a part of the person's own table, (n,) each: their numbers, the loss of each, and
    what it weighs; None where every row counts the same."""

    part: JudgedOn
    positions: Rows
    kind: RowLoss

    @property
    def words(self) -> str:
        """What the mean of the losses is called."""
        return _WORDS[self.kind] if self.kind == "zero_one" else f"mean {_WORDS[self.kind]}"

    @property
    def is_share(self) -> bool:
        """The losses are 0 and 1."""
        return self.kind == "zero_one"

    @property
    def name(self) -> str:
        """Of which rows."""
        return PART_NAMES[self.part]

    def frame(self, model: FittedModel) -> pd.DataFrame:
        """The features of these rows, as the person brought them."""
        return model.data.frame.iloc[self.positions][list(model.features)]


def loss_rows(model: FittedModel, part: JudgedOn, asked: LossName, progress: Progress) -> LossRows:
    """The loss of every row of a part; `ParameterError` for a loss that does not fit the target."""
    kind = _DEFAULT[model.task] if asked == "default" else asked
    if model.task not in _TASKS[kind]:
        fitting = ", ".join(repr(each) for each, tasks in _TASKS.items() if model.task in tasks)
        raise ParameterError(
            f"loss = {asked!r} does not fit '{model.target.name}', a target of the task "
            f"{model.task}.",
            f"Choose one of: 'default', {fitting}.",
        )
    if model.task == "regression":
        numbers = number_rows(model, part, progress)
        size = np.abs(numbers.residual)
        loss = size if kind == "absolute" else size**2
        return LossRows(loss, numbers.weights, part=part, positions=numbers.positions, kind=kind)
    rows = judged(model, part, progress)
    if kind == "log":
        said = rows.said[np.arange(len(rows)), rows.codes]
        loss = -np.log(np.clip(said, SMALLEST_PROBABILITY, 1))
    else:
        loss = (rows.said.argmax(axis=1) != rows.codes).astype(float)
    return LossRows(loss, rows.weights, part=part, positions=rows.positions, kind=kind)
