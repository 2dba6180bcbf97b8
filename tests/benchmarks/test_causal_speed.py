"""The page of the effects' speed: what it says follows from the lines it is made of."""

import pytest

from benchmarks.causal_speed import Line, as_markdown, lines
from benchmarks.causal_ways import TASKS, Found, Task, Way, find, table


def line(who: str, cpu: float, failure: str = "", task: str = "ols", rows: int = 10_000) -> Line:
    found = None if failure else Found(1.5, 1.4, 1.6)
    return Line(task, who, rows, "2026-01-01, `make bench-causal`", cpu, 2**20, found, {}, failure)


def test_the_ratio_is_theirs_over_ours_and_at_least_that_where_they_were_ended() -> None:
    text = as_markdown([line("Whence", 0.05), line("DoWhy", 4.0),
                        line("Whence", 0.1, task="ipw"),
                        line("DoWhy", float("nan"), "> 20 s", task="ipw")])  # fmt: skip
    assert "| 10,000 | DoWhy | 4 | 80× | 1 MB | 1.5000 (1.4000 to 1.6000) |" in text
    assert "| 10,000 | DoWhy | > 20 s | > 200× |" in text


def test_nothing_is_compared_with_what_failed() -> None:
    text = as_markdown([line("Whence", 0.0, "broken"), line("DoWhy", 4.0)])
    assert "| 10,000 | Whence | broken |  |" in text
    assert "| 10,000 | DoWhy | 4 |  |" in text


def test_the_refuters_are_summed_as_far_as_they_came() -> None:
    made = [line("Whence", 0.1, task=name) for name in ("placebo", "random cause", "subsets")]
    made += [line("DoWhy", 3.0, task=name) for name in ("placebo", "random cause")]
    made += [line("DoWhy", float("nan"), "> 20 s", task="subsets")]
    assert "| 10,000 | 0.3 | > 26 | > 87× |" in as_markdown(made)


def test_who_cannot_end_in_time_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    def child(blank: Line, _limit: int) -> dict:
        begun.append(blank.rows)
        return {"cpu": blank.rows / 1_000, "found": {"estimate": 1.0}}

    monkeypatch.setattr("benchmarks.causal_speed._child", child)
    task = Task("t", "", "", (Way("a peer", lambda _: Found(1.0)),))
    made = list(lines([task], (1_000, 10_000, 100_000, 1_000_000), 20, ""))
    assert begun == [1_000, 10_000]  # 1 and 10 s; then 100 s would be over twice 20
    assert [each.failure for each in made[2:]] == ["> 20 s (not begun)"] * 2


@pytest.mark.parametrize(
    ("task", "truth"), [("ols", 1.5), ("ols with w", 1.5), ("ipw", 1.5), ("matching", 1.5)]
)
def test_our_ways_find_the_effect(task: str, truth: float) -> None:
    found = find(task, "Whence").run(table(2_000))
    assert found.low < truth < found.high


def test_ours_is_first_in_every_task() -> None:
    assert all(task.ways[0].is_ours for task in TASKS)
