"""Who runs in the race for a nuisance, who has to wait, and how often."""

from collections import Counter

import numpy as np
import pytest

from causal import nuisances as room
from causal.learners import LEARNERS
from causal.nuisances import Nuisance, Race, fold_of_rows, race

SMALL, LARGE = LEARNERS[2], LEARNERS[3]


def steps() -> tuple[np.ndarray, np.ndarray]:
    """Steps in two columns at once, which boosting follows best."""
    random = np.random.default_rng(0)
    x = random.normal(size=(600, 2))
    y = 3.0 * (np.sin(4 * x[:, 0]) > 0) * (x[:, 1] > 0.3) + 0.1 * random.normal(size=len(x))
    return x, y


def raced(*learners: object) -> Race:
    """A race for them."""
    x, y = steps()
    everyone = np.ones(len(x), dtype=bool)
    wanted = Nuisance("y", y, everyone, learners or LEARNERS)  # type: ignore[arg-type]
    return race(x, [wanted], fold_of_rows(np.zeros(len(x)), 2, 0), weight=np.ones(len(x)), seed=0)[
        0
    ]


def test_large_boosting_runs_where_small_boosting_has_won() -> None:
    assert [title for title, _ in raced().losses] == [each.title for each in LEARNERS]
    without = raced(*LEARNERS[:2])
    assert [title for title, _ in without.losses] == [each.title for each in LEARNERS[:2]]


def test_a_winner_that_is_fitted_again_races_against_nobody() -> None:
    for winner in LEARNERS:
        assert [title for title, _ in raced(winner).losses] == [winner.title]
    assert [title for title, _ in raced(LEARNERS[0], SMALL).losses] == [
        LEARNERS[0].title, SMALL.title,
    ]  # fmt: skip
    assert raced(LARGE).winner is LARGE


def test_each_learner_is_fitted_once_for_each_nuisance_and_fold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Large boosting costs more than all others together: it was fitted as often again for every
    further nuisance."""
    counted: Counter[tuple[str, str]] = Counter()
    predicted = room._predicted

    def spied(x, nuisance, learner, *rest):  # type: ignore[no-untyped-def]
        counted[nuisance.name, learner.title] += 1
        return predicted(x, nuisance, learner, *rest)

    monkeypatch.setattr(room, "_predicted", spied)
    x, y = steps()
    everyone = np.ones(len(x), dtype=bool)
    wanted = [Nuisance(name, sign * y, everyone) for name, sign in (("up", 1), ("down", -1))]
    race(x, wanted, fold_of_rows(np.zeros(len(x)), 2, 0), weight=np.ones(len(x)), seed=0)
    expected = {(n.name, learner.title): 2 for n in wanted for learner in LEARNERS}
    assert counted == expected
