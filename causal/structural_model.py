"""A structural model of a graph, fitted node by node: what the columns would be if some were set.

A node without causes is drawn from its own values. An amount is its mean given its causes, learned
by regression, plus a residual drawn from those of rows the regression had not seen; a node with
levels, or with two values, is drawn by its learned chances given its causes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.model import FittedModel
from workbench.progress import Progress, part
from workbench.transform import level_names

from .design_matrix import MOST_LEVELS
from .graph import CausalGraph
from .learners import LEARNERS, Learner, Predictor
from .nuisances import Nuisance, Race, fold_of_rows, race
from .question import FEWEST_ROWS, CausalQuestion

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Equations = Literal["raced", "linear"]
#: A graph with more nodes than this is refused.
MOST_NODES = 12
#: The equations are learned from at most so many rows, drawn at random.
MOST_ROWS = 20_000
FOLDS = 5


@dataclass(frozen=True)
class Node:
    """A column in the model: its values as numbers (n,), `levels` their codes where it has levels
    or two values, None for an amount."""

    name: str
    values: Floats
    levels: Floats | None

    def design(self, values: Floats) -> Floats:
        """Values as columns to learn from: the amount, or a 0/1 for each level but the first."""
        if self.levels is None:
            return values[:, None]
        return np.column_stack(
            [np.empty((len(values), 0)), *(values == level for level in self.levels[1:])]
        ).astype(float)


@dataclass(frozen=True)
class Equation:
    """How a node follows from its `causes` and a number between 0 and 1 that is all else.

    `drawn_from` are the node's own values where nothing causes it, else the residuals, in order,
    so that numbers that are spread evenly draw evenly.
    """

    node: Node
    causes: tuple[str, ...]
    predictors: tuple[Predictor, ...] = ()
    drawn_from: Floats = field(default_factory=lambda: np.empty(0))
    says: tuple[str, ...] = ()

    def made(self, design: Floats, noise: Floats) -> Floats:
        """The node's values for rows of its causes' columns."""
        if not self.predictors:
            return _picked(self.drawn_from, noise)
        if self.node.levels is None:
            return self.predictors[0](design) + _picked(self.drawn_from, noise)
        return self._drawn_level(design, noise)

    def _drawn_level(self, design: Floats, noise: Floats) -> Floats:
        assert self.node.levels is not None
        chances = np.column_stack([np.clip(p(design), 0, 1) for p in self.predictors])
        if chances.shape[1] == 1:
            chances = np.column_stack([1 - chances, chances])
        total = chances.sum(axis=1, keepdims=True)
        reached = np.cumsum(chances / np.where(total > 0, total, 1.0), axis=1)
        at = np.minimum((noise[:, None] > reached).sum(axis=1), len(self.node.levels) - 1)
        drawn: Floats = self.node.levels[at]
        return drawn


@dataclass(frozen=True)
class StructuralModel:
    """The equations in causal order, learned from `rows` complete rows of the table."""

    equations: Mapping[str, Equation]
    rows: NDArray[np.intp]
    notes: tuple[str, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """The columns, causes before their effects."""
        return tuple(self.equations)

    def draw(self, noise: Floats, values: Floats, fixed: Mask) -> Floats:
        """Rows (N, nodes) of a world in which some nodes are set: where `fixed` (N, nodes) a node
        has its value in `values`, elsewhere it follows from its causes and its `noise`."""
        world = np.empty_like(values)
        for j, equation in enumerate(self.equations.values()):
            free = ~fixed[:, j]
            world[:, j] = values[:, j]
            if free.any():
                design = self._design(equation, world[free])
                world[free, j] = equation.made(design, noise[free, j])
        return world

    def _design(self, equation: Equation, world: Floats) -> Floats:
        places = [self.nodes.index(cause) for cause in equation.causes]
        columns = [self.equations[cause].node.design(world[:, at])
                   for cause, at in zip(equation.causes, places, strict=True)]  # fmt: skip
        return np.column_stack([np.empty((len(world), 0)), *columns])


def fit_structural_model(
    model: FittedModel,
    question: CausalQuestion,
    equations: Equations,
    seed: int,
    progress: Progress,
) -> StructuralModel:
    """The structural model of the model's columns and of all that causes them, by the graph.

    Raises `NotApplicable` for a graph that lacks a column, is too large, or in which something that
    was not measured causes two of the nodes.
    """
    causes = causes_of_columns(question.graph, model.features)
    values = {name: _values(model, question, name) for name in causes}
    whole = np.all([~np.isnan(v) for v in values.values()], axis=0)
    rows = np.flatnonzero(whole)
    if len(rows) < FEWEST_ROWS:
        raise NotApplicable(
            f"Only {len(rows)} rows have a value in every column of the graph.",
            f"At least {FEWEST_ROWS} are needed: choose columns with fewer missing values.",
        )
    notes = _counted(len(rows), len(whole))
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))
        notes.append(
            f"The equations are learned from {MOST_ROWS:,} of them, drawn at random (seed {seed})."
        )
    nodes = {name: _node(model, name, values[name][rows]) for name in causes}
    learners = LEARNERS if equations == "raced" else LEARNERS[:1]
    made: dict[str, Equation] = {}
    for k, (name, parents) in enumerate(causes.items()):
        lap = part(progress, k / len(causes), (k + 1) / len(causes), f"The equation of {name}")
        lap(0.0)
        made[name] = _equation(nodes, name, parents, learners, seed, lap)
    return StructuralModel(made, rows, tuple(notes))


def causes_of_columns(graph: CausalGraph, features: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The measured causes of each of the columns and of all their causes, in causal order.

    What was not measured and has one effect alone is a part of that effect's noise; its own causes
    become the effect's.
    """
    absent = [f for f in features if f not in graph.observed]
    if absent:
        raise NotApplicable(
            f"The graph does not hold {', '.join(absent)}, which the model uses.",
            "Draw every column of the model, or train one of the columns that are drawn.",
        )
    wanted = graph.ancestors(*features)
    parents = {node: set(graph.parents[node]) for node in graph.nodes if node in wanted}
    for hidden in (node for layer in graph.layers for node in layer if node in graph.latent):
        if hidden not in parents:
            continue
        effects = [node for node, found in parents.items() if hidden in found]
        if len(effects) > 1:
            raise NotApplicable(
                f"{hidden[0].upper()}{hidden[1:]} was not measured and causes "
                f"{' and '.join(effects)}: what these would be if one were set cannot be learned "
                "from their values.",
                "Measure it, or explain a model without one of them.",
            )
        for node in effects:
            parents[node] = (parents[node] - {hidden}) | parents[hidden]
        del parents[hidden]
    if len(parents) > MOST_NODES:
        raise NotApplicable(
            f"The model's columns and their causes are {len(parents)} nodes of the graph; up to "
            f"{MOST_NODES} are taken.",
            "Train a model of fewer columns, or draw fewer causes.",
        )
    order = [node for layer in graph.layers for node in layer if node in parents]
    return {node: tuple(n for n in order if n in parents[node]) for node in order}


