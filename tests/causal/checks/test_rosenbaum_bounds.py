"""Rosenbaum's Γ: published p-values, exact enumeration, and bias that really was there."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, wilcoxon

from causal import CausalQuestion, rosenbaum_bounds, rosenbaum_bounds_of
from causal.checks._pairs import nearest_pairs
from causal.checks.rosenbaum_bounds import _Ranks
from tests.causal.truths import ask, nhefs, varied
from workbench import Dataset
from workbench.errors import NotApplicable, ParameterError


def test_smoking_and_lung_cancer() -> None:
    """Hammond (1964) in Rosenbaum (2002), section 4.3.2: 110 of 122 pairs that differ."""
    smokers = np.r_[np.ones(110), -np.ones(12), np.zeros(36_000)]
    _, p = _Ranks.of(smokers).range_at(np.array([4.0, 5.0, 6.0]), "greater")
    assert p == pytest.approx([0.0020, 0.0232, 0.0969], abs=6e-4)
    made = rosenbaum_bounds_of(smokers)
    assert 5 < made.critical < 6
    assert (made.pairs, made.differing) == (36_122, 122)
    assert "McNemar" in made.summary


def test_without_bias_they_are_the_usual_tests() -> None:
    rng = np.random.default_rng(0)
    differences = rng.normal(0.4, 1, 80)
    made = rosenbaum_bounds_of(differences, alternative="two_sided").frame.iloc[0]
    expected = wilcoxon(differences, method="asymptotic").pvalue
    assert made["p_low"] == made["p_high"] == pytest.approx(expected, rel=1e-9)
    signs = np.r_[np.ones(30), -np.ones(14)]
    made = rosenbaum_bounds_of(signs).frame.iloc[0]
    assert made["p_high"] == pytest.approx(binomtest(30, 44, alternative="greater").pvalue)


def test_the_signed_ranks_bound_the_exact_distribution() -> None:
    """All 2^12 signs of twelve pairs, each likelier by Γ = 2: the normal approximation is near."""
    rng = np.random.default_rng(1)
    differences = rng.normal(0.7, 1, 12)
    ranks = _Ranks.of(differences)
    p = 0.0
    for signs in product((0, 1), repeat=12):
        if ranks.scores @ np.array(signs) >= ranks.observed - 1e-9:
            p += float((2 / 3) ** sum(signs) * (1 / 3) ** (12 - sum(signs)))
    _, high = ranks.range_at(np.array([2.0]), "greater")
    assert high[0] == pytest.approx(p, abs=0.02)


def test_bias_of_that_size_and_no_effect_is_called_an_effect_as_often_as_it_says() -> None:
    """Pairs without an effect whose signs are biased by exactly Γ = 2: at Γ = 2 the p-value falls
    below .05 in about 5 of 100, at Γ = 1 in nearly all."""
    rng = np.random.default_rng(2)
    found = []
    for _ in range(2_000):
        size = np.abs(rng.normal(size=150))
        differences = np.where(rng.random(150) < 2 / 3, size, -size)
        _, high = _Ranks.of(differences).range_at(np.array([1.0, 2.0]), "greater")
        found.append(high <= 0.05)
    at_one, at_two = np.mean(found, axis=0)
    assert at_one > 0.95
    assert 0.035 <= at_two <= 0.065


def test_the_other_direction_mirrors() -> None:
    rng = np.random.default_rng(3)
    differences = rng.normal(0.5, 1, 60)
    up = rosenbaum_bounds_of(differences)
    down = rosenbaum_bounds_of(-differences, alternative="less")
    assert up.critical == pytest.approx(down.critical)
    both = rosenbaum_bounds_of(-differences, alternative="two_sided")
    assert both.critical < up.critical


def test_each_row_is_used_once_and_partners_are_near() -> None:
    rng = np.random.default_rng(4)
    chance = rng.beta(2, 4, 900)
    arm = rng.random(900) < chance
    found = nearest_pairs(arm, chance)
    assert arm[found.treated].all()
    assert not arm[found.untreated].any()
    assert len(set(found.treated)) == len(set(found.untreated)) == len(found.treated)
    assert len(found.treated) + found.alone == min(arm.sum(), (~arm).sum())
    odds = np.log(chance / (1 - chance))
    spread = np.sqrt((odds[arm].var() + odds[~arm].var()) / 2)
    assert (np.abs(odds[found.treated] - odds[found.untreated]) <= 0.2 * spread + 1e-12).all()
    assert found.alone < 0.15 * len(found.treated)


def test_pairs_are_the_nearest_that_are_free_by_hand() -> None:
    """The greedy rule, written down once more without its shortcuts."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        chance = rng.beta(2, 3, 60)
        arm = rng.random(60) < 0.3
        odds = np.log(chance / (1 - chance))
        caliper = 0.2 * np.sqrt((odds[arm].var() + odds[~arm].var()) / 2)
        free, distances = list(np.flatnonzero(~arm)), []
        for k in sorted(np.flatnonzero(arm), key=lambda k: -odds[k]):
            nearest = min(free, key=lambda c: abs(odds[c] - odds[k]))
            if abs(odds[nearest] - odds[k]) <= caliper:
                distances.append(abs(odds[nearest] - odds[k]))
                free.remove(nearest)
        found = nearest_pairs(arm, chance)
        made = np.abs(odds[found.treated] - odds[found.untreated])
        assert sorted(made) == pytest.approx(sorted(distances))


