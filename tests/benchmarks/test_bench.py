"""The benchmarks' own arithmetic: what is compared, what is scaled, what the table says.

Whoever reads RESULTS.md has to be able to believe it; nothing here measures anything in earnest.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import cell as cells
from benchmarks.cell import Cell
from benchmarks.compare import difference
from benchmarks.contender import Contender, Parts, Task
from benchmarks.lines import Line, Run, read, write
from benchmarks.sizes import Size
from benchmarks.table import as_markdown
from benchmarks.tasks import TASKS, chosen, find
from benchmarks.venvs import HERE, NoVenv, interpreter

RUN = Run("2026-11-21", "a machine of two cores", "make bench", "abc1234")
OURS = Line(
    RUN, "partial_dependence", "Whence", Size(), 1, rows=10_000, wall=0.1, cpu=0.05, calls=5,
    pass_wall=0.1, pass_cpu=0.1, cold=1.5, cold_empty=12.0, peak_bytes=8 * 2**20,
    versions={"numba": "0.68.1"},
)  # fmt: skip
PEER = replace(
    OURS, who="scikit-learn (brute)", cpu=20.0, wall=20.0, calls=1, cold_empty=None,
    difference=3e-7, versions={"scikit-learn": "1.9.1"},
)  # fmt: skip


def fields_of(text: str, who: str) -> list[str]:
    """The cells of a contender's first row in a table."""
    row = next(line for line in text.splitlines() if f"| {who} |" in line)
    return [field.strip() for field in row.strip("|").split("|")]


def test_a_peer_s_row_states_the_ratio_the_passes_and_the_difference() -> None:
    row = fields_of(as_markdown([OURS, PEER]), "scikit-learn (brute)")
    assert row == [
        "10,000 rows", "scikit-learn (brute)", "20", "20", "400×", "200.0", "8 MB", "1.5 s",
        "3e-07", "",
    ]  # fmt: skip


def test_our_own_row_has_both_cold_starts_and_no_ratio() -> None:
    row = fields_of(as_markdown([OURS, PEER]), "Whence")
    assert row[4:8] == ["", "0.5", "8 MB", "1.5 s / 12.0 s"]


def test_on_all_cores_the_ratio_is_that_of_the_clock() -> None:
    lines = [replace(OURS, threads=2), replace(PEER, threads=2, cpu=20, wall=12)]
    assert fields_of(as_markdown(lines), "scikit-learn (brute)")[4] == "120×"


def test_what_was_scaled_says_from_what() -> None:
    part = replace(PEER, rows=500, scale=20 * 435.0, parts="1 of 435 pairs", cpu=0.01, wall=0.01)
    row = fields_of(as_markdown([OURS, part]), "scikit-learn (brute)")
    assert row[-1] == "scaled from 1 of 435 pairs and 500 rows"
    assert float(row[2]) == pytest.approx(0.01 * 20 * 435)
    # 435 pairs of 0.01 s on the 500 rows that a pass of 0.1 s belongs to
    assert float(row[5]) == pytest.approx(43.5)


def test_what_failed_is_a_row_that_says_why_and_cannot_break_the_table() -> None:
    failed = replace(PEER, failure="ImportError: a | b", cpu=0.0, wall=0.0, difference=None)
    row = fields_of(as_markdown([OURS, failed]), "scikit-learn (brute)")
    assert row[-1] == "not measured: ImportError: a / b"
    assert len(row) == 10
    # and where ours failed no ratio is made up
    assert fields_of(as_markdown([replace(OURS, failure="no"), PEER]), PEER.who)[4] == ""


def test_versions_date_machine_and_command_stand_below_the_table() -> None:
    text = as_markdown([OURS, PEER])
    for said in (*vars(RUN).values(), "numba 0.68.1", "scikit-learn 1.9.1"):
        assert said in text