def _values(model: FittedModel, question: CausalQuestion, name: str) -> Floats:
    """A column as numbers (N,): as the model sees it, or, where it does not, as it is."""
    if name in model.features:
        return model.transform.codes(model.data.frame)[:, model.features.index(name)]
    if name == question.outcome:
        return question.response.numbers
    column = question.data.frame[name]
    if pd.api.types.is_numeric_dtype(column) and question.data.kinds[name] != "category":
        return column.to_numpy(dtype=float, na_value=np.nan)
    names = level_names(column)
    codes = pd.factorize(names, sort=True)[0].astype(float)
    return np.where(codes < 0, np.nan, codes)


def _node(model: FittedModel, name: str, values: Floats) -> Node:
    distinct = np.unique(values)
    is_named = name in model.transform.levels
    if not is_named and len(distinct) > 2:
        return Node(name, values, None)
    if len(distinct) > MOST_LEVELS:
        raise NotApplicable(
            f"'{name}' has {len(distinct)} levels, too many for an equation.",
            f"Group them into at most {MOST_LEVELS}.",
        )
    return Node(name, values, distinct)


def _equation(
    nodes: Mapping[str, Node],
    name: str,
    causes: tuple[str, ...],
    learners: tuple[Learner, ...],
    seed: int,
    progress: Progress,
) -> Equation:
    node = nodes[name]
    design = np.column_stack(
        [np.empty((len(node.values), 0)), *(nodes[c].design(nodes[c].values) for c in causes)]
    )
    if not design.shape[1] or np.ptp(node.values) == 0:
        return Equation(node, causes, drawn_from=np.sort(node.values))
    everyone = np.ones(len(design), dtype=bool)
    wanted = [Nuisance(f"{name} given {', '.join(causes)}{tail}", y, everyone, learners)
              for tail, y in _targets(node)]  # fmt: skip
    fold = fold_of_rows(np.zeros(len(design)), FOLDS, seed)
    alike = np.ones(len(design))  # who is drawn from the model counts once
    found = race(design, wanted, fold, weight=alike, seed=seed, progress=progress)
    predictors = tuple(
        each.learn(design, want.y, alike, seed) for each, want in zip(found, wanted, strict=True)
    )
    residuals = np.sort(_left(node, found[0]))
    return Equation(node, causes, predictors, residuals, tuple(each.says for each in found))


def _targets(node: Node) -> list[tuple[str, Floats]]:
    if node.levels is None:
        return [("", node.values)]
    if len(node.levels) == 2:
        return [("", (node.values == node.levels[1]).astype(float))]
    return [(f", level {k + 1}", (node.values == level).astype(float))
            for k, level in enumerate(node.levels)]  # fmt: skip


def _left(node: Node, found: Race) -> Floats:
    residuals = node.values - found.predictions
    centred: Floats = residuals - residuals.mean()
    return centred


def _picked(values: Floats, noise: Floats) -> Floats:
    picked: Floats = values[np.minimum((noise * len(values)).astype(np.intp), len(values) - 1)]
    return picked


def _counted(rows: int, every: int) -> list[str]:
    if rows == every:
        return []
    return [f"The structural model rests on {rows:,} of {every:,} rows; the others miss a value."]
