"""The table of arrows says what the text says, and an edit of it is written into the text."""

import pandas as pd
import pytest

from causal.read_graph import read_graph
from ui.graph_editor import _graph_of, _whole, edited_table

BASE = pd.DataFrame(
    {"from": ["a", "u", "u"], "type": ["causes", "causes", "was not measured"],
     "to": ["t", "t", ""]}
)  # fmt: skip


def test_edits_additions_and_deletions_make_the_graph() -> None:
    edits = {
        "edited_rows": {0: {"to": "y"}},
        "added_rows": [{"from": "t", "type": "shares an unmeasured cause with", "to": "y"}, {}],
        "deleted_rows": [1],
    }
    table = edited_table(BASE, edits)
    graph = _graph_of(table)
    assert graph.drawn.edges == (("a", "y"),)
    assert graph.bidirected == (("t", "y"),)
    assert graph.latent >= {"u"}
    assert len(table) - len(_whole(table)) == 1  # the empty row says nothing yet


def test_an_arrow_without_its_other_end_says_nothing_yet() -> None:
    assert _graph_of(edited_table(BASE, {"edited_rows": {"0": {"to": None}}})).nodes == ("u", "t")


@pytest.mark.parametrize("rows", [[0, 1, 2], []])
def test_no_rows_make_no_graph(rows: list[int]) -> None:
    assert bool(_graph_of(edited_table(BASE, {"deleted_rows": rows})).nodes) == (not rows)


def test_the_text_it_writes_is_the_same_graph() -> None:
    graph = _graph_of(BASE)
    assert read_graph(graph.dot) == graph
