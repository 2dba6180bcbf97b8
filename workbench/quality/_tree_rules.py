"""A small regression tree of the losses whose leaves are said in the person's own columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..column_kinds import Kind
from ..dates import date_name, days_of
from ..figures import number
from ..metrics import Floats
from ..models.any_unit import grow_tree
from ..transform import level_names
from ._against_rest import Losses

#: Levels named in a rule before the rest is counted.
MOST_LEVELS = 4
#: Of the numbers that single precision holds, about the largest.
LARGEST = 1e38
#: Between the conditions of a rule.
AND = ", and "
#: What levels are called that are too rare to be ordered by their mean loss.
RARE = "a rarer level"


@dataclass(frozen=True)
class Coder:
    """How a column becomes numbers: its levels in the order of their mean loss, or as they are.

    Levels that are not among them, and those that were not seen, share the code `rare`.
    """

    kind: Kind
    levels: tuple[str, ...] = ()
    rare: float = 0.0

    @classmethod
    def fit(cls, values: pd.Series, kind: Kind, losses: Losses, fewest: int) -> Coder:
        """Levels with at least `fewest` rows are ordered by their mean loss; the rest lies where
        the mean of the rest does."""
        if kind in ("number", "boolean", "date"):
            return cls(kind)
        names = level_names(values)
        columns = {"size": 1, "weight": losses.weight, "loss": losses.weight * losses.loss}
        of = pd.DataFrame(columns, index=names.index).groupby(names).sum()
        of["mean"] = of["loss"] / of["weight"]
        often = of[of["size"] >= fewest].sort_values("mean", kind="stable")
        other = of[of["size"] < fewest]
        centre = float(other["loss"].sum() / other["weight"].sum()) if len(other) else 0.0
        # half a step away from its neighbours, so that it is never tied with a level
        rare = float(np.searchsorted(often["mean"].to_numpy(), centre)) - 0.5
        return cls(kind, tuple(often.index), rare)

    def codes(self, values: pd.Series) -> Floats:
        """The column as numbers, missing as NaN."""
        if self.kind == "number":
            numbers = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
            return np.asarray(np.clip(numbers, -LARGEST, LARGEST), dtype=np.float64)
        if self.kind == "date":
            return days_of(values)
        if self.kind == "boolean":
            names = values.astype("str").str.lower()
            return np.asarray(names.map({"true": 1.0, "false": 0.0}), dtype=np.float64)
        names = level_names(values)
        place = {level: float(code) for code, level in enumerate(self.levels)}
        found = np.asarray(names.map(place), dtype=np.float64)
        return np.where(np.isnan(found) & names.notna().to_numpy(), self.rare, found)


@dataclass(frozen=True)
class Span:
    """The part of a column's codes that a path leaves over."""

    low: float = -np.inf
    high: float = np.inf
    missing: bool = True

    def words(self, name: str, coder: Coder, codes: Floats) -> str:
        """The same in the person's words, for the codes that occur."""
        if self.low == np.inf:
            return f"'{name}' is missing"
        also = " or missing" if self.missing and np.isnan(codes).any() else ""
        if self.low == -np.inf and self.high == np.inf:
            return f"'{name}' is not missing"
        if coder.kind == "boolean":
            return f"'{name}' is {'true' if self.low > -np.inf else 'false'}{also}"
        if coder.kind == "date":
            return f"'{name}' is {self._dates(codes)}{also}"
        if coder.kind != "number":
            return f"'{name}' is {self._levels(coder, codes)}{also}"
        parts = []
        if self.low > -np.inf:
            parts.append(f"above {number(self.low, 6)}")
        if self.high < np.inf:
            parts.append(f"at most {number(self.high, 6)}")
        return f"'{name}' is {' and '.join(parts)}{also}"

    def _dates(self, codes: Floats) -> str:
        """In dates that occur, and not in what lies halfway between two of them."""
        inside = codes[(codes > self.low) & (codes <= self.high)]
        first, last = date_name(float(inside.min())), date_name(float(inside.max()))
        if self.low == -np.inf:
            return f"{last} or earlier"
        return f"{first} or later" if self.high == np.inf else f"from {first} to {last}"

    def _levels(self, coder: Coder, codes: Floats) -> str:
        inside = [name for code, name in enumerate(coder.levels) if self.low < code <= self.high]
        named = inside[:MOST_LEVELS]
        if len(inside) > MOST_LEVELS:
            named.append(f"{len(inside) - MOST_LEVELS:,} more")
        if self.low < coder.rare <= self.high and (codes == coder.rare).any():
            named.append(RARE)
        return " or ".join(named)


@dataclass(frozen=True)
class LossTree:
    """A fitted tree: its leaves from 0, each with its rule."""

    estimator: Any
    coders: Mapping[str, Coder]
    nodes: NDArray[np.intp]
    rules: tuple[str, ...]

    @classmethod
    def fit(
        cls, table: pd.DataFrame, kinds: Mapping[str, Kind], losses: Losses,
        find: NDArray[np.intp], depth: int, fewest: int,
    ) -> LossTree:  # fmt: skip
        """The tree that, in the rows `find`, lowers the squared distance of the losses from their
        leaf's mean most. Where missing values and rare levels go is said if any row has them."""
        from sklearn.tree import DecisionTreeRegressor

        half, known = table.iloc[find], losses.some(find)
        coders = {c: Coder.fit(half[c], kind, known, fewest) for c, kind in kinds.items()}
        codes = {c: coder.codes(table[c]) for c, coder in coders.items()}
        estimator = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=fewest, random_state=0)
        grow_tree(estimator, _matrix(half, coders), known.loss, known.weights)
        leaves = _leaves(estimator.tree_, list(coders))
        rules = tuple(
            AND.join(span.words(c, coders[c], codes[c]) for c, span in spans.items()) or "all rows"
            for spans in leaves.values()
        )
        return cls(estimator, coders, np.array(list(leaves), dtype=np.intp), rules)

    def leaf_of(self, table: pd.DataFrame) -> NDArray[np.intp]:
        """For each row the number of its leaf, (n,)."""
        nodes = self.estimator.apply(_matrix(table, self.coders))
        return np.asarray(np.searchsorted(self.nodes, nodes), dtype=np.intp)


def _matrix(table: pd.DataFrame, coders: Mapping[str, Coder]) -> Floats:
    return np.column_stack([coder.codes(table[column]) for column, coder in coders.items()])


def _leaves(tree: Any, names: list[str]) -> dict[int, dict[str, Span]]:
    """Of every leaf, in the order of its node, what the path to it leaves over of each column."""
    found: dict[int, dict[str, Span]] = {}
    waiting: list[tuple[int, dict[str, Span]]] = [(0, {})]
    while waiting:
        node, spans = waiting.pop()
        if tree.children_left[node] < 0:
            found[node] = spans
            continue
        name, cut = names[tree.feature[node]], float(tree.threshold[node])
        left = bool(tree.missing_go_to_left[node])
        old = spans.get(name, Span())
        below = replace(old, high=min(old.high, cut), missing=old.missing and left)
        above = replace(old, low=max(old.low, cut), missing=old.missing and not left)
        waiting.append((int(tree.children_left[node]), {**spans, name: below}))
        waiting.append((int(tree.children_right[node]), {**spans, name: above}))
    return dict(sorted(found.items()))
