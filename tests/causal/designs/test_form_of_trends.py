"""Trends that run along a product or a square of covariates: the effect is wrong and says so."""

import numpy as np
import pandas as pd
import pytest

from causal import PanelQuestion, difference_in_differences, event_study, staggered_adoption
from workbench import Dataset

WARNED = "Warning: with the squares and products of the covariates"


def two_years(along: str, units: int = 300, seed: int = 0) -> pd.DataFrame:
    """Who is treated in the second year, and how much everyone grows, runs along x, x·z or x²; the
    effect is 1. With one year before nothing can be seen of trends there."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, units))
    runs = {"x": x, "product": x * z, "square": x**2 - 1}[along]
    on = rng.random(units) < 1 / (1 + np.exp(-0.8 * runs))
    before = rng.normal(size=units)
    after = before + 0.6 * runs + 0.7 * rng.normal(size=units) + on
    return pd.DataFrame(
        {
            "shop": np.tile(np.arange(units), 2), "year": np.repeat([2001, 2002], units),
            "y": np.concatenate([before, after]), "from": np.tile(np.where(on, 2002, 0), 2),
            "x": np.tile(x, 2), "z": np.tile(z, 2), "product": np.tile(x * z, 2),
            "square": np.tile(x**2, 2),
        }
    )  # fmt: skip


def ask(frame: pd.DataFrame, *covariates: str) -> PanelQuestion:
    return PanelQuestion(Dataset.of(frame), outcome="y", unit="shop", time="year", adopted="from",
                         covariates=covariates)  # fmt: skip


@pytest.mark.parametrize("method", [difference_in_differences, staggered_adoption])
@pytest.mark.parametrize("along", ["product", "square"])
def test_where_trends_run_along_products_or_squares_it_is_warned_of(method, along):
    frame = two_years(along)
    found = method(ask(frame, "x", "z"))
    row = found.frame.iloc[0]
    assert not row["conf_low"] < 1 < row["conf_high"]
    assert any(note.startswith(WARNED) for note in found.notes)
    mended = method(ask(frame, "x", "z", along))
    row = mended.frame.iloc[0]
    assert row["conf_low"] < 1 < row["conf_high"]
    assert not any(note.startswith(WARNED) for note in mended.notes)


@pytest.mark.parametrize("method", [difference_in_differences, staggered_adoption, event_study])
def test_where_they_run_straight_nothing_is_said(method):
    for seed in range(3):
        notes = method(ask(two_years("x", 200, seed), "x", "z")).notes
        assert not any("squares and products" in note for note in notes)
    assert not any("squares" in n for n in method(ask(two_years("product"))).notes)  # none named


@pytest.mark.parametrize("adjust", ["doubly robust", "outcome regression"])
def test_the_event_study_warns_as_the_estimate_does(adjust):
    notes = event_study(ask(two_years("product"), "x", "z"), adjust=adjust, draws=99).notes
    assert any(note.startswith(WARNED) for note in notes)


def test_a_covariate_far_from_zero_is_bent_as_one_near_it():
    frame = two_years("square")
    far = frame.assign(x=frame["x"] + 1e5)
    one, two = (
        [n for n in staggered_adoption(ask(f, "x")).notes if n.startswith(WARNED)]
        for f in (frame, far)
    )
    assert one == two != []


def test_where_units_are_too_few_it_is_not_looked_at_and_said():
    frame = two_years("product", 40)
    for method in (difference_in_differences, staggered_adoption):
        notes = method(ask(frame, "x", "z")).notes
        assert any(n.startswith("Whether squares and products of the covariates") for n in notes)
