"""The cheapest cutoff is the cheapest of all, and near the theory's where chances are right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import worlds
from tests.workbench.quality.rows_made import drawn, first_part, made
from workbench import Dataset, ParameterError, confusion_matrix, cutoff_costs, train
from workbench.figures import number
from workbench.metrics import mean_of
from workbench.quality.cutoff_costs import _costs


def cost_at(rows, cutoff, alarm, miss):
    called = rows.chance >= cutoff
    return alarm * (called & ~rows.is_class) + miss * (~called & rows.is_class)


@given(seed=st.integers(0, 10_000), alarm=st.floats(0, 100), miss=st.floats(0.1, 100))
def test_every_cost_is_a_mean_over_rows_and_none_is_below_the_cheapest(seed, alarm, miss):
    rows = drawn(seed, rows=80)
    frame = _costs(rows, alarm, miss)
    for at in frame.itertuples():
        losses = cost_at(rows, at.cutoff, alarm, miss)
        assert at.cost == pytest.approx(losses.mean())
        low, high = mean_of(losses.astype(float)).interval()
        expected = (max(low, 0.0) if low == low else low, high)
        assert (at.conf_low, at.conf_high) == pytest.approx(expected, nan_ok=True)
    for cutoff in np.linspace(0, 1.01, 25):
        assert cost_at(rows, cutoff, alarm, miss).mean() >= frame["cost"].min() - 1e-12


@pytest.mark.parametrize(("alarm", "miss"), [(1, 1), (1, 4), (3, 1)])
def test_of_chances_that_are_right_the_cheapest_cutoff_is_the_theorys(alarm, miss):
    rng = np.random.default_rng(0)
    chance = rng.random(200_000)
    frame = _costs(made(rng.random(200_000) < chance, chance), alarm, miss)
    assert frame.loc[frame["cost"].idxmin(), "cutoff"] == pytest.approx(
        alarm / (alarm + miss), abs=0.03
    )


def test_only_the_ratio_of_the_costs_moves_the_cutoff():
    rows = drawn(1)
    first, second = _costs(rows, 1, 3), _costs(rows, 10, 30)
    assert first["cost"].idxmin() == second["cost"].idxmin()
    np.testing.assert_allclose(second["cost"], 10 * first["cost"])


def test_the_ends_call_all_rows_and_none():
    for rows in (drawn(2), made(np.array([True, False, True]), np.array([1.0, 1.0, 0.0]))):
        frame = _costs(rows, 2, 3)
        assert frame["cost"].iloc[0] == pytest.approx(2 * (1 - rows.base_rate))
        assert frame["cost"].iloc[-1] == pytest.approx(3 * rows.base_rate)
        assert (rows.chance < frame["cutoff"].iloc[-1]).all()


def test_the_confusion_matrix_at_the_cheapest_cutoff_has_these_mistakes():
    model = train(Dataset.of(worlds.yes_no(), target="bought"))
    found = cutoff_costs(model, cost_miss=3.0)
    best = found.frame[found.frame["is_cheapest"]].iloc[0]
    shares = first_part(confusion_matrix(model, cutoff=float(best["cutoff"]))).set_index(
        ["observed", "predicted"]
    )["share_of_all"]
    assert shares["no", "yes"] == pytest.approx(best["false_alarms"])
    assert shares["yes", "no"] == pytest.approx(best["misses"])
    assert any("chosen on these very rows" in note for note in found.notes)


def test_without_a_mistake_there_is_no_interval():
    frame = _costs(made(np.array([True, False, False]), np.array([0.9, 0.2, 0.1])), 1, 1)
    best = frame.loc[frame["cost"].idxmin()]
    assert best["cost"] == 0
    assert np.isnan([best["conf_low"], best["conf_high"]]).all()


def test_the_range_that_is_named_calls_the_same_rows():
    model = train(Dataset.of(worlds.yes_no(), target="bought"))
    found = cutoff_costs(model)
    at = int(found.frame["is_cheapest"].to_numpy().argmax())
    low, high = found.frame["cutoff"].iloc[[at - 1, at]]
    assert any(f"From above {number(low, 3)} to {number(high, 3)} every" in n for n in found.notes)
    chance = model.output(model.rows("test"))
    assert ((chance >= high) == (chance >= (low + high) / 2)).all()


def test_costs_of_nothing_are_refused():
    model = train(Dataset.of(worlds.yes_no(), target="bought"))
    with pytest.raises(ParameterError, match="Both costs are 0"):
        cutoff_costs(model, cost_false_alarm=0.0, cost_miss=0.0)


def test_long_curves_are_thinned_and_keep_the_cheapest():
    model = train(Dataset.of(worlds.yes_no(4_000), target="bought"))
    found = cutoff_costs(model, rows="train")
    for part, frame in found.frame.groupby("part"):
        assert len(frame) <= 600
        assert frame["is_cheapest"].sum() == 1
        cheapest = frame.loc[frame["is_cheapest"], "cost"].item()
        # the other part has the cost of the same cutoff there
        assert (
            cheapest == frame["cost"].min() if part == "train" else cheapest >= frame["cost"].min()
        )
