"""Proposals find what can be found, name what they take for granted, and are used by nothing."""

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causal import discover
from causal.read_graph import read_graph
from workbench import Dataset
from workbench.errors import NotApplicable


def collider(rows: int = 800) -> pd.DataFrame:
    """a and b cause c, c causes d: the one graph of its independences."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, rows))
    c = a + b + rng.normal(size=rows)
    return pd.DataFrame({"a": a, "b": b, "c": c, "d": c + rng.normal(size=rows)})


@pytest.mark.parametrize("algorithm", ["pc", "ges"])
def test_a_graph_that_can_be_told_is_proposed(algorithm: str) -> None:
    found = discover(Dataset.of(collider()), algorithm=algorithm, repeats=10)
    assert set(read_graph(found.proposal).edges) == {("a", "c"), ("b", "c"), ("c", "d")}
    assert list(found.frame["in_data"].iloc[:3]) == ["→", "→", "→"]
    assert found.summary.startswith("Proposals, not findings:")
    parts = found.frame[["forward", "backward", "undirected"]].sum(axis=1)
    assert np.allclose(parts, found.frame["joined"])


def test_a_direction_that_cannot_be_told_stays_open() -> None:
    frame = collider()[["c", "d"]]
    row = discover(Dataset.of(frame), repeats=10).frame.iloc[0]
    assert (row["joined"], row["undirected"], row["in_data"]) == (1.0, 1.0, "—")


def test_a_missing_cause_makes_it_as_sure_of_a_wrong_arrow() -> None:
    """The unmeasured u causes b and c, which have no arrow: PC joins them all the same, and says
    that it takes no such cause to exist."""
    rng = np.random.default_rng(1)
    u, a = rng.normal(size=(2, 800))
    frame = pd.DataFrame({"a": a, "b": u + a + 0.5 * rng.normal(size=800),
                          "c": u + 0.5 * rng.normal(size=800)})  # fmt: skip
    found = discover(Dataset.of(frame), repeats=10)
    pair = found.frame[(found.frame["first"] == "b") & (found.frame["second"] == "c")].iloc[0]
    assert pair["joined"] == 1.0
    assert any("nothing that causes two of the columns was left out" in n for n in found.notes)


def test_what_cannot_be_used_is_said_or_refused() -> None:
    rng = np.random.default_rng(2)
    frame = collider(300).assign(kind=rng.choice(list("xyz"), 300), yes=rng.choice(["y", "n"], 300))
    frame.loc[:9, "a"] = np.nan
    found = discover(Dataset.of(frame), repeats=5)
    notes = " ".join(found.notes)
    assert "left out: kind." in notes
    assert "290 rows were used; 10 have missing values." in notes
    with pytest.raises(NotApplicable, match="sum or a multiple"):
        discover(Dataset.of(frame.assign(twice=2 * frame["d"])), repeats=5)
    with pytest.raises(NotApplicable, match="1 of the columns"):
        discover(Dataset.of(frame), columns=("a",), repeats=5)


def test_nothing_uses_the_proposals(root: Path) -> None:
    """No other file of the package imports them."""
    for file in (root / "causal").rglob("*.py"):
        if file.name in ("__init__.py", "discover.py"):
            continue
        imports = [
            n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.ImportFrom)
        ]
        assert not any((n.module or "").endswith("discover") for n in imports), file
