"""The curve against brute force, a world with a band of noise, and the interval of the area."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from tests.workbench.quality.rows_made import judged
from workbench import Dataset, NotApplicable, ParameterError, coverage_accuracy, train
from workbench import with_neutral_class as neutralised
from workbench.metrics import Z95
from workbench.quality.coverage_accuracy import _curve, area_under, decisions

BAND, FLIPPED = 0.3, 0.1


def drawn(seed: int, rows: int = 60, classes: int = 3, decimals: int = 2):
    """Chances with ties that know something, and what was observed."""
    rng = np.random.default_rng(seed)
    observed = rng.integers(0, classes, rows)
    score = rng.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[observed]
    said = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    return observed, np.round(said, decimals)


@given(seed=st.integers(0, 500), neutral=st.sampled_from([None, 1]),
       how=st.sampled_from(["error", "aside"]))  # fmt: skip
def test_every_point_is_that_of_brute_force(seed, neutral, how):
    observed, said = drawn(seed)
    frame = _curve(decisions(judged(observed, said), neutral), how, 0.5)
    counted = [i for i in range(len(observed)) if how == "error" or observed[i] != neutral]
    thresholds = set()
    for point in frame.itertuples():
        yes = [
            i for i in counted
            if said[i].argmax() != neutral and said[i].max() >= point.threshold
        ]  # fmt: skip
        right = [i for i in yes if said[i].argmax() == observed[i]]
        assert (point.decided, point.right, point.rows) == (len(yes), len(right), len(counted))
        assert point.coverage == pytest.approx(len(yes) / len(counted))
        assert point.accuracy == pytest.approx(len(right) / len(yes))
        low, high = proportion_confint(len(right), len(yes), method="wilson")
        assert (point.conf_low, point.conf_high) == pytest.approx((low, high), abs=1e-12)
        assert point.decided_neutral == sum(
            observed[i] == neutral and said[i].argmax() != neutral
            and said[i].max() >= point.threshold
            for i in range(len(observed))
        )  # fmt: skip
        thresholds.add(point.threshold)
    of_all = {said[i].max() for i in counted if said[i].argmax() != neutral}
    assert thresholds == of_all
    reaching = frame[frame["coverage"] >= 0.5]
    chosen = frame[frame["is_chosen"]]
    assert len(chosen) == 1
    expected = reaching["threshold"].max() if len(reaching) else frame["threshold"].min()
    assert chosen["threshold"].item() == expected


@given(seed=st.integers(0, 500), neutral=st.sampled_from([None, 0]))
def test_without_ties_the_area_is_the_mean_of_the_accuracies_row_by_row(seed, neutral):
    observed, said = drawn(seed, decimals=12)
    of = decisions(judged(observed, said), neutral)
    order = sorted(np.flatnonzero(of.decided), key=lambda i: -of.chance[i])
    accuracies = [np.mean([of.right[j] for j in order[: k + 1]]) for k in range(len(order))]
    assert area_under(of).value == pytest.approx(np.mean(accuracies))


@pytest.mark.parametrize("decimals", [1, 12])
def test_the_influence_is_the_derivative_by_a_rows_weight(decimals):
    """A row that counts a little more moves the area by so much."""
    observed, said = drawn(3, rows=40, decimals=decimals)
    of, copies = decisions(judged(observed, said), 1), 2_000
    influence = area_under(of).influence
    assert influence.sum() == pytest.approx(0, abs=1e-9)
    base = np.repeat(np.arange(40), copies)
    for row in (0, 7, 20, 33):
        more = np.append(base, np.full(20, row))
        moved = decisions(judged(observed[more], said[more]), 1)
        same = decisions(judged(observed[base], said[base]), 1)
        found = (area_under(moved).value - area_under(same).value) * len(base) / 20
        assert found == pytest.approx(influence[row], abs=0.02)


def test_the_interval_of_the_area_covers_as_often_as_it_says():
    observed, said = drawn(0, rows=200_000, decimals=12)
    truth = area_under(decisions(judged(observed, said), 1)).value
    inside = []
    for seed in range(400):
        some = np.random.default_rng(seed).integers(0, len(observed), 400)
        score = area_under(decisions(judged(observed[some], said[some]), 1))
        inside.append(abs(score.value - truth) <= Z95 * score.std_error)
    assert 0.92 <= np.mean(inside) <= 0.975


def band(rows: int = 8_000, seed: int = 0) -> Dataset:
    """Within the band the label is a coin; outside it is the side, but for a tenth of the rows."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, rows)
    coin = np.abs(x) <= BAND
    up = np.where(coin, rng.random(rows) < 0.5, (x > 0) ^ (rng.random(rows) < FLIPPED))
    frame = pd.DataFrame({"x": x, "noise": rng.normal(size=rows), "unclear": coin,
                          "way": np.where(up, "up", "down")})  # fmt: skip
    return Dataset.of(frame, target="way").with_roles({"unclear": "ignore"})


