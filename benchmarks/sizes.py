"""How large a piece of work is: the cells of the grid that is measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Target = Literal["regression", "binary", "four classes"]
Data = Literal["plain", "missing", "categories"]
Model = Literal["boosted", "forest"]

#: The targets that have classes, and how many sums a boosted model keeps for each.
SUMS = {"regression": 1, "binary": 1, "four classes": 4}


@dataclass(frozen=True)
class Size:
    """Rows that are explained, and the model that explains them.

    `boosted` is XGBoost of depth 6; `forest` a random forest of unlimited depth. `missing` takes a
    tenth of the cells away, `categories` makes the last column one of eight levels.
    """

    rows: int = 10_000
    trees: int = 100
    features: int = 30
    target: Target = "regression"
    data: Data = "plain"
    model: Model = "boosted"

    @property
    def label(self) -> str:
        """How a table names it: the rows, and whatever is not usual."""
        usual = Size()
        parts = [f"{self.rows:,} rows"]
        if self.trees != usual.trees:
            parts.append(f"{self.trees} trees")
        if self.features != usual.features:
            parts.append(f"{self.features} features")
        parts += [
            each
            for each, common in (
                (self.target, usual.target),
                (self.data, usual.data),
            )
            if each != common
        ]
        return ", ".join(parts)

    def with_rows(self, rows: int) -> Size:
        """The same with other rows."""
        return replace(self, rows=rows)

    def as_dict(self) -> dict[str, Any]:
        """For a JSON line."""
        return asdict(self)


MAIN = Size()
FOREST = Size(model="forest")
SMALL = Size(rows=1_000)
LARGE = Size(rows=100_000)
HUGE = Size(rows=1_000_000, features=10)
#: One thing changed at a time.
VARIATIONS = (
    Size(trees=500),
    Size(features=10),
    Size(features=100),
    Size(target="binary"),
    Size(target="four classes"),
    Size(data="missing"),
    Size(data="categories"),
)
