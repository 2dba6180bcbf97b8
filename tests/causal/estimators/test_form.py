"""A straight form is warned of where products carry the confounding, and only there."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from causal import (
    CausalQuestion,
    double_machine_learning,
    g_estimation,
    linear_regression,
    marginal_structural_model,
    standardisation,
    two_stage_least_squares,
)
from causal.analysis import analyse
from causal.compare_estimators import QUICK
from causal.estimators._form import _fit, _fits, _hardly_moves
from workbench import Dataset
from workbench.figures import number

#: All closed forms but the one that adjusts for nothing and the one that compares near rows.
STRAIGHT = [QUICK[name] for name in QUICK if name not in ("Difference in means", "Matching")]


def table(seed: int, product: float, n: int = 1_000, vary: float = 0.0) -> pd.DataFrame:
    """An effect of 2 (+ vary·x²); `product` is how much of chance and outcome runs along x·w."""
    random = np.random.default_rng(seed)
    x, w = random.normal(size=(2, n))
    chance = 1 / (1 + np.exp(-np.clip(0.4 * x + 0.6 * product * x * w - vary * x**2, -2, 2)))
    t = (random.random(n) < chance).astype(int)
    y = (2 + vary * x**2) * t + x + w + 1.5 * product * x * w + random.normal(size=n)
    return pd.DataFrame({"x": x, "w": w, "t": t, "y": y})


def warned(estimator, frame: pd.DataFrame, words: str, **asked) -> bool:
    asked = {"treatment": "t", "outcome": "y", "confounders": ("x", "w")} | asked
    notes = estimator(CausalQuestion(Dataset.of(frame), **asked)).notes
    return any(note.startswith("Warning") and words in note for note in notes)


@pytest.mark.parametrize("estimator", STRAIGHT)
def test_products_that_confound_are_told_and_straight_lines_are_left_alone(estimator):
    """Ten tables each: at most 10 % of straight ones could differ beyond chance, and hardly any
    of those by half a standard error (0 of 60 when measured)."""
    assert all(warned(estimator, table(k, 1.0), "products") for k in range(10))
    assert sum(warned(estimator, table(k, 0.0), "products") for k in range(10)) <= 1


def test_the_two_numbers_are_those_of_the_regressions():
    frame = table(3, 1.0)
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", confounders=("x", "w"))
    note = next(n for n in linear_regression(question).notes if "products" in n)
    x, w = ((frame[c] - frame[c].mean()) / frame[c].std(ddof=0) for c in ("x", "w"))
    plain = np.column_stack([frame["t"], np.ones(len(frame)), x, w, x**2, w**2])
    fits = [np.linalg.lstsq(d, frame["y"], rcond=None)[0][0]
            for d in (plain, np.column_stack([plain, x * w]))]  # fmt: skip
    assert f"gives {fits[1]:.3f}" in note
    assert f"without {fits[0]:.3f}" in note
    assert fits[1] == pytest.approx(2.0, abs=0.3)


@pytest.mark.parametrize("is_weighted", [False, True])
def test_one_factorisation_gives_both_regressions(is_weighted: bool):
    frame = table(3, 0.3)
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", confounders=("x", "w"))
    analysis = analyse(question)
    if is_weighted:
        weight = np.random.default_rng(0).uniform(0.5, 2, len(frame))
        analysis = replace(analysis, weight=weight / weight.mean())
    x, w, t = (frame[name].to_numpy(dtype=float) for name in ("x", "w", "t"))
    design, rows = np.column_stack([np.ones(len(x)), x, w, x * w, t]), np.arange(len(x))
    both = _fits(analysis, rows, design, 3)
    for found, beside in zip(both, ([4, 0, 1, 2], [4, 0, 1, 2, 3]), strict=True):
        plain = _fit(analysis, rows, design[:, beside])
        assert found[0] == pytest.approx(plain[0], rel=1e-9)
        assert found[1] == pytest.approx(plain[1], abs=1e-9)
    moves = abs(both[1][0] - both[0][0]) > 0.5 * np.linalg.norm(both[0][1])
    assert moves != _hardly_moves(analysis, rows, design, 3)
    assert _hardly_moves(analysis, rows, np.column_stack([design[:, :3], x**3, t]), 3)


def test_an_effect_that_varies_with_who_is_treated_is_told_by_the_regression():
    frame = table(1, 0.0, n=4_000, vary=1.0)
    assert warned(linear_regression, frame, "letting it vary")
    assert not warned(linear_regression, table(1, 0.0, n=4_000), "letting it vary")


@pytest.mark.parametrize("estimator", [linear_regression, g_estimation, marginal_structural_model])
def test_an_amount_is_looked_at_per_unit(estimator):
    noise = np.random.default_rng(0).normal(size=1_000)
    frame = table(2, 1.0).assign(dose=lambda f: f["x"] * f["w"] + f["t"] + noise)
    assert warned(estimator, frame, "products", treatment="dose")
    frame = table(2, 0.0).assign(dose=lambda f: f["x"] + f["t"] + noise)
    assert not warned(estimator, frame, "products", treatment="dose")


@pytest.mark.parametrize(
    "estimator",
    [linear_regression, g_estimation, double_machine_learning, standardisation,
     two_stage_least_squares],
)  # fmt: skip
def test_doses_that_nobody_had_are_told(estimator):
    noise = np.random.default_rng(0).normal(size=1_000)
    frame = table(2, 0.0).assign(dose=lambda f: 10 + f["x"] + f["t"] + noise)
    asked = {"treatment": "dose"}
    if estimator is two_stage_least_squares:
        asked |= {"instruments": ("t",), "estimand": "LATE"}
    low, high = (number(v) for v in (frame["dose"].min(), frame["dose"].max()))
    words = f"dose = 500 lies outside the data ({low} to {high})"
    assert warned(estimator, frame, words, contrast=(9, 500), **asked)
    for contrast in ((9, 12), None):
        assert not warned(estimator, frame, "lies outside", contrast=contrast, **asked)


def test_one_unit_more_is_told_where_it_is_more_than_there_is():
    noise = np.random.default_rng(0).normal(size=1_000)
    frame = table(2, 0.0).assign(dose=lambda f: 10 + f["x"] + f["t"] + noise)
    words = "takes 100% of the rows beyond the largest value there is"
    small = frame.assign(dose=frame["dose"] / 1_000)
    assert warned(standardisation, small, words, treatment="dose")
    assert not warned(standardisation, frame, "takes", treatment="dose")


def test_too_many_products_are_said_not_to_have_been_looked_at():
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(300, 8)), columns=[f"c{k}" for k in range(8)])
    frame = frame.assign(t=(frame["c0"] + random.normal(size=300) > 0).astype(int))
    frame = frame.assign(y=frame["t"] + frame["c0"] + random.normal(size=300))
    names = tuple(f"c{k}" for k in range(8))
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", confounders=names)
    notes = linear_regression(question).notes
    assert any("28 are too many for 300 rows" in note for note in notes)


def moved(seed: int, curve: str, strength: float = 2.0, schools: int = 0) -> CausalQuestion:
    """A hidden cause and an instrument that moves the treatment; its chance and the outcome run
    along x, x² or x·w; the effect is 2."""
    random = np.random.default_rng(seed)
    x, w, hidden, noise = random.normal(size=(4, 1_000))
    along = {"x": x, "x²": x**2 - 1, "x·w": x * w}[curve]
    z = (random.random(1_000) < 1 / (1 + np.exp(-0.8 * along))).astype(int)
    t = (random.random(1_000) < 1 / (1 + np.exp(-strength * (z - 0.5) - hidden))).astype(int)
    y = 2 * t + 1.5 * along + hidden + noise
    frame = pd.DataFrame({"x": x, "w": w, "z": z, "t": t, "y": y})
    data = Dataset.of(frame)
    if schools:
        frame["school"] = [f"s{k % schools}" for k in range(1_000)]
        data = Dataset.of(frame).with_roles({"school": "group"})
    return CausalQuestion(data, treatment="t", outcome="y", confounders=("x", "w"),
                          instruments=("z",), estimand="LATE")  # fmt: skip


@pytest.mark.parametrize("schools", [0, 50])
@pytest.mark.parametrize("strength", [2.0, 0.5])
def test_an_instrument_that_goes_with_a_covariate_along_a_curve_is_told(strength, schools):
    """Two straight stages give 4 to 6 rather than 2 where the instrument is strong."""
    told = {
        curve: [
            any(note.startswith("Warning: adjusted for squares and products") for note in found)
            for found in (
                two_stage_least_squares(moved(k, curve, strength, schools)).notes for k in range(10)
            )
        ]
        for curve in ("x", "x²", "x·w")
    }
    assert sum(told["x"]) <= 1
    assert min(sum(told["x²"]), sum(told["x·w"])) >= 8


def test_what_curves_would_give_is_two_stages_with_them():
    question = moved(0, "x²")
    note = next(n for n in two_stage_least_squares(question).notes if "adjusted for squares" in n)
    f = question.data.frame
    x = np.column_stack(
        [np.ones(len(f)), f["x"], f["w"], f["x"] ** 2, f["w"] ** 2, f["x"] * f["w"]]
    )
    z, t, y = (f[c] - x @ np.linalg.lstsq(x, f[c], rcond=None)[0] for c in ("z", "t", "y"))
    assert f"would be {z @ y / (z @ t):.3f} rather than" in note
