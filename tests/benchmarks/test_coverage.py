"""The coverage study: its worlds' truths, and what its page says of the lines of a run."""

import numpy as np
import pytest

from benchmarks.causal_worlds import WORLDS
from benchmarks.coverage import OVERLAP, _rounds, as_markdown, short_without_warning, table
from causal import CausalQuestion

BY_NAME = {world.name: world for world in WORLDS}


def lines(covered: int, of: int, *, warned: bool = False, overlap_fails: bool = False) -> list:
    head = {"world": "linear", "refused": "", "estimand": "ATE", "length": 0.3, "seconds": 0.01}
    made = [
        {**head, "estimator": "AIPW", "replication": k, "error": 0.1 * (-1) ** k,
         "covers": k < covered, "warned": warned}
        for k in range(of)
    ]  # fmt: skip
    check = {"world": "linear", "replication": 0, "estimator": OVERLAP, "warned": overlap_fails}
    return [*made, check]


def test_the_truths_are_those_the_worlds_were_built_with() -> None:
    for name in ("linear", "products", "heavy tails", "clusters", "50 columns", "200 rows"):
        assert BY_NAME[name].truth("ATE") == pytest.approx(2, abs=1e-9)
        assert BY_NAME[name].truth("ATO") == pytest.approx(2, abs=1e-9)
    assert BY_NAME["null"].truth("ATE") == 0
    assert BY_NAME["varied effect"].truth("ATE") == pytest.approx(1, abs=0.005)
    assert BY_NAME["weak instrument"].truth("LATE") == pytest.approx(2, abs=1e-9)
    # Of the logit's shares by quadrature: x + w/2 is normal with variance 1.25.
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    score = np.sqrt(1.25) * points
    shares = [weights @ (1 / (1 + np.exp(-score - c))) / weights.sum() for c in (-1, 0)]
    expected = shares[1] - shares[0]
    assert BY_NAME["yes/no outcome"].truth("ATE") == pytest.approx(expected, abs=0.001)


def test_every_world_asks_a_question_of_its_own_rows() -> None:
    for world in WORLDS:
        asked = world.question(3)
        assert isinstance(asked, CausalQuestion)
        assert len(asked.data) == world.rows
        assert asked.data.fingerprint == world.question(3).data.fingerprint
        assert asked.data.fingerprint != world.question(4).data.fingerprint


def test_short_intervals_are_named_unless_something_warned() -> None:
    assert len(short_without_warning(table(lines(50, 100)))) == 1
    assert short_without_warning(table(lines(50, 100, warned=True))).empty
    assert short_without_warning(table(lines(50, 100, overlap_fails=True))).empty
    assert short_without_warning(table(lines(95, 100))).empty
    # With enough replications the limit itself counts, with one nothing does.
    assert len(short_without_warning(table(lines(84, 100)))) == 1
    assert short_without_warning(table(lines(8, 10))).empty
    assert short_without_warning(table(lines(0, 1))).empty


def test_the_page_says_what_it_does_not_know() -> None:
    page = as_markdown(table(lines(7, 8)), "make coverage")
    assert "is not shown by this run" in page
    assert "is not shown by this run" not in as_markdown(table(lines(95, 100)), "make coverage")
    assert "**Below 0.85" in as_markdown(table(lines(50, 100)), "make coverage")


def test_those_that_learn_get_as_many_replications_as_were_asked_for() -> None:
    for quick, learned in ((200, 10), (200, 3), (200, 200), (40, 50)):
        rounds = list(_rounds(quick, learned))
        assert len({k for k, with_learned in rounds if with_learned}) == learned
        assert {k for k, _ in rounds} >= set(range(quick))
