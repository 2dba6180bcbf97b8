"""Answers counted from the trees themselves: exact, and quick enough for all rows.

Rows become codes once; a column set to a value is a column of codes set to one code. The sums of
the trees go through the library's link where the target is on the response scale, so that a mean
probability is the mean of the rows' probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import groupby
from typing import Any

import numpy as np

from workbench.blocks import blocks
from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.metrics import RowLoss
from workbench.model import FittedModel
from workbench.progress import Progress, part, silent
from workbench.transform import Floats

from ..trees import TreeEnsemble
from ..trees.expected import ExpectedLoss, Loss, expected_loss
from ..trees.links import IDENTITY
from .answers import Lenders, Means, Places, Target, means

#: What permuted predictions or losses that are held at once may take, in bytes.
PERMUTED_BYTES = 256 * 2**20
#: Shares of votes, and log-odds, are told apart by so many digits; what follows is rounding.
VOTE_DIGITS, MARGIN_DIGITS = 12, 11


@dataclass(frozen=True, eq=False)
class Exact:
    """The engine for trees that were read and agree with the model up to `gap`.

    `ensemble` has one feature for each of the person's columns; `inputs` are the trees as they were
    read, which is the same unless a column is a date.
    """

    model: FittedModel
    ensemble: TreeEnsemble
    inputs: TreeEnsemble
    gap: float

    is_exact = True

    @property
    def note(self) -> str:
        return (
            f"Exact: counted from the trees as {self.ensemble.library} fitted them, which were "
            f"checked to give the model's own predictions (largest gap {number(self.gap, 2)})."
        )

    def predict(self, rows: Floats, target: Target, progress: Progress = silent) -> Floats:
        # as the trees were read, so that a date may be any and not one of the table
        given = self.inputs.encoder.encode(self.model.transform.inputs(rows))
        return self._answers(given, target, progress, self.inputs)

    def curves(
        self,
        rows: Floats,
        feature: int,
        grid: Floats,
        target: Target,
        progress: Progress = silent,
    ) -> Floats:
        from ..trees.response import response_ice

        asked = self._asked(target)
        at = self.ensemble.encoder.code_of(feature, grid)
        found = response_ice(asked.ensemble, self.codes(rows), feature, at, asked.output, progress)
        return asked.turned(found)

    def average(
        self,
        rows: Floats,
        feature: int,
        grid: Floats,
        target: Target,
        progress: Progress = silent,
        weights: Floats | None = None,
    ) -> Means:
        from ..trees.response import response_curve

        asked = self._asked(target)
        at = self.ensemble.encoder.code_of(feature, grid)
        found = response_curve(
            asked.ensemble, self.codes(rows), feature, at, asked.output, weights, progress
        )
        return Means(asked.turned(found.mean), found.std_error, np.full(len(grid), len(rows)))

    def surface(
        self,
        rows: Floats,
        features: tuple[int, int],
        grids: tuple[Floats, Floats],
        target: Target,
        progress: Progress = silent,
    ) -> Floats:
        from ..trees.response import response_surface
        from ..trees.surfaces import margin_surface

        asked, codes = self._asked(target), self.codes(rows)
        first, second = (
            self.ensemble.encoder.code_of(f, g) for f, g in zip(features, grids, strict=True)
        )
        if asked.ensemble.link.is_identity:
            one = self._output(asked.output)
            return asked.turned(margin_surface(one, codes, features, (first, second), progress))
        found = response_surface(
            asked.ensemble, codes, features, (first, second), asked.output, progress
        )
        return asked.turned(found)

    def steps(
        self,
        rows: Floats,
        feature: int,
        edges: Floats,
        bins: Places,
        target: Target,
        progress: Progress = silent,
    ) -> Means:
        from ..trees.response import response_ale

        asked = self._asked(target)
        at = self.ensemble.encoder.code_of(feature, edges)
        found = response_ale(
            asked.ensemble, self.codes(rows), feature, at, bins, asked.output, progress
        )
        # a complement changes by the negative
        return means(asked.sign * found.total, found.squares, found.rows)

    def cell_steps(
        self, rows: Floats, features: tuple[int, int], edges: tuple[Floats, Floats],
        bins: tuple[Places, Places], target: Target, progress: Progress = silent,
    ) -> Floats:  # fmt: skip
        inside = np.flatnonzero((bins[0] >= 0) & (bins[1] >= 0))
        first, second = bins[0][inside], bins[1][inside]
        codes = self.codes(rows[inside])
        at = [self.ensemble.encoder.code_of(f, e) for f, e in zip(features, edges, strict=True)]

        def corner(up: int, right: int, start: float) -> Floats:
            given = _with(codes, features[0], at[0][first + up])
            given = _with(given, features[1], at[1][second + right])
            return self._answers(given, target, part(progress, start, start + 0.25))

        step = (corner(1, 1, 0) - corner(0, 1, 0.25)) - (corner(1, 0, 0.5) - corner(0, 0, 0.75))
        shape = len(edges[0]) - 1, len(edges[1]) - 1
        cell = np.ravel_multi_index((first, second), shape)
        cells = shape[0] * shape[1]
        with np.errstate(invalid="ignore"):
            mean = np.bincount(cell, step, cells) / np.bincount(cell, minlength=cells)
        return np.asarray(mean).reshape(shape)

    def permuted(
        self,
        rows: Floats,
        groups: Sequence[tuple[int, ...]],
        lenders: Lenders,
        progress: Progress = silent,
    ) -> Iterator[Floats]:
        codes = self.codes(rows)
        for batch in self._batches(groups, lenders(0)):
            first, last = batch.start / len(groups), batch.stop / len(groups)
            every = np.stack([lenders(g) for g in range(batch.start, batch.stop)]).astype(np.int32)
            found = self._permuted(codes, groups[batch], every, part(progress, first, last))
            yield from (self._response(np.moveaxis(found[:, g], 0, -1))
                        for g in range(found.shape[1]))  # fmt: skip

    def expected_losses(
        self, rows: Floats, y: Floats, loss: RowLoss, progress: Progress = silent
    ) -> Iterator[ExpectedLoss]:
        """The rows' losses with each column borrowed from every row in turn, some columns at a
        time; of the number, or of the second of two classes."""
        codes, columns = self.codes(rows), self.ensemble.features
        second = self._output(self._outputs - 1)
        for batch in blocks(columns, max(1, PERMUTED_BYTES // (16 * max(1, len(rows))))):
            stretch = part(progress, batch.start / columns, batch.stop / columns)
            features = range(batch.start, batch.stop)
            yield expected_loss(second, codes, y, Loss[loss.upper()], features, progress=stretch)

    def _batches(self, groups: Sequence[tuple[int, ...]], one: Places) -> list[slice]:
        """Groups that are computed together: columns alone share a walk, as far as memory goes;
        the others go by themselves."""
        fit = max(1, PERMUTED_BYTES // (12 * one.size * self._outputs))
        found: list[slice] = []
        for is_walked, run in groupby(range(len(groups)), lambda g: self._is_walked(groups[g])):
            places = list(run)
            start, stop, length = places[0], places[-1] + 1, fit if is_walked else 1
            found += [slice(at, min(at + length, stop)) for at in range(start, stop, length)]
        return found

    def _is_walked(self, group: tuple[int, ...]) -> bool:
        """Whether one walk through the trees is quicker than a prediction per repeat: not for
        columns that move together, nor for a date, by which a row can reach nearly every leaf."""
        return len(group) == 1 and self.model.features[group[0]] not in self.model.transform.dates

    def _permuted(
        self, codes: Any, groups: Sequence[tuple[int, ...]], lenders: Any, progress: Progress
    ) -> Floats:
        """Sums of the trees, (outputs, groups, repeats, rows)."""
        from ..trees import rows as tree_rows

        found = []
        for k in range(self._outputs):
            stretch = part(progress, k / self._outputs, (k + 1) / self._outputs)
            one = self._output(k)
            if not self._is_walked(groups[0]):
                made = tree_rows.permuted_group(one, codes, groups[0], lenders[0], stretch)
                made = made[None, :, :, 0]
            else:
                columns = [group[0] for group in groups]
                made = tree_rows.permuted(one, codes, columns, lenders, stretch)
            found.append(made)
        return np.stack(found)

    def _response(self, margins: Floats) -> Floats:
        """What the model's own `response` is, from all outputs' sums (…, outputs)."""
        if self.model.task == "regression":
            return np.asarray(self.ensemble.link.apply(margins)[..., 0])
        # trees that say the same in another order say the same: half of ten votes is a half, and
        # rows that are tied are tied
        digits = VOTE_DIGITS if self.ensemble.link is IDENTITY else MARGIN_DIGITS
        answers = self.ensemble.link.apply(np.round(margins, digits))
        if answers.shape[-1] == 1:
            answers = np.concatenate([1 - answers, answers], axis=-1)
        return answers

    def shap(
        self,
        rows: Floats,
        target: Target,
        background: Floats | None,
        players: Places | None = None,
        progress: Progress = silent,
    ) -> tuple[float, Floats]:
        """The start and the SHAP values (n, p) of a target on which the trees add up, compared
        with background rows, or with the training rows as they flowed through the trees. Columns
        of one of the `players` enter as one."""
        from ..trees.shap import shap_values

        k, sign = self._sum_of(target)
        compared = None if background is None else self.codes(background)
        found = shap_values(self._output(k), self.codes(rows), compared, players, progress)
        values = found.values if sign > 0 else 0 - found.values
        return sign * found.base, values

    def shap_interactions(
        self, rows: Floats, target: Target, background: Floats | None, progress: Progress = silent
    ) -> Floats:
        """The SHAP interaction values (n, p, p) of a target on which the trees add up."""
        from ..trees.shap import shap_interactions

        k, sign = self._sum_of(target)
        compared = None if background is None else self.codes(background)
        found = shap_interactions(self._output(k), self.codes(rows), compared, progress=progress)
        return found if sign > 0 else 0 - found

    def proximity(self, one: Floats, rows: Floats, progress: Progress = silent) -> Floats:
        """The share of trees in which each row ends in the same leaf as one row (1, p)."""
        from ..trees.kernels.leaves import shared_leaves

        shared = shared_leaves(self.ensemble, self.codes(one), self.codes(rows), progress)
        return np.asarray(shared / len(self.ensemble.roots))

    def codes(self, rows: Floats) -> Any:
        """Encoded rows (n, p) of the model as codes of the normal form (p, n)."""
        return self.ensemble.encoder.encode(rows)

    def additive_part(self, target: Target) -> tuple[TreeEnsemble, float]:
        """The trees that add up to a target, and -1 where it is their negative."""
        k, sign = self._sum_of(target)
        return self._output(k), sign

    # How a target is had from the sums

    def _asked(self, target: Target) -> _Asked:
        """The trees, output and sign of a target; says in words where a family has no margin."""
        if target.scale == "margin":
            self.model.on_scale(self._any_row, "margin")
        regression = self.model.task == "regression"
        k = 0 if regression else self.model.classes.index(target.target_class or "")
        is_margin = target.scale == "margin" and (not regression or self.model.has_log_link)
        ensemble = self._sums if is_margin else self.ensemble
        if self.ensemble.outputs > 1 or regression:
            return _Asked(ensemble, k, 1.0, 0.0)
        # of two classes the trees speak of the second
        start = 0.0 if k == 1 or is_margin else 1.0
        return _Asked(ensemble, 0, 1.0 if k == 1 else -1.0, start)

    def _sum_of(self, target: Target) -> tuple[int, float]:
        """Which output a target is that is a plain sum over trees, and its sign."""
        asked = self._asked(target)
        if not asked.ensemble.link.is_identity:
            raise NotApplicable(
                f"The trees of this {self.model.family.title} do not add up to "
                f"{self.model.output_label(target.target_class, target.scale)}.",
                "Use the scale of the margin.",
            )
        return asked.output, asked.sign

    @cached_property
    def _sums(self) -> TreeEnsemble:
        return replace(self.ensemble, link=IDENTITY)

    def _answers(
        self, codes: Any, target: Target, progress: Progress = silent,
        ensemble: TreeEnsemble | None = None,
    ) -> Floats:  # fmt: skip
        from ..trees.kernels.predict import margins

        asked = self._asked(target)
        sums = margins(ensemble or self.ensemble, codes, progress)
        return asked.turned(np.asarray(asked.ensemble.link.apply(sums)[..., asked.output]))

    @cached_property
    def _any_row(self) -> Floats:
        return self.model.transform.codes(self.model.data.frame.iloc[:1])

    @property
    def _outputs(self) -> int:
        return self.ensemble.outputs

    def _output(self, k: int) -> TreeEnsemble:
        """The trees of one output: made once, since their paths are kept with them."""
        return self._each_output(k)

    @cached_property
    def _each_output(self) -> Callable[[int], TreeEnsemble]:
        return cache(self.ensemble.output)


@dataclass(frozen=True)
class _Asked:
    """A target as `start` + `sign` × an output of an ensemble, on the scale of its link."""

    ensemble: TreeEnsemble
    output: int
    sign: float
    start: float

    def turned(self, found: Floats) -> Floats:
        """The target from the output."""
        # 0 - x, so that nothing becomes -0
        return found if self.sign > 0 else self.start - found


def _with(codes: Any, feature: int, column: Places) -> Any:
    given = codes.copy()
    given[feature] = column
    return given