def test_lines_come_back_from_disk_as_they_were(tmp_path: Path) -> None:
    write(tmp_path / "lines.jsonl", [OURS, PEER])
    assert read(tmp_path / "lines.jsonl") == [OURS, PEER]
    assert read(tmp_path / "none.jsonl") == []


def test_a_difference_is_taken_over_the_largest_of_our_values() -> None:
    ours = np.array([[1.0, -4.0], [2.0, 3.0]])
    assert difference(ours, ours) == 0
    assert difference(ours, ours + 0.4) == pytest.approx(0.1)
    # a contender that did a part of the work answers the beginning
    assert difference(ours, ours[:1]) == 0


@pytest.mark.parametrize(
    "theirs", [np.full((2, 2), np.nan), np.ones((2, 3)), np.ones((3, 2)), np.ones((0, 2))]
)
def test_answers_that_cannot_be_compared_are_infinitely_far(theirs: Any) -> None:
    assert difference(np.ones((2, 2)), theirs) == float("inf")


def test_a_slow_peer_is_given_fewer_rows_and_a_quick_one_all() -> None:
    slow = Contender("slow", _nothing, (), (), seconds=400)
    assert slow.rows_for(Size(), Size()) == 500
    assert replace(slow, seconds=19).rows_for(Size(), Size()) == 10_000
    # beside the task's own size there is less time
    assert slow.rows_for(Size(trees=500), Size()) == 20
    assert replace(slow, seconds=19).rows_for(Size(features=15), Size()) == 5_000
    assert replace(slow, seconds=0).rows_for(Size(rows=1_000_000), Size()) == 1_000_000


def test_names_are_unique_and_words_choose_among_them() -> None:
    assert len({task.name for task in TASKS}) == len(TASKS)
    assert {task.name for task in chosen("surfaces,interaction")} == {
        "surfaces", "interaction", "shap_interactions",
    }  # fmt: skip
    assert chosen("") == TASKS
    with pytest.raises(SystemExit, match="No task is called nothing"):
        chosen("nothing")


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_contender_has_a_list_of_what_it_needs_and_a_name_of_its_own(task: Task) -> None:
    everyone = (task.ours, *task.peers)
    assert len({each.name for each in everyone}) == len(everyone)
    for each in everyone:
        assert each.venv == "project" or (HERE / "peers" / f"{each.venv}.txt").exists()
    assert task.few


def test_a_tiny_task_end_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(venv: str) -> Path:
        if venv == "peers":
            raise NoVenv("it needs Python 3.99, which this machine does not have")
        return interpreter(venv)

    monkeypatch.setattr(cells, "interpreter", none)
    lines = list(tiny_cell("scikit-learn (brute)", "woodelf").lines())
    ours, peer, missing = lines
    assert [ours.failure, peer.failure] == ["", ""]
    # an environment that cannot be made is a row
    assert missing.failure == "it needs Python 3.99, which this machine does not have"
    assert peer.difference is not None
    assert peer.difference < 1e-6
    assert ours.rows == peer.rows == 200
    assert ours.cpu > 0
    assert ours.pass_cpu > 0
    assert ours.cold >= ours.wall
    assert "scikit-learn" in peer.versions
    assert fields_of(as_markdown(lines), "scikit-learn (brute)")[4].endswith("×")


def test_a_child_that_takes_too_long_is_stopped_and_named() -> None:
    (line,) = replace(tiny_cell(), limit=0.01).lines()
    assert line.failure == "over 0 s"


def test_parts_scale_with_what_was_left_out() -> None:
    task = find("surfaces")
    assert task.find("scikit-learn (brute)").parts(Size()) == Parts(1, 435, "pairs")


def tiny_cell(*peers: str) -> Cell:
    """Partial dependence of a little model, with some of the peers."""
    task = find("partial_dependence")
    task = replace(task, peers=tuple(map(task.find, peers)))
    return Cell(RUN, task, Size(rows=200, trees=5, features=6), threads=1, limit=300)


def _nothing(_: Any) -> Any:
    raise NotImplementedError
