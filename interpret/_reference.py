"""What an attribution is compared with: the other half of every SHAP value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.errors import ParameterError
from workbench.model import FittedModel
from workbench.transform import Floats

from ._rows import PART_NAMES

#: "paths": the training rows as they flowed through the trees; "row": one row, the baseline.
ComparedWith = Literal["paths", "train", "test", "row"]


@dataclass(frozen=True)
class Reference:
    """Encoded reference rows, or None for the training rows as they flowed through the trees."""

    codes: Floats | None
    words: str


def reference_of(
    model: FittedModel,
    compared_with: ComparedWith,
    background_rows: int,
    baseline_row: int | None,
    seed: int,
) -> Reference:
    """The rows an explanation is compared with, and how they are spoken of.

    Raises `ParameterError` where a single row is wanted and none is named.
    """
    if compared_with == "paths":
        return Reference(None, "the training rows as they flowed through the trees")
    if compared_with == "row":
        if baseline_row is None:
            raise ParameterError(
                "compared_with = 'row' needs the row to compare with.", "Choose baseline_row."
            )
        return Reference(_codes(model, np.array([baseline_row])), f"row {baseline_row}")
    positions = model.positions(compared_with)
    words = f"all {len(positions):,} {PART_NAMES[compared_with]} rows"
    if len(positions) > background_rows:
        rng = np.random.default_rng(seed)
        total = len(positions)
        positions = np.sort(rng.choice(positions, background_rows, replace=False))
        words = (
            f"{background_rows:,} of {total:,} {PART_NAMES[compared_with]} rows, drawn at random "
            f"(seed {seed})"
        )
    return Reference(_codes(model, positions), words)


def _codes(model: FittedModel, positions: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    return model.transform.codes(model.data.frame.iloc[positions])
