"""Which rows a method looks at: a part of the table, sampled where it is long, and said so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.model import FittedModel, Part
from workbench.split import Rows
from workbench.transform import Floats

from ._engine import Engine

#: No table here has more rows.
ALL_ROWS = 2**62
#: Rows of which the model itself is asked again and again.
MOST_ASKED = 2_000

PART_NAMES: Mapping[str, str] = {
    "test": "held-out",
    "train": "training",
    "all": "training and held-out",
}


@dataclass(frozen=True)
class RowSample:
    """Row numbers of the person's own table, their features as codes, and how they were chosen."""

    positions: Rows
    codes: Floats
    note: str

    def __len__(self) -> int:
        return len(self.positions)


def automatic(engine: Engine, most_rows: int | None) -> int:
    """How many rows a method looks at: as many as asked for; without a wish all of them where the
    engine is exact, else `MOST_ASKED`."""
    if most_rows is not None:
        return most_rows
    return ALL_ROWS if engine.is_exact else MOST_ASKED


def sample_rows(model: FittedModel, part: Part, most_rows: int, seed: int) -> RowSample:
    """The rows of a part of the table; a random sample of `most_rows` where there are more."""
    positions = model.positions(part)
    total = len(positions)
    note = f"Computed on all {total:,} {PART_NAMES[part]} rows."
    if total > most_rows:
        chosen = np.random.default_rng(seed).choice(total, most_rows, replace=False)
        positions = positions[np.sort(chosen)]
        note = (
            f"Computed on {most_rows:,} of {total:,} {PART_NAMES[part]} rows, drawn at random "
            f"(seed {seed})."
        )
    return RowSample(positions, model.transform.codes(model.data.frame.iloc[positions]), note)
