"""What every dependence method settles first: which number, which rows, who answers; and the
average curve, as it is or as the change from one of its points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.blocks import block_length, blocks
from workbench.case_weights import case_weights
from workbench.errors import NotApplicable
from workbench.model import FittedModel, Part, Scale
from workbench.progress import Progress, part
from workbench.transform import Floats

from ._dependence_figure import LEVELS_DRAWN
from ._engine import Engine, Means, Target, engine_of
from ._engine.answers import weighted_means, weighted_sums
from ._grid import Grid, make_grid
from ._rows import RowSample, automatic, sample_rows

#: What no dependence result may be taken for.
NO_EFFECT = (
    "This is what the model does with the values, and by itself not what would happen if they were "
    "changed."
)


@dataclass(frozen=True)
class Asked:
    """A model with who answers for it, the number asked for, and the rows.

    `sample` are the rows that are computed on, `every` the codes of the whole part they are from;
    `weights` (of the sample) where an average counts rows by their case weights.
    """

    model: FittedModel
    engine: Engine
    target: Target
    sample: RowSample
    every: Floats
    weights: Floats | None = None

    def weighted(self) -> Asked:
        """The same, with the case weights of the rows where there are any."""
        return replace(self, weights=case_weights(self.model.data, self.sample.positions))

    def place(self, feature: str) -> int:
        """The number of a column among the features."""
        return self.model.features.index(feature)

    def grid(self, feature: str, points: int) -> Grid:
        """The values at which a column is looked at; `NotApplicable` where there are none."""
        grid = make_grid(self.model, feature, self.every[:, self.place(feature)], points)
        if not len(grid):
            raise NotApplicable(
                f"'{feature}' holds no value in these rows.", "Choose another column or other rows."
            )
        return grid

    def average(self, feature: str, grid: Grid, reference: int | None, progress: Progress) -> Means:
        """The mean curve with its standard errors; with a `reference` every row's curve is first
        set to 0 at that point, and the errors are those of the mean change."""
        rows, at = self.sample.codes, self.place(feature)
        if reference is None:
            return self.engine.average(rows, at, grid.codes, self.target, progress, self.weights)
        sums = np.zeros((3, len(grid)))
        slices = blocks(len(rows), block_length(3 * 8 * len(grid)))
        for i, block in enumerate(slices):
            stretch = part(progress, i / len(slices), (i + 1) / len(slices))
            curves = self.engine.curves(rows[block], at, grid.codes, self.target, stretch)
            change = curves - curves[:, [reference]]
            sums += weighted_sums(change, None if self.weights is None else self.weights[block])
        return weighted_means(sums, self.weights, len(rows))

    def curves(
        self, feature: str, grid: Grid, reference: int | None, rows: Floats, progress: Progress
    ) -> Floats:
        """Single rows' curves (n, grid), set to 0 at the reference where there is one."""
        if not len(rows):
            return np.empty((0, len(grid)))
        found = self.engine.curves(rows, self.place(feature), grid.codes, self.target, progress)
        return found if reference is None else found - found[:, [reference]]

    def label(self, feature: str, grid: Grid, reference: int | None) -> str:
        """What the numbers of a curve are."""
        label = self.model.output_label(self.target.target_class, self.target.scale)
        if reference is None:
            return label
        return f"change in {label} from {feature} = {grid.labels[reference]}"


def ask(
    model: FittedModel,
    rows: Part,
    most_rows: int | None,
    target_class: str | None,
    scale: Scale,
    seed: int,
) -> Asked:
    """The settings that all dependence methods share, made into what they mean."""
    target = Target(model.explained_class(target_class), scale)
    engine = engine_of(model)
    sample = sample_rows(model, rows, automatic(engine, most_rows), seed)
    is_whole = len(sample) == len(model.positions(rows))
    every = sample.codes if is_whole else model.transform.codes(model.rows(rows))
    return Asked(model, engine, target, sample, every)


def reference_of(grid: Grid, centred: bool) -> int | None:
    """Where centred curves are 0: at a number's smallest value, at the most frequent level."""
    if not centred:
        return None
    if grid.is_number:
        return 0
    return int(grid.support[~np.isnan(grid.codes)].argmax())


def centred_note(feature: str, grid: Grid, reference: int | None) -> tuple[str, ...]:
    """Where the curves were set to 0, and that levels cannot be read from them."""
    if reference is None:
        return ()
    where = "its smallest value" if grid.is_number else "its most frequent level"
    note = (
        f"Every curve is shown as its change from '{feature}' = {grid.labels[reference]}, {where}, "
        "where all are 0: how high a row's prediction is cannot be read off."
    )
    return (note,)


def missing_note(feature: str, grid: Grid) -> tuple[str, ...]:
    """How many rows miss the column, where some do."""
    missing = np.isnan(grid.codes)
    if not missing.any():
        return ()
    unseen = "" if grid.is_number else " or hold a level that training did not see"
    note = (
        f"{int(grid.support[missing][0]):,} of {int(grid.support.sum()):,} rows miss "
        f"'{feature}'{unseen}; they have a point of their own."
    )
    return (note,)


def levels_note(feature: str, grid: Grid) -> tuple[str, ...]:
    """That the picture does not show all levels, where it does not."""
    if grid.is_number or len(grid) <= LEVELS_DRAWN:
        return ()
    note = (
        f"The picture shows the {LEVELS_DRAWN} most frequent of {len(grid)} levels of '{feature}'; "
        "the table holds them all."
    )
    return (note,)
