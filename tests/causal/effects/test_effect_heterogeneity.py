"""The gate opens where effects differ, and stays closed where they do not."""

import numpy as np
import pytest

from causal import effect_heterogeneity
from causal.effects._targeting import errors_of_targeting, targeting
from tests.causal.truths import ask, varied
from workbench.errors import NotApplicable


def test_where_effects_differ_the_gate_opens_and_they_are_found() -> None:
    frame = varied(3_000, seed=1)
    result = effect_heterogeneity(ask(frame.drop(columns="true")))
    assert result.passed
    truth = frame["true"].to_numpy()[result.effects["row"]]
    assert np.corrcoef(truth, result.effects["effect"])[0, 1] > 0.9
    gate = result.frame.set_index("name")
    assert gate.loc["calibration slope", "conf_low"] < 1 < gate.loc["calibration slope",
                                                                    "conf_high"]  # fmt: skip
    groups = result.frame[result.frame["part"] == "group"]
    assert groups["estimate"].is_monotonic_increasing
    assert (abs(groups["estimate"] - groups["predicted"]) < 4 * groups["std_error"]).all()
    assert result.figure().layout.xaxis.title.text == "predicted effect"


def test_where_no_effect_differs_the_gate_stays_closed() -> None:
    frames = [varied(400, seed, null=True).drop(columns="true") for seed in range(30)]
    results = [effect_heterogeneity(ask(frame)) for frame in frames]
    assert sum(result.passed for result in results) <= 3
    closed = next(result for result in results if not result.passed)
    assert closed.effects.empty
    assert set(closed.frame["part"]) == {"gate"}
    assert "one constant is as good" in closed.summary
    assert list(closed.figure().layout.yaxis.ticktext)[-1] == "calibration slope"


def test_autoc_and_qini_of_a_perfect_ranking_are_their_integrals() -> None:
    # Effects uniform on 0 to 1: TOC(q) = (1 - q)/2, so AUTOC = 1/4 and Qini = 1/12.
    effects = (np.arange(20_000) + 0.5) / 20_000
    autoc, qini = targeting(effects, effects, np.ones(20_000))
    assert autoc == pytest.approx(1 / 4, abs=1e-3)
    assert qini == pytest.approx(1 / 12, abs=1e-3)


def test_a_constant_prediction_targets_nobody() -> None:
    scores = np.random.default_rng(0).normal(size=500)
    assert targeting(np.zeros(500), scores, np.ones(500)) == pytest.approx((0, 0), abs=1e-12)


def test_a_weight_of_two_is_the_row_twice() -> None:
    rng = np.random.default_rng(1)
    prediction, scores = rng.normal(size=(2, 300))
    weight = rng.integers(1, 4, 300)
    twice = np.repeat(np.arange(300), weight)
    ours = targeting(prediction, scores, weight.astype(float))
    theirs = targeting(prediction[twice], scores[twice], np.ones(len(twice)))
    # Rows with one prediction share their mean; only the steps between ranks differ.
    assert ours == pytest.approx(theirs, abs=0.05)


def test_the_errors_are_the_spread_over_new_samples() -> None:
    rng = np.random.default_rng(2)
    found = []
    for _ in range(300):
        prediction = rng.normal(size=400)
        found.append(targeting(prediction, prediction + rng.normal(size=400), np.ones(400)))
    spread = np.std(found, axis=0)
    scores = prediction + rng.normal(size=400)
    given = errors_of_targeting(prediction, scores, np.ones(400), None, 0)
    assert given == pytest.approx(spread, rel=0.25)


def test_too_few_rows_and_no_columns_are_refused() -> None:
    with pytest.raises(NotApplicable, match="too few"):
        effect_heterogeneity(ask(varied(90, seed=3)))
    with pytest.raises(NotApplicable, match="no column"):
        effect_heterogeneity(ask(varied(400, seed=3), confounders=()))