def test_a_question_is_paired_and_told() -> None:
    made = rosenbaum_bounds(nhefs())
    assert made.pairs > 350
    assert made.critical > 1.3
    assert "Wilcoxon" in made.summary
    assert made.frame["p_high"].is_monotonic_increasing
    null = rosenbaum_bounds(nhefs(outcome="death"))
    assert "McNemar" in null.summary
    assert "even without hidden bias" in null.summary
    null.figure()


def test_a_strong_effect_bears_more_than_a_weak_one() -> None:
    frame = varied(600, seed=1)
    weak = rosenbaum_bounds(ask(frame)).critical
    strong = rosenbaum_bounds(ask(frame.assign(y=frame["y"] + 3 * frame["t"]))).critical
    assert strong > 3 * weak


def test_what_cannot_be_tested_is_refused() -> None:
    with pytest.raises(ParameterError, match="pairs differ"):
        rosenbaum_bounds_of([1.0, 0.0, 0.0])
    with pytest.raises(ParameterError, match="missing"):
        rosenbaum_bounds_of([1.0, float("nan")])
    with pytest.raises(NotApplicable, match="two arms"):
        rosenbaum_bounds(nhefs(treatment="smokeintensity", confounders=("age",)))
    rare = pd.DataFrame({"t": [0, 1] * 60, "y": [0] * 118 + [1, 1]})
    with pytest.raises(NotApplicable, match="differ"):
        rosenbaum_bounds(CausalQuestion(Dataset.of(rare), treatment="t", outcome="y"))


def test_pairs_count_once_whatever_the_question_weighs_and_say_so() -> None:
    frame = varied(800, seed=6)
    frame["kind"] = np.where(frame["x"] > 0, "a", "b")
    rng = np.random.default_rng(7)
    frame["c"] = rng.uniform(0.1, 5, 800)
    frame["y"] = frame["y"].mask(rng.random(800) < 1 / (1 + np.exp(-2 * frame["x"])))
    data = Dataset.of(frame).with_roles({"c": "weight", "kind": "ignore"})
    plain = rosenbaum_bounds(ask(frame.drop(columns=["c", "kind"])))
    given = {"treatment": "t", "outcome": "y", "confounders": ("x", "w")}
    asked = CausalQuestion(data, missing="weighted", **given)
    made = rosenbaum_bounds(asked)
    pd.testing.assert_frame_equal(made.frame, plain.frame)
    assert any("stands for no other here" in note for note in made.notes)
    assert any("'c' are not used here" in note for note in made.notes)
    assert not any("are stood for by" in note or "weighted by" in note for note in made.notes)
    groups = rosenbaum_bounds(asked.but(estimand="CATE", by="kind"))
    assert not any("One effect for each of" in note for note in groups.notes)


def test_rows_of_weight_zero_are_in_no_pair() -> None:
    frame = varied(300, 8).drop(columns="true")
    counts = np.arange(300) % 4 > 0
    given = {"treatment": "t", "outcome": "y", "confounders": ("x", "w")}
    data = Dataset.of(frame.assign(c=counts * 2.0)).with_roles({"c": "weight"})
    found = rosenbaum_bounds(CausalQuestion(data, **given))
    rest = Dataset.of(frame[counts].reset_index(drop=True))
    pd.testing.assert_frame_equal(
        found.frame, rosenbaum_bounds(CausalQuestion(rest, **given)).frame
    )
