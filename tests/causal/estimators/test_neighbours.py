"""The nearest rows against every distance taken, with ties and limits, in few columns and many."""

import numpy as np
import pytest

from causal.estimators import _neighbours
from causal.estimators._neighbours import nearest

Floats = np.ndarray


def by_every_distance(
    queries: Floats, pool: Floats, counts: np.ndarray, rows: int, limit: float
) -> set[tuple[int, int]]:
    found = set()
    for k, query in enumerate(queries):
        distance = np.sqrt(((pool - query) ** 2).sum(axis=1))
        order = np.argsort(distance)
        enough = np.searchsorted(np.cumsum(counts[order]), rows)
        last = distance[order[enough]] if enough < len(order) else np.inf
        near = distance <= min(last * (1 + 1e-9) + 1e-12, limit)
        found |= {(k, int(j)) for j in np.flatnonzero(near)}
    return found


def drawn(kind: str, rows: int, columns: int, random: np.random.Generator) -> Floats:
    x = random.normal(size=(rows, columns))
    if kind == "lattice":  # equal places and equal distances
        return x.round()
    if kind == "far and wide":  # far from zero, some places very far from the others
        return 1e5 + random.standard_cauchy(size=(rows, columns))
    if kind == "half levels":
        x[:, ::2] = x[:, ::2] > 0
    return x


@pytest.mark.parametrize("columns", [1, 3, 7])
@pytest.mark.parametrize("kind", ["plain", "lattice", "far and wide", "half levels"])
@pytest.mark.parametrize(("rows", "limit"), [(1, np.inf), (3, np.inf), (2, 0.7)])
def test_they_are_those_of_all_distances(
    kind: str, columns: int, rows: int, limit: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small boxes and blocks, so that there are many of either.
    monkeypatch.setattr(_neighbours, "SMALLEST_BOX", 20)
    monkeypatch.setattr(_neighbours, "BLOCK", 70)
    monkeypatch.setattr(_neighbours, "MOST_CANDIDATES", 300)
    random = np.random.default_rng(columns + rows)
    pool, counts = np.unique(drawn(kind, 600, columns, random), axis=0, return_counts=True)
    queries = np.unique(drawn(kind, 150, columns, random), axis=0)
    found = nearest(queries, pool, counts, rows, limit=limit)
    pairs = list(zip(found.query.tolist(), found.pool.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == by_every_distance(queries, pool, counts, rows, limit)


def test_a_pool_too_small_is_taken_whole() -> None:
    pool = np.random.default_rng(0).normal(size=(3, 8))
    found = nearest(pool[:1] + 9, pool, np.ones(3, dtype=np.intp), 5)
    assert sorted(found.pool.tolist()) == [0, 1, 2]


def test_where_all_distances_tie_all_are_found() -> None:
    pool, counts = np.eye(40), np.ones(40, dtype=np.intp)
    found = nearest(np.zeros((2, 40)), pool, counts, 1)
    assert len(found.pool) == 80
