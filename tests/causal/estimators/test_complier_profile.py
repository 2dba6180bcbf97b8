"""Who the compliers are, where it is known."""

import numpy as np
import pandas as pd
import pytest

from causal import complier_profile
from tests.causal.estimators.test_doubly_robust_late import about
from workbench.errors import NotApplicable


def people(rows: int, seed: int) -> pd.DataFrame:
    """An encouragement that depends on x; the old (and those with much x) comply more often."""
    rng = np.random.default_rng(seed)
    x, old = rng.normal(size=rows), rng.random(rows) < 0.4
    z = rng.random(rows) < 1 / (1 + np.exp(-x))
    complies = rng.random(rows) < np.where(old, 0.7, 0.3) * np.where(x > 0, 1.0, 0.6)
    always = ~complies & (rng.random(rows) < 0.3)
    t = always | (complies & z)
    return pd.DataFrame({"x": x, "z": z * 1, "t": t * 1, "y": t + x + rng.normal(size=rows),
                         "old": np.where(old, "yes", "no"), "complies": complies})  # fmt: skip


def test_shares_and_means_of_compliers_are_found() -> None:
    frame = people(6_000, 1)
    found = complier_profile(about(frame.drop(columns="complies")), columns=("x", "old"))
    by = found.frame.set_index("term")
    who = frame[frame["complies"]]
    true = {"share of compliers": len(who) / len(frame), "x": who["x"].mean(),
            "old = yes": (who["old"] == "yes").mean()}  # fmt: skip
    for term, value in true.items():
        assert abs(by.loc[term, "compliers"] - value) < 3 * by.loc[term, "std_error"], term
        assert by.loc[term, "std_error"] < 0.06
    assert by.loc["old = yes", "sd_low"] > 0
    assert by.loc["old = yes", "everyone"] == pytest.approx((frame["old"] == "yes").mean())
    assert "they differ from everyone most in old = yes" in found.summary


def test_without_covariates_it_is_the_ratio_of_two_differences() -> None:
    rng = np.random.default_rng(2)
    frame = people(3_000, 2).assign(z=rng.integers(0, 2, 3_000))
    frame["t"] = ((frame["complies"] & (frame["z"] == 1)) | (frame["x"] > 1.5)).astype(int)
    question = about(frame.drop(columns="complies"), confounders=[])
    by = complier_profile(question, columns=("x",)).frame.set_index("term")
    means = frame.assign(tx=frame["t"] * frame["x"]).groupby("z")[["t", "tx"]].mean().diff().iloc[1]
    assert by.loc["share of compliers", "compliers"] == pytest.approx(means["t"], abs=2e-3)
    assert by.loc["x", "compliers"] == pytest.approx(means["tx"] / means["t"], abs=0.02)


def test_rows_without_a_value_are_left_out_of_its_mean_and_counted() -> None:
    frame = people(2_000, 3).drop(columns="complies")
    frame.loc[:199, "old"] = None
    notes = complier_profile(about(frame), columns=("old",)).notes
    assert "Rows without a value are left out of these means: old (200)." in notes


def test_what_has_no_compliers_to_describe_is_refused() -> None:
    frame = people(1_000, 4).drop(columns="complies")
    rng = np.random.default_rng(0)
    with pytest.raises(NotApplicable, match="too few to describe"):
        complier_profile(about(frame.assign(z=rng.integers(0, 2, 1_000))))
    with pytest.raises(NotApplicable, match="no column is named"):
        complier_profile(about(frame, confounders=[]))
    with pytest.raises(NotApplicable, match="'y' is part of the question"):
        complier_profile(about(frame), columns=("y",))
    graph = "digraph { x -> z; x -> y; z -> t; t -> y; t -> old; u -> t; u -> y; u [latent] }"
    drawn = about(frame, confounders=(), instruments=(), graph=graph)
    with pytest.raises(NotApplicable, match="'old' comes after the instrument"):
        complier_profile(drawn, columns=("old",))
