"""The gate opens where effects differ, and stays closed where they do not."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, effect_heterogeneity
from causal.effects._causal_forest import causal_forest
from causal.effects._targeting import errors_of_targeting, targeting
from tests.causal.truths import ask, varied
from workbench import Dataset
from workbench.errors import NotApplicable
from workbench.progress import silent


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
    results = [effect_heterogeneity(ask(frame), learner="dr_learner") for frame in frames]
    results += [effect_heterogeneity(ask(frame)) for frame in frames[:5]]
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


def left_over(rows: int, seed: int, effect: Callable) -> tuple[np.ndarray, ...]:
    """Covariates, what they leave of outcome and treatment, and the effects of the rows."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 4))
    true, t = effect(x), rng.choice([-0.5, 0.5], rows)
    return x, true * t + rng.normal(size=rows), t, true


def forest(x: np.ndarray, y: np.ndarray, t: np.ndarray, **given: object) -> np.ndarray:
    return causal_forest(x, y, t, **({"weight": np.ones(len(x)), "clusters": None, "seed": 0,
                                      "progress": silent} | given))  # fmt: skip


def test_the_forest_finds_a_jump_that_it_was_not_told_of() -> None:
    x, y, t, true = left_over(2_000, 1, lambda x: 2.0 * (x[:, 0] > 0))
    found = forest(x, y, t)
    assert np.sqrt(np.mean((found - true) ** 2)) < 0.35  # one constant: 1.0
    # More of the treatment's unit is less effect per unit; another unit of y another of the effect.
    assert forest(x, y, 2 * t) == pytest.approx(found / 2)
    assert forest(x, 4 * y, t) == pytest.approx(4 * found)


def test_the_forest_shrinks_to_a_constant_where_there_is_one() -> None:
    x, y, t, _ = left_over(2_000, 2, lambda x: np.ones(len(x)))
    assert np.sqrt(np.mean((forest(x, y, t) - 1) ** 2)) < 0.25


def test_a_row_of_the_forest_is_predicted_by_trees_that_never_saw_it() -> None:
    """An absurd outcome moves others' effects, not the row's own, nor those of its cluster."""
    x, y, t, _ = left_over(400, 3, lambda x: np.zeros(len(x)))
    changed = y.copy()
    changed[:4] += 1e4
    clusters = np.arange(400) // 4
    before, after = (forest(x, each, t, clusters=clusters) for each in (y, changed))
    assert after[:4] == pytest.approx(before[:4])
    assert np.abs(after[4:] - before[4:]).max() > 1


def test_a_weight_of_nought_is_no_row_for_the_leaves() -> None:
    x, y, t, _ = left_over(600, 4, lambda x: np.ones(len(x)))
    weight = np.where(np.arange(600) % 2, 1.0, 0.0)
    absurd = np.where(weight > 0, y, y + 1e4)
    assert np.abs(forest(x, absurd, t, weight=weight)).max() < 20


def test_the_better_of_the_two_learners_counts() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(1_200, 3))
    t = rng.integers(0, 2, 1_200)
    step = 4.0 * (np.abs(x[:, 0]) < 0.5)
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    names = tuple(frame.columns)
    frame = frame.assign(t=t, y=step * t + rng.normal(size=1_200))
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", confounders=names)
    best = effect_heterogeneity(question)
    losses = {}
    for learner in ("dr_learner", "causal_forest"):
        found = effect_heterogeneity(question, learner=learner)
        assert found.passed
        losses[learner] = np.mean((found.effects["effect"] - step) ** 2)
        if learner == "causal_forest":
            assert found.effects["effect"].to_numpy() == pytest.approx(best.effects["effect"])
    assert losses["causal_forest"] < losses["dr_learner"]
    assert any("causal forest, 200 honest trees, each on half of 1,200 rows" in n
               for n in best.notes)  # fmt: skip