def at_the_end(result, part="test"):
    return result.frame[result.frame["part"] == part].iloc[-1]


def test_beside_a_band_of_noise_the_decided_are_as_right_as_they_can_be():
    model = train(neutralised(band(), column="unclear"), "decision_tree", max_depth=3)
    end = at_the_end(coverage_accuracy(model))
    assert end["coverage"] == pytest.approx(1 - BAND, abs=0.03)
    assert end["conf_low"] <= 1 - FLIPPED <= end["conf_high"]
    plain = train(band(), "decision_tree", max_depth=3)
    known = (1 - BAND) * (1 - FLIPPED) + BAND / 2
    end = at_the_end(coverage_accuracy(plain))
    assert end["coverage"] == 1
    assert end["conf_low"] <= known <= end["conf_high"]


def test_truly_neutral_rows_count_both_ways_and_the_notes_say_which():
    model = train(neutralised(band(2_000), column="unclear"), "decision_tree", max_depth=2,
                  min_samples_leaf=150)  # fmt: skip
    said, observed = model.predict(model.rows("test")), model.rows("test")["way"].to_numpy()
    decided, neutral = said != "neutral", observed == "neutral"
    as_error = coverage_accuracy(model, coverage=1.0)
    end = at_the_end(as_error)
    assert end["accuracy"] == pytest.approx((said == observed)[decided].mean())
    assert end["coverage"] == pytest.approx(decided.mean())
    aside = coverage_accuracy(model, coverage=1.0, neutral_rows="aside")
    end = at_the_end(aside)
    assert end["accuracy"] == pytest.approx((said == observed)[decided & ~neutral].mean())
    assert end["coverage"] == pytest.approx(decided[~neutral].mean())
    words = f"set aside the accuracy would be {end['accuracy']:.1%}"
    assert any(words in note for note in as_error.notes)
    assert any("are set aside, in the coverage" in note for note in aside.notes)
    assert "never decides 100%" in as_error.summary


def test_another_name_is_found_when_it_is_said():
    model = train(neutralised(band(2_000), column="unclear", name="open"), "decision_tree")
    assert at_the_end(coverage_accuracy(model))["coverage"] == 1
    named = coverage_accuracy(model, neutral_class="open")
    assert at_the_end(named)["coverage"] == pytest.approx(
        (model.predict(model.rows("test")) != "open").mean()
    )


def test_the_chosen_point_reaches_the_coverage_asked_for():
    model = train(band(2_000), "xgboost", n_estimators=20)
    result = coverage_accuracy(model, coverage=0.6)
    chosen = result.frame[(result.frame["part"] == "test") & result.frame["is_chosen"]].iloc[0]
    assert chosen["coverage"] >= 0.6
    assert f"{chosen['accuracy']:.1%}" in result.summary
    assert chosen["accuracy"] > at_the_end(result)["accuracy"]  # surer rows are righter here


def test_a_neutral_class_of_two_is_refused():
    with pytest.raises(ParameterError, match="two classes only"):
        coverage_accuracy(train(band(400), "decision_tree"), neutral_class="up")


def test_a_model_that_decides_nothing_has_no_curve():
    data = neutralised(band(2_000), column="x", low=-0.99, high=0.99)
    model = train(data.with_roles({"x": "ignore"}), "decision_tree", max_depth=1)
    with pytest.raises(NotApplicable, match="decides none"):
        coverage_accuracy(model)
